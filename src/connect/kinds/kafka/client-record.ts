// A record as the client gives it, as ours.

import type { Message } from '@platformatic/kafka'
import type { KafkaRecord } from './kafka-reader.ts'

/** What was counted of it when it came. */
export function payloadBytesOf({ key, value }: KafkaRecord): number {
  return (key?.length ?? 0) + value.length
}

const NO_VALUE = Buffer.alloc(0)
const NO_HEADERS: KafkaRecord['headers'] = []

export function toRecord(message: Message): KafkaRecord {
  const { topic, partition, offset, timestamp, leaderEpoch } = message
  // A record may have neither; the client's types do not say so.
  const key = message.key as Buffer | undefined
  const value = message.value as Buffer | undefined
  const entries = message.headerEntries
  const record: { -readonly [K in keyof KafkaRecord]: KafkaRecord[K] } = {
    topic,
    partition,
    offset,
    key,
    value: value ?? NO_VALUE,
    headers:
      entries.length === 0
        ? NO_HEADERS
        : entries.map(([name, text]) => [String(name), String(text ?? '')]),
    timestamp: Number(timestamp),
    leaderEpoch,
  }
  if (value === undefined || value === null) record.isDeletion = true
  return record
}
