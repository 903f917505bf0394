// Wildcard patterns: `*` stands for any characters, `\*` and `\\` for themselves. Matched in time linear
// in the value, and judged for complexity before they are taken: what AWS refuses is refused here.

import { WILDCARD_COMPLEXITY_MAX, WILDCARD_SETS_MAX } from './limits.ts'

/** The literal pieces between the stars, one byte a character; one piece means no star. */
export type Wildcard = readonly string[]

/** Parses `text` (one byte a character), or answers what is wrong with it in AWS's words. */
export function parseWildcard(text: string): Wildcard | { readonly fault: string } {
  const pieces: string[] = []
  let piece = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!
    // Positions count from the opening quote that AWS's engine puts before the text.
    if (character === '*') {
      if (text[at + 1] === '*') return { fault: `Consecutive wildcard characters at pos ${at + 1}` }
      pieces.push(piece)
      piece = ''
    } else if (character === '\\') {
      const escaped = text[at + 1]
      if (escaped !== '*' && escaped !== '\\') {
        return { fault: `Invalid escape character at pos ${at + 1}` }
      }
      piece += escaped
      at += 1
    } else piece += character
  }
  pieces.push(piece)
  return pieces
}

export function compileWildcard(pieces: Wildcard): (text: string) => boolean {
  const [first, ...rest] = pieces as [string, ...string[]]
  const last = rest.pop()
  if (last === undefined) return (text) => text === first
  const searches = rest.filter((piece) => piece !== '').map(compileSearch)
  const lengthMin = first.length + last.length
  return (text) => {
    if (text.length < lengthMin || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    // The leftmost place for each piece leaves the most room for those behind it.
    for (const search of searches) {
      at = search(text, at, end)
      if (at < 0) return false
    }
    return true
  }
}

// Knuth-Morris-Pratt: each character is looked at once, whatever the piece repeats.
function compileSearch(piece: string): (text: string, start: number, end: number) => number {
  const fallback = new Uint32Array(piece.length)
  for (let at = 1, matched = 0; at < piece.length; at += 1) {
    while (matched > 0 && piece[at] !== piece[matched]) matched = fallback[matched - 1]!
    if (piece[at] === piece[matched]) matched += 1
    fallback[at] = matched
  }
  return (text, start, end) => {
    let matched = 0
    for (let at = start; at < end; at += 1) {
      const code = text.charCodeAt(at)
      while (matched > 0 && code !== piece.charCodeAt(matched)) matched = fallback[matched - 1]!
      if (code === piece.charCodeAt(matched)) matched += 1
      if (matched === piece.length) return at + 1
    }
    return -1
  }
}

/**
 * Whether some value would keep more than `WILDCARD_COMPLEXITY_MAX` places of these wildcards in play at
 * once. The places are the states of the automaton that accepts any of them; the sets of states it can be
 * in are walked breadth first.
 */
export function isTooComplex(wildcards: readonly Wildcard[]): boolean {
  const starred = wildcards.filter((pieces) => pieces.length > 1)
  if (starred.length === 0) return false
  const automaton = buildAutomaton(starred)
  const seen = new Set<string>()
  const queue: (readonly number[])[] = [automaton.start]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const symbol of automaton.alphabet) {
      const reached = step(automaton, next, symbol)
      if (reached.length > WILDCARD_COMPLEXITY_MAX) return true
      const name = reached.join()
      if (reached.length === 0 || seen.has(name)) continue
      if (seen.size >= WILDCARD_SETS_MAX) return true
      seen.add(name)
      queue.push(reached)
    }
  }
  return false
}

interface Automaton {
  /** Per state the character that leads to the next state; '' for a star, which every character keeps. */
  readonly symbols: readonly string[]
  readonly start: readonly number[]
  readonly alphabet: readonly string[]
}

function buildAutomaton(wildcards: readonly Wildcard[]): Automaton {
  const symbols: string[] = []
  const start: number[] = []
  const alphabet = new Set<string>()
  for (const pieces of wildcards) {
    const first = symbols.length
    pieces.forEach((piece, index) => {
      if (index > 0) symbols.push('')
      for (const character of piece) {
        symbols.push(character)
        alphabet.add(character)
      }
    })
    // The end of a pattern: nothing leads on from it.
    symbols.push('end')
    start.push(first)
    if (symbols[first] === '') start.push(first + 1)
  }
  return { symbols, start, alphabet: [...alphabet, 'other'] }
}

function step(automaton: Automaton, states: readonly number[], symbol: string): number[] {
  const reached = new Set<number>()
  for (const state of states) {
    const expected = automaton.symbols[state]
    if (expected === '') reached.add(state).add(state + 1)
    else if (expected === symbol) {
      reached.add(state + 1)
      if (automaton.symbols[state + 1] === '') reached.add(state + 2)
    }
  }
  return [...reached].toSorted((left, right) => left - right)
}
