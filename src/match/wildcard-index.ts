// Wildcards that branches wait at, by their longest piece: a value that lacks it cannot be like them, and the few that
// are left are tried. A piece at the beginning or end is looked up as prefix or suffix, one inside by three of its
// bytes.

import { ByteTable } from './byte-table.ts'
import type { ByteRange } from './bytes.ts'
import type { Probe } from './probe.ts'
import { ReusedList } from './reused-list.ts'
import type { Wildcard } from './wildcard.ts'

const GRAM_LENGTH = 3

/** Wildcards that have one piece in common. */
interface Bucket {
  readonly text: string
  readonly probes: Probe[]
}

type Place =
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'gram'; readonly grams: readonly number[] }
  | { readonly kind: 'anything' }

export class WildcardIndex {
  size = 0
  readonly #prefixes = new ByteTable<Bucket>()
  readonly #suffixes = new ByteTable<Bucket>({ isBackwards: true })
  readonly #grams = new Map<number, Probe[]>()
  readonly #gramOf = new Map<Probe, number>()
  readonly #anything: Probe[] = []
  readonly #buckets = new ReusedList<Bucket>()

  add(probe: Probe, pieces: Wildcard): void {
    this.size += 1
    const place = placeOf(pieces)
    if (place.kind === 'anything') this.#anything.push(probe)
    else if (place.kind === 'gram') this.#addGram(probe, place.grams)
    else {
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
      const gram = this.#gramOf.get(probe)!
      const probes = this.#grams.get(gram)!
      removeFrom(probes, probe)
      if (probes.length === 0) this.#grams.delete(gram)
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
    for (const probe of this.#anything) found.add(probe)
    const buckets = this.#buckets
    buckets.count = 0
    if (this.#prefixes.size > 0) this.#prefixes.findParts(value, buckets)
    if (this.#suffixes.size > 0) this.#suffixes.findParts(value, buckets)
    for (let index = 0; index < buckets.count; index += 1) {
      for (const probe of buckets.items[index]!.probes) found.add(probe)
    }
    if (this.#grams.size > 0) this.#findGrams(value, found)
  }

  // Of all grams of the piece the one that fewest others have.
  #addGram(probe: Probe, grams: readonly number[]): void {
    let best = grams[0]!
    let fewest = Number.POSITIVE_INFINITY
    for (const gram of grams) {
      const count = this.#grams.get(gram)?.length ?? 0
      if (count >= fewest) continue
      best = gram
      fewest = count
    }
    this.#gramOf.set(probe, best)
    const probes = this.#grams.get(best)
    if (probes === undefined) this.#grams.set(best, [probe])
    else probes.push(probe)
  }

  #findGrams({ bytes, start, end }: ByteRange, found: ReusedList<Probe>): void {
    let gram = 0
    for (let at = start; at < end; at += 1) {
      gram = ((gram << 8) | bytes[at]!) & 0xffffff
      if (at - start < GRAM_LENGTH - 1) continue
      const probes = this.#grams.get(gram)
      if (probes !== undefined) for (const probe of probes) found.add(probe)
    }
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
  if (text.length < GRAM_LENGTH) return { kind: 'anything' }
  const grams: number[] = []
  for (let at = 0; at + GRAM_LENGTH <= text.length; at += 1) {
    const [one, two, three] = [0, 1, 2].map((offset) => text.charCodeAt(at + offset))
    grams.push((one! << 16) | (two! << 8) | three!)
  }
  return { kind: 'gram', grams }
}

function removeFrom(probes: Probe[], probe: Probe): void {
  const index = probes.indexOf(probe)
  const last = probes.pop()!
  if (last !== probe) probes[index] = last
}
