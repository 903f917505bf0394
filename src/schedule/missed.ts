// Which occurrence comes first for a plan, and what becomes of those that were missed while no process ran or the
// machine slept. docs/decisions tells why.

import { CATCH_UP_WINDOW_MS } from './limits.ts'
import { fireTime, type Plan } from './plan.ts'
import type { FiredBefore } from './watermark.ts'

/** The first occurrence that has not fired. `before` is what the last process fired; a plan made since has none. */
export function firstOccurrence(plan: Plan, before: FiredBefore | undefined): number | undefined {
  const { timeline, sinceMs, windowMs } = plan
  const upTo = before?.timeMs ?? Number.NEGATIVE_INFINITY
  const fired = before?.latest.get(plan.key) ?? Number.NEGATIVE_INFINITY
  let at = timeline.next(Math.max(sinceMs - 1, fired, upTo - windowMs - 1))
  // In a window an occurrence before the watermark may fire after it.
  while (at !== undefined && fireTime(plan, at) <= upTo) at = timeline.next(at)
  return at
}

export interface Missed {
  /** The latest occurrence that should have fired; undefined when it is too long ago. */
  readonly latestMs: number | undefined
  /** The first one that is still to come. */
  readonly nextMs: number | undefined
  /** How many are passed over; of those before the catch-up window, all are counted as one. */
  readonly skipped: number
}

export function latestMissed(plan: Plan, firstMs: number, now: number): Missed {
  const { timeline, windowMs } = plan
  const oldest = now - CATCH_UP_WINDOW_MS
  let skipped = 0
  let at: number | undefined = firstMs
  if (fireTime(plan, firstMs) < oldest) {
    skipped += 1
    at = timeline.next(Math.max(firstMs, oldest - windowMs - 1))
    while (at !== undefined && fireTime(plan, at) < oldest) at = timeline.next(at)
  }
  let latestMs: number | undefined
  while (at !== undefined && fireTime(plan, at) <= now) {
    if (latestMs !== undefined) skipped += 1
    latestMs = at
    at = timeline.next(at)
  }
  return { latestMs, nextMs: at, skipped }
}
