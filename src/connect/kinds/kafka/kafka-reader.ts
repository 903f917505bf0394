// A member of a consumer group: batches of records, whose offsets are committed when whoever reads says so.
//
// Invariant: nothing is committed by itself, and nothing of a partition that another member has by now.

import type { MessagesStream } from '@platformatic/kafka'
import { AppError } from '../../../base/index.ts'
import { brokerLost } from './broker-fault.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { connectionSettings } from './client-options.ts'
import type { ClientRetries } from './client-retries.ts'
import type { BatchConsumer, BatchConsumerOptions, BatchMessage } from './batch-consumer.ts'
import { payloadBytesOf, toRecord } from './client-record.ts'
import { ReadAhead } from './read-ahead.ts'
import { RecordCursor } from './record-cursor.ts'
import {
  FETCH_BYTES_MAX,
  FETCH_PARTITION_BYTES_MAX,
  FETCH_WAIT_MS,
  HEARTBEAT_MS,
  READ_AHEAD_BATCHES_MAX,
  REBALANCE_TIMEOUT_MS,
  SESSION_TIMEOUT_MS,
} from './limits.ts'

export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: Buffer | undefined
  /** Empty where there is none. */
  readonly value: Buffer
  /** It has no value, by which a compacted topic forgets its key. */
  readonly isDeletion?: true
  /** In order, a name more than once where it stands more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Wall milliseconds. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface KafkaReaderOptions extends BrokerAccess {
  readonly topics: readonly string[]
  readonly group: string
  readonly from: 'earliest' | 'latest'
  readonly sessionTimeoutMs?: number
  readonly heartbeatMs?: number
  /** How long a member may take with what it was given before the group goes on without it. */
  readonly rebalanceTimeoutMs?: number
  /** Bytes that an answer of the cluster has at least, and at most. */
  readonly fetchBytesMin?: number
  readonly fetchBytesMax?: number
  /** Beyond these bytes nothing more is fetched until some were read. */
  readonly readAheadBytesMax?: number
  readonly client?: ClientRetries
}

export interface ReadLimits {
  readonly recordsMax: number
  /** A batch ends with the record that reaches it. */
  readonly bytesMax: number
}

export interface KafkaReader {
  /** Waits for records; empty when the signal aborted. Rejects `BROKER_LOST`. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<readonly KafkaRecord[]>
  /** The group goes on behind these. Durable when it resolves. */
  commit(records: readonly KafkaRecord[]): Promise<void>
  /** By `topic/partition`, of the partitions that this member has. */
  lag(): Promise<ReadonlyMap<string, number>>
  /** Bytes that were fetched and not read yet. */
  readAheadBytes(): number
  close(): Promise<void>
}

type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

/** Resolves when the member has joined its group. Rejects `BROKER_LOST`. */
export async function openKafkaReader(options: KafkaReaderOptions): Promise<KafkaReader> {
  const { broker, topics, group, from } = options
  const { createBatchConsumer } = await import('./batch-consumer.ts')
  const ahead = new ReadAhead(options.readAheadBytesMax)
  const settings: BatchConsumerOptions = {
    ...(await connectionSettings(options, options.client)),
    groupId: group,
    autocommit: false,
    sessionTimeout: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
    rebalanceTimeout: options.rebalanceTimeoutMs ?? REBALANCE_TIMEOUT_MS,
    heartbeatInterval: options.heartbeatMs ?? HEARTBEAT_MS,
    ...(options.fetchBytesMin === undefined ? {} : { minBytes: options.fetchBytesMin }),
    maxBytes: options.fetchBytesMax ?? FETCH_BYTES_MAX,
    maxWaitTime: FETCH_WAIT_MS,
    highWaterMark: READ_AHEAD_BATCHES_MAX,
  }
  const consumer = createBatchConsumer(settings, ahead.came)
  try {
    const stream = await consumer.consume({
      topics: [...topics],
      mode: 'committed',
      fallbackMode: from,
      autocommit: false,
      maxBytesPerPartition: Math.min(
        FETCH_PARTITION_BYTES_MAX,
        options.fetchBytesMax ?? FETCH_PARTITION_BYTES_MAX,
      ),
    })
    return new GroupReader(broker.name, consumer, { stream, ahead })
  } catch (error) {
    await consumer.close(true).catch(() => {})
    throw brokerLost(broker.name, error)
  }
}

/** What of it was not taken. */
interface Batch {
  readonly topic: string
  readonly partition: number
  readonly cursor: RecordCursor
}

class GroupReader implements KafkaReader {
  readonly #broker: string
  readonly #consumer: BatchConsumer
  readonly #stream: Stream
  readonly #ahead: ReadAhead
  #failure: Error | undefined
  #isOver = false
  #batch: Batch | undefined
  #wake: () => void = () => {}
  /** The next offset to read, by `topic/partition`. */
  readonly #next = new Map<string, bigint>()

