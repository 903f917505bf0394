// Waiting for a condition, within a time.

import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 10

export async function until(
  what: string,
  deadlineMs: number,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`)
    await delay(POLL_MS)
  }
}
