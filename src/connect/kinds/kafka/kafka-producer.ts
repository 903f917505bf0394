// A producer that gathers what is sent at about the same time into one request, and says of each record how it went.
// Records leave in the order in which they were given.
//
//   send ──▶ waiting ──(linger, enough bytes, or the request before ended)──▶ one request ──▶ an outcome each
//
// What waits are ranges of what was given, and outcomes are told apart only where they differ: most are "all written".
//
// Invariant: what waits is bounded; beyond the bound a send fails at once.

import type { Clock } from '../../../base/index.ts'
import { AppError } from '../../../base/index.ts'
import type { BrokerProducer } from '../../../model/index.ts'
import { brokerLost, hasCode } from './broker-fault.ts'
import type { BatchWriter, WriteSettings, WrittenPlace } from './batch-writer.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { connectionSettings } from './client-options.ts'
import type { ClientRetries } from './client-retries.ts'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import type { RecordList, RecordRange } from './record-list.ts'
import { BATCH_BYTES, LINGER_MS, PRODUCER_BYTES_MAX, PRODUCER_RECORDS_MAX } from './limits.ts'

/** `refused` cannot be taken, however often it is sent. */
export type RecordOutcome =
  | { readonly kind: 'written'; readonly partition?: number; readonly offset?: number }
  | { readonly kind: 'failed' | 'refused'; readonly error: AppError }

export type { ProducerRecord } from './given-records.ts'

export interface KafkaProducer {
  /** One outcome per record, in order. Never rejects. */
  send(records: readonly ProducerRecord[]): Promise<readonly RecordOutcome[]>
  /** Sends what waits, then closes. */
  close(): Promise<void>
}

/** One that takes records of which nothing is made before they leave. */
export interface ListProducer extends KafkaProducer {
  /** As `send`; undefined: all are written. */
  sendList(records: RecordList): Promise<readonly RecordOutcome[] | undefined>
}

export interface KafkaProducerOptions extends BrokerAccess {
  readonly clock: Clock
  /** Stands above the broker's own. */
  readonly settings?: BrokerProducer
  readonly client?: ClientRetries
  /**
   * For one request, retries and all: the client waits for a cluster that is gone as long as that takes. What was under way
   * may still arrive. For ever when absent.
   */
  readonly deadlineMs?: number
  /** Makes what writes requests, instead of the client. */
  readonly openWriter?: () => BatchWriter
}

export function openKafkaProducer(options: KafkaProducerOptions): ListProducer {
  return new GatheringProducer(options)
}

/** What was given in one call, which is answered when nothing of it is open. */
interface Given {
  readonly length: number
  /** Undefined as long as all are written. */
  outcomes: RecordOutcome[] | undefined
  open: number
  readonly resolve: (outcomes: readonly RecordOutcome[] | undefined) => void
}

interface Waiting extends RecordRange {
  readonly given: Given
  readonly sizeBytes: number
}

