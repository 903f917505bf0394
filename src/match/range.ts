// Numeric ranges: what lies between two bounds.

/** The numbers between two bounds, which belong to it unless open. */
export interface Range {
  readonly low: number
  readonly lowOpen: boolean
  readonly high: number
  readonly highOpen: boolean
}

export function isInRange({ low, lowOpen, high, highOpen }: Range, value: number): boolean {
  return (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high)
}
