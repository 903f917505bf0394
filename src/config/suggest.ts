// "Did you mean": the known name nearest to one that nobody knows.

import { editDistance } from '../base/index.ts'
import { SUGGESTION_DISTANCE_MAX } from './limits.ts'

/** `, did you mean …` for the nearest of `known`, or nothing when none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  let nearest: string | undefined
  let nearestDistance = Math.min(SUGGESTION_DISTANCE_MAX, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    const distance = editDistance(
      name.toLowerCase(),
      candidate.toLowerCase(),
      SUGGESTION_DISTANCE_MAX,
    )
    if (distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest === undefined ? '' : `, did you mean \`${nearest}\``
}
