// How often which value came, in buckets whose borders grow by a factor, for percentiles in bounded memory.
//
// A value that a percentile answers is within 1 % of the true one. Where values lie so far apart that there would be
// more than `HISTOGRAM_BUCKETS_MAX` buckets, each two neighbours become one, and the error about doubles: within 2 %
// when the largest is more than 23 times the smallest, 4 % at more than 560 times, 8 % at more than 300 000 times.
//
// Invariant: however many values come, there are never more buckets than the maximum.

import { HISTOGRAM_BUCKETS_MAX } from './limits.ts'

export interface HistogramEntry {
  readonly value: number
  readonly count: number
}

/** Of one bucket before any are joined: values within it differ by 2 % at most. */
const GROWTH_LOG = Math.log(1.02)

export class Histogram {
  /** How often neighbours were joined. */
  #joins = 0
  #zeros = 0
  /** Bucket i holds the values above growth^(i-1) up to growth^i. */
  #counts = new Map<number, number>()

  /** Values are not negative. */
  static of(value: number, count = 1): Histogram {
    const histogram = new Histogram()
    histogram.add(value, count)
    return histogram
  }

  /** Of what `toJSON` made. */
  static restore([joins = 0, zeros = 0, ...pairs]: readonly number[]): Histogram {
    const histogram = new Histogram()
    histogram.#joins = joins
    histogram.#zeros = zeros
    for (let index = 0; index + 1 < pairs.length; index += 2) {
      histogram.#counts.set(pairs[index]!, pairs[index + 1]!)
    }
    return histogram
  }

  get bucketCount(): number {
    return this.#counts.size
  }

  add(value: number, count = 1): void {
    if (count === 0) return
    if (value === 0) {
      this.#zeros += count
      return
    }
    // Bounds are inclusive above: what lies on one by a rounding error may be one bucket off, within the error.
    const finest = Math.ceil(Math.log(value) / GROWTH_LOG)
    this.#addAt(Math.ceil(finest / 2 ** this.#joins), count)
    this.#bound(HISTOGRAM_BUCKETS_MAX)
  }

  /** Takes in all of another; `max` buckets stay at most. */
  merge(other: Histogram, max: number = HISTOGRAM_BUCKETS_MAX): void {
    while (this.#joins < other.#joins) this.#join()
    const factor = 2 ** (this.#joins - other.#joins)
    this.#zeros += other.#zeros
    for (const [index, count] of other.#counts) this.#addAt(Math.ceil(index / factor), count)
    this.#bound(Math.min(max, HISTOGRAM_BUCKETS_MAX))
  }

  copy(): Histogram {
    const copied = new Histogram()
    copied.merge(this)
    return copied
  }

  /** Values that stand for their buckets, the smallest first. */
  entries(): readonly HistogramEntry[] {
    const growthLog = GROWTH_LOG * 2 ** this.#joins
    const found = Array.from(this.#counts)
      .sort(([a], [b]) => a - b)
      .map(([index, count]) => ({ value: Math.exp((index - 0.5) * growthLog), count }))
    return this.#zeros === 0 ? found : [{ value: 0, count: this.#zeros }, ...found]
  }

  toJSON(): readonly number[] {
    return [this.#joins, this.#zeros, ...Array.from(this.#counts).flat()]
  }

  #addAt(index: number, count: number): void {
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + count)
  }

  /** What is above 1 and what is not never come to lie in one bucket. */
  #bound(max: number): void {
    while (this.#counts.size > Math.max(2, max)) this.#join()
  }

  #join(): void {
    const finer = this.#counts
    this.#joins += 1
    this.#counts = new Map()
    for (const [index, count] of finer) this.#addAt(Math.ceil(index / 2), count)
  }
}
