// Reads a pattern's JSON token by token and knows, at each token, the line and column that AWS's parser
// (Jackson) would report there, because its error texts carry them. That parser looks one value ahead
// after a key and leaves a string unread behind its opening quote until its text is asked for; so does
// this one. Only as much of the text as the pattern needs is read.

import { PATTERN_DEPTH_MAX } from './limits.ts'

export type Token = '{' | '}' | '[' | ']' | 'key' | 'string' | 'number' | 'true' | 'false' | 'null'

/** A pattern that is not valid: `message` is AWS's reason, with its location where AWS gives one. */
export class PatternFault extends Error {}

/** An offset, and the line it is on with that line's offset. */
interface Place {
  readonly at: number
  readonly line: number
  readonly lineStart: number
}

interface Container {
  readonly kind: '{' | '['
  readonly start: Place
  entries: number
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SNIPPET_LENGTH_MAX = 500
const TOKEN_LENGTH_MAX = 256
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

export class PatternReader {
  readonly #source: string
  #at = 0
  #line = 1
  #lineStart = 0
  #token: Token | undefined
  // The value behind a key, which is read together with it.
  #ahead: Token | undefined
  #text = ''
  #name = ''
  // A string whose opening quote was passed and whose rest was not.
  #isStringOpen = false
  readonly #open: Container[] = []

  constructor(source: string) {
    this.#source = source
  }

  /** The key read last. */
  get name(): string {
    return this.#name
  }

  get token(): Token | undefined {
    return this.#token
  }

  /** Where the text behind the current token begins. */
  get offset(): number {
    return this.#at
  }

  /** The current token's text; of a string its value, of a number its digits as written. */
  get text(): string {
    if (this.#isStringOpen) {
      this.#isStringOpen = false
      this.#text = this.#readString(
        ': was expecting closing quote for a string value',
        'string value',
      )
    }
    return this.#text
  }

  /** The next token, or undefined at the end of the text. */
  next(): Token | undefined {
    if (this.#ahead !== undefined) {
      const token = this.#ahead
      this.#ahead = undefined
      return this.#become(token)
    }
    if (this.#isStringOpen) void this.text
    const character = this.#skipSpace()
    const inside = this.#open.at(-1)
    if (character === undefined) {
      if (inside !== undefined) this.#failUnclosed(inside)
      return this.#become(undefined)
    }
    if (character === ']' || character === '}') return this.#become(this.#close(character))
    const first =
      inside !== undefined && inside.entries++ > 0 ? this.#skipComma(character) : character
    if (inside?.kind !== '{') return this.#become(this.#readValue(first))
    this.#name = this.#readKey(first)
    this.#ahead = this.#readValue(this.#skipColon())
    return this.#become('key')
  }

  /** The fault `reason` at the current location. */
  fault(reason: string): PatternFault {
    return new PatternFault(`${reason}\n at ${this.#location(this.#place(this.#at))}`)
  }

  #become(token: Token | undefined): Token | undefined {
    if (token === '{' || token === '[') {
      if (this.#open.length >= PATTERN_DEPTH_MAX) {
        throw new PatternFault(
          `Document nesting depth (${this.#open.length + 1}) exceeds the maximum allowed ` +
            `(${PATTERN_DEPTH_MAX}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`,
        )
      }
      this.#open.push({ kind: token, start: this.#place(this.#at - 1), entries: 0 })
    }
    this.#token = token
    // The text of a number was read with it, perhaps before its key was answered.
    if (token !== 'string' && token !== 'number' && token !== 'key') this.#text = token ?? ''
    return token
  }

