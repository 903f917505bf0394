// "Did you mean": the known name nearest to one that nobody knows.

import { SUGGESTION_DISTANCE_MAX } from './limits.ts'

/** `, did you mean …` for the nearest of `known`, or nothing when none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  let nearest: string | undefined
  let nearestDistance = Math.min(SUGGESTION_DISTANCE_MAX, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest === undefined ? '' : `, did you mean \`${nearest}\``
}

// Levenshtein's distance, one row of the table at a time.
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > SUGGESTION_DISTANCE_MAX) return Number.POSITIVE_INFINITY
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, substitution))
    }
    previous = current
  }
  return previous[b.length]!
}