const ACKS = { all: -1, leader: 1, none: 0 } as const
const WRITTEN: RecordOutcome = { kind: 'written' }
/** The cluster will say the same of the same record again. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE']

class GatheringProducer implements ListProducer {
  readonly #options: KafkaProducerOptions
  readonly #settings: BrokerProducer
  #client: Promise<BatchWriter> | undefined
  #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Of everything given and not settled. */
  #heldRecords = 0
  #heldBytes = 0
  #isLingering = false
  #sending: Promise<void> | undefined
  #isClosed = false

  constructor(options: KafkaProducerOptions) {
    this.#options = options
    this.#settings = { ...options.broker.producer, ...options.settings }
  }

  async send(records: readonly ProducerRecord[]): Promise<readonly RecordOutcome[]> {
    const outcomes = await this.sendList(new GivenRecords(records))
    return outcomes ?? records.map(() => WRITTEN)
  }

  sendList(records: RecordList): Promise<readonly RecordOutcome[] | undefined> {
    const { length } = records
    if (length === 0) return Promise.resolve(undefined)
    const { promise, resolve } = Promise.withResolvers<readonly RecordOutcome[] | undefined>()
    this.#give(records, { length, outcomes: undefined, open: length, resolve })
    return promise
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#pump()
    await this.#sending
    const client = await this.#client?.catch(() => undefined)
    await client?.close(true).catch(() => {})
  }

  #give(records: RecordList, given: Given): void {
    let from = 0
    let sizeBytes = 0
    const wait = (to: number): void => {
      if (to > from) this.#waiting.push({ records, from, to, given, sizeBytes })
      from = to + 1
      this.#waitingBytes += sizeBytes
      sizeBytes = 0
    }
    for (let index = 0; index < records.length; index += 1) {
      const size = records.sizeOf(index)
      const isFull =
        this.#heldRecords >= PRODUCER_RECORDS_MAX || this.#heldBytes + size > PRODUCER_BYTES_MAX
      if (this.#isClosed || isFull) {
        wait(index)
        const why = this.#isClosed ? 'the producer is closed' : 'too much waits to be sent'
        const message = `broker \`${this.#options.broker.name}\`: ${why}`
        note(given, index, { kind: 'failed', error: new AppError('BROKER_LOST', message) })
        tell(given, 1)
        continue
      }
      this.#heldRecords += 1
      this.#heldBytes += size
      sizeBytes += size
    }
    wait(records.length)
    if (this.#waiting.length > 0) this.#linger()
  }

  #settle({ sizeBytes, given, from, to }: Waiting): void {
    this.#heldRecords -= to - from
    this.#heldBytes -= sizeBytes
    tell(given, to - from)
  }

  #linger(): void {
    if (this.#sending !== undefined || this.#isLingering) {
      if (this.#sending === undefined && this.#waitingBytes >= this.#batchBytes) this.#pump()
      return
    }
    this.#isLingering = true
    const lingerMs = this.#settings.lingerMs ?? LINGER_MS
    const go = (): void => {
      this.#isLingering = false
      this.#pump()
    }
    // Even without a linger, what is given in one turn goes together.
    if (lingerMs === 0) queueMicrotask(go)
    else this.#options.clock.setTimer(lingerMs, go)
  }

  get #batchBytes(): number {
    return this.#settings.batchSizeBytes ?? BATCH_BYTES
  }

  #pump(): void {
    if (this.#sending !== undefined || this.#waiting.length === 0) return
    this.#sending = this.#drain()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch(this.#nextBatch())
    // In the same turn: what is given later would wait for a request that nobody sends.
    this.#sending = undefined
  }

  #nextBatch(): readonly Waiting[] {
    const batch: Waiting[] = []
    let sizeBytes = 0
    let taken = 0
    while (taken < this.#waiting.length && (taken === 0 || sizeBytes < this.#batchBytes)) {
      const next = this.#waiting[taken]!
      const [head, rest] = cut(next, endOf(next, this.#batchBytes - sizeBytes))
      batch.push(head)
      sizeBytes += head.sizeBytes
      if (rest === undefined) taken += 1
      else {
        this.#waiting[taken] = rest
        break
      }
    }
    this.#waitingBytes -= sizeBytes
    this.#waiting.splice(0, taken)
    return batch
  }

  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const client = await this.#open()
      const places = await this.#within(client.write(batch, this.#writeSettings))
      notePlaces(batch, places)
    } catch (error) {
      await this.#failed(batch, error)
      return
    }
    for (const waiting of batch) this.#settle(waiting)
  }

  async #within<T>(sending: Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.#options
    if (deadlineMs === undefined) return sending
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = clock.setTimer(deadlineMs, () =>
      reject(new Error(`no answer within ${deadlineMs} ms`)),
    )
    sending.catch(() => {})
    try {
      return await Promise.race([sending, late])
    } finally {
      timer.cancel()
    }
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isRefusal = hasCode(error, ...REFUSALS)
    const count = countOf(batch)
    if (isRefusal && count > 1) {
      // One of them is at fault, and the others must not pay for it.
      for (const half of halve(batch, count >> 1)) await this.#sendBatch(half)
      return
    }
    const lost = brokerLost(this.#options.broker.name, error)
    const outcome: RecordOutcome = { kind: isRefusal ? 'refused' : 'failed', error: lost }
    for (const waiting of batch) {
      const { given, from, to } = waiting
      for (let index = from; index < to; index += 1) note(given, index, outcome)
      this.#settle(waiting)
    }
    // A producer of which a request failed begins anew: its sequence numbers may not be the cluster's any more.
    if (!isRefusal) await this.#forget()
  }

  #open(): Promise<BatchWriter> {
    this.#client ??= this.#create()
    return this.#client
  }

  async #forget(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.close(true).catch(() => {})
  }

  async #create(): Promise<BatchWriter> {
    const { openWriter } = this.#options
    if (openWriter !== undefined) return openWriter()
    const { createBatchProducer } = await import('./batch-producer.ts')
    return createBatchProducer({
      ...(await connectionSettings(this.#options, this.#options.client)),
      idempotent: this.#isIdempotent,
    })
  }

  get #isIdempotent(): boolean {
    return this.#settings.idempotent ?? (this.#settings.acks ?? 'all') === 'all'
  }

  get #writeSettings(): WriteSettings {
    const { acks = 'all', compression } = this.#settings
    return {
      acks: ACKS[acks],
      ...(compression === undefined ? {} : { compression }),
    }
  }
}

