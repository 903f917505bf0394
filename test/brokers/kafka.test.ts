// Kafka in and out with clients that are not ours: what kcat writes matches a rule that aws made, and leaves on Kafka
// as a CloudEvent that kcat and Kafka's own consumer read.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { openKafkaReader } from '../../src/connect/index.ts'
import { type Kafka, KAFKA_USER, startKafka } from '../../tools/services/kafka.ts'
import {
  consumeAll,
  createTopics,
  kafkaTestsLack,
  kcat,
  openAccess,
  produce,
  type SeenRecord,
} from '../support/kafka.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const lack = kafkaTestsLack()
const skip = lack ?? false
let kafka: Kafka

before(async () => {
  if (lack === undefined) kafka = await startKafka()
})
after(() => kafka?.stop())

async function seen(topic: string, count: number): Promise<readonly SeenRecord[]> {
  let records: readonly SeenRecord[] = []
  await until(`${count} records in ${topic}`, DEADLINE_MS, () => {
    records = consumeAll(kafka, topic)
    return records.length >= count
  })
  return records
}

function brokers(extra = ''): string {
  return `
brokers:
  main:
    type: kafka
    servers: [${JSON.stringify(kafka.brokers[0])}]
${extra}`
}

async function sources(signalbox: Signalbox): Promise<readonly Record<string, unknown>[]> {
  const answer = await fetch(`${signalbox.url}/_signalbox/v1/sources`)
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items
}

async function isConnected(signalbox: Signalbox, name: string): Promise<boolean> {
  return (await sources(signalbox)).some(
    (one) => one['name'] === name && one['state'] === 'connected',
  )
}

async function route(signalbox: Signalbox, pattern: object, target: string): Promise<void> {
  await signalbox.aws('events', 'put-rule', {
    name: 'to-kafka',
    'event-pattern': JSON.stringify(pattern),
  })
  const targets = JSON.stringify([{ Id: 'kafka', Arn: target }])
  await signalbox.aws('events', 'put-targets', { rule: 'to-kafka', targets })
}

test(
  'what kcat writes matches a rule of aws and leaves as a CloudEvent',
  { skip },
  async (context) => {
    createTopics(kafka, ['orders-in', 'orders-out'], { partitions: 3 })
    const signalbox = await Signalbox.open(context, {
      config: brokers(`
sources:
  orders:
    broker: main
    topics: [orders-in]
    mapping: { type: order.placed, source: shop, subject: '$.order.id' }
`),
    })
    const pattern = {
      source: ['shop'],
      'detail-type': ['order.placed'],
      detail: { amount: [{ numeric: ['>', 100] }] },
    }
    await route(
      signalbox,
      pattern,
      'kafka://main/orders-out?key=$.detail.order.id&header.team=shop',
    )
    produce(kafka, 'orders-in', [
      '{"amount":50,"order":{"id":"a"}}',
      '{"amount":150,"order":{"id":"b"}}',
    ])
    const [record] = await seen('orders-out', 1)
    assert.equal(record!.payload, '{"amount":150,"order":{"id":"b"}}')
    assert.equal(record!.key, 'b')
    const { ce_specversion, ce_type, ce_source, ce_subject, ce_id, team } = record!.headers
    assert.deepEqual(
      { ce_specversion, ce_type, ce_source, ce_subject, team },
      {
        ce_specversion: '1.0',
        ce_type: 'order.placed',
        ce_source: 'shop',
        ce_subject: 'b',
        team: 'shop',
      },
    )
    assert.match(ce_id!, /^orders-in\/\d\/\d+\/\d{13}$/)
    assert.equal(record!.headers['content-type'], 'application/json')
    const metrics = await (await fetch(`${signalbox.url}/metrics`)).text()
    assert.match(metrics, /signalbox_source_records_total\{source="orders"\} 2/)
    assert.match(metrics, /signalbox_source_up\{source="orders"\} 1/)
  },
)

