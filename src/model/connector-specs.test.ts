import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTargetAddress, parseBrokerAddress, parseNatsSource } from './address.ts'
import type { BrokerSpec } from './broker-spec.ts'
import type { SourceSpec } from './source-spec.ts'
import { validateSpec } from './validate.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }

const BROKER: BrokerSpec = {
  ...SCOPE,
  name: 'main',
  type: 'kafka',
  servers: ['kafka-1:9092', '[::1]:9092'],
  security: {
    protocol: 'SASL_SSL',
    mechanism: 'SCRAM-SHA-512',
    username: 'signalbox',
    password: { secret: 'kafka-credentials', key: 'password' },
    tls: { ca: '${file:/etc/ca.pem}', certificate: '${file:/c.pem}', key: '${env:KEY}' },
  },
  producer: { acks: 'all', compression: 'zstd', idempotent: true, lingerMs: 5 },
}

const SOURCE: SourceSpec = {
  ...SCOPE,
  name: 'orders',
  broker: 'main',
  topics: ['orders'],
  instances: 3,
  from: 'latest',
  mapping: { type: 'order.{topic}', subject: '$.order.id' },
  deadLetter: 'kafka://main/orders-dead',
}

function faultsOf(kind: 'Broker' | 'Source', spec: object): string {
  return validateSpec(kind, spec)
    .map(({ path, message }) => `${path}: ${message}`)
    .join('\n')
}

test('a whole broker and a whole source have no faults', () => {
  assert.equal(faultsOf('Broker', BROKER), '')
  assert.equal(faultsOf('Source', SOURCE), '')
})

test('a secret in the open is refused and not shown', () => {
  const security = { ...BROKER.security, password: 'hunter2' }
  const said = faultsOf('Broker', { ...BROKER, security })
  assert.match(said, /spec\.security\.password: expected `\{secret: NAME, key: KEY\}`/)
  assert.doesNotMatch(said, /hunter2/)
})

test('every fault of a broker is named', () => {
  const security = { protocol: 'SASL_SSL', mechanism: 'NTLM', tls: { certificate: '${file:/c}' } }
  const producer = { idempotent: true, acks: 'leader', compression: 'rar' }
  const broker = { ...BROKER, type: 'rabbit', servers: ['not a server'], security, producer }
  const said = faultsOf('Broker', broker)
  for (const path of [
    'spec.type',
    'spec.servers[0]',
    'spec.security.mechanism',
    'spec.security.username',
    'spec.security.password',
    'spec.security.tls',
    'spec.producer.acks',
    'spec.producer.compression',
  ]) {
    assert.ok(said.includes(`${path}: expected`), path)
  }
  assert.match(faultsOf('Broker', { ...BROKER, servers: [] }), /at least one `host:port`/)
})

test('a source says what it reads, and maps only attributes', () => {
  const { topics: _, ...rest } = SOURCE
  assert.match(faultsOf('Source', rest), /a topic of Kafka/)
  const said = faultsOf('Source', { ...SOURCE, mapping: { colour: 'red' }, deadLetter: 'nowhere' })
  assert.match(said, /spec\.mapping\.colour/)
  assert.match(said, /spec\.deadLetter/)
  assert.match(faultsOf('Source', { ...SOURCE, instances: 65 }), /from 1 to 64/)
})

test('addresses of brokers name the broker, the place and how to send', () => {
  assert.equal(isTargetAddress('kafka://main/orders'), true)
  assert.equal(isTargetAddress('nats://edge/orders.created'), true)
  assert.equal(isTargetAddress('nats://edge/orders.created?jetstream=true'), true)
  assert.equal(isTargetAddress('nats://edge/orders.created?jetstream=yes'), false)
  assert.equal(isTargetAddress('kafka://main/orders?jetstream=true'), false)
  assert.equal(isTargetAddress('kafka://main'), false)
  assert.equal(isTargetAddress('kafka://Main/orders'), false)
  const address = parseBrokerAddress('kafka://main/orders?key=$.detail.id&mode=structured')
  assert.ok(address !== undefined)
  assert.equal(address.place, 'orders')
  assert.deepEqual(
    [...address.options],
    [
      ['key', '$.detail.id'],
      ['mode', 'structured'],
    ],
  )
})

test('the address of a source of NATS is a stream, unless it can only be a subject', () => {
  const place = { broker: 'edge', from: 'earliest' }
  assert.deepEqual(parseNatsSource('nats://edge/ORDERS'), {
    ...place,
    place: 'ORDERS',
    isSubject: false,
    isJetStream: true,
  })
  const core = { ...place, place: 'orders.>', isSubject: true, isJetStream: false }
  assert.deepEqual(parseNatsSource('nats://edge/orders.>'), core)
  assert.deepEqual(parseNatsSource('nats://edge/orders.>?jetstream=true'), {
    ...core,
    isJetStream: true,
  })
  assert.deepEqual(
    parseNatsSource('nats://edge/heat?jetstream=false&batch=1000&window=300&group=g&from=latest'),
    {
      ...core,
      place: 'heat',
      batch: 1000,
      windowSeconds: 300,
      group: 'g',
      from: 'latest',
    },
  )
})

test('an address of a source of NATS that says what is not known is none', () => {
  for (const bad of [
    'kafka://edge/ORDERS',
    'nats://edge',
    'nats://edge/A?batch=0',
    'nats://edge/A?batch=1001',
    'nats://edge/A?window=301',
    'nats://edge/A?from=now',
    'nats://edge/A?group=a.b',
    'nats://edge/A?mode=plain',
    'nats://edge/A?constructor=1',
  ])
    assert.equal(parseNatsSource(bad), undefined, bad)
})
