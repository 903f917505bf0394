// How long to wait before an event is tried again.

import type { Random } from '../base/index.ts'
import type { DeadLetterSettings } from './settings.ts'

/** Milliseconds before retry `retry`, 1 being the first; with jitter between half of the delay and all of it. */
export function retryDelayMs(
  { initialDelay, maxDelay, multiplier, jitter }: DeadLetterSettings['retryBackoff'],
  retry: number,
  random: Random,
): number {
  const delay = Math.min(maxDelay, initialDelay * multiplier ** Math.max(0, retry - 1))
  return jitter ? delay * (0.5 + random.next() / 2) : delay
}
