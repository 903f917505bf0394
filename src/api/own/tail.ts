// One live tail: events, heartbeats and once a second the totals, as server-sent events on one stream.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
//
// The source is read as fast as it comes, so that a slow reader never holds events in memory: what does not
// fit into the bounded queue raises N of the "1 in N" that each item shows.

import { AppError, BoundedQueue, type Clock, isAppError, type Timer } from '../../base/index.ts'
import type { OwnApiDeps, SubscribeOptions, TailItem } from './deps.ts'
import {
  TAIL_HEARTBEAT_MS,
  TAIL_ITEMS_PER_SECOND_MAX,
  TAIL_QUEUE_LENGTH_MAX,
  TAIL_STATS_MS,
} from './limits.ts'
import { Sampler } from './sampler.ts'
import { formatItem, formatMessage, HEARTBEAT, OPENING } from './sse.ts'
import { readStats } from './stats.ts'

export interface TailOptions {
  readonly subscribe: Omit<SubscribeOptions, 'signal'>
  /** Adds the totals, once a second. */
  readonly hasStats: boolean
  readonly signal: AbortSignal
}

/**
 * The pieces of the stream; ends with the signal, when the source ends, or when the reader leaves. A pattern
 * that is refused is thrown here, before anything was answered.
 */
export function streamTail(
  deps: OwnApiDeps,
  options: TailOptions,
): AsyncGenerator<string | Uint8Array> {
  const stopped = new AbortController()
  const signal = AbortSignal.any([options.signal, stopped.signal])
  const source = deps.subscribe({ ...options.subscribe, signal })
  return stream(new Tail(deps, signal), { source, stopped, hasStats: options.hasStats })
}

interface StreamOptions {
  readonly source: AsyncIterable<TailItem>
  readonly stopped: AbortController
  readonly hasStats: boolean
}

async function* stream(
  tail: Tail,
  { source, stopped, hasStats }: StreamOptions,
): AsyncGenerator<string | Uint8Array> {
  const pumped = tail.pump(source)
  if (hasStats) tail.startStats()
  try {
    yield OPENING
    yield* tail.pieces()
  } finally {
    stopped.abort()
    tail.close()
    await pumped
  }
}

class Tail {
  readonly #deps: OwnApiDeps
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #sampler: Sampler
  readonly #queue = new BoundedQueue<string | Uint8Array>(TAIL_QUEUE_LENGTH_MAX)
  #stats: Timer | undefined
  #isEnded = false
  #wake: () => void = () => {}

  constructor(deps: OwnApiDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#clock = deps.clock
    this.#signal = signal
    this.#sampler = new Sampler(deps.clock, TAIL_ITEMS_PER_SECOND_MAX)
    signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  /** Moves what comes into the queue until the source ends; never rejects. */
  async pump(source: AsyncIterable<TailItem>): Promise<void> {
    try {
      for await (const item of source) {
        if (this.#signal.aborted) break
        this.#offer(item)
      }
    } catch (error) {
      if (!this.#signal.aborted) this.#push(formatMessage('error', describeFailure(error)))
    } finally {
      this.#end()
    }
  }

  /** Puts the totals into the stream now and then each second. */
  startStats(): void {
    void readStats(this.#deps).then(
      (stats) => this.#push(formatMessage('stats', { ...stats, oneIn: this.#sampler.oneIn })),
      // The store is closing or failing; the events may still come.
      () => undefined,
    )
    this.#stats = this.#clock.setTimer(TAIL_STATS_MS, () => this.startStats())
  }

  async *pieces(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
        yield piece
      }
      if (this.#isEnded) return
      if (!(await this.#woken())) yield HEARTBEAT
    }
  }

  close(): void {
    this.#stats?.cancel()
    this.#end()
  }

  #offer(item: TailItem): void {
    if (!this.#sampler.take()) return
    if (!this.#push(formatItem(item, this.#sampler.oneIn))) this.#sampler.slowDown()
  }

  #push(piece: string | Uint8Array): boolean {
    const isKept = this.#queue.push(piece)
    this.#wake()
    return isKept
  }

  #end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** Resolves true when there is something to do, false when it is time for a heartbeat. */
  async #woken(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.setTimer(TAIL_HEARTBEAT_MS, () => resolve(false))
    this.#wake = () => resolve(true)
    const isWoken = await promise
    timer.cancel()
    return isWoken
  }
}

// A failure without a code is a bug, and its text is for the log of who made it.
function describeFailure(error: unknown): Record<string, unknown> {
  const known = isAppError(error) ? error : new AppError('INTERNAL', 'the tail failed')
  return { code: known.code, message: known.message }
}