test(
  'CloudEvents come in both modes and go out structured, as the console consumer sees',
  { skip },
  async (context) => {
    createTopics(kafka, ['ce-in', 'ce-out'])
    const signalbox = await Signalbox.open(context, {
      config: brokers('sources: { ce: { broker: main, topics: [ce-in] } }\n'),
    })
    await route(signalbox, { source: ['/kcat'] }, 'kafka://main/ce-out?mode=structured')
    const headers = [
      'ce_specversion=1.0',
      'ce_id=1',
      'ce_source=/kcat',
      'ce_type=made',
      'ce_subject=one',
      'ce_roostkeeper-roost-name=my-roost',
      'content-type=application/json',
    ]
    produce(
      kafka,
      'ce-in',
      ['{"n":1}'],
      headers.flatMap((header) => ['-H', header]),
    )
    produce(
      kafka,
      'ce-in',
      ['{"specversion":"1.0","id":"2","source":"/kcat","type":"made","data":{"n":2}}'],
      ['-H', 'content-type=application/cloudevents+json'],
    )
    await seen('ce-out', 2)
    const consumer = [
      '--bootstrap-server',
      kafka.brokers[0]!,
      '--topic',
      'ce-out',
      '--from-beginning',
      '--max-messages',
      '2',
      '--timeout-ms',
      '20000',
      '--formatter-property',
      'print.headers=true',
    ]
    const out = execFileSync(
      'java',
      kafka.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', consumer),
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const lines = out.trim().split('\n')
    assert.match(lines[0]!, /content-type:application\/cloudevents\+json/)
    const events = lines.map(
      (line) => JSON.parse(line.slice(line.indexOf('{'))) as Record<string, unknown>,
    )
    assert.deepEqual(
      events.map(({ id, subject, data }) => ({ id, subject, data })),
      [
        { id: '1', subject: 'one', data: { n: 1 } },
        { id: '2', subject: undefined, data: { n: 2 } },
      ],
    )
    assert.equal(events[0]!['roostkeeper-roost-name'], 'my-roost')
  },
)

for (const compression of ['gzip', 'snappy', 'lz4', 'zstd']) {
  test(
    `records compressed with ${compression} are read by kcat, and read back`,
    { skip },
    async (context) => {
      const [into, out] = [`in-${compression}`, `out-${compression}`]
      createTopics(kafka, [into, out])
      const signalbox = await Signalbox.open(context, {
        config: brokers(`    producer: { compression: ${compression}, lingerMs: 5 }
sources: { zipped-${compression}: { broker: main, topics: [${into}], mapping: { source: zipped } } }
`),
      })
      await route(signalbox, { source: ['zipped'] }, `kafka://main/${out}`)
      const lines = Array.from({ length: 200 }, (_, n) =>
        JSON.stringify({ n, text: 'x'.repeat(100) }),
      )
      produce(kafka, into, lines, ['-z', compression === 'zstd' ? 'zstd' : compression])
      const records = await seen(out, 200)
      assert.deepEqual(records.map(({ payload }) => payload).sort(), lines.sort())
    },
  )
}

const SECURE = {
  SSL: (): string => `
    security:
      protocol: SSL
      tls: { ca: '\${file:./ca.pem}', certificate: '\${file:./client.pem}', key: '\${file:./client.key}' }`,
  'SCRAM-SHA-256': (): string => sasl('SCRAM-SHA-256'),
  'SCRAM-SHA-512': (): string => sasl('SCRAM-SHA-512'),
  PLAIN: (): string => sasl('PLAIN'),
  'SASL without TLS': (): string => `
    security:
      protocol: SASL_PLAINTEXT
      mechanism: SCRAM-SHA-512
      username: ${KAFKA_USER.name}
      password: { secret: kafka-credentials, key: password }`,
}

function serversOf(name: string): readonly string[] {
  if (name === 'SSL') return kafka.tlsBrokers
  return name === 'SASL without TLS' ? kafka.saslPlaintextBrokers : kafka.saslBrokers
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}

function good(id: string): string {
  return JSON.stringify({ specversion: '1.0', id, source: '/good', type: 't' })
}

function sasl(mechanism: string): string {
  return `
    security:
      protocol: SASL_SSL
      mechanism: ${mechanism}
      username: ${KAFKA_USER.name}
      password: { secret: kafka-credentials, key: password }
      tls: { ca: '\${file:./ca.pem}' }`
}

for (const [name, security] of Object.entries(SECURE)) {
  test(
    `a cluster with ${name} is read and written, and its secrets are never shown`,
    { skip },
    async (context) => {
      const id = name.toLowerCase().replaceAll(' ', '-')
      createTopics(kafka, [`secure-in-${id}`, `secure-out-${id}`])
      const servers = serversOf(name)
      const { certificates } = kafka
      const signalbox = await Signalbox.open(context, {
        config: `
secretsDir: ./secrets
brokers:
  main:
    type: kafka
    servers: [${JSON.stringify(servers[0])}]${security()}
sources: { secure-${id}: { broker: main, topics: [secure-in-${id}], mapping: { source: secure } } }
`,
        files: {
          'ca.pem': read(certificates.caFile),
          'client.pem': read(certificates.clientCertFile),
          'client.key': read(certificates.clientKeyFile),
          'secrets/kafka-credentials/password': `${KAFKA_USER.password}\n`,
        },
      })
      await route(signalbox, { source: ['secure'] }, `kafka://main/secure-out-${id}`)
      produce(kafka, `secure-in-${id}`, ['{"n":1}'])
      const [record] = await seen(`secure-out-${id}`, 1)
      assert.equal(record!.payload, '{"n":1}')
      const shown = JSON.stringify([
        await (await fetch(`${signalbox.url}/_signalbox/v1/brokers`)).text(),
        await (await fetch(`${signalbox.url}/_signalbox/v1/sources`)).text(),
        await (await fetch(`${signalbox.url}/metrics`)).text(),
        signalbox.output,
      ])
      assert.ok(!shown.includes(KAFKA_USER.password), 'the password was shown')
      assert.ok(!shown.includes('PRIVATE KEY'), 'the key was shown')
    },
  )
}

test(
  'a wrong password is a state of the source, and the right one mends it without a restart',
  { skip },
  async (context) => {
    createTopics(kafka, ['rotated'])
    const signalbox = await Signalbox.open(context, {
      config: `
secretsDir: ./secrets
brokers:
  main:
    type: kafka
    servers: [${JSON.stringify(kafka.saslBrokers[0])}]${sasl('SCRAM-SHA-512')}
sources: { rotated: { broker: main, topics: [rotated], mapping: { source: rotated } } }
`,
      files: {
        'ca.pem': read(kafka.certificates.caFile),
        'secrets/kafka-credentials/password': 'wrong-canary',
      },
    })
    await until('the source is lost', DEADLINE_MS, async () => {
      const [source] = await sources(signalbox)
      return source?.['state'] === 'lost'
    })
    const [lost] = await sources(signalbox)
    assert.match(String(lost!['reason']), /SASL|credential|authenticat/i)
    assert.ok(!JSON.stringify(lost).includes('wrong-canary'))
    signalbox.write('secrets/kafka-credentials/password', KAFKA_USER.password)
    await until('the source reads', DEADLINE_MS, () => isConnected(signalbox, 'rotated'))
    assert.ok(!signalbox.output.includes('wrong-canary'))
  },
)

test(
  'a record that is no event goes to the dead-letter topic, and those behind it go on',
  { skip },
  async (context) => {
    createTopics(kafka, ['poison-in', 'poison-out', 'poison-dead'])
    const signalbox = await Signalbox.open(context, {
      config: brokers(`
sources:
  poison:
    broker: main
    topics: [poison-in]
    format: cloudevents
    deadLetter: kafka://main/poison-dead?mode=plain
`),
    })
    await route(signalbox, { source: ['/good'] }, 'kafka://main/poison-out')
    produce(kafka, 'poison-in', [good('1'), 'no event', '{"specversion":"1.0"}', good('2')])
    assert.deepEqual(
      (await seen('poison-out', 2)).map(({ headers }) => headers['ce_id']),
      ['1', '2'],
    )
    const dead = await seen('poison-dead', 2)
    assert.deepEqual(
      dead.map(({ payload }) => payload),
      ['no event', '{"specversion":"1.0"}'],
    )
  },
)

test('sources and brokers are made, changed and taken away by calls', { skip }, async (context) => {
  createTopics(kafka, ['by-call'])
  const signalbox = await Signalbox.open(context, { config: brokers() })
  const post = async (path: string, body?: object): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${signalbox.url}/_signalbox/v1${path}`, {
      method: 'POST',
      headers: { 'X-Signalbox-Console': '1', 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, text: await answer.text() }
  }
  const source = { name: 'called', broker: 'main', topics: ['by-call'] }
  assert.equal((await post('/sources/put', source)).status, 200)
  await until('the source reads', DEADLINE_MS, () => isConnected(signalbox, 'called'))
  assert.equal((await post('/sources/put', { ...source, instances: 2 })).status, 200)
  await until('two instances read', DEADLINE_MS, async () => {
    const [one] = await sources(signalbox)
    return one?.['instances'] === 2 && one['state'] === 'connected'
  })
  const faulty = await post('/sources/put', { name: 'x', broker: 'main', instances: 0 })
  assert.equal(faulty.status, 400)
  assert.match(faulty.text, /spec\.instances.*spec\.topics|spec\.topics.*spec\.instances/)
  assert.match((await post('/brokers/delete?name=main')).text, /declared in the configuration file/)
  assert.equal((await post('/sources/delete?name=called')).status, 200)
  assert.deepEqual(await sources(signalbox), [])
})

test('what is read ahead is bounded by bytes, and all of it comes', { skip }, async (context) => {
  createTopics(kafka, ['large'])
  const count = 60
  const line = 'x'.repeat(900_000)
  produce(
    kafka,
    'large',
    Array.from({ length: count }, () => line),
  )
  const reader = await openKafkaReader({
    ...openAccess(kafka),
    topics: ['large'],
    group: 'large',
    from: 'earliest',
    fetchBytesMax: 2_000_000,
    readAheadBytesMax: 4_000_000,
  })
  context.after(() => reader.close())
  // The bound, the record that passes it and the rest of the answer that has it.
  const bound = 4_000_000 + 900_000 + 2_000_000
  const { signal } = new AbortController()
  let read = 0
  while (read < count) {
    await until('as much is read ahead as may be', DEADLINE_MS, () => {
      assert.ok(reader.readAheadBytes() <= bound, `${reader.readAheadBytes()} bytes`)
      return reader.readAheadBytes() > 4_000_000 || read + 5 >= count
    })
    const limits = { recordsMax: 5, bytesMax: 10_000_000 }
    read += (await reader.read(limits, signal)).length
  }
  assert.equal(reader.readAheadBytes(), 0)
})

test(
  'topics, who reads them and what lies there are shown, and nobody misses it',
  { skip },
  async (context) => {
    createTopics(kafka, ['browsed'], { partitions: 2 })
    produce(kafka, 'browsed', ['k:{"n":1}', 'k:{"n":2}', 'k:{"n":3}'], ['-K:', '-H', 'team=blue'])
    kcat(
      [
        '-b',
        kafka.brokers[0]!,
        '-G',
        'readers',
        '-c',
        '2',
        '-X',
        'auto.offset.reset=earliest',
        'browsed',
      ],
      '',
    )
    const signalbox = await Signalbox.open(context, { config: brokers() })
    const shown = await signalbox.cli('connect', 'browse', 'main')
    assert.match(shown, /^browsed {2}2 partitions {2}3 records\n {2}readers {2}1 behind$/m)
    const records = JSON.parse(
      await signalbox.cli('connect', 'browse', 'main', 'browsed', '--limit', '2', '-o', 'json'),
    ) as readonly Record<string, unknown>[]
    assert.deepEqual(
      records.map(({ key, text, headers, sizeBytes }) => [key, text, headers, sizeBytes]),
      [2, 3].map((n) => ['k', `{"n":${n}}`, { team: 'blue' }, 7]),
    )
    assert.match(String(records[0]!['place']), /^browsed\/[01]\/1$/)
    await assert.rejects(
      signalbox.cli('connect', 'browse', 'main', 'nothing'),
      /no topic `nothing`/,
    )
    await assert.rejects(
      signalbox.cli('connect', 'browse', 'other'),
      /broker `other` does not exist/,
    )
  },
)

test(
  'a topic is mirrored with what a transformation makes of it, goes on where it was, and is set back',
  { skip },
  async (context) => {
    createTopics(kafka, ['mirrored', 'copied', 'chosen'], { partitions: 2 })
    const lines = Array.from({ length: 6 }, (_, n) => `k${n}:{"order":{"id":${n}},"secret":1}`)
    produce(kafka, 'mirrored', lines.slice(0, 4), ['-K:', '-H', 'team=blue'])
    const signalbox = await Signalbox.open(context, {
      config: brokers(`
  other: { type: kafka, servers: [${JSON.stringify(kafka.brokers[0])}] }
`),
    })
    const run = (to: string, ...more: readonly string[]): Promise<string> =>
      signalbox.cli(
        'connect',
        'mirror',
        'kafka://main/mirrored',
        `kafka://other/${to}`,
        ...more,
        '--until-end',
      )
    assert.match(await run('copied', '--name', 'all'), /^4 copied, 0 behind$/m)
    const where = (topic: string): Map<unknown, unknown> =>
      new Map(
        consumeAll(kafka, topic).map(({ key, partition, payload, headers }) => [
          key,
          [partition, payload, headers],
        ]),
      )
    assert.deepEqual(where('copied'), where('mirrored'))
    produce(kafka, 'mirrored', lines.slice(4), ['-K:', '-H', 'team=blue'])
    assert.match(await run('copied', '--name', 'all'), /^2 copied, 0 behind$/m)
    assert.equal(consumeAll(kafka, 'copied').length, 6)
    assert.deepEqual(where('copied'), where('mirrored'))
    const template = ['--template', '{"id":<id>}', '--paths', '{"id":"$.order.id"}']
    await run('chosen', '--name', 'some', ...template)
    assert.deepEqual(
      consumeAll(kafka, 'chosen')
        .map(({ payload }) => payload)
        .sort(),
      [0, 1, 2, 3, 4, 5].map((id) => `{"id":${id}}`),
    )
    const moved = JSON.parse(
      await signalbox.cli(
        'connect',
        'rollback',
        'kafka://main/mirrored',
        '--name',
        'all',
        '--to',
        '-1',
        '-o',
        'json',
      ),
    ) as readonly { partition: number; before: number; after: number }[]
    const back = moved.reduce((sum, { before, after }) => sum + before - after, 0)
    assert.ok(back >= 1 && back <= 2)
    assert.match(
      await run('copied', '--name', 'all'),
      new RegExp(`^${back} copied, 0 behind$`, 'm'),
    )
    await signalbox.cli(
      'connect',
      'rollback',
      'kafka://main/mirrored',
      '--name',
      'all',
      '--to',
      'earliest',
    )
    assert.match(await run('copied', '--name', 'all'), /^6 copied, 0 behind$/m)
    produce(kafka, 'mirrored', ['k8:'], ['-K:', '-Z'])
    assert.match(await run('copied', '--name', 'all'), /^1 copied, 0 behind$/m)
    assert.match(await run('chosen', '--name', 'some', ...template), /^1 copied, 0 behind$/m)
    for (const topic of ['copied', 'chosen']) {
      const last = consumeAll(kafka, topic).find(({ key }) => key === 'k8')
      assert.equal(last!.payload, null, 'what says that a key is gone says so in the copy')
    }
    produce(kafka, 'mirrored', ['k9:no json', 'k9:{"order":{"id":9}}'], ['-K:'])
    await assert.rejects(
      run('chosen', '--name', 'some', ...template),
      /the record at partition \d, offset \d+ has no copy/,
    )
    await assert.rejects(run('mirrored', '--name', 'Not/this'), /expected `name` of letters/)
  },
)

