// Waiting for a time to pass that something else may cut short.

import type { Clock } from './clock.ts'

/** Resolves after `delayMs`, or with the signal. */
export async function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0 || signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = (): void => resolve()
  const timer = clock.setTimer(delayMs, stop)
  signal.addEventListener('abort', stop, { once: true })
  await promise
  timer.cancel()
  signal.removeEventListener('abort', stop)
}
