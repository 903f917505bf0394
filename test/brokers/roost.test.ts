// The roost keeper on a real Kafka, seen with clients that are not ours: kubectl makes and changes roosts, kcat reads
// what is told of them and writes triggers.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { openTestObjects } from '../../src/objects/testing.ts'
import {
  createEventManager,
  type EventManagerOptions,
  type RoostEvents,
  type Span,
} from '../../src/roost/index.ts'
import { type Kafka, KAFKA_USER, startKafka } from '../../tools/services/kafka.ts'
import { freePorts, isListening, startProcess } from '../../tools/services/process.ts'
import {
  consumeAll,
  createTopics,
  kafkaTestsLack,
  produce,
  type SeenRecord,
  topicCommand,
} from '../support/kafka.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { MANIFESTS, roostManifest } from '../support/roost.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const lack = kafkaTestsLack() ?? kubectlLacks()
const skip = lack ?? false
const RECOVERY_MS = 60_000
let kafka: Kafka
let topics = 0

before(async () => {
  if (lack === undefined) kafka = await startKafka()
})
after(() => kafka?.stop())

/** Topics of one test's own. */
function ownTopics(): {
  readonly lifecycle: string
  readonly triggers: string
  readonly groupId: string
} {
  topics += 1
  return {
    lifecycle: `lifecycle-${topics}`,
    triggers: `triggers-${topics}`,
    groupId: `group-${topics}`,
  }
}

interface Opened extends ReturnType<typeof ownTopics> {
  readonly signalbox: Signalbox
  readonly kubectl: Kubectl
}

/** A server whose keeper uses the test's own topics; `events` is more of its section, as JSON. */
async function open(context: TestContext, events: object = {}): Promise<Opened> {
  const own = ownTopics()
  const section = {
    enabled: true,
    kafka: {
      brokers: kafka.brokers,
      producer: { lingerMs: 5 },
      consumer: { groupId: own.groupId },
    },
    topics: { lifecycle: own.lifecycle, triggers: own.triggers },
    ...events,
  }
  const signalbox = await Signalbox.open(context, {
    config: `events: ${JSON.stringify(section)}
`,
    args: ['--log-level', 'info'],
  })
  await until(
    'the keeper is healthy',
    RECOVERY_MS,
    async () => (await stateOf(signalbox)).status === 'healthy',
  )
  return { signalbox, kubectl: new Kubectl(signalbox), ...own }
}

interface KeeperState {
  readonly status: string
  readonly reasons: readonly string[]
  readonly breaker: string
  readonly pending: number
  readonly deadLetters: {
    readonly count: number
    readonly held: number
    readonly byType: Record<string, number>
  }
}

async function stateOf(signalbox: Signalbox): Promise<KeeperState> {
  return (await (await fetch(`${signalbox.url}/_signalbox/v1/roost`)).json()) as KeeperState
}

interface Told {
  readonly record: SeenRecord
  readonly event: Record<string, unknown> & {
    readonly type: string
    readonly data: Record<string, unknown>
  }
}

function toldIn(topic: string, of?: string): readonly Told[] {
  return consumeAll(kafka, topic)
    .map((record) => ({ record, event: JSON.parse(record.payload) as Told['event'] }))
    .filter(({ event }) => of === undefined || event['subject'] === `roost/default/${of}`)
}

async function told(topic: string, count: number, of?: string): Promise<readonly Told[]> {
  let seen: readonly Told[] = []
  try {
    await until(`${count} events in ${topic}`, RECOVERY_MS, () => {
      seen = toldIn(topic, of)
      return seen.length >= count
    })
  } catch (error) {
    throw new Error(`seen: ${typesOf(seen).join(', ') || 'nothing'}`, { cause: error })
  }
  return seen
}

function typesOf(all: readonly Told[]): readonly string[] {
  return all.map(({ event }) => event.type.replace('io.roost-keeper.roost.', ''))
}

function setStatus(kubectl: Kubectl, name: string, status: object): Promise<string> {
  return kubectl.get(
    'patch',
    'mr',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status }),
  )
}

const ID = /^event-[0-9a-f]{24}$/

