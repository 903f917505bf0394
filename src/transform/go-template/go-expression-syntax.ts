// Go's regular expressions as a tree.
// https://github.com/google/re2/wiki/Syntax

import { characterNode, type ExpressionNode, type ExpressionPlace } from '../../base/index.ts'
import { runes } from './runes.ts'

export interface ExpressionTree {
  readonly node: ExpressionNode
  /** The names of the groups, from the first on; empty for one without. */
  readonly groups: readonly string[]
}

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

const REPEAT_MAX = 1000
const NESTING_MAX = 200

/** Throws a `SyntaxError` in the words of `regexp/syntax`. */
export function parseExpression(source: string): ExpressionTree {
  return new Reader(source).read()
}

class Reader {
  readonly #source: string
  readonly #groups: string[] = []
  #at = 0
  #depth = 0
  #flags: Flags = { i: false, m: false, s: false, U: false }

  constructor(source: string) {
    this.#source = source
  }

  read(): ExpressionTree {
    const node = this.#readEither()
    if (this.#at < this.#source.length) this.#fail('unexpected )', this.#source)
    return { node, groups: this.#groups }
  }

  #readEither(): ExpressionNode {
    const branches = [this.#readList()]
    while (this.#take('|')) branches.push(this.#readList())
    return branches.length === 1 ? branches[0]! : { kind: 'either', branches }
  }

  #readList(): ExpressionNode {
    const nodes: ExpressionNode[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      const node = this.#readOne()
      if (node !== undefined) nodes.push(this.#readRepeats(node))
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'list', nodes }
  }

  /** Undefined when it only changed flags. */
  #readOne(): ExpressionNode | undefined {
    const character = this.#nextCharacter()
    switch (character) {
      case '(':
        return this.#readGroup()
      case '[':
        return characterOf(this.#readClass(), this.#flags)
      case '.':
        return { kind: 'character', passes: this.#flags.s ? () => true : (code) => code !== 10 }
      case '^':
        return { kind: 'place', place: this.#flags.m ? 'line-start' : 'start' }
      case '$':
        return { kind: 'place', place: this.#flags.m ? 'line-end' : 'end' }
      case '\\':
        return this.#readEscape()
      case '*':
      case '+':
      case '?':
        return this.#fail('missing argument to repetition operator', character)
      default:
        return characterOf(literal(character), this.#flags)
    }
  }

  #readGroup(): ExpressionNode | undefined {
    this.#depth += 1
    if (this.#depth > NESTING_MAX) this.#fail('expression nests too deeply', this.#source)
    const before = this.#flags
    const start = this.#at - 1
    let name: string | undefined = ''
    if (this.#take('?')) {
      const named = /^(?:P?<(\w+)>)/.exec(this.#rest())
      if (named !== null) {
        name = named[1]
        this.#at += named[0].length
      } else if (this.#readFlags(start)) return this.#leave()
      else name = undefined
    }
    if (name !== undefined) this.#groups.push(name)
    const index = this.#groups.length
    const node = this.#readEither()
    if (!this.#take(')')) this.#fail('missing closing )', this.#source)
    this.#flags = before
    this.#depth -= 1
    return name === undefined ? node : { kind: 'group', node, index }
  }

  #leave(): undefined {
    this.#depth -= 1
  }

  /** Whether that was all of the group: `(?i)`. */
  #readFlags(start: number): boolean {
    const match = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#rest())
    if (match === null) {
      this.#fail('invalid or unsupported Perl syntax', this.#source.slice(start, start + 3))
    }
    this.#at += match[0].length
    const flags: Record<string, boolean> = { ...this.#flags }
    for (const flag of match[1]!) flags[flag] = true
    for (const flag of match[2] ?? '') flags[flag] = false
    const isAll = match[3] === ')'
    this.#flags = flags as unknown as Flags
    return isAll
  }

  #readRepeats(node: ExpressionNode): ExpressionNode {
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/.exec(this.#rest())
    if (match === null) return node
    this.#at += match[0].length
    const [, sign, from, comma, to, lazy] = match
    const isGreedy = (lazy === '') !== this.#flags.U
    const [min, max] = sign === undefined ? countsOf(from!, comma, to) : SIGNS[sign]!
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max !== Infinity) || max < min) {
      this.#fail('invalid repeat count', match[0])
    }
    const [again] = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(this.#rest()) ?? []
    if (again !== undefined) this.#fail('invalid nested repetition operator', match[0] + again)
    return { kind: 'repeat', node, min, max, isGreedy }
  }

  #readEscape(): ExpressionNode {
    const rest = this.#rest()
    const place = { A: 'start', z: 'end', b: 'word-edge', B: 'word-inside' }[rest[0] ?? '']
    if (place !== undefined) {
      this.#at += 1
      return { kind: 'place', place: place as ExpressionPlace }
    }
    if (rest[0] === 'Q') return this.#readQuoted()
    return characterOf(this.#readEscaped(), this.#flags)
  }

  #readQuoted(): ExpressionNode {
    const end = this.#source.indexOf(String.raw`\E`, this.#at + 1)
    const text = this.#source.slice(this.#at + 1, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#source.length : end + 2
    return {
      kind: 'list',
      nodes: runes(text).map((one) => characterOf(literal(one), this.#flags)),
    }
  }

  /** The source of a class of JavaScript for what follows a backslash. */
  #readEscaped(): string {
    const rest = this.#rest()
    const perl = /^[dDsSwW]/.exec(rest)
    if (perl !== null) {
      this.#at += 1
      return PERL[perl[0]]!
    }
    const unicode = /^([pP])(?:\{(\^?)(\w+)\}|([A-Z]))/.exec(rest)
    if (unicode !== null) return this.#unicode(unicode)
    const code = /^x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]+)\})|^([0-7]{3}|0[0-7]{0,2})/.exec(rest)
    if (code !== null) {
      this.#at += code[0].length
      const number =
        code[3] === undefined
          ? Number.parseInt(code[1] ?? code[2]!, 16)
          : Number.parseInt(code[3], 8)
      return number > 0x10ffff
        ? this.#fail('invalid escape sequence', `\\${code[0]}`)
        : codeSource(number)
    }
    const control = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }[rest[0] ?? '']
    if (control !== undefined) {
      this.#at += 1
      return codeSource(control)
    }
    if (rest === '') this.#fail('trailing backslash at end of expression', '')
    const character = this.#nextCharacter()
    if (/[\p{L}\p{N}]/u.test(character)) this.#fail('invalid escape sequence', `\\${character}`)
    return literal(character)
  }

  #unicode(match: RegExpExecArray): string {
    this.#at += match[0].length
    const isNegated = (match[1] === 'P') !== (match[2] === '^')
    const name = match[3] ?? match[4]!
    for (const property of [name, `Script=${name}`]) {
      const source = `\\${isNegated ? 'P' : 'p'}{${property}}`
      if (isExpression(source)) return source
    }
    return this.#fail('invalid character class range', match[0])
  }

  #readClass(): string {
    const start = this.#at - 1
    let source = this.#take('^') ? '[^' : '['
    for (let isFirst = true; ; isFirst = false) {
      if (this.#at >= this.#source.length)
        this.#fail('missing closing ]', this.#source.slice(start))
      if (!isFirst && this.#take(']')) return `${source}]`
      source += this.#readClassItem(start)
    }
  }

  #readClassItem(start: number): string {
    const named = /^\[:(\^?)(\w+):\]/.exec(this.#rest())
    if (named !== null) {
      const known = POSIX[named[2]!]
      if (known === undefined) this.#fail('invalid character class range', named[0])
      this.#at += named[0].length
      return named[1] === '^' ? negate(known) : known
    }
    const low = this.#readClassCharacter()
    if (!/^-[^\]]/.test(this.#rest())) return low
    this.#at += 1
    const high = this.#readClassCharacter()
    if (!isExpression(`[${low}-${high}]`)) {
      this.#fail('invalid character class range', this.#source.slice(start + 1, this.#at))
    }
    return `${low}-${high}`
  }

  #readClassCharacter(): string {
    const character = this.#nextCharacter()
    return character === '\\' ? this.#readEscaped() : literal(character)
  }

  #take(text: string): boolean {
    const isThere = this.#source.startsWith(text, this.#at)
    if (isThere) this.#at += text.length
    return isThere
  }

  #nextCharacter(): string {
    const code = this.#source.codePointAt(this.#at)
    const character = code === undefined ? '' : String.fromCodePoint(code)
    this.#at += character.length
    return character
  }

  #rest(): string {
    return this.#source.slice(this.#at)
  }

