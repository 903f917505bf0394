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

async function pump(
  reader: KafkaReader,
  context: ConnectorContext,
  signal: AbortSignal,
): Promise<void> {
  const limits = { recordsMax: SOURCE_RECORDS_MAX, bytesMax: SOURCE_BYTES_MAX }
  let committing: Promise<void> = Promise.resolve()
  while (!signal.aborted) {
    const records = await reader.read(limits, signal)
    if (records.length === 0) continue
    await context.accept(records.map(toMessage), signal)
    // The offsets of one batch are written while the next is taken in; never more than one batch behind.
    await committing
    committing = reader.commit(records)
    // Whoever waits for it is told; until then nobody does.
    committing.catch(() => {})
  }
  await committing
}

function toMessage({
  topic,
  partition,
  offset,
  key,
  value,
  headers,
  timestamp,
}: KafkaRecord): SourceMessage {
  return {
    topic,
    place: `${topic}/${partition}/${offset}`,
    ...(key === undefined ? {} : { key: key.toString() }),
    headers: new Map(headers),
    body: value,
    timestamp,
  }
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