test(
  '001.2, 001.5 create, update, delete, phase, health and teardown of a roost are told with the printed structure',
  { skip },
  async (context) => {
    const { signalbox, kubectl, lifecycle } = await open(context)
    await kubectl.apply(roostManifest('my-roost', 'replicas: 1'))
    await setStatus(kubectl, 'my-roost', { phase: 'Ready', health: 'healthy' })
    await kubectl.get('patch', 'mr', 'my-roost', '--type=merge', '-p', '{"spec":{"replicas":2}}')
    await setStatus(kubectl, 'my-roost', { health: 'degraded' })
    await setStatus(kubectl, 'my-roost', { phase: 'TearingDown' })
    await kubectl.get('delete', 'mr', 'my-roost')
    const all = await told(lifecycle, 8)
    assert.deepEqual(typesOf(all), [
      'lifecycle.created',
      'phase.transitioned',
      'health.changed',
      'lifecycle.updated',
      'health.changed',
      'phase.transitioned',
      'teardown.triggered',
      'lifecycle.deleted',
    ])
    const [{ record, event }] = all as [Told]
    const { id, time, data, ...attributes } = event
    const { uid } = data['roost'] as { uid: string }
    assert.match(String(id), ID)
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
    assert.deepEqual(attributes, {
      specversion: '1.0',
      type: 'io.roost-keeper.roost.lifecycle.created',
      source: 'roost-keeper-operator',
      subject: 'roost/default/my-roost',
      datacontenttype: 'application/json',
      'roostkeeper-roost-name': 'my-roost',
      'roostkeeper-roost-namespace': 'default',
      'roostkeeper-roost-uid': uid,
      'roostkeeper-correlationid': attributes['roostkeeper-correlationid'],
    })
    assert.deepEqual(data, {
      roost: { name: 'my-roost', namespace: 'default', uid },
      chart: { name: 'my-app', version: '1.0.0', repository: 'https://charts.example.com' },
    })
    assert.ok(all.every(({ record: { key } }) => key === 'roost/default/my-roost'))
    assert.equal(new Set(all.map(({ record: { partition } }) => partition)).size, 1)
    const { ce_type, ce_id, traceparent } = record.headers
    assert.deepEqual([ce_type, ce_id], [event.type, id])
    assert.match(traceparent!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    assert.equal(record.headers['ce_roostkeeper-roost-name'], 'my-roost')
    assert.deepEqual(all[3]!.event.data['previous'], { replicas: 1 })
    assert.deepEqual(all[5]!.event.data['previousPhase'], 'Ready')
    assert.match(
      topicCommand(kafka, ['--describe', '--topic', lifecycle]),
      /PartitionCount: 3\s+ReplicationFactor: 1/,
    )
    let logged: readonly Record<string, unknown>[] = []
    await until('each is logged', DEADLINE_MS, () => {
      logged = signalbox.output
        .split('\n')
        .filter((line) => line.includes('Event published successfully'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      return logged.length === all.length
    })
    const { level, event_type, topic, partition, offset } = logged[0]!
    assert.deepEqual([level, event_type, topic], ['info', event.type, lifecycle])
    assert.deepEqual([partition, offset], [record.partition, record.offset])
    const page = await (await fetch(`${signalbox.url}/metrics`)).text()
    assert.match(page, /^roost_keeper_events_published_total\{event_type="health\.changed"\} 2$/m)
    const shown = JSON.stringify(all) + signalbox.output + page
    assert.ok(!shown.includes('canary'), 'a secret was shown')
  },
)

function trigger(type: string, id: string, data: unknown, more: object = {}): string {
  const attributes = {
    specversion: '1.0',
    id,
    source: 'kcat',
    type: `io.roost-keeper.trigger.${type}`,
  }
  return JSON.stringify({ ...attributes, ...more, data })
}

async function specOf(kubectl: Kubectl, name: string): Promise<Record<string, unknown>> {
  const { stdout } = await kubectl.run(['get', 'mr', name, '-o', 'json'])
  return stdout === '' ? {} : (JSON.parse(stdout) as { spec: Record<string, unknown> }).spec
}

test(
  '001.3, 001.7 teardown, scale and update triggers act, once each; what is malformed is a dead letter',
  { skip },
  async (context) => {
    const { signalbox, kubectl, triggers, lifecycle } = await open(context)
    for (const name of ['one', 'two', 'three'])
      await kubectl.apply(roostManifest(name, 'replicas: 1'))
    await kubectl.apply(roostManifest('kept', 'teardownPolicy: { requireManualApproval: true }'))
    const target = { namespace: 'default', name: 'one' }
    const scale = trigger('scale', 's', {
      type: 'scale',
      target,
      action: 'scale',
      parameters: { replicas: 4 },
    })
    produce(kafka, triggers, [scale])
    await until(
      'it is scaled',
      RECOVERY_MS,
      async () => (await specOf(kubectl, 'one'))['replicas'] === 4,
    )
    await kubectl.get('patch', 'mr', 'one', '--type=merge', '-p', '{"spec":{"replicas":5}}')
    produce(kafka, triggers, [
      scale,
      trigger('update', 'u', { chart: { version: '2.0.0' } }, { subject: 'roost/default/one' }),
      trigger('explode', 'x', {}),
      'no event',
      trigger('update', 'f', { target, parameters: { tenancy: {} } }),
      trigger('teardown', 'k', { target: { namespace: 'default', name: 'kept' } }),
      trigger('teardown', 't', {
        target: { selector: 'app in (two,three)' },
        reason: 'night',
        requestedBy: 'ann',
      }),
    ])
    await until('two roosts are gone', RECOVERY_MS, async () => {
      const left = await kubectl.get('get', 'mr', '-o', 'name')
      return !/two|three/.test(left)
    })
    await until('it is updated', RECOVERY_MS, async () => {
      const { chart } = await specOf(kubectl, 'one')
      return (chart as { version: string }).version === '2.0.0'
    })
    await until(
      'two dead letters',
      RECOVERY_MS,
      async () => (await stateOf(signalbox)).deadLetters.count === 2,
    )
    assert.deepEqual((await stateOf(signalbox)).deadLetters.byType, {
      malformed: 1,
      'trigger.update': 1,
    })
    assert.equal((await specOf(kubectl, 'one'))['replicas'], 5, 'the same id acted once')
    assert.notDeepEqual(await specOf(kubectl, 'kept'), {}, 'what needs approval stays')
    const gone = await told(lifecycle, 3, 'two')
    assert.deepEqual(typesOf(gone), [
      'lifecycle.created',
      'teardown.triggered',
      'lifecycle.deleted',
    ])
    assert.equal(gone[1]!.event.data['reason'], 'night')
    assert.equal(gone[1]!.event.data['requestedBy'], 'ann')
    assert.match(signalbox.output, /"msg":"Unhandled event type"/)
    assert.match(signalbox.output, /"msg":"Trigger was obeyed before"/)
    assert.match(signalbox.output, /"audit":"trigger".*"outcome":"refused"/)
    const audited = async (action: string): Promise<readonly Record<string, unknown>[]> => {
      const lines = await signalbox.cli('audit', 'ls', '--action', action, '-o', 'json')
      return lines
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ who }) => who === 'system:roost-keeper')
    }
    const published = await audited('publish')
    assert.deepEqual(
      new Set(published.map(({ on, from, result }) => [on, from, result].join(' '))),
      new Set([`topics/${lifecycle} roost-keeper-operator ok`]),
    )
    assert.ok(published.some(({ requestId }) => requestId === gone[0]!.event['id']))
    const consumed = await audited('consume')
    assert.deepEqual(new Set(consumed.map(({ on }) => on)), new Set([`topics/${triggers}`]))
    assert.deepEqual(
      consumed.filter(({ result }) => result === 'failed').map(({ code }) => code),
      ['EVENT_INVALID', 'EVENT_INVALID'],
    )
    const letters = await signalbox.cli('roost', 'letters')
    assert.equal(letters.split('\n').length, 2)
    assert.match(letters, /in +malformed +held/)
    assert.match(
      await signalbox.cli('roost', 'purge', '--yes', '--type', 'malformed'),
      /^1 purged$/,
    )
    assert.match(
      await signalbox.cli('roost', 'status'),
      /^healthy +breaker closed +0 waiting +\d+ behind +1 dead$/,
    )
    const page = await (await fetch(`${signalbox.url}/metrics`)).text()
    assert.match(page, /^roost_keeper_events_consumed_total\{event_type="trigger\.teardown"\} 2$/m)
    assert.match(page, /^roost_keeper_dlq_current_size 1$/m)
  },
)