function note(given: Given, index: number, outcome: RecordOutcome): void {
  given.outcomes ??= Array.from({ length: given.length }, () => WRITTEN)
  given.outcomes[index] = outcome
}

function tell(given: Given, count: number): void {
  given.open -= count
  if (given.open === 0) given.resolve(given.outcomes)
}

/** Where each is written, as far as it can be told: of one that went alone to its topic. */
function notePlaces(batch: readonly Waiting[], places: readonly WrittenPlace[]): void {
  const alone = new Map(
    places.filter(({ count }) => count === 1).map((place) => [place.topic, place]),
  )
  if (alone.size === 0) return
  for (const { records, from, to, given } of batch) {
    for (let index = from; index < to; index += 1) {
      const place = alone.get(records.topicOf(index))
      if (place === undefined) continue
      const { partition, offset } = place
      note(given, index, { kind: 'written', partition, offset: Number(offset) })
    }
  }
}

function countOf(batch: readonly Waiting[]): number {
  return batch.reduce((sum, { from, to }) => sum + to - from, 0)
}

function halve(
  batch: readonly Waiting[],
  firstCount: number,
): readonly [readonly Waiting[], readonly Waiting[]] {
  const first: Waiting[] = []
  const second: Waiting[] = []
  let open = firstCount
  for (const waiting of batch) {
    if (open === 0) {
      second.push(waiting)
      continue
    }
    const [head, rest] = cut(waiting, Math.min(waiting.to, waiting.from + open))
    first.push(head)
    if (rest !== undefined) second.push(rest)
    open -= head.to - head.from
  }
  return [first, second]
}

/** The one at `at` is the first of the rest. */
function cut(waiting: Waiting, at: number): readonly [head: Waiting, rest?: Waiting] {
  const { records, from, to, sizeBytes } = waiting
  if (at === to) return [waiting]
  let headBytes = 0
  for (let index = from; index < at; index += 1) headBytes += records.sizeOf(index)
  return [
    { ...waiting, to: at, sizeBytes: headBytes },
    { ...waiting, from: at, sizeBytes: sizeBytes - headBytes },
  ]
}

/** Behind the record with which it is so many bytes. */
function endOf({ records, from, to, sizeBytes }: Waiting, wantedBytes: number): number {
  if (sizeBytes < wantedBytes) return to
  let end = from
  let bytes = 0
  while (end < to && (end === from || bytes < wantedBytes)) {
    bytes += records.sizeOf(end)
    end += 1
  }
  return end
}
