// The roost keeper's document, as far as it needs no Kafka; test/brokers/roost.test.ts has the rest.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTestObjects } from '../../src/objects/testing.ts'
import {
  createEventManager,
  type EventManagerOptions,
  type RoostEvents,
} from '../../src/roost/index.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import {
  ADVANCED,
  BASIC,
  MANIFESTS,
  METRIC_LINES,
  readSeed,
  roostManifest,
  VARIABLES,
} from '../support/roost.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

async function open(config: unknown, env: EventManagerOptions['env'] = {}): Promise<RoostEvents> {
  const { client, close } = await openObjects()
  try {
    return createEventManager(config, {
      kube: client,
      env,
      dataDir: '/nonexistent',
      keyring: NO_KEYS,
    })
  } finally {
    await close()
  }
}

async function openObjects() {
  const objects = await openTestObjects()
  return { client: objects.client, close: () => objects.close() }
}

const NO_KEYS = { seal: () => '', open: () => '', isCurrent: () => true }

test('001 the configurations, manifests and metrics kept here are those of the document', (context) => {
  const seed = readSeed()
  if (seed === undefined) return context.skip('the document is not beside this checkout')
  for (const text of [BASIC, ADVANCED, MANIFESTS]) assert.ok(seed.includes(text), text)
  for (const [name, value] of Object.entries(VARIABLES))
    assert.ok(seed.includes(`${name}=${value}`))
  for (const line of METRIC_LINES) assert.ok(seed.includes(line), line)
})

test('001.1 the basic and the advanced configuration load as printed', async () => {
  const basic = await open(BASIC)
  assert.deepEqual(basic.settings.kafka.brokers, ['kafka-broker-1:9092', 'kafka-broker-2:9092'])
  assert.deepEqual(basic.settings.kafka.security, {
    protocol: 'SASL_SSL',
    mechanism: 'SCRAM-SHA-256',
    username: 'roost-keeper',
    passwordRef: { name: 'kafka-credentials', key: 'password' },
    tls: { insecureSkipVerify: false },
  })
  const { kafka, topics, deadLetterQueue, circuitBreaker } = (await open(ADVANCED)).settings
  assert.equal(kafka.consumer.instances, 3)
  assert.equal(topics.replicationFactor, 2)
  assert.equal(deadLetterQueue.storage.bucket, 'roost-keeper-dlq')
  assert.equal(circuitBreaker.recoveryTimeout, 30_000)
})

test('001.1 the environment variables load as printed, and stand above a file', async () => {
  const env = { ...VARIABLES, KAFKA_PASSWORD: 'p' }
  const { settings } = await open('kafka: { brokers: ["other:9092"] }', env)
  assert.equal(settings.enabled, true)
  assert.deepEqual(settings.kafka.brokers, ['kafka-broker-1:9092', 'kafka-broker-2:9092'])
  assert.equal(settings.kafka.security.mechanism, 'SCRAM-SHA-256')
  await assert.rejects(
    open(undefined, VARIABLES),
    /passwordRef` \(or `KAFKA_PASSWORD`\) is missing/,
  )
})

test('001.1 each wrong key and contradiction is named, all in one message', async () => {
  await assert.rejects(open(BASIC.replace('username:', 'usernam:')), (error: Error) => {
    assert.match(
      error.message,
      /usernam` in the configuration is no key; `kafka\.security\.username` is one/,
    )
    return true
  })
  await assert.rejects(
    open(BASIC.replace('SASL_SSL', 'PLAINTEXT').replace('kafka-broker-1:9092', 'a b')),
    /`kafka\.brokers` in the configuration to be a list of `host:port`/,
  )
})

async function stateOf(signalbox: Signalbox): Promise<{ status: string; reasons: string[] }> {
  const answer = await fetch(`${signalbox.url}/_signalbox/v1/roost`)
  return (await answer.json()) as { status: string; reasons: string[] }
}

