// The file log in this thread, on a simulated disk and a given clock: no I/O, no timers of the system, so
// that a seed repeats a whole history.

import {
  isAppError,
  silentLogger,
  type AppError,
  type Clock,
  type Logger,
  type Random,
  type Timer,
} from '../../../base/index.ts'
import { SEGMENT_SIZE_BYTES_MAX_DEFAULT, TAIL_CACHE_SIZE_BYTES_DEFAULT } from '../../limits.ts'
import type { Log, LogRecord } from '../../log.ts'
import { SegmentLog, type Commit, type FileLog, type Writer } from './file-log.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentStore } from './segment-store.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

export {
  SimulatedDisk,
  type CrashOptions,
  type DiskOperation,
  type SimulatedDiskOptions,
} from './simulated-disk.ts'

export interface SimulatedLogOptions {
  readonly disk: SimulatedDisk
  readonly clock: Clock
  readonly random: Random
  readonly directory?: string
  /** From the write of a batch to its sync; a crash between the two may keep any part of it. */
  readonly latencyMs?: number
  readonly logger?: Logger
  readonly onFatal?: (error: AppError) => void
  readonly segmentSizeBytesMax?: number
  readonly tailCacheSizeBytesMax?: number
  readonly knownDurable?: number
  readonly freeBytesMin?: number
  readonly verify?: boolean
  /** A planted bug: appends resolve before their sync. Shows that a test can see the loss. */
  readonly unsafeAcknowledgeBeforeSync?: boolean
}

export interface SimulatedLog extends FileLog {
  /** The process dies: nothing that waits is ever settled, nothing more reaches the disk. */
  kill(): void
}

/** The file log in this thread, on a simulated disk; throws where `openFileLog` rejects. */
export function openSimulatedLog(options: SimulatedLogOptions): SimulatedLog {
  const { disk, clock, random, directory = 'log', logger = silentLogger } = options
  const store = new SegmentStore({
    disk,
    directory,
    logger,
    clock,
    random,
    segmentSizeBytesMax: options.segmentSizeBytesMax ?? SEGMENT_SIZE_BYTES_MAX_DEFAULT,
    knownDurable: options.knownDurable ?? 0,
    verify: options.verify ?? false,
    freeBytesMin: options.freeBytesMin ?? 0,
  })
  const reader = new SegmentReader({ disk, directory })
  const writer = new InProcessWriter(store, options)
  const log = new SegmentLog({
    writer,
    reader: {
      read: async (request) => reader.read(request),
      offsetAt: async (segment, timestamp) => reader.offsetAt(segment, timestamp),
      forget: async (bases) => reader.forget(bases),
      close: async () => {},
    },
    state: store.opened,
    clock,
    logger,
    tailCacheSizeBytesMax: options.tailCacheSizeBytesMax ?? TAIL_CACHE_SIZE_BYTES_DEFAULT,
    schedule: (callback) => queueMicrotask(() => writer.isKilled || callback()),
    onFatal: options.onFatal ?? (() => {}),
  })
  return mortal(log, () => writer.kill())
}

class InProcessWriter implements Writer {
  readonly #store: SegmentStore
  readonly #options: SimulatedLogOptions
  readonly #timers = new Set<Timer>()
  isKilled = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(store: SegmentStore, options: SimulatedLogOptions) {
    this.#store = store
    this.#options = options
  }

  /** One after the other, as a worker takes its messages. */
  commit(buffer: ArrayBuffer, sizeBytes: number): Promise<Commit> {
    const commit = this.#last.then(() => this.#commit(buffer, sizeBytes))
    this.#last = commit.catch(() => undefined)
    return commit
  }

  async #commit(buffer: ArrayBuffer, sizeBytes: number): Promise<Commit> {
    if (this.isKilled) return never()
    const result = this.#store.write(new Uint8Array(buffer, 0, sizeBytes))
    if (result.kind === 'full') return { result, buffer }
    if (this.#options.unsafeAcknowledgeBeforeSync === true) {
      void this.#pause()
        .then(() => this.#store.sync())
        // Whoever acknowledges early does not look at the outcome either.
        .catch(() => {})
      return { result, buffer }
    }
    await this.#pause()
    this.#store.sync()
    return { result, buffer }
  }

  async remove(bases: readonly number[]): Promise<void> {
    if (this.isKilled) return never()
    this.#store.remove(bases)
  }

  async close(): Promise<void> {
    if (this.isKilled) return never()
    this.#store.close()
  }

  kill(): void {
    this.isKilled = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(this.#options.latencyMs ?? 1, () => {
        this.#timers.delete(timer)
        if (!this.isKilled) resolve()
      })
      this.#timers.add(timer)
    })
  }
}

/** The log, until it is killed: from then on nothing it was asked ever settles. */
function mortal(log: SegmentLog, kill: () => void): SimulatedLog {
  let isKilled = false
  async function whileAlive<T>(call: () => Promise<T>): Promise<T> {
    if (isKilled) return never()
    try {
      const value = await call()
      return isKilled ? await never<T>() : value
    } catch (error) {
      if (isKilled) return never()
      throw error
    }
  }
  return {
    append: (records, options) => whileAlive(() => log.append(records, options)),
    read: (cursor, options) => whileAlive(() => log.read(cursor, options)),
    cursorAt: (timestamp) => whileAlive(() => log.cursorAt(timestamp)),
    trim: (before) => whileAlive(() => log.trim(before)),
    retain: (retention, notBeyond) => whileAlive(() => log.retain(retention, notBeyond)),
    close: () => whileAlive(() => log.close()),
    start: () => log.start(),
    end: () => log.end(),
    stats: () => log.stats(),
    kill() {
      isKilled = true
      kill()
    },
  }
}

export interface ReadOut {
  readonly records: readonly LogRecord[]
  readonly damaged: readonly { readonly from: number; readonly to: number }[]
}

/** Everything that the log still shows, read around what is damaged. */
export async function readOut(log: Log): Promise<ReadOut> {
  const records: LogRecord[] = []
  const damaged: { from: number; to: number }[] = []
  const { signal } = new AbortController()
  let cursor = log.start()
  while (cursor[0]!.offset < log.end()[0]!.offset) {
    try {
      const read = await log.read(cursor, { recordsMax: 1000, signal })
      for (const record of read.records) records.push(record)
      cursor = read.cursor
    } catch (error) {
      if (!isAppError(error, 'LOG_CORRUPT')) throw error
      const { from, to } = error.details as { from: number; to: number }
      if (to <= cursor[0]!.offset) throw new Error('a damaged range led nowhere', { cause: error })
      damaged.push({ from, to })
      cursor = [{ partition: 0, offset: to }]
    }
  }
  return { records, damaged }
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
