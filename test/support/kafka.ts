// Kafka as other people's clients see it: topics made by its own tool, records written and read by kcat.

import { execFileSync, spawnSync } from 'node:child_process'
import type { BrokerAccess } from '../../src/connect/index.ts'
import { type Kafka, kafkaLacks } from '../../tools/services/kafka.ts'

const TOPICS = 'org.apache.kafka.tools.TopicCommand'
const CLIENT_MS_MAX = 60_000

/** Why tests with Kafka cannot run here; undefined when they can. */
export function kafkaTestsLack(): string | undefined {
  const hasKcat = spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0
  return kafkaLacks() ?? (hasKcat ? undefined : 'kcat is not installed')
}

export function createTopics(
  kafka: Kafka,
  topics: readonly string[],
  {
    partitions = 1,
    replicas = 1,
  }: { readonly partitions?: number; readonly replicas?: number } = {},
): void {
  for (const topic of topics) {
    const how = ['--partitions', String(partitions), '--replication-factor', String(replicas)]
    topicCommand(kafka, ['--create', '--topic', topic, ...how])
  }
}

export function deleteTopic(kafka: Kafka, topic: string): void {
  topicCommand(kafka, ['--delete', '--topic', topic])
}

export function topicCommand(kafka: Kafka, args: readonly string[]): string {
  const server = ['--bootstrap-server', kafka.brokers.join(',')]
  const options = { encoding: 'utf8', stdio: 'pipe', timeout: CLIENT_MS_MAX } as const
  return execFileSync('java', kafka.tool(TOPICS, [...server, ...args]), options)
}

/** Writes one record a line; `key:value` where a separator is asked for. */
export function produce(
  kafka: Kafka,
  topic: string,
  lines: readonly string[],
  args: readonly string[] = [],
): void {
  kcat(['-P', '-b', kafka.brokers.join(','), '-t', topic, ...args], `${lines.join('\n')}\n`)
}

export interface SeenRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly payload: string
  readonly headers: Readonly<Record<string, string>>
}

/** Everything in a topic up to now. */
export function consumeAll(kafka: Kafka, topic: string): readonly SeenRecord[] {
  const out = kcat(['-C', '-b', kafka.brokers.join(','), '-t', topic, '-e', '-q', '-J'], '')
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => seen(JSON.parse(line) as KcatRecord))
}

interface KcatRecord extends Omit<SeenRecord, 'headers'> {
  /** Name, value, name, value … */
  readonly headers?: readonly string[]
}

function seen({ headers = [], ...record }: KcatRecord): SeenRecord {
  const byName: Record<string, string> = {}
  for (let index = 0; index < headers.length; index += 2)
    byName[headers[index]!] = headers[index + 1]!
  return { ...record, headers: byName }
}

export function kcat(args: readonly string[], input: string): string {
  const maxBuffer = 512 * 1024 * 1024
  return execFileSync('kcat', args, { encoding: 'utf8', input, timeout: CLIENT_MS_MAX, maxBuffer })
}

/** A broker without secrets, as what reads from it is given it. */
export function openAccess(kafka: Kafka): BrokerAccess {
  return {
    broker: {
      account: '000000000000',
      region: 'us-east-1',
      name: 'main',
      type: 'kafka',
      servers: kafka.brokers,
    },
    reveal: () => Promise.reject(new Error('there are no secrets')),
    checkServer: () => {},
  }
}