  #close(marker: ']' | '}'): Token {
    const inside = this.#open.pop()
    this.#at += 1
    const expected = inside?.kind === '{' ? '}' : ']'
    if (inside === undefined || marker !== expected) {
      const what = inside === undefined ? 'root' : inside.kind === '{' ? 'Object' : 'Array'
      const from = this.#location(inside?.start ?? { at: 0, line: 1, lineStart: 0 })
      throw this.fault(
        `Unexpected close marker '${marker}': expected '${expected}' (for ${what} starting at ${from})`,
      )
    }
    return marker
  }

  #skipComma(character: string): string {
    const what = this.#containerName()
    if (character !== ',') {
      this.#at += 1
      throw this.#unexpected(character, `was expecting comma to separate ${what} entries`)
    }
    this.#at += 1
    const next = this.#skipSpace()
    if (next === undefined)
      throw this.fault(`Unexpected end-of-input within/between ${what} entries`)
    return next
  }

  #skipColon(): string {
    const what = this.#containerName()
    const colon = this.#skipSpace()
    if (colon === undefined)
      throw this.fault(`Unexpected end-of-input within/between ${what} entries`)
    this.#at += 1
    if (colon !== ':') {
      throw this.#unexpected(colon, 'was expecting a colon to separate field name and value')
    }
    const first = this.#skipSpace()
    if (first === undefined)
      throw this.fault(`Unexpected end-of-input within/between ${what} entries`)
    return first
  }

  #readKey(first: string): string {
    this.#at += 1
    if (first !== '"') {
      throw this.#unexpected(first, 'was expecting double-quote to start field name')
    }
    return this.#readString(' in field name', 'name')
  }

  #readValue(first: string): Token {
    if (first === '"') {
      this.#at += 1
      this.#isStringOpen = true
      return 'string'
    }
    if (first === '{' || first === '[') {
      this.#at += 1
      return first
    }
    if (first === '-' || isDigit(first)) return this.#readNumber()
    if (first === 't') return this.#readLiteral('true')
    if (first === 'f') return this.#readLiteral('false')
    if (first === 'n') return this.#readLiteral('null')
    return this.#failValue(first)
  }

  #failValue(first: string): never {
    this.#at += 1
    if (first === '}') throw this.#unexpected(first, 'expected a value')
    for (const word of ['NaN', 'Infinity']) {
      if (first !== word[0]) continue
      this.#readWord(word, 1)
      throw this.fault(
        `Non-standard token '${word}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`,
      )
    }
    if (/[\p{ID_Start}$_]/u.test(first)) throw this.#unrecognized(first)
    throw this.#unexpected(first, `expected a valid value ${VALUES}`)
  }

  #readLiteral(word: 'true' | 'false' | 'null'): Token {
    this.#at += 1
    this.#readWord(word, 1)
    return word
  }

  #readWord(word: string, matched: number): void {
    for (let index = matched; index < word.length; index += 1) {
      if (this.#source[this.#at] !== word[index]) throw this.#unrecognized(word.slice(0, index))
      this.#at += 1
    }
    if (isWordPart(this.#source[this.#at])) throw this.#unrecognized(word)
  }

  #unrecognized(start: string): PatternFault {
    let word = start
    while (word.length < TOKEN_LENGTH_MAX && isWordPart(this.#source[this.#at])) {
      word += this.#source[this.#at]
      this.#at += 1
    }
    if (word.length === TOKEN_LENGTH_MAX) word += '...'
    return this.fault(`Unrecognized token '${word}': was expecting ${VALUES}`)
  }

  #readNumber(): Token {
    const start = this.#at
    if (this.#source[this.#at] === '-') {
      this.#at += 1
      const digit = this.#source[this.#at]
      if (!isDigit(digit)) this.#failDigit(digit)
    }
    if (this.#source[this.#at] === '0' && isDigit(this.#source[this.#at + 1])) {
      this.#at += 2
      throw this.fault('Invalid numeric value: Leading zeroes not allowed')
    }
    this.#skipDigits()
    if (this.#source[this.#at] === '.') {
      this.#at += 1
      if (this.#skipDigits() === 0) this.#failNumber('Decimal point not followed by a digit')
    }
    if (this.#source[this.#at] === 'e' || this.#source[this.#at] === 'E') {
      this.#at += 1
      if (this.#source[this.#at] === '+' || this.#source[this.#at] === '-') this.#at += 1
      if (this.#skipDigits() === 0) this.#failNumber('Exponent indicator not followed by a digit')
    }
    this.#text = this.#source.slice(start, this.#at)
    return 'number'
  }

  #failDigit(found: string | undefined): never {
    if (found === undefined) throw this.fault('Unexpected end-of-input in a Number value')
    this.#at += 1
    throw this.fault(
      `Unexpected character (${describe(found)}) in numeric value: ` +
        'expected digit (0-9) to follow minus sign, for valid numeric value',
    )
  }

  #failNumber(comment: string): never {
    const found = this.#source[this.#at]
    if (found === undefined) throw this.fault('Unexpected end-of-input in a Number value')
    this.#at += 1
    throw this.fault(`Unexpected character (${describe(found)}) in numeric value: ${comment}`)
  }

  #skipDigits(): number {
    const start = this.#at
    while (isDigit(this.#source[this.#at])) this.#at += 1
    return this.#at - start
  }

  #readString(unfinished: string, what: string): string {
    const source = this.#source
    let text = ''
    // What stands between escapes is taken at once.
    let start = this.#at
    for (;;) {
      const code = source.charCodeAt(this.#at)
      if (Number.isNaN(code)) throw this.fault(`Unexpected end-of-input${unfinished}`)
      this.#at += 1
      if (code === QUOTE) return text + source.slice(start, this.#at - 1)
      if (code < SPACE) {
        throw this.fault(
          `Illegal unquoted character (${describe(source[this.#at - 1]!)}): ` +
            `has to be escaped using backslash to be included in ${what}`,
        )
      }
      if (code !== BACKSLASH) continue
      text += source.slice(start, this.#at - 1) + this.#readEscape()
      start = this.#at
    }
  }

  #readEscape(): string {
    const kind = this.#source[this.#at]
    if (kind === undefined) throw this.fault('Unexpected end-of-input in character escape sequence')
    this.#at += 1
    if (kind !== 'u') {
      const character = ESCAPES[kind]
      if (character === undefined) {
        throw this.fault(`Unrecognized character escape ${describe(kind)}`)
      }
      return character
    }
    let code = 0
    for (let index = 0; index < 4; index += 1) {
      const digit = this.#source[this.#at]
      if (digit === undefined)
        throw this.fault('Unexpected end-of-input in character escape sequence')
      this.#at += 1
      if (!/[0-9a-fA-F]/.test(digit)) {
        throw this.#unexpected(digit, 'expected a hex-digit for character escape sequence')
      }
      code = code * 16 + Number.parseInt(digit, 16)
    }
    return String.fromCharCode(code)
  }

  #skipSpace(): string | undefined {
    for (;;) {
      const character = this.#source[this.#at]
      if (character === undefined) return undefined
      if (character === '\n' || character === '\r') {
        this.#at += 1
        if (character === '\r' && this.#source[this.#at] === '\n') this.#at += 1
        this.#line += 1
        this.#lineStart = this.#at
      } else if (character === ' ' || character === '\t') this.#at += 1
      else if (character < ' ') {
        this.#at += 1
        throw this.fault(
          `Illegal character (${describe(character)}): only regular white space (\\r, \\n, \\t) ` +
            'is allowed between tokens',
        )
      } else return character
    }
  }

  #failUnclosed(inside: Container): never {
    const what = this.#containerName()
    throw this.fault(
      `Unexpected end-of-input: expected close marker for ${what} (start marker at ${this.#location(inside.start)})`,
    )
  }

  #containerName(): string {
    const inside = this.#open.at(-1)
    return inside === undefined ? 'root' : inside.kind === '{' ? 'Object' : 'Array'
  }

  #unexpected(character: string, comment: string): PatternFault {
    return this.fault(`Unexpected character (${describe(character)}): ${comment}`)
  }

  #place(at: number): Place {
    return { at, line: this.#line, lineStart: this.#lineStart }
  }

  #location({ at, line, lineStart }: Place): string {
    return `[Source: ${this.#snippet()}; line: ${line}, column: ${at - lineStart + 1}]`
  }

  #snippet(): string {
    const shown = this.#source.slice(0, SNIPPET_LENGTH_MAX)
    const rest = this.#source.length - shown.length
    // Control characters other than line ends are written as escapes.
    const escaped = Array.from({ length: shown.length }, (_, index) => {
      const character = shown[index]!
      const isControl = character < ' ' || (character >= '\x7f' && character <= '\x9f')
      if (!isControl || character === '\n' || character === '\r') return character
      return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
    })
    return `(String)"${escaped.join('')}"${rest === 0 ? '' : `[truncated ${rest} chars]`}`
  }
}

function describe(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return `(CTRL-CHAR, code ${code})`
  if (code > 255) return `'${character}' (code ${code} / 0x${code.toString(16)})`
  return `'${character}' (code ${code})`
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function isWordPart(character: string | undefined): boolean {
  return character !== undefined && /[\p{ID_Continue}$]/u.test(character)
}
