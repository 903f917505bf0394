// A topic as the source of a pipe. One batch is out at a time, so that a partition stays in order; what of it was not
// taken is handed out again before anything new, and nothing behind it in its partition is committed.

import { AppError, type Clock, describeError, unlessAborted } from '../../../base/index.ts'
import { payloadJson } from '../../payload-json.ts'
import type { Source, SourceBatch, SourceKind, SourceRecord } from '../../source.ts'
import { type KafkaReader, type KafkaRecord, openKafkaReader } from './kafka-reader.ts'
import { PIPE_BYTES_MAX } from './limits.ts'
import {
  isKafkaSource,
  type PipeReading,
  type PipeReadingOptions,
  readPipeParameters,
} from './pipe-parameters.ts'

export interface KafkaSourceOptions extends PipeReadingOptions {
  readonly clock: Clock
}

export function createKafkaSourceKind(options: KafkaSourceOptions): SourceKind {
  return {
    name: 'kafka',
    serves: isKafkaSource,
    open: (address, parameters, reader) =>
      new TopicSource(readPipeParameters(options, address, { parameters, reader }), options.clock),
  }
}

class TopicSource implements Source {
  readonly eventSource: string
  readonly #reading: PipeReading
  readonly #clock: Clock
  #reader: KafkaReader | undefined
  #problem: string | undefined
  /** Records that were handed out and not taken. */
  #again: readonly KafkaRecord[] = []
  /** Resolves when the batch that is out is settled. */
  #out: Promise<void> = Promise.resolve()

  constructor(reading: PipeReading, clock: Clock) {
    this.#reading = reading
    this.#clock = clock
    this.eventSource = eventSourceOf(reading)
  }

  problem(): string | undefined {
    return this.#problem
  }

  async read(signal: AbortSignal): Promise<SourceBatch> {
    await unlessAborted(this.#out, signal)
    if (signal.aborted) return EMPTY
    try {
      const records = this.#again.length > 0 ? this.#again : await this.#take(signal)
      this.#problem = undefined
      return records.length === 0 ? EMPTY : this.#handOut(records)
    } catch (error) {
      this.#problem = describeError(error)
      await this.#forget()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#forget()
  }

  /** Up to the batch's size, or the end of its window. */
  async #take(signal: AbortSignal): Promise<readonly KafkaRecord[]> {
    const { recordsMax, windowMs } = this.#reading
    const reader = await this.#open()
    const limits = { recordsMax, bytesMax: PIPE_BYTES_MAX }
    const records = [...(await reader.read(limits, signal))]
    if (records.length === 0 || windowMs === 0) return records
    const over = new AbortController()
    const timer = this.#clock.setTimer(windowMs, () => over.abort())
    const either = AbortSignal.any([signal, over.signal])
    while (records.length < recordsMax && !either.aborted) {
      const room = { ...limits, recordsMax: recordsMax - records.length }
      records.push(...(await reader.read(room, either)))
    }
    timer.cancel()
    return records
  }

  #handOut(records: readonly KafkaRecord[]): SourceBatch {
    const settled = Promise.withResolvers<void>()
    this.#out = settled.promise
    const byId = new Map(records.map((record) => [idOf(record), record]))
    return {
      records: records.map((record) => toSourceRecord(record, this.#reading)),
      acknowledge: async (taken) => {
        const ids = new Set(taken.map(({ id }) => id))
        this.#again = records.filter((record) => !ids.has(idOf(record)))
        settled.resolve()
        const done = [...byId].filter(([id]) => ids.has(id)).map(([, record]) => record)
        await this.#reader?.commit(beforeAny(done, this.#again))
      },
    }
  }

  async #open(): Promise<KafkaReader> {
    const { topic, group, from, brokerName } = this.#reading
    const access = await this.#reading.access()
    if (access === undefined) {
      throw new AppError(
        'BROKER_LOST',
        `there is no broker \`${brokerName}\`; \`brokers\` in the configuration names those there are`,
      )
    }
    this.#reader ??= await openKafkaReader({ ...access, topics: [topic], group, from })
    return this.#reader
  }

  async #forget(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    // The group begins again behind what was committed.
    this.#again = []
    await reader?.close()
  }
}

function eventSourceOf({ clusterArn }: PipeReading): string {
  return clusterArn === undefined ? 'SelfManagedKafka' : 'aws:kafka'
}

const EMPTY: SourceBatch = { records: [], acknowledge: async () => {} }

/** Of each partition, what lies before the first record that was not taken. */
function beforeAny(
  done: readonly KafkaRecord[],
  missing: readonly KafkaRecord[],
): readonly KafkaRecord[] {
  const first = new Map<string, bigint>()
  for (const { topic, partition, offset } of missing) {
    const place = `${topic}-${partition}`
    if (!first.has(place)) first.set(place, offset)
  }
  return done.filter(({ topic, partition, offset }) => {
    const bound = first.get(`${topic}-${partition}`)
    return bound === undefined || offset < bound
  })
}

function idOf({ topic, partition, offset }: KafkaRecord): string {
  return `${topic}-${partition}-${offset}`
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-kafka.html shows the event. */
function toSourceRecord(record: KafkaRecord, reading: PipeReading): SourceRecord {
  const { topic, partition, offset, timestamp, key, value, headers } = record
  const head = {
    eventSource: eventSourceOf(reading),
    ...(reading.clusterArn === undefined ? {} : { eventSourceArn: reading.clusterArn }),
    bootstrapServers: reading.servers(),
    eventSourceKey: `${topic}-${partition}`,
    topic,
    partition,
    offset: Number(offset),
    timestamp,
    timestampType: 'CREATE_TIME',
  }
  const tail = {
    headers: headers.map(([name, text]) => ({ [name]: [...Buffer.from(text)] })),
  }
  const whole = (payload: (bytes: Buffer) => string): Buffer =>
    Buffer.from(
      JSON.stringify(head).slice(0, -1) +
        (key === undefined ? '' : `,"key":${payload(key)}`) +
        `,"value":${payload(value)},${JSON.stringify(tail).slice(1)}`,
    )
  return {
    id: idOf(record),
    received: whole((bytes) => JSON.stringify(bytes.toString('base64'))),
    decoded: whole(payloadJson),
    group: `${topic}-${partition}`,
  }
}
