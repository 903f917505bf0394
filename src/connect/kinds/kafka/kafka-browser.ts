// What lies in the topics of a cluster, and which groups read them.

import type { Admin } from '@platformatic/kafka'
import { AppError, type Clock, type Random } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import type {
  BrokerBrowser,
  BrokerPlace,
  BrokerReader,
  PeekedRecord,
  PeekQuery,
} from '../../browser.ts'
import { brokerLost } from './broker-fault.ts'
import { connectionSettings } from './client-options.ts'
import { readNewestRecords } from './kafka-range.ts'
import type { KafkaRecord } from './kafka-reader.ts'
import { GROUPS_SHOWN_MAX, PEEK_MS_MAX, TOPICS_SHOWN_MAX } from './limits.ts'

export interface KafkaBrowserOptions {
  readonly clock: Clock
  readonly random: Random
}

export function createKafkaBrowser({ clock, random }: KafkaBrowserOptions): BrokerBrowser {
  return {
    type: 'kafka',
    places: (access) => withAdmin(access, listPlaces),
    async peek(access, query, signal) {
      const topics = await withAdmin(access, (admin) => admin.listTopics())
      if (!topics.includes(query.place)) throw missing(access, query)
      const { place: topic, limit } = query
      const late = new AbortController()
      // The last offset may be a mark of a transaction, which nobody is given.
      const timer = clock.setTimer(PEEK_MS_MAX, () => late.abort())
      const either = AbortSignal.any([signal, late.signal])
      try {
        const options = { ...access, topic, limit, random, signal: either }
        return (await readNewestRecords(options)).map(toPeeked)
      } finally {
        timer.cancel()
      }
    },
  }
}

function toPeeked(record: KafkaRecord): PeekedRecord {
  const { topic, partition, offset, timestamp, key, value, headers } = record
  return {
    place: `${topic}/${partition}/${offset}`,
    topic,
    timestamp,
    ...(key === undefined ? {} : { key: key.toString() }),
    headers: Object.fromEntries(headers),
    body: value,
  }
}

function missing({ broker }: BrokerAccess, { place }: PeekQuery): AppError {
  return new AppError('RESOURCE_NOT_FOUND', `broker \`${broker.name}\` has no topic \`${place}\``)
}

async function withAdmin<T>(access: BrokerAccess, use: (admin: Admin) => Promise<T>): Promise<T> {
  const { Admin: ClientClass } = await import('@platformatic/kafka')
  const admin = new ClientClass(await connectionSettings(access))
  try {
    return await use(admin)
  } catch (error) {
    throw brokerLost(access.broker.name, error)
  } finally {
    await admin.close().catch(() => {})
  }
}

async function listPlaces(admin: Admin): Promise<readonly BrokerPlace[]> {
  const names = (await admin.listTopics())
    .filter((name) => !name.startsWith('__'))
    .sort()
    .slice(0, TOPICS_SHOWN_MAX)
  if (names.length === 0) return []
  const { topics } = await admin.metadata({ topics: names, forceUpdate: true })
  const counts = new Map(names.map((name) => [name, topics.get(name)?.partitionsCount ?? 0]))
  const starts = await offsetsOf(admin, counts, -2n)
  const ends = await offsetsOf(admin, counts, -1n)
  const readers = await readersOf(admin, ends)
  return names.map((name) => ({
    name,
    partitions: counts.get(name)!,
    records: Array.from({ length: counts.get(name)! }).reduce<number>(
      (sum, _, partition) => sum + Number(at(ends, name, partition) - at(starts, name, partition)),
      0,
    ),
    readers: readers.get(name) ?? [],
  }))
}

/** By `topic/partition`. */
type Offsets = ReadonlyMap<string, bigint>

function at(offsets: Offsets, topic: string, partition: number): bigint {
  return offsets.get(`${topic}/${partition}`) ?? 0n
}

async function offsetsOf(
  admin: Admin,
  counts: ReadonlyMap<string, number>,
  timestamp: bigint,
): Promise<Offsets> {
  const listed = await admin.listOffsets({
    topics: Array.from(counts, ([name, count]) => ({
      name,
      partitions: Array.from({ length: count }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp,
      })),
    })),
  })
  return new Map(
    listed.flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partitionIndex, offset }) => [`${name}/${partitionIndex}`, offset] as const,
      ),
    ),
  )
}

async function readersOf(
  admin: Admin,
  ends: Offsets,
): Promise<ReadonlyMap<string, readonly BrokerReader[]>> {
  const groups = [...(await admin.listGroups()).keys()].sort().slice(0, GROUPS_SHOWN_MAX)
  const readers = new Map<string, BrokerReader[]>()
  if (groups.length === 0) return readers
  for (const { groupId, topics } of await admin.listConsumerGroupOffsets({ groups })) {
    for (const { name, partitions } of topics) {
      const behind = partitions.reduce(
        (sum, { partitionIndex, committedOffset }) =>
          committedOffset < 0n
            ? sum
            : sum + Math.max(0, Number(at(ends, name, partitionIndex) - committedOffset)),
        0,
      )
      readers.set(name, [...(readers.get(name) ?? []), { name: groupId, behind }])
    }
  }
  return readers
}
