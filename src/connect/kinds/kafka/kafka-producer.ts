// A producer that gathers what is sent at about the same time into one request, and says of each record how it went.
// Records leave in the order in which they were given.
//
//   send ──▶ waiting ──(linger, enough bytes, or the request before ended)──▶ one request ──▶ an outcome each
//
// Invariant: what waits is bounded; beyond the bound a send fails at once.

import type { SendOptions } from '@platformatic/kafka'
import type { Clock } from '../../../base/index.ts'
import { AppError } from '../../../base/index.ts'
import type { BrokerProducer } from '../../../model/index.ts'
import { brokerLost, hasCode } from './broker-fault.ts'
import type { BatchProducer } from './batch-producer.ts'
import { encodeHeaders } from './header-bytes.ts'
import type { BatchRecord } from './record-batch.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { connectionSettings } from './client-options.ts'
import type { ClientRetries } from './client-retries.ts'
import { BATCH_BYTES, LINGER_MS, PRODUCER_BYTES_MAX, PRODUCER_RECORDS_MAX } from './limits.ts'

export interface ProducerRecord {
  readonly topic: string
  readonly key?: Buffer
  readonly value: Buffer
  /** In place of the value: a compacted topic forgets the key. */
  readonly isDeletion?: true
  readonly headers?: Readonly<Record<string, string>>
  /** Headers as `encodeHeaders` makes them, instead of texts. */
  readonly headerBytes?: Buffer
  readonly partition?: number
  /** Wall milliseconds; now when absent. */
  readonly timestamp?: number
}

/** `refused` cannot be taken, however often it is sent. */
export type RecordOutcome =
  | { readonly kind: 'written'; readonly partition?: number; readonly offset?: number }
  | { readonly kind: 'failed' | 'refused'; readonly error: AppError }

export interface KafkaProducer {
  /** One outcome per record, in order. Never rejects. */
  send(records: readonly ProducerRecord[]): Promise<readonly RecordOutcome[]>
  /** Sends what waits, then closes. */
  close(): Promise<void>
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
}

export function openKafkaProducer(options: KafkaProducerOptions): KafkaProducer {
  return new GatheringProducer(options)
}

/** What was given in one call, which is answered when nothing of it is open. */
interface Given {
  readonly outcomes: RecordOutcome[]
  open: number
  readonly resolve: (outcomes: readonly RecordOutcome[]) => void
}

interface Waiting {
  readonly record: ProducerRecord
  readonly sizeBytes: number
  readonly given: Given
  readonly index: number
}

