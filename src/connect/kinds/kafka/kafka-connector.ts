// Brings records of Kafka in: a member of the source's group per instance, which commits an offset only when the
// event before it is in the log.

import { describeError, wait } from '../../../base/index.ts'
import type { Connector, ConnectorContext, ConnectorRun, SourceMessage } from '../../connector.ts'
import { type KafkaReader, type KafkaRecord, openKafkaReader } from './kafka-reader.ts'
import { LAG_POLL_MS, SOURCE_BYTES_MAX, SOURCE_RECORDS_MAX } from './limits.ts'

export const kafkaConnector: Connector = {
  type: 'kafka',
  async run({ source, broker, group, context }: ConnectorRun, signal) {
    const { reveal, checkServer } = context
    const reader = await openKafkaReader({
      broker,
      reveal,
      checkServer,
      topics: source.topics ?? [],
      group,
      from: source.from ?? 'earliest',
    })
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const watching = watchLag(reader, context, either)
    try {
      if (!signal.aborted) context.connected()
      await pump(reader, context, signal)
    } finally {
      stop.abort()
      await watching
      await reader.close()
    }
  },
}

/** Two batches are under way: one on its way to the disk or its offsets to the cluster, and the one behind it. */
async function pump(
  reader: KafkaReader,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  const limits = { recordsMax: SOURCE_RECORDS_MAX, bytesMax: SOURCE_BYTES_MAX }
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  let older: Promise<void> = Promise.resolve()
  let newer: Promise<void> = Promise.resolve()
  while (!either.aborted) {
    const records = await reader.read(limits, either)
    if (records.length === 0) continue
    await older
    older = newer
    const accepted = context.accept(records.map(toMessage), signal)
    newer = settle(reader, { records, accepted, before: older })
    newer.catch(() => failed.abort())
  }
  await older
  await newer
}

interface UnderWay {
  readonly records: readonly KafkaRecord[]
  readonly accepted: Promise<void>
  readonly before: Promise<void>
}

/** Offsets are committed in the order of the batches. */
async function settle(reader: KafkaReader, { records, accepted, before }: UnderWay): Promise<void> {
  await Promise.all([accepted, before])
  await reader.commit(records)
}

const NO_HEADERS: SourceMessage['headers'] = new Map()

function toMessage(record: KafkaRecord): SourceMessage {
  const { topic, partition, offset, key, value, headers, timestamp } = record
  const message: { -readonly [K in keyof SourceMessage]: SourceMessage[K] } = {
    topic,
    place: `${topic}/${partition}/${offset}`,
    headers: headers.length === 0 ? NO_HEADERS : new Map(headers),
    body: value,
    timestamp,
  }
  if (key !== undefined) message.key = key.toString()
  return message
}

async function watchLag(
  reader: KafkaReader,
  { clock, lagged, logger }: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await wait(clock, LAG_POLL_MS, signal)
    if (signal.aborted) return
    try {
      for (const [place, records] of await reader.lag()) lagged(place, records)
    } catch (error) {
      // Reading says what is wrong with the broker; here it is only that nobody knows how far behind.
      logger.debug('the lag of a source could not be read', { error: describeError(error) })
    }
  }
}
