// A template's text as tokens. Text outside of `{{ }}` is one token; white space beside a trim marker is never seen
// by the parser.
// https://pkg.go.dev/text/template (Actions, Text and spaces)

export type TokenKind =
  | 'assign'
  | 'bool'
  | 'char'
  | 'char-constant'
  | 'complex'
  | 'declare'
  | 'dot'
  | 'eof'
  | 'error'
  | 'field'
  | 'identifier'
  | 'keyword'
  | 'left-delimiter'
  | 'left-paren'
  | 'nil'
  | 'number'
  | 'pipe'
  | 'raw-string'
  | 'right-delimiter'
  | 'right-paren'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Where it begins, in characters. */
  readonly at: number
  readonly line: number
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
])

const ALPHANUMERIC = /[_\p{L}\p{Nd}]/u

export class Lexer {
  readonly #text: string
  #at = 0
  #line = 1
  #isInside = false
  #parens = 0
  #failed: Token | undefined

  constructor(text: string) {
    this.#text = text
  }

  next(): Token {
    if (this.#failed !== undefined) return this.#failed
    return this.#isInside ? this.#readInside() : this.#readText()
  }

  #readText(): Token {
    for (;;) {
      const found = this.#text.indexOf('{{', this.#at)
      if (found < 0) {
        if (this.#at >= this.#text.length) return this.#token('eof', this.#at)
        return this.#token('text', this.#text.length)
      }
      const isTrimmed = /^-[ \t\r\n]/.test(this.#text.slice(found + 2, found + 4))
      const raw = this.#text.slice(this.#at, found)
      const kept = isTrimmed ? raw.replace(/[ \t\r\n]+$/, '') : raw
      if (kept !== '') {
        const token = this.#token('text', this.#at + kept.length)
        this.#skipTo(found)
        return token
      }
      this.#skipTo(found)
      const open = this.#open(isTrimmed)
      if (open !== undefined) return open
    }
  }

  /** Undefined when it was a comment. */
  #open(isTrimmed: boolean): Token | undefined {
    const marker = isTrimmed ? 2 : 0
    if (this.#text.startsWith('/*', this.#at + 2 + marker)) return this.#skipComment(2 + marker)
    const token = this.#token('left-delimiter', this.#at + 2)
    this.#skipTo(this.#at + marker)
    this.#isInside = true
    this.#parens = 0
    return token
  }

  #skipComment(before: number): Token | undefined {
    this.#skipTo(this.#at + before)
    const end = this.#text.indexOf('*/', this.#at + 2)
    if (end < 0) return this.#fail('unclosed comment')
    const close = this.#closing(end + 2)
    if (close === undefined) return this.#fail('comment ends before closing delimiter')
    this.#skipTo(end + 2 + close.length)
    if (close.isTrimmed) this.#skipSpace()
    return undefined
  }

  #closing(at: number): { length: number; isTrimmed: boolean } | undefined {
    if (/^[ \t\r\n]-\}\}/.test(this.#text.slice(at, at + 4))) return { length: 4, isTrimmed: true }
    return this.#text.startsWith('}}', at) ? { length: 2, isTrimmed: false } : undefined
  }

