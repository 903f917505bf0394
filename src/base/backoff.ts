// The delay before a retry: exponential with jitter, bounded below and above.

import type { Random } from './random.ts'

export interface Backoff {
  readonly delayMsMin: number
  readonly delayMsMax: number
  /** 0.2 spreads a delay by ±20 %. */
  readonly jitter: number
}

/** The delay in milliseconds before retry `retry` (1 is the first). */
export function backoffDelayMs(backoff: Backoff, retry: number, random: Random): number {
  // 2 ** 1024 is Infinity and Infinity is clamped, so a large retry is safe.
  const exponential = backoff.delayMsMin * 2 ** Math.max(0, retry - 1)
  const clamped = Math.min(backoff.delayMsMax, Math.max(backoff.delayMsMin, exponential))
  return clamped * (1 - backoff.jitter + 2 * backoff.jitter * random.next())
}
