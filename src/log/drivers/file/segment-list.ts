// The segments of a log as its owner knows them, oldest first, and where its records begin.

import type { SegmentSummary } from './segment-file.ts'
import type { StoreState } from './segment-store.ts'

export class SegmentList {
  readonly #segments: SegmentSummary[]
  #start: number

  constructor(state: StoreState) {
    this.#segments = Array.from(state.segments)
    const base = state.segments[0]?.base ?? state.nextOffset
    // Damage before the first kept record is a part of the log too, to be reported to who reads it.
    this.#start = Math.min(base, ...state.quarantined.map((range) => range.from))
  }

  /** The oldest offset that is kept. */
  get start(): number {
    return this.#start
  }

  get length(): number {
    return this.#segments.length
  }

  get sizeBytes(): number {
    let sizeBytes = 0
    for (const segment of this.#segments) sizeBytes += segment.sizeBytes
    return sizeBytes
  }

  /** Puts a segment in the place of what was known of it before, or at the end when it is new. */
  set(segment: SegmentSummary): void {
    const last = this.#segments.findLastIndex((one) => one.base <= segment.base)
    if (this.#segments[last]?.base === segment.base) this.#segments[last] = segment
    else this.#segments.push(segment)
  }

  /** The segment in which the offset lies if it is anywhere, and where the next one begins. */
  around(offset: number): {
    readonly segment: SegmentSummary | undefined
    readonly nextBase: number | undefined
  } {
    const index = this.#segments.findLastIndex((one) => one.base <= offset)
    return { segment: this.#segments[index], nextBase: this.#segments[index + 1]?.base }
  }

  /** The first segment that has a record whose timestamp is not before `timestamp`. */
  firstSince(timestamp: number): SegmentSummary | undefined {
    return this.#segments.find((one) => one.end > one.base && one.lastTimestamp >= timestamp)
  }

  /** Takes the oldest off while they may go, never the newest; answers their bases. */
  takeWhile(mayGo: (segment: SegmentSummary) => boolean): number[] {
    const taken: number[] = []
    while (this.#segments.length > 1 && mayGo(this.#segments[0]!)) {
      taken.push(this.#segments.shift()!.base)
      this.#start = this.#segments[0]!.base
    }
    return taken
  }
}