  #readInside(): Token {
    const close = this.#closing(this.#at)
    if (close !== undefined) return this.#close(close)
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) return this.#fail('unclosed action')
    const character = String.fromCodePoint(code)
    if (isSpace(character)) return this.#readSpace()
    switch (character) {
      case '=':
        return this.#token('assign', this.#at + 1)
      case ':':
        if (this.#text[this.#at + 1] !== '=') return this.#fail('expected :=')
        return this.#token('declare', this.#at + 2)
      case '|':
        return this.#token('pipe', this.#at + 1)
      case '"':
        return this.#readQuoted('"', 'string', 'unterminated quoted string')
      case "'":
        return this.#readQuoted("'", 'char-constant', 'unterminated character constant')
      case '`':
        return this.#readRaw()
      case '$':
        return this.#readName('variable', 'variable')
      case '(':
        this.#parens += 1
        return this.#token('left-paren', this.#at + 1)
      case ')':
        this.#parens -= 1
        if (this.#parens < 0) return this.#fail('unexpected right paren')
        return this.#token('right-paren', this.#at + 1)
      default:
        return this.#readWord(character)
    }
  }

  #close(close: { length: number; isTrimmed: boolean }): Token {
    if (this.#parens > 0) return this.#fail('unclosed left paren')
    if (close.isTrimmed) this.#skipTo(this.#at + 2)
    const token = this.#token('right-delimiter', this.#at + 2)
    if (close.isTrimmed) this.#skipSpace()
    this.#isInside = false
    return token
  }

  #readWord(character: string): Token {
    const follows = this.#text[this.#at + 1]
    if (character === '.' && (follows === undefined || !/[0-9]/.test(follows))) {
      return this.#readName('field', 'dot')
    }
    if (/[.+\-0-9]/.test(character)) return this.#readNumber()
    if (ALPHANUMERIC.test(character)) return this.#readIdentifier()
    if (/[!-~]/.test(character)) return this.#token('char', this.#at + 1)
    return this.#fail(`unrecognized character in action: ${describe(character)}`)
  }

  /** Leaves the space that belongs to a trim marker. */
  #readSpace(): Token {
    let end = this.#at
    while (isSpace(this.#text[end] ?? '')) end += 1
    if (this.#text.startsWith('-}}', end)) end -= 1
    return this.#token('space', end)
  }

  #readIdentifier(): Token {
    const end = this.#endOfWord(this.#at)
    const word = this.#text.slice(this.#at, end)
    if (!this.#isTerminator(end)) return this.#badCharacter(end)
    if (word === 'true' || word === 'false') return this.#token('bool', end)
    if (word === 'nil') return this.#token('nil', end)
    return this.#token(KEYWORDS.has(word) ? 'keyword' : 'identifier', end)
  }

  /** `.name` or `$name`; nothing after the sign is the dot, or the variable `$`. */
  #readName(kind: 'field' | 'variable', alone: 'dot' | 'variable'): Token {
    if (this.#isTerminator(this.#at + 1)) return this.#token(alone, this.#at + 1)
    const end = this.#endOfWord(this.#at + 1)
    return this.#isTerminator(end) ? this.#token(kind, end) : this.#badCharacter(end)
  }

  #readNumber(): Token {
    const first = this.#endOfNumber(this.#at)
    if (first === undefined) return this.#badNumber()
    const sign = this.#text[first]
    if (sign !== '+' && sign !== '-') return this.#token('number', first)
    const second = this.#endOfNumber(first)
    if (second === undefined || this.#text[second - 1] !== 'i') return this.#badNumber()
    return this.#token('complex', second)
  }

  #endOfNumber(at: number): number | undefined {
    const expression =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y
    expression.lastIndex = at
    expression.exec(this.#text)
    const end = expression.lastIndex
    return ALPHANUMERIC.test(this.#characterAt(end)) ? undefined : end
  }

  #badNumber(): Token {
    const [text] = /^[+\-.\w]*/.exec(this.#text.slice(this.#at))!
    return this.#fail(`bad number syntax: ${JSON.stringify(text)}`)
  }

  #readQuoted(quote: string, kind: 'string' | 'char-constant', message: string): Token {
    for (let end = this.#at + 1; ; end += 1) {
      let character = this.#text[end]
      if (character === '\\') {
        end += 1
        character = this.#text[end] === '\n' ? '\n' : this.#text[end] === undefined ? undefined : ''
      }
      if (character === undefined || character === '\n') return this.#fail(message)
      if (character === quote) return this.#token(kind, end + 1)
    }
  }

  #readRaw(): Token {
    const end = this.#text.indexOf('`', this.#at + 1)
    return end < 0
      ? this.#fail('unterminated raw quoted string')
      : this.#token('raw-string', end + 1)
  }

  #endOfWord(from: number): number {
    let end = from
    for (;;) {
      const character = this.#characterAt(end)
      if (!ALPHANUMERIC.test(character)) return end
      end += character.length
    }
  }

  #isTerminator(at: number): boolean {
    const character = this.#text[at]
    return (
      character === undefined ||
      /[ \t\r\n.,|:)(]/.test(character) ||
      this.#text.startsWith('}}', at)
    )
  }

  #badCharacter(at: number): Token {
    return this.#fail(`bad character ${describe(this.#characterAt(at))}`)
  }

  #characterAt(at: number): string {
    const code = this.#text.codePointAt(at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  #token(kind: TokenKind, end: number): Token {
    const token = { kind, text: this.#text.slice(this.#at, end), at: this.#at, line: this.#line }
    this.#skipTo(end)
    return token
  }

  #skipTo(end: number): void {
    for (let at = this.#text.indexOf('\n', this.#at); at >= 0 && at < end;) {
      this.#line += 1
      at = this.#text.indexOf('\n', at + 1)
    }
    this.#at = end
  }

  #skipSpace(): void {
    let end = this.#at
    while (isSpace(this.#text[end] ?? '')) end += 1
    this.#skipTo(end)
  }

  #fail(message: string): Token {
    this.#failed = { kind: 'error', text: message, at: this.#at, line: this.#line }
    return this.#failed
  }
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

/** A character as Go's `%#U` writes it. */
function describe(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const number = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character) ? `${number} '${character}'` : number
}
