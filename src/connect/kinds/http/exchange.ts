// One request to a target and what came of it. Settles once: by the answer's end, by too much of it, by the
// deadline, by the signal, or by an error. A status that has come counts, whatever becomes of the body behind it;
// who wants the body is told whether it is whole.

import type { Dispatcher } from 'undici'
import { type Clock, type Linked, LinkedSet, type Timer } from '../../../base/index.ts'
import { ANSWER_BYTES_MAX, ANSWER_BYTES_SHOWN } from '../../limits.ts'
import type { Answer } from './outcome.ts'

export interface ExchangeOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whether the connection had served a request before this one. */
  readonly isReused: () => boolean
  /** The body is wanted, up to this many bytes; absent when its first bytes will do for people. */
  readonly bodyBytesMax?: number
}

export class Exchange implements Dispatcher.DispatchHandler, Linked<Exchange> {
  readonly answer: Promise<Answer>
  readonly #options: ExchangeOptions
  readonly #resolve: (answer: Answer) => void
  readonly #timer: Timer
  // Its place among those that one signal stops.
  next: Exchange | undefined
  previous: Exchange | undefined
  isLinked = false
  #controller: Dispatcher.DispatchController | undefined
  #isSettled = false
  #isReused = false
  #hasBegun = false
  #status = 0
  #isWhole = false
  #retryAfter: string | undefined
  #bodyBytes = 0
  readonly #body: Buffer[] = []
  #shown = ''

  constructor(options: ExchangeOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.answer = promise
    this.#resolve = resolve
    const { timeoutMs } = options
    this.#timer = options.clock.setTimer(timeoutMs, () =>
      this.#settle({ kind: 'timeout', afterMs: timeoutMs }, true),
    )
    if (options.signal.aborted) this.stop()
    else stoppedBy(options.signal).add(this)
  }

  /** Whether the request still waits for a connection, and so cannot be called back. */
  get isQueued(): boolean {
    return this.#controller === undefined
  }

  /** The signal has aborted. */
  stop(): void {
    this.#settle({ kind: 'stopped' }, true)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#isReused = this.#options.isReused()
    if (this.#isSettled) controller.abort(new Error('the attempt is over'))
  }

  onResponseStarted(): void {
    this.#hasBegun = true
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return
    this.#status = status
    const retryAfter = headers['retry-after']
    this.#retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#bodyBytes < ANSWER_BYTES_SHOWN && this.#status >= 300) this.#shown += printable(chunk)
    this.#bodyBytes += chunk.length
    const { bodyBytesMax } = this.#options
    if (this.#bodyBytes > (bodyBytesMax ?? ANSWER_BYTES_MAX))
      this.#settle({ kind: 'stopped' }, true)
    else if (bodyBytesMax !== undefined) this.#body.push(chunk)
  }

  onResponseEnd(): void {
    this.#isWhole = true
    this.#settle({ kind: 'stopped' }, false)
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    const isStale = this.#isReused && !this.#hasBegun && isConnectionLost(error)
    this.#settle({ kind: 'error', error, isStale }, false)
  }

  /** `otherwise` is the answer when no status has come. */
  #settle(otherwise: Answer, isCut: boolean): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#timer.cancel()
    if (this.isLinked) stoppedBy(this.#options.signal).delete(this)
    this.#resolve(this.#status === 0 ? otherwise : this.#statusAnswer())
    if (isCut) this.#controller?.abort(new Error('the rest of the answer is not wanted'))
  }

  #statusAnswer(): Answer {
    const retryAfter = this.#retryAfter
    return {
      kind: 'status',
      status: this.#status,
      shown: this.#shown.slice(0, ANSWER_BYTES_SHOWN).trim(),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(this.#options.bodyBytesMax !== undefined && this.#isWhole
        ? { body: Buffer.concat(this.#body) }
        : {}),
    }
  }
}

// One signal stops thousands of exchanges, and a listener costs more than most of what else an exchange does.
const STOPPED_BY = new WeakMap<AbortSignal, LinkedSet<Exchange>>()

function stoppedBy(signal: AbortSignal): LinkedSet<Exchange> {
  const known = STOPPED_BY.get(signal)
  if (known !== undefined) return known
  const exchanges = new LinkedSet<Exchange>()
  STOPPED_BY.set(signal, exchanges)
  signal.addEventListener(
    'abort',
    () => {
      for (const exchange of exchanges.toArray()) exchange.stop()
    },
    { once: true },
  )
  return exchanges
}

/** The other side closed a kept connection just as it was used again: it has not seen the request. */
function isConnectionLost(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
}

/** What a log line may hold: control characters (and what is not text at all) become spaces. */
function printable(chunk: Buffer): string {
  return chunk.toString('utf8', 0, ANSWER_BYTES_SHOWN).replace(/[\p{Cc}\ufffd]+/gu, ' ')
}
