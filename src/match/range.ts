// Numeric ranges of one field as disjoint intervals in order, so that a value is looked up among any number
// of them.

/** The numbers between two bounds, which belong to it unless open. */
export interface Range {
  readonly low: number
  readonly lowOpen: boolean
  readonly high: number
  readonly highOpen: boolean
}

/** Whether a number lies in any of the ranges. */
export function compileRanges(ranges: readonly Range[]): (value: number) => boolean {
  const intervals = merge(ranges)
  const lows = Float64Array.from(intervals, (interval) => interval.low)
  return (value) => {
    // Whatever touches was joined, so only the last that begins at or below the value may hold it.
    return isWithin(intervals[upperBound(lows, value) - 1], value)
  }
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = []
  const sorted = ranges.toSorted(
    (left, right) => left.low - right.low || Number(left.lowOpen) - Number(right.lowOpen),
  )
  for (const range of sorted) {
    const before = merged.at(-1)
    if (before === undefined || !isTouching(before, range)) merged.push(range)
    else merged[merged.length - 1] = joined(before, range)
  }
  return merged
}

function isTouching(before: Range, range: Range): boolean {
  if (range.low !== before.high) return range.low < before.high
  return !(range.lowOpen && before.highOpen)
}

function joined(before: Range, range: Range): Range {
  const { low, lowOpen } = before
  const { high, highOpen } = range.high > before.high ? range : before
  const isOpen = before.high === range.high ? before.highOpen && range.highOpen : highOpen
  return { low, lowOpen, high, highOpen: isOpen }
}

function isWithin(interval: Range | undefined, value: number): boolean {
  if (interval === undefined) return false
  const { low, lowOpen, high, highOpen } = interval
  return (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high)
}

/** How many of the sorted numbers are at most `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
