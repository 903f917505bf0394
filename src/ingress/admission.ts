// Admission: how much may be under way before producers are made to wait, and then told to come back. It
// watches bytes waiting for the disk and records waiting for route, so that ingest cannot outrun delivery.

import { AppError, type Clock } from '../base/index.ts'
import {
  BACKLOG_RECORDS_MAX,
  BACKLOG_WAIT_MS_MAX,
  BACKLOG_WAITERS_MAX,
  PENDING_BYTES_MAX,
  RETRY_AFTER_MS,
} from './limits.ts'

export interface AdmissionOptions {
  readonly clock: Clock
  /** Records that are durable but that route has not read. */
  readonly backlog: () => number
  readonly pendingBytesMax?: number
}

export class Admission {
  readonly #options: AdmissionOptions
  readonly #pendingBytesMax: number
  #pendingBytes = 0
  #waiters: (() => void)[] = []
  #isPolling = false

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#pendingBytesMax = options.pendingBytesMax ?? PENDING_BYTES_MAX
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Takes up room for this many bytes, at once or when there is some; rejects `OVERLOADED`. */
  enter(sizeBytes: number): Promise<void> | undefined {
    if (this.#pendingBytes + sizeBytes > this.#pendingBytesMax) {
      throw overloaded(`${this.#pendingBytes} bytes wait for the disk`)
    }
    if (this.#options.backlog() <= BACKLOG_RECORDS_MAX && this.#waiters.length === 0) {
      this.#pendingBytes += sizeBytes
      return undefined
    }
    return this.#wait(sizeBytes)
  }

  leave(sizeBytes: number): void {
    this.#pendingBytes -= sizeBytes
  }

  async #wait(sizeBytes: number): Promise<void> {
    if (this.#waiters.length >= BACKLOG_WAITERS_MAX) {
      throw overloaded(`${this.#waiters.length} requests wait for deliveries to catch up`)
    }
    const startedAt = this.#options.clock.monotonic()
    this.#pendingBytes += sizeBytes
    while (this.#options.backlog() > BACKLOG_RECORDS_MAX) {
      if (this.#options.clock.monotonic() - startedAt > BACKLOG_WAIT_MS_MAX) {
        this.#pendingBytes -= sizeBytes
        throw overloaded(`${this.#options.backlog()} events wait to be routed`)
      }
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve)
        this.#poll()
      })
    }
  }

  #poll(): void {
    if (this.#isPolling) return
    this.#isPolling = true
    this.#options.clock.setTimer(1, () => {
      this.#isPolling = false
      const waiters = this.#waiters
      this.#waiters = []
      for (const wake of waiters) wake()
    })
  }
}

function overloaded(why: string): AppError {
  return new AppError('OVERLOADED', `cannot take more events now: ${why}; try again shortly`, {
    details: { retryAfterMs: RETRY_AFTER_MS },
  })
}