const ACKS = { all: -1, leader: 1, none: 0 } as const
const WRITTEN: RecordOutcome = { kind: 'written' }
/** The cluster will say the same of the same record again. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE']

class GatheringProducer implements KafkaProducer {
  readonly #options: KafkaProducerOptions
  readonly #settings: BrokerProducer
  #client: Promise<BatchProducer> | undefined
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

  send(records: readonly ProducerRecord[]): Promise<readonly RecordOutcome[]> {
    if (records.length === 0) return Promise.resolve([])
    const { promise, resolve } = Promise.withResolvers<readonly RecordOutcome[]>()
    const given = {
      outcomes: Array.from<RecordOutcome>({ length: records.length }),
      open: records.length,
      resolve,
    }
    for (const [index, record] of records.entries()) this.#give(record, given, index)
    return promise
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#pump()
    await this.#sending
    const client = await this.#client?.catch(() => undefined)
    await client?.close(true).catch(() => {})
  }

  #give(record: ProducerRecord, given: Given, index: number): void {
    const sizeBytes = sizeOf(record)
    const isFull =
      this.#heldRecords >= PRODUCER_RECORDS_MAX || this.#heldBytes + sizeBytes > PRODUCER_BYTES_MAX
    if (this.#isClosed || isFull) {
      const why = this.#isClosed ? 'the producer is closed' : 'too much waits to be sent'
      const message = `broker \`${this.#options.broker.name}\`: ${why}`
      tell(given, index, { kind: 'failed', error: new AppError('BROKER_LOST', message) })
      return
    }
    this.#heldRecords += 1
    this.#heldBytes += sizeBytes
    this.#waiting.push({ record, sizeBytes, given, index })
    this.#waitingBytes += sizeBytes
    this.#linger()
  }

  #settle({ sizeBytes, given, index }: Waiting, outcome: RecordOutcome): void {
    this.#heldRecords -= 1
    this.#heldBytes -= sizeBytes
    tell(given, index, outcome)
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
    this.#sending = this.#drain().finally(() => {
      this.#sending = undefined
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch(this.#nextBatch())
  }

  #nextBatch(): readonly Waiting[] {
    let count = 0
    let sizeBytes = 0
    while (count < this.#waiting.length && (count === 0 || sizeBytes < this.#batchBytes)) {
      sizeBytes += this.#waiting[count]!.sizeBytes
      count += 1
    }
    this.#waitingBytes -= sizeBytes
    return this.#waiting.splice(0, count)
  }

  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const client = await this.#open()
      const messages = batch.map(({ record }) => toMessage(record))
      const sending = client.send({ messages, ...this.#produceOptions })
      const { offsets = [] } = await this.#within(sending)
      const placeOf = createPlaces(offsets, batch)
      for (const waiting of batch) this.#settle(waiting, placeOf(waiting.record))
    } catch (error) {
      await this.#failed(batch, error)
    }
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
    if (isRefusal && batch.length > 1) {
      // One of them is at fault, and the others must not pay for it.
      const half = batch.length >> 1
      await this.#sendBatch(batch.slice(0, half))
      await this.#sendBatch(batch.slice(half))
      return
    }
    const lost = brokerLost(this.#options.broker.name, error)
    const outcome: RecordOutcome = { kind: isRefusal ? 'refused' : 'failed', error: lost }
    for (const waiting of batch) this.#settle(waiting, outcome)
    // A producer of which a request failed begins anew: its sequence numbers may not be the cluster's any more.
    if (!isRefusal) await this.#forget()
  }

  #open(): Promise<BatchProducer> {
    this.#client ??= this.#create()
    return this.#client
  }

  async #forget(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.close(true).catch(() => {})
  }

  async #create(): Promise<BatchProducer> {
    const { createBatchProducer } = await import('./batch-producer.ts')
    return createBatchProducer({
      ...(await connectionSettings(this.#options, this.#options.client)),
      idempotent: this.#isIdempotent,
    })
  }

  get #isIdempotent(): boolean {
    return this.#settings.idempotent ?? (this.#settings.acks ?? 'all') === 'all'
  }

  get #produceOptions(): Pick<
    SendOptions<Buffer, BatchRecord, string, string>,
    'acks' | 'compression'
  > {
    const { acks = 'all', compression } = this.#settings
    return {
      acks: ACKS[acks],
      ...(compression === undefined ? {} : { compression }),
    }
  }
}

/** Of each record that it is written, and where, as far as it can be told: of one that went alone to its topic. */
function createPlaces(
  offsets: readonly {
    readonly topic: string
    readonly partition: number
    readonly offset: bigint
  }[],
  batch: readonly Waiting[],
): (record: ProducerRecord) => RecordOutcome {
  const counts = new Map<string, number>()
  for (const { record } of batch) counts.set(record.topic, (counts.get(record.topic) ?? 0) + 1)
  return ({ topic }) => {
    if (counts.get(topic) !== 1) return WRITTEN
    const place = offsets.find((one) => one.topic === topic)
    if (place === undefined) return WRITTEN
    return { ...WRITTEN, partition: place.partition, offset: Number(place.offset) }
  }
}

function tell(given: Given, index: number, outcome: RecordOutcome): void {
  given.outcomes[index] = outcome
  given.open -= 1
  if (given.open === 0) given.resolve(given.outcomes)
}

interface Message {
  topic: string
  value: BatchRecord
  key?: Buffer
  partition?: number
}

const NO_HEADERS = encodeHeaders({})

function toMessage(record: ProducerRecord): Message {
  const { topic, key, headers, partition, timestamp } = record
  const value = record.isDeletion === true ? undefined : record.value
  const headerBytes =
    record.headerBytes ?? (headers === undefined ? NO_HEADERS : encodeHeaders(headers))
  const batched: { -readonly [K in keyof BatchRecord]: BatchRecord[K] } = { headerBytes }
  if (value !== undefined) batched.value = value
  const message: Message = { topic, value: batched }
  if (key !== undefined) batched.key = message.key = key
  if (timestamp !== undefined) batched.timestamp = timestamp
  if (partition !== undefined) message.partition = partition
  return message
}

/** What a record takes up beside its value is not much. */
function sizeOf({ key, value }: ProducerRecord): number {
  return value.length + (key?.length ?? 0)
}