  #fail(why: string, what: string): never {
    throw new SyntaxError(`error parsing regexp: ${why}${what === '' ? '' : `: \`${what}\``}`)
  }
}

const SIGNS: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Infinity],
  '+': [1, Infinity],
  '?': [0, 1],
}

function countsOf(
  from: string,
  comma: string | undefined,
  to: string | undefined,
): [number, number] {
  if (comma === undefined) return [Number(from), Number(from)]
  return [Number(from), to === '' ? Infinity : Number(to)]
}

const PERL: Readonly<Record<string, string>> = {
  d: '0-9',
  D: String.raw`\D`,
  s: String.raw`\t\n\f\r `,
  S: String.raw`\u0000-\u0008\u000b\u000e-\u001f\u0021-\u{10ffff}`,
  w: '0-9A-Za-z_',
  W: String.raw`\W`,
}

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: String.raw`\x00-\x7f`,
  blank: String.raw`\t `,
  cntrl: String.raw`\x00-\x1f\x7f`,
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: String.raw`!-\/:-@\[-\`\{-~`,
  space: String.raw`\t\n\v\f\r `,
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}

/** What is in no class of the first 128 is in its opposite, too. */
function negate(source: string): string {
  const expression = new RegExp(`[${source}]`, 'u')
  let negated = String.raw`\u0080-\u{10ffff}`
  for (let code = 0; code < 128; code += 1) {
    if (!expression.test(String.fromCharCode(code))) negated += codeSource(code)
  }
  return negated
}

function literal(character: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character
}

function codeSource(code: number): string {
  return String.raw`\u{${code.toString(16)}}`
}

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, 'u').unicode
  } catch {
    return false
  }
}

function characterOf(source: string, flags: Flags): ExpressionNode {
  // In a class every escape that `literal` makes is allowed.
  const body = source.startsWith('[') ? source : `[${source}]`
  return characterNode(new RegExp(`^${body}$`, flags.i ? 'ui' : 'u'))
}
