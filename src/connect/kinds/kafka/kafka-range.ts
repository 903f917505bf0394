// What a topic has of a span of time, read once from its beginning to its end. Nobody's offsets are touched.

import { createUuid, type Random } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { brokerLost } from './broker-fault.ts'
import { connectionSettings } from './client-options.ts'
import { ReadAhead } from './read-ahead.ts'
import { payloadBytesOf, toRecord } from './client-record.ts'
import type { KafkaRecord } from './kafka-reader.ts'
import { FETCH_BYTES_MAX, FETCH_WAIT_MS, READ_AHEAD_RECORDS_MAX } from './limits.ts'

export interface RangeOptions extends BrokerAccess {
  readonly topic: string
  /** Wall milliseconds, the first included, the last not. */
  readonly from: number
  readonly to: number
  readonly random: Random
  readonly signal: AbortSignal
}

/** Records of all partitions, in order within each. Rejects `BROKER_LOST`. */
export async function* readKafkaRange(options: RangeOptions): AsyncGenerator<KafkaRecord> {
  const { from, to } = options
  const spansOf = async (consumer: OffsetsClient, topic: string): Promise<readonly Span[]> => {
    const ends = await offsetsOf(consumer, topic, -1n)
    const starts = await offsetsOf(consumer, topic, BigInt(Math.max(0, Math.trunc(from))))
    // No record that new: the cluster answers -1.
    return ends.map((end, partition) => ({ partition, next: startOf(starts, partition, end), end }))
  }
  for await (const record of readSpans(options, spansOf))
    if (record.timestamp >= from && record.timestamp < to) yield record
}

export type NewestOptions = Omit<RangeOptions, 'from' | 'to'> & { readonly limit: number }

/** The newest records of all partitions together, the oldest of them first. Rejects `BROKER_LOST`. */
export async function readNewestRecords(options: NewestOptions): Promise<readonly KafkaRecord[]> {
  const { limit } = options
  const spansOf = async (consumer: OffsetsClient, topic: string): Promise<readonly Span[]> => {
    const ends = await offsetsOf(consumer, topic, -1n)
    const starts = await offsetsOf(consumer, topic, -2n)
    return ends.map((end, partition) => {
      const start = startOf(starts, partition, end)
      const wanted = end - BigInt(limit)
      return { partition, next: wanted > start ? wanted : start, end }
    })
  }
  const records: KafkaRecord[] = []
  for await (const record of readSpans(options, spansOf)) records.push(record)
  return records.sort((a, b) => a.timestamp - b.timestamp).slice(-limit)
}

interface Span {
  readonly partition: number
  readonly next: bigint
  readonly end: bigint
}

type SpanOptions = Pick<RangeOptions, 'topic' | 'random' | 'signal'> & BrokerAccess

async function* readSpans(
  options: SpanOptions,
  spansOf: (consumer: OffsetsClient, topic: string) => Promise<readonly Span[]>,
): AsyncGenerator<KafkaRecord> {
  const { broker, topic, signal } = options
  const { Consumer } = await import('@platformatic/kafka')
  const ahead = new ReadAhead()
  const came = (part?: Buffer): Buffer => {
    ahead.came(part?.length ?? 0)
    // A record may have neither; the client's types do not say so.
    return part as Buffer
  }
  const consumer = new Consumer({
    ...(await connectionSettings(options)),
    groupId: `signalbox-range-${createUuid(options.random)}`,
    autocommit: false,
    maxBytes: FETCH_BYTES_MAX,
    maxWaitTime: FETCH_WAIT_MS,
    highWaterMark: READ_AHEAD_RECORDS_MAX,
    deserializers: { key: came, value: came },
  })
  try {
    const spans = await spansOf(consumer, topic)
    const open = new Map(
      spans.filter(({ next, end }) => next < end).map((span) => [span.partition, span]),
    )
    if (open.size === 0) return
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'manual',
      offsets: spans.map(({ partition, next }) => ({ topic, partition, offset: next })),
      autocommit: false,
    })
    ahead.hold(stream)
    const stop = (): void => void stream.close().catch(() => {})
    signal.addEventListener('abort', stop, { once: true })
    try {
      for await (const message of stream) {
        const record = toRecord(message)
        ahead.took(payloadBytesOf(record))
        const span = open.get(record.partition)
        if (span === undefined) continue
        yield record
        if (record.offset + 1n >= span.end) open.delete(record.partition)
        if (open.size === 0 || signal.aborted) break
      }
    } finally {
      signal.removeEventListener('abort', stop)
      await stream.close().catch(() => {})
    }
  } catch (error) {
    throw brokerLost(broker.name, error)
  } finally {
    await consumer.close(true).catch(() => {})
  }
}

interface OffsetsClient {
  listOffsets(options: {
    topics: string[]
    timestamp: bigint
  }): Promise<ReadonlyMap<string, readonly bigint[]>>
}

async function offsetsOf(
  client: OffsetsClient,
  topic: string,
  timestamp: bigint,
): Promise<readonly bigint[]> {
  return (await client.listOffsets({ topics: [topic], timestamp })).get(topic) ?? []
}

function startOf(starts: readonly bigint[], partition: number, end: bigint): bigint {
  const start = starts[partition]
  return start === undefined || start < 0n ? end : start
}