test(
  '001.3 triggers act as the identity of the configuration, whose rights count',
  { skip },
  async (context) => {
    const { signalbox, kubectl, triggers } = await open(context, {
      identity: 'system:serviceaccount:default:roosts',
      deadLetterQueue: { maxRetries: 0 },
    })
    await kubectl.apply(roostManifest('one', 'replicas: 1'))
    const scale = { target: { namespace: 'default', name: 'one' }, parameters: { replicas: 4 } }
    produce(kafka, triggers, [trigger('scale', '1', scale)])
    await until(
      'it is refused',
      RECOVERY_MS,
      async () => (await stateOf(signalbox)).deadLetters.held === 1,
    )
    assert.match(signalbox.output, /forbidden: User \\"system:serviceaccount:default:roosts\\"/)
    assert.equal((await specOf(kubectl, 'one'))['replicas'], 1)
    await kubectl.get(
      'create',
      'role',
      'roosts',
      '--verb=get,patch',
      '--resource=managedroosts.roost.birb.party',
    )
    await kubectl.get(
      'create',
      'rolebinding',
      'roosts',
      '--role=roosts',
      '--serviceaccount=default:roosts',
    )
    assert.match(await signalbox.cli('roost', 'redrive'), /^1 of 1 redriven$/)
    assert.equal((await specOf(kubectl, 'one'))['replicas'], 4)
    assert.match(
      await signalbox.cli('operations', 'ls'),
      /redrive roost {2}COMPLETED {2}1 done, 1 of 1 seen {2}signalbox:dev$/,
    )
    assert.match(
      await signalbox.cli('audit', 'ls', '--action', 'redrive'),
      /\/roost\/dead-letters\/redrive\/start/,
    )
    const gone = { target: { namespace: 'default', name: 'nobody' }, parameters: { replicas: 1 } }
    produce(kafka, triggers, [trigger('scale', '2', gone), trigger('scale', '3', gone)])
    await until(
      'two are given up',
      RECOVERY_MS,
      async () => (await stateOf(signalbox)).deadLetters.held === 2,
    )
    const id = (await signalbox.cli('roost', 'redrive', '--rate', '1', '--detach')).trim()
    await signalbox.cli('operations', 'cancel', id)
    assert.match(await signalbox.cli('operations', 'show', id), /CANCELLED {2}0 done, \d of 2 seen/)
    await assert.rejects(signalbox.cli('roost', 'redrive'), /roost redrive ended with 1/)
  },
)