  constructor(
    broker: string,
    consumer: BatchConsumer,
    { stream, ahead }: { readonly stream: Stream; readonly ahead: ReadAhead },
  ) {
    this.#broker = broker
    this.#consumer = consumer
    this.#stream = stream
    this.#ahead = ahead
    ahead.hold(stream)
    const wake = (): void => this.#wake()
    stream.on('readable', wake)
    stream.on('close', () => {
      this.#isOver = true
      wake()
    })
    stream.on('error', (error) => {
      this.#failure ??= error
      wake()
    })
  }

  async read(limits: ReadLimits, signal: AbortSignal): Promise<readonly KafkaRecord[]> {
    for (;;) {
      const records = this.#taken(limits)
      if (records.length > 0 || signal.aborted) return records
      if (this.#failure !== undefined) throw brokerLost(this.#broker, this.#failure)
      if (this.#isOver) throw new AppError('BROKER_LOST', `broker \`${this.#broker}\` closed`)
      await this.#readable(signal)
    }
  }

  async commit(records: readonly KafkaRecord[]): Promise<void> {
    const offsets = this.#offsetsOf(records)
    if (offsets.length === 0) return
    try {
      await this.#consumer.commit({ offsets })
    } catch (error) {
      throw brokerLost(this.#broker, error)
    }
  }

  async lag(): Promise<ReadonlyMap<string, number>> {
    const assigned = this.#consumer.assignments ?? []
    const lag = new Map<string, number>()
    if (assigned.length === 0) return lag
    const partitions = Object.fromEntries(
      assigned.map(({ topic, partitions: own }) => [topic, own]),
    )
    try {
      const ends = await this.#consumer.listOffsets({
        topics: assigned.map(({ topic }) => topic),
        partitions,
        timestamp: -1n,
      })
      for (const { topic, partitions: own } of assigned) {
        for (const partition of own) {
          const place = `${topic}/${partition}`
          const end = ends.get(topic)?.[partition] ?? 0n
          const next =
            this.#next.get(place) ?? this.#stream.offsetsToFetch.get(`${topic}:${partition}`)
          lag.set(place, Number(end - (next ?? end)))
        }
      }
      return lag
    } catch (error) {
      throw brokerLost(this.#broker, error)
    }
  }

  readAheadBytes(): number {
    return this.#ahead.bytes
  }

  async close(): Promise<void> {
    await this.#stream.close().catch(() => {})
    await this.#consumer.close(true).catch(() => {})
  }

  #taken(limits: ReadLimits): readonly KafkaRecord[] {
    try {
      return this.#take(limits)
    } catch (error) {
      throw brokerLost(this.#broker, error)
    }
  }

  #take({ recordsMax, bytesMax }: ReadLimits): readonly KafkaRecord[] {
    const records: KafkaRecord[] = []
    let sizeBytes = 0
    while (records.length < recordsMax && sizeBytes < bytesMax) {
      const record = this.#nextRecord()
      if (record === undefined) break
      sizeBytes += record.value.length
      records.push(record)
    }
    for (const record of lastOfPlaces(records)) this.#next.set(placeOf(record), record.offset + 1n)
    return records
  }

  #nextRecord(): KafkaRecord | undefined {
    if (this.#batch === undefined) {
      const message = this.#stream.read() as BatchMessage | null
      if (message === null) return undefined
      const { topic, partition, value } = message
      if (!(value instanceof RecordCursor)) {
        const record = toRecord(message as Parameters<typeof toRecord>[0])
        this.#ahead.took(payloadBytesOf(record))
        return record
      }
      this.#batch = { topic, partition, cursor: value }
    }
    const { topic, partition, cursor } = this.#batch
    const before = cursor.leftBytes
    const record = cursor.read(topic, partition)
    this.#ahead.took(before - cursor.leftBytes)
    if (cursor.left === 0) this.#batch = undefined
    return record
  }

  #readable(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Behind the last record of each partition that is still ours. */
  #offsetsOf(
    records: readonly KafkaRecord[],
  ): { topic: string; partition: number; offset: bigint; leaderEpoch: number }[] {
    const assigned = this.#consumer.assignments ?? []
    const isOurs = ({ topic, partition }: KafkaRecord): boolean =>
      assigned.some((one) => one.topic === topic && one.partitions.includes(partition))
    return lastOfPlaces(records)
      .filter(isOurs)
      .map(({ topic, partition, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset: offset + 1n,
        leaderEpoch,
      }))
  }
}

/** The last record of each partition; those of one mostly stand together. */
function lastOfPlaces(records: readonly KafkaRecord[]): readonly KafkaRecord[] {
  const last = new Map<string, KafkaRecord>()
  for (const [index, record] of records.entries()) {
    const next = records[index + 1]
    if (next?.partition === record.partition && next.topic === record.topic) continue
    last.set(placeOf(record), record)
  }
  return [...last.values()]
}

function placeOf({ topic, partition }: Pick<KafkaRecord, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`
}