test(
  '001.1, 001.8 a server takes the printed manifests from kubectl, and shows every printed metric',
  { skip: kubectlLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const kubectl = new Kubectl(signalbox)
    assert.equal((await stateOf(signalbox)).status, 'stopped')
    // Nobody is at the printed address; what is wrong with the cluster is told, and nothing else fails.
    const password = Buffer.from('secret').toString('base64')
    const manifests = MANIFESTS.replace('<base64-encoded-password>', password)
    await kubectl.apply(manifests.replace('kafka-cluster-kafka-bootstrap:9092', '127.0.0.1:1'))
    await until('the keeper says what is wrong', DEADLINE_MS, async () => {
      const { status, reasons } = await stateOf(signalbox)
      return (
        status === 'degraded' && reasons.some((reason) => /ECONNREFUSED|127\.0\.0\.1/.test(reason))
      )
    })
    await until('roosts are known', DEADLINE_MS, async () => {
      const { code } = await kubectl.run(['apply', '-f', '-'], roostManifest('early'))
      return code === 0
    })
    assert.match(
      await kubectl.get('get', 'mr'),
      /NAME +PHASE +HEALTH +CHART +VERSION +REPLICAS +AGE\nearly +my-app +1\.0\.0/,
    )
    const page = await (await fetch(`${signalbox.url}/metrics`)).text()
    for (const line of METRIC_LINES) {
      // A histogram has the name of each of its lines made longer.
      const [, name, labels = ''] = /^(\w+)(\{.*\})?$/.exec(line)!
      const shown = name!.endsWith('_seconds') ? `${name}_count` : name!
      assert.ok(page.includes(`\n${shown}${labels} `), line)
    }
    await kubectl.apply(
      manifests.replace('enabled: true', 'enabled: perhaps').replace('kafka:', 'kafca:'),
    )
    await until('both faults are named', DEADLINE_MS, async () => {
      const { status, reasons } = await stateOf(signalbox)
      const text = reasons.join('\n')
      return status === 'degraded' && /`enabled` in ConfigMap/.test(text) && /kafca/.test(text)
    })
    assert.equal(await signalbox.cli('roost', 'reset'), 'breaker closed')
    await assert.rejects(signalbox.cli('roost', 'status'), /ended with 1/)
    assert.ok(!signalbox.output.includes('canary'))
    await kubectl.get('delete', 'configmap', 'roost-keeper-events-config')
    await until(
      'the keeper stops',
      DEADLINE_MS,
      async () => (await stateOf(signalbox)).status === 'stopped',
    )
  },
)

function roostOf(name: string): Parameters<RoostEvents['publishRoostCreated']>[0] {
  return {
    apiVersion: 'roost.birb.party/v1alpha1',
    kind: 'ManagedRoost',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { chart: { name: 'my-app' } },
  }
}

test('001.6 five failures open the breaker, which is closed by hand', async (context) => {
  const { client, close } = await openObjects()
  context.after(close)
  const config = {
    enabled: true,
    kafka: { brokers: ['127.0.0.1:1'], producer: { idempotent: false, retries: 0, lingerMs: 0 } },
    deadLetterQueue: { enabled: false, retryBackoff: { initialDelay: '1ms' } },
  }
  const events = createEventManager(config, { kube: client })
  context.after(() => events.stop())
  await assert.rejects(events.publishRoostCreated(roostOf('a')), {
    code: 'BROKER_LOST',
    message: /circuit breaker is open/,
  })
  assert.equal(events.health().breaker, 'open')
  assert.match(events.metrics(), /publish_errors_total\{event_type="lifecycle\.created"\} 5$/m)
  events.resetBreaker()
  assert.equal(events.health().breaker, 'closed')
})

test('001.7 a dead letter in a directory is sealed, counted, listed, redriven by hand and expired', async (context) => {
  const { client, close } = await openObjects()
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-seed-001-'))
  const config = {
    enabled: true,
    kafka: {
      brokers: ['127.0.0.1:1'],
      producer: { idempotent: false, retries: 0, lingerMs: 0 },
      connection: { maxRetries: 0, retryBackoff: '10ms' },
    },
    deadLetterQueue: {
      retryBackoff: { initialDelay: '1ms' },
      storage: { path: join(directory, 'letters') },
      processingInterval: '100ms',
      messageRetention: '1s',
    },
    circuitBreaker: { enabled: false },
  }
  const events = createEventManager(config, { kube: client, dataDir: directory })
  context.after(async () => {
    await events.stop()
    await close()
    rmSync(directory, { recursive: true })
  })
  assert.equal(await events.publishRoostCreated(roostOf('canary-roost')), 'dead')
  const [letter] = events.deadLetters.list()
  assert.equal(letter!.type, 'lifecycle.created')
  assert.equal(events.deadLetters.stats().count, 1)
  const stored = readFileSync(join(directory, 'letters', 'dead-letters', letter!.id), 'utf8')
  assert.ok(!stored.includes('canary'))
  assert.match((await events.deadLetters.get(letter!.id))!.record.value.toString(), /canary-roost/)
  assert.deepEqual(await events.deadLetters.redrive(), { seen: 1, redriven: 0, failed: 1 })
  await events.start()
  await until('it is too old', DEADLINE_MS, () => events.deadLetters.stats().count === 0)
})

test('001.10 a configuration of an older form is migrated, and one of a later is refused', async () => {
  const { settings } = await open('kafka: { brokers: "a:1,b:2", producer: { acks: -1 } }')
  assert.deepEqual(settings.kafka.brokers, ['a:1', 'b:2'])
  assert.equal(settings.kafka.producer.acks, 'all')
  await assert.rejects(open('version: 2'), /`version` .* to be 0 or 1, got `2`/)
})