test('001.2 a restart tells nothing twice and nothing too little', { skip }, async (context) => {
  const { signalbox, kubectl, lifecycle } = await open(context)
  await kubectl.apply(roostManifest('a', 'replicas: 1'))
  await kubectl.apply(roostManifest('b'))
  await told(lifecycle, 2)
  await signalbox.end('SIGTERM')
  await signalbox.start()
  await until(
    'it is healthy',
    RECOVERY_MS,
    async () => (await stateOf(signalbox)).status === 'healthy',
  )
  await kubectl.get('patch', 'mr', 'a', '--type=merge', '-p', '{"spec":{"replicas":2}}')
  await signalbox.end('SIGKILL')
  await signalbox.start()
  await kubectl.get('delete', 'mr', 'b')
  await told(lifecycle, 4)
  await until('nothing waits', RECOVERY_MS, async () => (await stateOf(signalbox)).pending === 0)
  const all = toldIn(lifecycle)
  const once = new Map(all.map((one) => [one.event['id'], one]))
  // A process that was killed between sending and crossing out sends once more, under the same id.
  assert.ok(all.length - once.size <= 1)
  assert.deepEqual(
    typesOf([...once.values()].filter(({ event }) => event['subject'] === 'roost/default/a')),
    ['lifecycle.created', 'lifecycle.updated'],
  )
  assert.deepEqual(
    typesOf([...once.values()].filter(({ event }) => event['subject'] === 'roost/default/b')),
    ['lifecycle.created', 'lifecycle.deleted'],
  )
})

