// The `pattern` of a schema as a tree: characters, places, lists, alternatives and repetitions. What would need to look
// back or ahead has no place in it, and is refused.
// https://json-schema.org/draft-04/draft-fge-json-schema-validation-00, 3.3 (ECMA 262 expressions)

import { characterNode, type ExpressionNode } from '../base/index.ts'

/** Throws a `SyntaxError` for what is no expression, or cannot be matched in linear time. */
export function parsePattern(source: string): ExpressionNode {
  return new PatternReader(source, flagsOf(source)).readEither()
}

/** The platform knows what an expression is, in the strict reading or, as many were written for, in the old one. */
function flagsOf(source: string): 'u' | '' {
  for (const flags of ['u', ''] as const) {
    try {
      if (new RegExp(source, flags) instanceof RegExp) return flags
    } catch (error) {
      if (flags === '') throw error
    }
  }
  return ''
}

class PatternReader {
  readonly #source: string
  readonly #flags: 'u' | ''
  #at = 0

  constructor(source: string, flags: 'u' | '') {
    this.#source = source
    this.#flags = flags
  }

  readEither(): ExpressionNode {
    const branches = [this.#readList()]
    while (this.#source[this.#at] === '|') {
      this.#at += 1
      branches.push(this.#readList())
    }
    return branches.length === 1 ? branches[0]! : { kind: 'either', branches }
  }

  #readList(): ExpressionNode {
    const nodes: ExpressionNode[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      nodes.push(this.#readRepeat(this.#readOne()))
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'list', nodes }
  }

  #readOne(): ExpressionNode {
    const character = this.#source[this.#at]!
    if (character === '(') return this.#readGroup()
    if (character === '^' || character === '$') {
      this.#at += 1
      return { kind: 'place', place: character === '^' ? 'start' : 'end' }
    }
    if (character === '\\') return this.#readEscape()
    const [atom] = (character === '[' ? CLASS : ONE).exec(this.#rest())!
    return this.#atom(atom)
  }

  #readGroup(): ExpressionNode {
    const [opening] = /^\((?:\?(?:<[^>=!]+>|:|.{0,2}))?/.exec(this.#rest())!
    const isPlain = opening === '(' || opening === '(?:' || /^\(\?<[^=!]/.test(opening)
    if (!isPlain) throw new SyntaxError('it looks ahead or behind')
    this.#at += opening.length
    const node = this.readEither()
    this.#at += 1
    return node
  }

  #readEscape(): ExpressionNode {
    const escape = this.#source[this.#at + 1]!
    if (/[1-9k]/.test(escape)) throw new SyntaxError('it refers back to what it matched')
    if (escape === 'b' || escape === 'B') {
      this.#at += 2
      return { kind: 'place', place: escape === 'b' ? 'word-edge' : 'word-inside' }
    }
    const [atom] = ESCAPE.exec(this.#rest())!
    return this.#atom(atom)
  }

  /** What a single character must be is left to the platform. */
  #atom(atom: string): ExpressionNode {
    this.#at += atom.length
    return characterNode(new RegExp(`^${this.#escape(atom)}$`, this.#flags))
  }

  /** In the old reading a brace alone is a brace. */
  #escape(atom: string): string {
    return /^[{}\]]$/.test(atom) ? `\\${atom}` : atom
  }

  #readRepeat(node: ExpressionNode): ExpressionNode {
    const [text, counts] = /^(?:[*+?]|\{(\d+(?:,\d*)?)\})\??/.exec(this.#rest()) ?? []
    if (text === undefined) return node
    this.#at += text.length
    if (counts === undefined) {
      const [min, max] = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[text[0]!]!
      return { kind: 'repeat', node, min: min!, max: max!, isGreedy: true }
    }
    const [from, to] = counts.split(',')
    const min = Number(from)
    return {
      kind: 'repeat',
      node,
      min,
      max: to === undefined ? min : to === '' ? Infinity : Number(to),
      isGreedy: true,
    }
  }

  #rest(): string {
    return this.#source.slice(this.#at)
  }
}

const ONE = /^[^]/u
const CLASS = /^\[(?:[^\\\]]|\\[^])*\]/u
const ESCAPE =
  /^\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[pP]\{[^}]*\}|[^])/u
