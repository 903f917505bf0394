// The numeric conditions of one field, exact numbers as ranges of their own, so that a value finds those it lies in
// however many there are: sorted by their lower bounds, with the highest upper bound of every stretch above them in a
// tree. What joined lately to many waits until it is worth sorting them anew.

import type { Leaf } from './leaf.ts'
import type { Probe } from './probe.ts'
import type { ReusedList } from './reused-list.ts'
import { isInRange, type Range } from './range.ts'

/** Up to this many are looked through; more are looked up in the tree. */
const LISTED_MAX = 16
/** How many, as a share of the sorted ones, may wait to be sorted among them. */
const RECENT_SHARE = 1 / 64

/** More than a number changes, relatively, by being rounded to a double. */
const ROUNDING = 1e-15

interface Entry {
  readonly range: Range
  readonly probe: Probe
}

export class RangeIndex {
  /** Sorted by `low`; what left leaves a gap. */
  #sorted: (Entry | undefined)[] = []
  /**
   * First their lower bounds, then a tree over them: the highest upper bound below each node, those of the entries
   * themselves in its second half. Its width is a power of two.
   */
  #bounds: Float64Array = new Float64Array(0)
  #width = 0
  #recent: Entry[] = []
  #gaps = 0
  // The number that is looked up.
  #leaf: Leaf | undefined
  #low = 0
  #high = 0
  /** How many of the sorted begin at it or below. */
  #end = 0

  get size(): number {
    return this.#sorted.length - this.#gaps + this.#recent.length
  }

  add(probe: Probe, range: Range): void {
    this.#recent.push({ range, probe })
  }

  /** Whether it was there. */
  remove(probe: Probe, { low }: Range): boolean {
    const recent = this.#recent.findIndex((entry) => entry.probe === probe)
    if (recent >= 0) {
      this.#recent.splice(recent, 1)
      return true
    }
    const count = this.#sorted.length
    let index = this.#countLows(low, 'below')
    while (index < count && this.#bounds[index] === low && this.#sorted[index]?.probe !== probe) {
      index += 1
    }
    if (index >= count || this.#bounds[index] !== low) return false
    this.#sorted[index] = undefined
    this.#gaps += 1
    return true
  }

  /** The probes whose ranges hold the number. */
  find(leaf: Leaf, found: ReusedList<Probe>): void {
    const recent = this.#recent
    if (recent.length > this.#sorted.length * RECENT_SHARE) this.#sort()
    const { reading } = leaf
    // What is written out of the ordinary is a rounded double first, and an exact one only where that hits.
    const value = reading === undefined ? Number(leaf.text) : reading.value
    if (!Number.isFinite(value)) return
    const tolerance = reading === undefined ? Math.abs(value) * ROUNDING : reading.tolerance
    const low = value - tolerance
    const high = value + tolerance
    this.#leaf = leaf
    this.#low = low
    this.#high = high
    for (const { range, probe } of this.#recent) {
      if (range.low <= high && range.high >= low) this.#try(range, probe, found)
    }
    const count = this.#sorted.length
    if (count <= LISTED_MAX) {
      const bounds = this.#bounds
      const highs = this.#width * 2
      for (let index = 0; index < count && bounds[index]! <= high; index += 1) {
        if (bounds[highs + index]! >= low) this.#tryAt(index, found)
      }
      return
    }
    this.#end = this.#countLows(high, 'up to')
    if (this.#end > 0) this.#descend(1, 0, this.#width, found)
  }

  /** Tries what begins before `#end` below a node, which spans `width` entries from `first` on. */
  #descend(node: number, first: number, width: number, found: ReusedList<Probe>): void {
    if (this.#bounds[this.#width + node]! < this.#low) return
    if (width === 1) {
      this.#tryAt(first, found)
      return
    }
    const half = width >>> 1
    this.#descend(node * 2, first, half, found)
    if (first + half < this.#end) this.#descend(node * 2 + 1, first + half, half, found)
  }

  /** How many of the lower bounds are below `value`, or up to it. */
  #countLows(value: number, how: 'below' | 'up to'): number {
    const bounds = this.#bounds
    const isUpTo = how === 'up to'
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const bound = bounds[middle]!
      if (bound < value || (isUpTo && bound === value)) low = middle + 1
      else high = middle
    }
    return low
  }

  #tryAt(index: number, found: ReusedList<Probe>): void {
    const entry = this.#sorted[index]
    if (entry !== undefined) this.#try(entry.range, entry.probe, found)
  }

  /** The bounds as they are, where the number is only nearly known. */
  #try(range: Range, probe: Probe, found: ReusedList<Probe>): void {
    if (probe.isSettled(probe.field.scannedIn)) return
    const leaf = this.#leaf!
    const isInside = range.low < this.#low && range.high > this.#high
    if (isInside) {
      if (leaf.isComparable) found.add(probe)
      return
    }
    const exact = leaf.number
    if (exact !== undefined && isInRange(range, exact)) found.add(probe)
  }

  #sort(): void {
    const entries = this.#sorted.filter((entry) => entry !== undefined).concat(this.#recent)
    entries.sort((left, right) => left.range.low - right.range.low)
    this.#sorted = entries
    this.#recent = []
    this.#gaps = 0
    const width = 2 ** Math.ceil(Math.log2(Math.max(1, entries.length)))
    const bounds = new Float64Array(width * 3).fill(Number.NEGATIVE_INFINITY)
    for (const [index, { range }] of entries.entries()) {
      bounds[index] = range.low
      bounds[width * 2 + index] = range.high
    }
    for (let node = width - 1; node > 0; node -= 1) {
      bounds[width + node] = Math.max(bounds[width + node * 2]!, bounds[width + node * 2 + 1]!)
    }
    this.#bounds = bounds
    this.#width = width
  }
}