test(
  '001.1, 001.5 the printed ConfigMap and Secret connect with SASL_SSL and SCRAM-SHA-256, and a rotated password counts',
  { skip },
  async (context) => {
    const signalbox = await Signalbox.open(context)
    const kubectl = new Kubectl(signalbox)
    const ca = readFileSync(kafka.certificates.caFile).toString('base64')
    const manifests = (password: string): string =>
      MANIFESTS.replace('kafka-cluster-kafka-bootstrap:9092', kafka.saslBrokers[0]!)
        .replace(
          'username: "roost-keeper"',
          `username: "${KAFKA_USER.name}"\n        tls: { caBundle: ${ca} }`,
        )
        .replace('<base64-encoded-password>', Buffer.from(password).toString('base64'))
    await kubectl.apply(manifests('wrong-canary'))
    await until('it is refused', RECOVERY_MS, async () => {
      const { reasons } = await stateOf(signalbox)
      return /SASL|authenticat/i.test(reasons.join())
    })
    await kubectl.apply(manifests(KAFKA_USER.password))
    await until(
      'it is healthy',
      RECOVERY_MS,
      async () => (await stateOf(signalbox)).status === 'healthy',
    )
    await kubectl.apply(roostManifest('secured'))
    await told('roost-keeper-lifecycle', 1, 'secured')
    const shown = signalbox.output + JSON.stringify(await stateOf(signalbox))
    assert.ok(!shown.includes(KAFKA_USER.password) && !shown.includes('canary'))
  },
)

