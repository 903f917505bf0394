// Where a consumer group goes on, set back or forward; and how far it is behind.

import type { Admin } from '@platformatic/kafka'
import { AppError } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { brokerLost, hasCode } from './broker-fault.ts'
import { connectionSettings } from './client-options.ts'

export interface MirrorPlace {
  readonly access: BrokerAccess
  readonly topic: string
}

/** Where a group is to go on: at the first record, behind the last, at a time, or so many records back. */
export type RollbackTo =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** Wall milliseconds. */
  | { readonly kind: 'time'; readonly at: number }
  | { readonly kind: 'back'; readonly records: number }

export interface RolledBack {
  readonly partition: number
  /** Undefined where the group had read nothing. */
  readonly before?: number
  readonly after: number
}

/** Rejects `RESOURCE_CONFLICT` while somebody reads as the group, `BROKER_LOST`. */
export async function rollBackGroup(
  { access, topic }: MirrorPlace,
  group: string,
  to: RollbackTo,
): Promise<readonly RolledBack[]> {
  try {
    return await withAdmin(access, async (admin) => {
      const moves = await movesOf(admin, { topic, group, to })
      const partitionOffsets = moves.map(({ partition, after }) => ({
        partition,
        offset: BigInt(after),
      }))
      const topics = [{ name: topic, partitionOffsets }]
      await admin.alterConsumerGroupOffsets({ groupId: group, topics })
      return moves.map(({ partition, before, after }) => ({
        partition,
        after,
        ...(before === undefined ? {} : { before }),
      }))
    })
  } catch (error) {
    if (!hasCode(error, 'NON_EMPTY_GROUP', 'UNKNOWN_MEMBER_ID'))
      throw brokerLost(access.broker.name, error)
    const message = `somebody reads as group \`${group}\` just now; end the mirror first`
    throw new AppError('RESOURCE_CONFLICT', message, { cause: error })
  }
}

/** Records of the topic that the group has not committed. Rejects `BROKER_LOST`. */
export async function groupIsBehind(
  { access, topic }: MirrorPlace,
  group: string,
): Promise<number> {
  try {
    return await withAdmin(access, async (admin) => {
      const moves = await movesOf(admin, { topic, group, to: { kind: 'latest' } })
      return moves.reduce((sum, { start, before = start, after }) => sum + after - before, 0)
    })
  } catch (error) {
    throw brokerLost(access.broker.name, error)
  }
}

async function withAdmin<T>(access: BrokerAccess, use: (admin: Admin) => Promise<T>): Promise<T> {
  const { Admin: ClientClass } = await import('@platformatic/kafka')
  const admin = new ClientClass(await connectionSettings(access))
  try {
    return await use(admin)
  } finally {
    await admin.close().catch(() => {})
  }
}

/** With the first offset that there is. */
interface Move extends RolledBack {
  readonly start: number
}

interface Wish {
  readonly topic: string
  readonly group: string
  readonly to: RollbackTo
}

async function movesOf(admin: Admin, { topic, group, to }: Wish): Promise<readonly Move[]> {
  const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
  const count = topics.get(topic)?.partitionsCount ?? 0
  const offsetsAt = async (timestamp: bigint): Promise<ReadonlyMap<number, number>> => {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp,
    }))
    const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] })
    return new Map(
      listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]) ??
        [],
    )
  }
  const [starts, ends] = [await offsetsAt(-2n), await offsetsAt(-1n)]
  const wanted = to.kind === 'time' ? await offsetsAt(BigInt(to.at)) : ends
  const before = await committedOf(admin, { topic, group })
  return Array.from({ length: count }, (_, partition) => {
    const [start, end] = [starts.get(partition) ?? 0, ends.get(partition) ?? 0]
    const was = before.get(partition)
    const after = placeOf(to, { start, end, was, atTime: wanted.get(partition) ?? -1 })
    return { partition, start, after, ...(was === undefined ? {} : { before: was }) }
  })
}

function placeOf(
  to: RollbackTo,
  at: {
    readonly start: number
    readonly end: number
    readonly was: number | undefined
    readonly atTime: number
  },
): number {
  const { start, end, was, atTime } = at
  if (to.kind === 'earliest') return start
  if (to.kind === 'latest') return end
  // No record that new: the cluster answers -1.
  if (to.kind === 'time') return atTime < 0 ? end : atTime
  return Math.max(start, (was ?? start) - to.records)
}

async function committedOf(
  admin: Admin,
  { topic, group }: Pick<Wish, 'topic' | 'group'>,
): Promise<ReadonlyMap<number, number>> {
  const found = await admin.listConsumerGroupOffsets({ groups: [group] })
  const partitions = found[0]?.topics.find(({ name }) => name === topic)?.partitions ?? []
  return new Map(
    partitions
      .filter(({ committedOffset }) => committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]),
  )
}
