// The conditions on the texts of one field as one deterministic automaton: it reads a text byte by byte, and texts that
// it ends in the same state for satisfy the same conditions. Which those are it does not say.

import { ASCII_FOLD } from './bytes.ts'
import type { Condition } from './condition.ts'
import { foldAscii, type FoldedPart } from './fold.ts'
import { AUTOMATON_SIZE_MAX, AUTOMATON_STEPS_MAX, AUTOMATON_SYMBOLS_MAX } from './limits.ts'

/** Each state is a row: the row that follows each symbol, by where that begins, then a place for what ends here. */
interface TextAutomaton {
  /** Symbols of a row. */
  readonly width: number
  /** Which symbol each byte is. */
  readonly symbols: Uint8Array
  readonly rows: Int16Array
}

/** What a text must be, byte by byte: one byte, or STAR for any number of any. */
interface Track {
  readonly steps: readonly number[]
  readonly isFolded: boolean
}

const STAR = -1
const UNSET = -1

/** The automaton of conditions on texts; undefined when there is none that is small enough. */
export function buildAutomaton(conditions: readonly Condition[]): TextAutomaton | undefined {
  const tracks: Track[] = []
  let steps = 0
  for (const condition of conditions) {
    const track = trackOf(condition)
    if (track === undefined) return undefined
    tracks.push(track)
    steps += track.steps.length
    if (steps > AUTOMATON_STEPS_MAX) return undefined
  }
  const alphabet = alphabetOf(tracks)
  return alphabet.length < AUTOMATON_SYMBOLS_MAX ? walk(tracks, alphabet) : undefined
}

function trackOf(condition: Condition): Track | undefined {
  if (condition.kind === 'folded') {
    const folded = foldAscii(condition.text)
    return folded === undefined
      ? undefined
      : { steps: stepsOf(folded, condition.part), isFolded: true }
  }
  if (condition.kind === 'wildcard') {
    const steps = condition.pieces.flatMap((piece, index) =>
      index === 0 ? bytesOf(piece) : [STAR, ...bytesOf(piece)],
    )
    return { steps, isFolded: false }
  }
  const { kind } = condition
  if (kind === 'string') return { steps: stepsOf(condition.text, 'whole'), isFolded: false }
  if (kind !== 'prefix' && kind !== 'suffix') return undefined
  return { steps: stepsOf(condition.text, kind), isFolded: false }
}

function stepsOf(text: string, part: FoldedPart): readonly number[] {
  const bytes = bytesOf(text)
  if (part === 'whole') return bytes
  return part === 'prefix' ? [...bytes, STAR] : [STAR, ...bytes]
}

function bytesOf(text: string): number[] {
  return [...Buffer.from(text, 'latin1')]
}

/** The bytes that are not like all others. */
function alphabetOf(tracks: readonly Track[]): readonly number[] {
  const used = new Set<number>()
  for (let byte = 0; byte < 256; byte += 1) {
    const folded = ASCII_FOLD[byte]!
    const isUsed = tracks.some(({ steps, isFolded }) => steps.includes(isFolded ? folded : byte))
    if (isUsed) used.add(byte)
  }
  return [...used]
}

// States are the places in all tracks that a text may have reached, numbered one after the other.
function walk(tracks: readonly Track[], alphabet: readonly number[]): TextAutomaton | undefined {
  const places = placesOf(tracks)
  const width = alphabet.length + 1
  const symbols = new Uint8Array(256)
  for (const [index, byte] of alphabet.entries()) symbols[byte] = index + 1
  const rowOf = new Map<string, number>()
  const states: (readonly number[])[] = []
  const reach = (state: readonly number[]): number => {
    const name = state.join()
    const known = rowOf.get(name)
    if (known !== undefined) return known
    const row = states.length * (width + 1)
    rowOf.set(name, row)
    states.push(state)
    return row
  }
  reach(close(places, starts(tracks)))
  const rows: number[] = []
  for (let index = 0; index < states.length; index += 1) {
    for (let symbol = 0; symbol < width; symbol += 1) {
      const byte = symbol === 0 ? undefined : alphabet[symbol - 1]!
      rows.push(reach(close(places, follow(places, states[index]!, byte))))
      if (states.length * (width + 1) > AUTOMATON_SIZE_MAX) return undefined
    }
    rows.push(UNSET)
  }
  return { width, symbols, rows: Int16Array.from(rows) }
}

interface Place {
  /** What leads on from here; undefined at the end of a track. */
  readonly step: number | undefined
  readonly isFolded: boolean
}

function placesOf(tracks: readonly Track[]): readonly Place[] {
  return tracks.flatMap(({ steps, isFolded }) => [
    ...steps.map((step): Place => ({ step, isFolded })),
    { step: undefined, isFolded },
  ])
}

function starts(tracks: readonly Track[]): number[] {
  let next = 0
  return tracks.map(({ steps }) => {
    const start = next
    next += steps.length + 1
    return start
  })
}

/** With the places behind stars, which may stand for nothing; ascending. */
function close(places: readonly Place[], reached: readonly number[]): readonly number[] {
  const all = new Set<number>()
  for (let place of reached) {
    while (!all.has(place)) {
      all.add(place)
      if (places[place]!.step === STAR) place += 1
    }
  }
  return [...all].sort((left, right) => left - right)
}

function follow(
  places: readonly Place[],
  state: readonly number[],
  byte: number | undefined,
): number[] {
  const reached: number[] = []
  for (const place of state) {
    const { step, isFolded } = places[place]!
    if (step === STAR) reached.push(place)
    else if (step !== undefined && byte !== undefined) {
      if (step === (isFolded ? ASCII_FOLD[byte] : byte)) reached.push(place + 1)
    }
  }
  return reached
}
