// Wildcard patterns: `*` stands for any characters, `\*` and `\\` for themselves. Matched in time linear
// in the value, and judged for complexity before they are taken: what AWS refuses is refused here.

import { isAt, type ByteRange } from './bytes.ts'
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

/** Whether some bytes are like the wildcard; what that takes is made when first asked. */
export function compileWildcard(pieces: Wildcard): (value: ByteRange) => boolean {
  const first = pieces[0]!
  if (pieces.length === 1) {
    return ({ bytes, start, end }) => end - start === first.length && isAt(bytes, start, first)
  }
  const last = pieces.at(-1)!
  const inner = pieces.slice(1, -1).filter((piece) => piece !== '')
  const lengthMin = first.length + last.length
  let searches: readonly Search[] | undefined
  return ({ bytes, start, end }) => {
    if (end - start < lengthMin) return false
    const innerEnd = end - last.length
    if (!isAt(bytes, start, first) || !isAt(bytes, innerEnd, last)) return false
    searches ??= inner.map(compileSearch)
    let at = start + first.length
    // The leftmost place for each piece leaves the most room for those behind it.
    for (const search of searches) {
      at = search(bytes, at, innerEnd)
      if (at < 0) return false
    }
    return true
  }
}

type Search = (bytes: Uint8Array, start: number, end: number) => number

// Knuth-Morris-Pratt: each byte is looked at once, whatever the piece repeats.
function compileSearch(piece: string): Search {
  const wanted = Buffer.from(piece, 'latin1')
  const fallback = new Uint32Array(wanted.length)
  for (let at = 1, matched = 0; at < wanted.length; at += 1) {
    while (matched > 0 && wanted[at] !== wanted[matched]) matched = fallback[matched - 1]!
    if (wanted[at] === wanted[matched]) matched += 1
    fallback[at] = matched
  }
  return (bytes, start, end) => {
    let matched = 0
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]
      while (matched > 0 && byte !== wanted[matched]) matched = fallback[matched - 1]!
      if (byte === wanted[matched]) matched += 1
      if (matched === wanted.length) return at + 1
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
  if (placesAtMost(starred) <= WILDCARD_COMPLEXITY_MAX) return false
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

/**
 * More places than any value keeps in play: most wildcards are told to be simple by that alone. Of a piece behind a
 * star those are in play of which the value just read ends with so much; where a piece does not repeat itself, that is
 * one. The star and the place behind it always are.
 */
export function placesAtMost(wildcards: readonly Wildcard[]): number {
  let places = 0
  for (const [, ...behindStars] of wildcards) {
    places += 1
    for (const piece of behindStars) places += 2 + repeatsOf(piece)
  }
  return places
}

/** How many beginnings of a text one of its beginnings ends with at most, itself among them. */
function repeatsOf(text: string): number {
  const longest = [0]
  const counts = [0]
  let most = 0
  for (let length = 1; length <= text.length; length += 1) {
    let border = length === 1 ? 0 : longest[length - 1]!
    while (border > 0 && text[border] !== text[length - 1]) border = longest[border]!
    if (length > 1 && text[border] === text[length - 1]) border += 1
    longest.push(border)
    counts.push(counts[border]! + 1)
    most = Math.max(most, counts[length]!)
  }
  return most
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
