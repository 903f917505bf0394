// The brokers that other tests need, each spoken to by a client that is neither ours nor the broker's.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { KAFKA_USER, kafkaLacks, startKafka } from '../../tools/services/kafka.ts'
import { natsLacks, startNats } from '../../tools/services/nats.ts'
import { postgresLacks, startPostgres } from '../../tools/services/postgres.ts'

test('Kafka takes what kcat sends it over SASL and gives it back over TLS', async (context) => {
  const lack = kafkaLacks() ?? (hasKcat() ? undefined : 'kcat is not installed')
  if (lack !== undefined) return context.skip(lack)
  const kafka = await startKafka()
  context.after(() => kafka.stop())
  const { caFile } = kafka.certificates
  const topics = 'org.apache.kafka.tools.TopicCommand'
  const create = ['--bootstrap-server', kafka.brokers[0]!, '--create', '--topic', 'greetings']
  execFileSync('java', kafka.tool(topics, create), { stdio: 'pipe' })
  // The SCRAM of Debian's librdkafka is refused by a broker of this year.
  const sasl = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' }
  const user = { 'sasl.username': KAFKA_USER.name, 'sasl.password': KAFKA_USER.password }
  const produce = ['-P', '-b', kafka.saslBrokers[0]!, '-t', 'greetings']
  kcat(produce, { ...sasl, ...user, 'ssl.ca.location': caFile }, 'hello\n')
  const consume = ['-C', '-b', kafka.tlsBrokers[0]!, '-t', 'greetings', '-e', '-q']
  const said = kcat(consume, { 'security.protocol': 'SSL', 'ssl.ca.location': caFile }, '')
  assert.equal(said, 'hello\n')
})

test('NATS comes back at its port after it was killed', async (context) => {
  const lack = natsLacks()
  if (lack !== undefined) return context.skip(lack)
  const nats = await startNats()
  context.after(() => nats.stop())
  const first = nats.pid
  await nats.kill()
  await nats.start()
  assert.notEqual(nats.pid, first)
})

test('PostgreSQL answers a query', async (context) => {
  const lack = postgresLacks()
  if (lack !== undefined) return context.skip(lack)
  const postgres = await startPostgres()
  context.after(() => postgres.stop())
  const answer = execFileSync('psql', [postgres.url, '-tAc', 'SELECT 6 * 7'], { encoding: 'utf8' })
  assert.equal(answer.trim(), '42')
})

function kcat(
  args: readonly string[],
  properties: Readonly<Record<string, string>>,
  input: string,
): string {
  const options = Object.entries(properties).flatMap(([key, value]) => ['-X', `${key}=${value}`])
  return execFileSync('kcat', [...args, ...options], { encoding: 'utf8', input })
}

function hasKcat(): boolean {
  return spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0
}