test(
  'a mirror that runs in the server goes on after a restart, until it is cancelled',
  { skip },
  async (context) => {
    createTopics(kafka, ['detached', 'detached-copy'])
    const config = brokers(`
  other: { type: kafka, servers: [${JSON.stringify(kafka.brokers[0])}] }
`)
    const signalbox = await Signalbox.open(context, { config })
    const start = (...more: readonly string[]): Promise<string> =>
      signalbox.cli(
        'connect',
        'mirror',
        'kafka://main/detached',
        'kafka://other/detached-copy',
        '--name',
        'nightly',
        '--detach',
        ...more,
      )
    produce(kafka, 'detached', ['one', 'two'])
    const id = (await start()).trim()
    const shown = async (): Promise<Record<string, unknown>> =>
      JSON.parse(await signalbox.cli('operations', 'show', id, '-o', 'json')) as never
    await copiedOf(2)
    await until('it says so', DEADLINE_MS, async () => (await shown())['changed'] === 2)
    await assert.rejects(start(), /a mirror `nightly` runs already/)
    await assert.rejects(
      start('--path', '$.a', '--template', 'b'),
      /runs already|a `path` or a `template`/,
    )
    await signalbox.end('SIGTERM')
    produce(kafka, 'detached', ['three'])
    await signalbox.start()
    await copiedOf(3)
    const { state, action, filter, who } = await shown()
    assert.deepEqual([state, action, who], ['RUNNING', 'mirror', 'signalbox:dev'])
    assert.equal((filter as Record<string, string>)['name'], 'nightly')
    assert.match(await signalbox.cli('operations', 'ls'), /mirror mirror .*name=nightly.*RUNNING/)
    await signalbox.cli('operations', 'cancel', id)
    assert.equal((await shown())['state'], 'CANCELLED')
    produce(kafka, 'detached', ['four'])
    const again = (await start('--until-end')).trim()
    assert.match(
      await signalbox.cli('operations', 'watch', again),
      /COMPLETED +1 done, 1 of 1 seen/,
    )
    await copiedOf(4)
    await assert.rejects(
      signalbox.cli(
        'connect',
        'mirror',
        'kafka://none/a',
        'kafka://main/b',
        '--name',
        'x',
        '--detach',
      ),
      /broker `none` does not exist/,
    )
  },
)

async function copiedOf(count: number): Promise<void> {
  const payloads = (await seen('detached-copy', count)).map(({ payload }) => payload)
  const expected = ['one', 'two', 'three', 'four'].slice(0, count)
  assert.deepEqual(payloads.toSorted(), expected.toSorted())
}
