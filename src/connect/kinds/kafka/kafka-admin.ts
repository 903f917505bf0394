// What is asked of a cluster beside reading and writing: which topics there are, and that those which are needed be.

import type { Admin } from '@platformatic/kafka'
import { AppError } from '../../../base/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import { brokerLost, describe, hasCode } from './broker-fault.ts'
import { connectionSettings } from './client-options.ts'
import type { ClientRetries } from './client-retries.ts'

export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly retentionMs: number
}

export interface KafkaAdmin {
  /**
   * Makes the topics that are not there; answers which it made. Rejects `CONFIG_INVALID` when the cluster has fewer
   * brokers than replicas are asked for, `BROKER_LOST`.
   */
  ensureTopics(wanted: readonly WantedTopic[]): Promise<readonly string[]>
  close(): Promise<void>
}

export async function openKafkaAdmin(
  access: BrokerAccess & { readonly client?: ClientRetries },
): Promise<KafkaAdmin> {
  const { Admin: ClientClass } = await import('@platformatic/kafka')
  const admin = new ClientClass(await connectionSettings(access, access.client))
  const { name } = access.broker
  return {
    ensureTopics: (wanted) => ensureTopics(admin, name, wanted),
    close: () => admin.close().catch(() => {}),
  }
}

async function ensureTopics(
  admin: Admin,
  broker: string,
  wanted: readonly WantedTopic[],
): Promise<readonly string[]> {
  const made: string[] = []
  try {
    const there = new Set(await admin.listTopics())
    const missing = wanted.filter(({ name }) => !there.has(name))
    for (const topic of missing) if (await createTopic(admin, broker, topic)) made.push(topic.name)
    return made
  } catch (error) {
    throw brokerLost(broker, error)
  }
}

/** False when somebody else was quicker. */
async function createTopic(admin: Admin, broker: string, topic: WantedTopic): Promise<boolean> {
  const { name, partitions, replicas, retentionMs } = topic
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true })
  if (brokers.size < replicas) throw tooFewBrokers(broker, topic, brokers.size)
  try {
    const configs = [{ name: 'retention.ms', value: String(retentionMs) }]
    await admin.createTopics({ topics: [name], partitions, replicas, configs })
    return true
  } catch (error) {
    if (hasCode(error, 'TOPIC_ALREADY_EXISTS')) return false
    if (hasCode(error, 'INVALID_REPLICATION_FACTOR'))
      throw tooFewBrokers(broker, topic, brokers.size, error)
    if (!hasCode(error, 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED')) throw error
    const message = `topic \`${name}\` is not there and may not be made: ${describe(error)}; make it, or let this user`
    throw new AppError('CONFIG_INVALID', message, { cause: error })
  }
}

function tooFewBrokers(
  broker: string,
  { name, replicas }: WantedTopic,
  brokers: number,
  cause?: unknown,
): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `topic \`${name}\` cannot have replication factor \`${replicas}\`: cluster \`${broker}\` has ${brokers} broker${brokers === 1 ? '' : 's'}; expected a factor of at most ${brokers}`,
    { cause },
  )
}