/** A keeper in this process, over objects in memory. */
async function openKeeper(
  context: TestContext,
  config: object,
  options: Partial<EventManagerOptions> = {},
) {
  const objects = await openTestObjects()
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-roost-'))
  const events = createEventManager(
    { enabled: true, ...config },
    { kube: objects.client, dataDir, ...options },
  )
  context.after(async () => {
    await events.stop()
    await objects.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return { events, client: objects.client, dataDir }
}

function roostOf(name: string): Parameters<RoostEvents['publishRoostCreated']>[0] {
  return {
    apiVersion: 'roost.birb.party/v1alpha1',
    kind: 'ManagedRoost',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { chart: { name: 'my-app' } },
  }
}

test(
  '001.4 a handler registered for a topic gets its events, whatever their type, with their trace',
  { skip },
  async (context) => {
    const own = ownTopics()
    createTopics(kafka, ['other-topic'])
    const spans: Span[] = []
    const { events } = await openKeeper(
      context,
      { kafka: { brokers: kafka.brokers, consumer: { groupId: own.groupId } }, topics: own0(own) },
      { onSpan: (span) => spans.push(span) },
    )
    const got: string[] = []
    events.subscribe(own.triggers, ({ type }) => void got.push(type))
    await events.start()
    events.subscribe('other-topic', ({ id, type }) => void got.push(`${id} ${type}`))
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    produce(
      kafka,
      own.triggers,
      [trigger('unheard-of', '1', {})],
      ['-H', `traceparent=${traceparent}`],
    )
    produce(kafka, 'other-topic', ['{"specversion":"1.0","id":"7","source":"s","type":"made"}'])
    await until('both came', RECOVERY_MS, () => got.length === 2)
    assert.deepEqual([...got].sort(), ['7 made', 'io.roost-keeper.trigger.unheard-of'])
    const span = spans.find(({ name }) => name === `consume ${own.triggers}`)
    assert.equal(span?.traceId, 'a'.repeat(32))
    assert.equal(span?.parentSpanId, 'b'.repeat(16))
    assert.equal(events.deadLetters.stats().count, 0)
  },
)

function own0({ lifecycle, triggers }: ReturnType<typeof ownTopics>): object {
  return { lifecycle, triggers }
}

const GROUPS = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'

test('001.5 group, instances and offset reset have their effect', { skip }, async (context) => {
  const own = ownTopics()
  createTopics(kafka, [own.triggers], { partitions: 3 })
  produce(kafka, own.triggers, [trigger('unheard-of', 'before', {})])
  const consumer = { groupId: own.groupId, instances: 3, autoOffsetReset: 'latest' }
  const { events } = await openKeeper(context, {
    kafka: { brokers: kafka.brokers, consumer },
    topics: own0(own),
  })
  const got: string[] = []
  events.subscribe(own.triggers, ({ id }) => void got.push(id))
  await events.start()
  await until('three are in the group', RECOVERY_MS, () => events.health().isConsumerWell)
  const args = [
    '--bootstrap-server',
    kafka.brokers[0]!,
    '--describe',
    '--group',
    own.groupId,
    '--members',
  ]
  let members = ''
  await until('each has a partition', RECOVERY_MS, () => {
    members = execFileSync('java', kafka.tool(GROUPS, args), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return members.split('\n').filter((line) => /\s1\s*$/.test(line)).length === 3
  })
  produce(kafka, own.triggers, [trigger('unheard-of', 'after', {})])
  await until('it came', RECOVERY_MS, () => got.length > 0)
  assert.deepEqual(got, ['after'])
})

const DUMP = 'org.apache.kafka.tools.DumpLogSegments'

test(
  '001.5 compression, batches and acks have their effect on the broker',
  { skip },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-roost-kafka-'))
    const own = ownTopics()
    const cluster = await startKafka({ folder })
    context.after(async () => {
      await cluster.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    const producer = {
      compression: 'zstd',
      lingerMs: 50,
      batchSize: 16_384,
      acks: 'all',
      idempotent: true,
    }
    const { events } = await openKeeper(context, {
      kafka: { brokers: cluster.brokers, producer },
      topics: { ...own0(own), defaultPartitions: 1 },
    })
    await events.start()
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => events.publishRoostCreated(roostOf(`r${n}`))),
    )
    const log = join(folder, 'node-1', `${own.lifecycle}-0`, '00000000000000000000.log')
    const dumped = execFileSync('java', cluster.tool(DUMP, ['--files', log]), { encoding: 'utf8' })
    assert.match(dumped, /compresscodec: zstd/)
    const batches = dumped.split('\n').filter((line) => line.startsWith('baseOffset'))
    assert.ok(batches.length < 10, `${batches.length} batches of 10 events`)
    // An idempotent producer has an id, another has -1.
    assert.ok(batches.every((line) => !/producerId: -1/.test(line)))
    const other = ownTopics()
    const { events: plain } = await openKeeper(context, {
      kafka: {
        brokers: cluster.brokers,
        producer: { acks: 'leader', idempotent: false, compression: 'none' },
      },
      topics: { ...own0(other), defaultPartitions: 1 },
    })
    await plain.start()
    await plain.publishRoostCreated(roostOf('plain'))
    const file = join(folder, 'node-1', `${other.lifecycle}-0`, '00000000000000000000.log')
    assert.match(
      execFileSync('java', cluster.tool(DUMP, ['--files', file]), { encoding: 'utf8' }),
      /producerId: -1 .*compresscodec: none/,
    )
  },
)

test(
  '001.5 fewer brokers than the replication factor is a fault that says so',
  { skip },
  async (context) => {
    const own = ownTopics()
    const { events } = await openKeeper(context, {
      kafka: { brokers: kafka.brokers },
      topics: { ...own0(own), replicationFactor: 2 },
    })
    await assert.rejects(events.start(), {
      code: 'CONFIG_INVALID',
      message:
        /cannot have replication factor `2`: cluster `roost-keeper` has 1 broker; expected a factor of at most 1/,
    })
  },
)

test(
  '001.6, 001.9 Kafka stopped and started again: the breaker opens and closes, and nothing is lost',
  { skip },
  async (context) => {
    const cluster = await startKafka()
    context.after(() => cluster.stop())
    const own = ownTopics()
    const { events, client } = await openKeeper(context, {
      kafka: {
        brokers: cluster.brokers,
        producer: { lingerMs: 0, retries: 2, requestTimeout: '10s' },
        consumer: { sessionTimeout: '6s', heartbeatInterval: '1s' },
        connection: { dialTimeout: '500ms', retryBackoff: '50ms', maxRetries: 1, keepAlive: '1s' },
      },
      topics: own0(own),
      deadLetterQueue: {
        retryBackoff: { initialDelay: '20ms', maxDelay: '40ms' },
        processingInterval: '500ms',
      },
      circuitBreaker: { recoveryTimeout: '500ms', halfOpenTimeout: '5s' },
    })
    await events.start()
    await client.create(withoutUid('before'))
    await until('it is out', RECOVERY_MS, () => publishedBy(events) === 1)
    await cluster.nodes[0]!.stop()
    const names = Array.from({ length: 20 }, (_, n) => `while-${n}`)
    for (const name of names) await client.create(withoutUid(name))
    await until('the breaker is open', RECOVERY_MS, () => events.health().breaker === 'open')
    assert.equal(events.health().status, 'degraded')
    await cluster.nodes[0]!.start()
    await until('everything is out', RECOVERY_MS, () => {
      const { pending, deadLetters } = events.health()
      return pending === 0 && deadLetters.count === 0
    })
    await client.create(withoutUid('after'))
    await until('all are told', RECOVERY_MS, () => publishedBy(events) >= 22)
    await until('the breaker is closed', RECOVERY_MS, () => events.health().breaker === 'closed')
    await until('it is healthy', RECOVERY_MS, () => events.health().status === 'healthy')
    const ids = seenIds(cluster, own.lifecycle)
    assert.equal(new Set(ids).size, 22)
    context.diagnostic(`${ids.length - new Set(ids).size} of ${ids.length} events came twice`)
    const page = events.metrics()
    assert.match(page, /^roost_keeper_producer_health_status\{component="producer"\} 1$/m)
  },
)

function withoutUid(name: string): Parameters<RoostEvents['publishRoostCreated']>[0] {
  return { ...roostOf(name), metadata: { name, namespace: 'default' } }
}

/** kcat stops this process while it reads, and so the keeper: here it is asked once, at the end. */
function publishedBy(events: RoostEvents): number {
  const line = /events_published_total\{event_type="lifecycle\.created"\} (\d+)/.exec(
    events.metrics(),
  )
  return Number(line![1])
}

function seenIds(cluster: Kafka, topic: string): readonly string[] {
  return consumeAll(cluster, topic).map(({ payload }) => (JSON.parse(payload) as { id: string }).id)
}

test(
  '001.9 events are replayed by time range and type, and none twice',
  { skip },
  async (context) => {
    const own = ownTopics()
    const { events } = await openKeeper(context, {
      kafka: { brokers: kafka.brokers, producer: { lingerMs: 0 } },
      topics: own0(own),
    })
    await events.start()
    await events.publishRoostCreated(roostOf('early'))
    await events.publishRoostPhaseTransition(roostOf('early'), 'Pending', 'Ready')
    const [, last] = toldIn(own.lifecycle)
    const middle = last!.record
    const from = timestampOf(middle) + 1
    await until('time has passed', DEADLINE_MS, () => Date.now() > from)
    await events.publishRoostCreated(roostOf('late'))
    const { replayed } = await events.replay({ from, types: ['lifecycle.created'] })
    assert.equal(replayed, 1)
    const again = toldIn(own.lifecycle).filter(
      ({ event }) => event['roostkeeper-replayid'] !== undefined,
    )
    assert.deepEqual(
      again.map(({ event }) => event['subject']),
      ['roost/default/late'],
    )
    const got: string[] = []
    const all = await events.replay({ handle: ({ subject }) => void got.push(subject!) })
    assert.equal(all.replayed, 3)
    assert.deepEqual([...got].sort(), [
      'roost/default/early',
      'roost/default/early',
      'roost/default/late',
    ])
  },
)

function timestampOf(record: SeenRecord): number {
  return (record as SeenRecord & { readonly ts: number }).ts
}

const motoLack =
  spawnSync('moto_server', ['--version'], { stdio: 'ignore' }).error === undefined
    ? undefined
    : 'moto is not installed'

test(
  '001.7 after three retries an event is a dead letter in S3, sealed, counted, listed and redriven',
  { skip: lack ?? motoLack ?? false },
  async (context) => {
    const [port] = await freePorts(1)
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-moto-'))
    const moto = await startProcess({
      command: 'moto_server',
      args: ['-H', '127.0.0.1', '-p', String(port)],
      logFile: join(folder, 'moto.log'),
      isReady: () => isListening(port!),
    })
    context.after(async () => {
      await moto.end()
      rmSync(folder, { recursive: true, force: true })
    })
    const endpoint = `http://127.0.0.1:${port}`
    const aws = (...args: readonly string[]): string =>
      execFileSync('aws', ['--endpoint-url', endpoint, '--region', 'us-east-1', ...args], {
        encoding: 'utf8',
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: 'k',
          AWS_SECRET_ACCESS_KEY: 's',
          AWS_CONFIG_FILE: '/dev/null',
        },
      })
    aws('s3', 'mb', 's3://roost-keeper-dlq')
    const own = ownTopics()
    createTopics(kafka, [own.triggers])
    const { events } = await openKeeper(
      context,
      {
        kafka: {
          brokers: kafka.brokers,
          producer: { lingerMs: 0, retries: 2 },
          connection: { retryBackoff: '20ms', maxRetries: 0 },
        },
        topics: { ...own0(own), autoCreate: false },
        deadLetterQueue: {
          retryBackoff: { initialDelay: '20ms', maxDelay: '100ms' },
          storage: {
            type: 's3',
            bucket: 'roost-keeper-dlq',
            endpoint,
            prefix: 'letters',
            accessKeyRef: { name: 'aws', key: 'id' },
            secretKeyRef: { name: 'aws', key: 'secret' },
          },
          processingInterval: '500ms',
          messageRetention: '1h',
        },
        circuitBreaker: { enabled: false },
      },
      { readSecret: async ({ name, key }) => (name === 'aws' ? key : undefined) },
    )
    await events.start()
    assert.equal(await events.publishRoostCreated(roostOf('canary-roost')), 'dead')
    assert.match(
      events.metrics(),
      /^roost_keeper_event_publish_errors_total\{event_type="lifecycle\.created"\} 4$/m,
    )
    assert.match(
      events.metrics(),
      /^roost_keeper_dlq_messages_total\{event_type="lifecycle\.created"\} 1$/m,
    )
    assert.match(events.metrics(), /^roost_keeper_dlq_current_size 1$/m)
    const [head] = events.deadLetters.list()
    const letter = await events.deadLetters.get(head!.id)
    assert.match(letter!.reason, /UNKNOWN_TOPIC_OR_PARTITION|unknown topic/i)
    const key = `letters/dead-letters/${head!.id}`
    const stored = aws('s3', 'cp', `s3://roost-keeper-dlq/${key}`, '-')
    assert.match(stored, /^sealed-1\n/)
    assert.ok(!stored.includes('canary'))
    createTopics(kafka, [own.lifecycle])
    await told(own.lifecycle, 1)
    await until('none is left', RECOVERY_MS, () => events.deadLetters.stats().count === 0)
    assert.equal(aws('s3', 'ls', '--recursive', 's3://roost-keeper-dlq'), '')
  },
)

test(
  '001.10 a topic is mirrored from one cluster to another, with transformation',
  { skip },
  async (context) => {
    const other = await startKafka()
    context.after(() => other.stop())
    const own = ownTopics()
    createTopics(kafka, [own.lifecycle])
    createTopics(other, ['mirrored'])
    const signalbox = await Signalbox.open(context, {
      config: `
brokers:
  old: { type: kafka, servers: ${JSON.stringify(kafka.brokers)} }
  new: { type: kafka, servers: ${JSON.stringify(other.brokers)} }
sources:
  mirror: { broker: old, topics: [${own.lifecycle}] }
`,
    })
    await signalbox.aws('events', 'put-rule', {
      name: 'mirror',
      'event-pattern': JSON.stringify({ source: ['roost-keeper-operator'] }),
    })
    const transformer = {
      InputPathsMap: { name: '$.detail.roost.name', chart: '$.detail.chart.name' },
      InputTemplate: '{"roost": <name>, "chart": <chart>}',
    }
    const target = {
      Id: 'new',
      Arn: 'kafka://new/mirrored?key=$.subject',
      InputTransformer: transformer,
    }
    await signalbox.aws('events', 'put-targets', {
      rule: 'mirror',
      targets: JSON.stringify([target]),
    })
    const { events } = await openKeeper(context, {
      kafka: { brokers: kafka.brokers, producer: { lingerMs: 0 } },
      topics: { lifecycle: own.lifecycle, triggers: own.triggers },
    })
    await events.start()
    for (const name of ['a', 'b', 'c']) await events.publishRoostCreated(roostOf(name))
    let seen: readonly SeenRecord[] = []
    await until('all three are there', RECOVERY_MS, () => {
      seen = consumeAll(other, 'mirrored')
      return seen.length === 3
    })
    assert.deepEqual(
      seen.map(({ payload }) => JSON.parse(payload)),
      [
        { roost: 'a', chart: 'my-app' },
        { roost: 'b', chart: 'my-app' },
        { roost: 'c', chart: 'my-app' },
      ],
    )
    assert.equal(seen[0]!.headers['ce_type'], 'io.roost-keeper.roost.lifecycle.created')
    assert.equal(seen[0]!.key, 'roost/default/a')
  },
)
