// Wildcards that branches wait at, by their longest piece: a value that lacks it cannot be like them, and the few that
// are left are tried. A piece at the beginning or end is looked up as prefix or suffix, one inside by three of its
// bytes.

import { ByteTable } from './byte-table.ts'
import type { ByteRange } from './bytes.ts'
import { GramTable } from './gram-table.ts'
import type { Probe } from './probe.ts'
import { ReusedList } from './reused-list.ts'
import type { Wildcard } from './wildcard.ts'

/** Bytes that a piece inside is looked up by. */
const GRAM_LENGTH_MIN = 3
const GRAM_LENGTH_MAX = 8

/** Wildcards that have one piece in common. */
interface Bucket {
  readonly text: string
  readonly probes: Probe[]
}

type Place =
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'gram'; readonly text: string }
  | { readonly kind: 'anything' }

export class WildcardIndex {
  size = 0
  readonly #prefixes = new ByteTable<Bucket>()
  readonly #suffixes = new ByteTable<Bucket>({ isBackwards: true })
  /** One for each number of bytes. */
  readonly #grams: GramTable[] = []
  readonly #gramOf = new Map<Probe, number>()
  readonly #anything: Probe[] = []
  readonly #buckets = new ReusedList<Bucket>()

  add(probe: Probe, pieces: Wildcard): void {
    this.size += 1
    const place = placeOf(pieces)
    if (place.kind === 'anything') this.#anything.push(probe)
    else if (place.kind === 'gram') {
      this.#gramOf.set(probe, this.#gramsFor(place.text).add(probe, place.text))
    } else {
      const table = place.kind === 'prefix' ? this.#prefixes : this.#suffixes
      const bucket = table.get(place.text)
      if (bucket === undefined) table.add({ text: place.text, probes: [probe] })
      else bucket.probes.push(probe)
    }
  }

  remove(probe: Probe, pieces: Wildcard): void {
    this.size -= 1
    const place = placeOf(pieces)
    if (place.kind === 'anything') removeFrom(this.#anything, probe)
    else if (place.kind === 'gram') {
      const grams = this.#gramsFor(place.text)
      grams.remove(probe, this.#gramOf.get(probe)!)
      if (grams.size === 0) this.#grams.splice(this.#grams.indexOf(grams), 1)
      this.#gramOf.delete(probe)
    } else {
      const table = place.kind === 'prefix' ? this.#prefixes : this.#suffixes
      const bucket = table.get(place.text)!
      removeFrom(bucket.probes, probe)
      if (bucket.probes.length === 0) table.remove(bucket)
    }
  }

  /** The probes whose wildcards the value may be like. */
  find(value: ByteRange, found: ReusedList<Probe>): void {
    found.addAll(this.#anything)
    const buckets = this.#buckets
    buckets.count = 0
    if (this.#prefixes.size > 0) this.#prefixes.findParts(value, buckets)
    if (this.#suffixes.size > 0) this.#suffixes.findParts(value, buckets)
    for (let index = 0; index < buckets.count; index += 1) {
      found.addAll(buckets.items[index]!.probes)
    }
    const grams = this.#grams
    for (let index = 0; index < grams.length; index += 1) grams[index]!.find(value, found)
  }

  #gramsFor(text: string): GramTable {
    const length = Math.min(text.length, GRAM_LENGTH_MAX)
    let grams = this.#grams.find((each) => each.length === length)
    if (grams === undefined) {
      grams = new GramTable(length)
      this.#grams.push(grams)
    }
    return grams
  }
}

function placeOf(pieces: Wildcard): Place {
  let longest = 0
  for (const [index, piece] of pieces.entries()) {
    if (piece.length > pieces[longest]!.length) longest = index
  }
  const text = pieces[longest]!
  if (text === '') return { kind: 'anything' }
  if (longest === 0) return { kind: 'prefix', text }
  if (longest === pieces.length - 1) return { kind: 'suffix', text }
  return text.length < GRAM_LENGTH_MIN ? { kind: 'anything' } : { kind: 'gram', text }
}

function removeFrom(probes: Probe[], probe: Probe): void {
  const index = probes.indexOf(probe)
  const last = probes.pop()!
  if (last !== probe) probes[index] = last
}
