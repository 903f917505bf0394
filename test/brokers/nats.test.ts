// NATS in and out: what the `nats` command publishes matches a rule that aws made and leaves as a CloudEvent.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createUser } from '@nats-io/nkeys'
import { createCertificates } from '../../tools/services/certificates.ts'
import { type Nats, natsLacks, startNats } from '../../tools/services/nats.ts'
import {
  createStream,
  publishAll,
  readStream,
  type SeenMessage,
  withNats,
} from '../support/nats.ts'
import { createNatsAccounts } from '../support/nats-accounts.ts'
import { natsCli, natsCliLacks, natsListen } from '../support/nats-cli.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = natsLacks() ?? false
const skipCli = natsLacks() ?? natsCliLacks() ?? false
let nats: Nats

before(async () => {
  if (skip === false) nats = await startNats()
})
after(() => nats?.stop())

function config(server: string, sources: string, security = ''): string {
  return `
brokers:
  edge: { type: nats, servers: [${JSON.stringify(server)}]${security} }
sources:
${sources}
`
}

async function route(signalbox: Signalbox, pattern: object, target: string): Promise<void> {
  const given = JSON.stringify(pattern)
  await signalbox.aws('events', 'put-rule', { name: 'to-nats', 'event-pattern': given })
  const targets = JSON.stringify([{ Id: 'nats', Arn: target }])
  await signalbox.aws('events', 'put-targets', { rule: 'to-nats', targets })
}

async function whenConnected(signalbox: Signalbox): Promise<void> {
  await until('the source reads', DEADLINE_MS, async () => {
    const answer = await fetch(`${signalbox.url}/_signalbox/v1/sources`)
    const { items } = (await answer.json()) as { items: { state: string }[] }
    return items.every(({ state }) => state === 'connected')
  })
}

async function seen(
  stream: string,
  count: number,
  url = nats.url,
): Promise<readonly SeenMessage[]> {
  let messages: readonly SeenMessage[] = []
  await until(`${count} messages in ${stream}`, DEADLINE_MS, async () => {
    messages = await readStream(url, stream)
    return messages.length >= count
  })
  return messages
}

test(
  'core NATS: what nats publishes matches a rule of aws, and nats hears the CloudEvent',
  { skip: skipCli },
  async (context) => {
    const signalbox = await Signalbox.open(context, {
      config: config(nats.url, '  sensors: { broker: edge, subjects: [sensor.*.heat] }'),
    })
    const pattern = {
      'detail-type': ['sensor.7.heat'],
      detail: { celsius: [{ numeric: ['>', 20] }] },
    }
    await route(signalbox, pattern, 'nats://edge/alarms?header.team=blue')
    const heard = await natsListen(context, nats.url, 'sub', 'alarms')
    await whenConnected(signalbox)
    await natsCli(nats.url, 'pub', 'sensor.7.heat', '{"celsius":19}')
    await natsCli(nats.url, 'pub', 'sensor.7.heat', '{"celsius":21}')
    await until('the alarm is heard', DEADLINE_MS, () => heard().includes('{"celsius":21}'))
    const said = heard().toLowerCase()
    for (const header of [
      'ce-specversion: 1.0',
      'ce-type: sensor.7.heat',
      'ce-source: edge/sensor.7.heat',
      'content-type: application/json',
      'team: blue',
    ])
      assert.ok(said.includes(header), heard())
    assert.ok(!heard().includes('"celsius":19'), heard())
  },
)

test(
  'JetStream: a durable consumer reads on where it was, and what is sent is stored once',
  { skip },
  async (context) => {
    await createStream(nats.url, 'IN', ['in.>'])
    await createStream(nats.url, 'OUT', ['out.>'])
    await publishAll(nats.url, 'in.first', ['{"n":1}'])
    const signalbox = await Signalbox.open(context, {
      config: config(
        nats.url,
        "  flow: { broker: edge, stream: IN, mapping: { source: flow, type: order.placed, subject: '$.n' } }",
      ),
    })
    await route(signalbox, { source: ['flow'] }, 'nats://edge/out.orders')
    const [first] = await seen('OUT', 0)
    assert.equal(first, undefined)
    await whenConnected(signalbox)
    // The first was read before there was a rule; these are not.
    await publishAll(nats.url, 'in.more', ['{"n":2}', '{"n":3}'])
    await seen('OUT', 2)
    await signalbox.end('SIGKILL')
    await publishAll(nats.url, 'in.more', ['{"n":4}'])
    await signalbox.start()
    const messages = await seen('OUT', 3)
    assert.deepEqual(messages.map(({ body }) => body).sort(), ['{"n":2}', '{"n":3}', '{"n":4}'])
    const { headers, subject } = messages.find(({ body }) => body === '{"n":4}')!
    assert.equal(subject, 'out.orders')
    assert.match(headers['ce-id']!, /^IN\/4\/\d+$/)
    assert.deepEqual(
      [headers['ce-type'], headers['ce-source'], headers['ce-subject']],
      ['order.placed', 'flow', '4'],
    )
    assert.ok(headers['Nats-Msg-Id'])
    const metrics = await (await fetch(`${signalbox.url}/metrics`)).text()
    assert.match(metrics, /signalbox_source_up\{source="flow"\} 1/)
  },
)

test('CloudEvents come in both modes and go out structured', { skip }, async (context) => {
  await createStream(nats.url, 'CE', ['ce.>'])
  const signalbox = await Signalbox.open(context, {
    config: config(
      nats.url,
      '  ce: { broker: edge, stream: CE, subjects: [ce.in], format: cloudevents }',
    ),
  })
  await route(signalbox, { source: ['/crm'] }, 'nats://edge/ce.out?mode=structured')
  const whole = { specversion: '1.0', id: '1', source: '/crm', type: 'saved', data: { n: 1 } }
  await publishAll(nats.url, 'ce.in', [JSON.stringify(whole), 'no event'])
  const messages = await seen('CE', 3)
  const out = messages.find(({ subject }) => subject === 'ce.out')!
  const { id, source, type, data } = JSON.parse(out.body) as Record<string, unknown>
  assert.deepEqual(
    { id, source, type, data },
    { id: '1', source: '/crm', type: 'saved', data: { n: 1 } },
  )
  assert.equal(out.headers['content-type'], 'application/cloudevents+json')
})

const user = createUser()
const seed = Buffer.from(user.getSeed()).toString()
const accounts = createNatsAccounts()
const LOGINS = [
  [
    'user and password',
    'authorization { user: box, password: "pass word" }',
    'username: box, password: { secret: edge, key: login }',
    'pass word',
    'wrong',
  ],
  [
    'token',
    'authorization { token: "s3cret" }',
    'token: { secret: edge, key: login }',
    's3cret',
    'wrong',
  ],
  [
    'a credentials file',
    accounts.configuration,
    'credentials: { secret: edge, key: login }',
    accounts.createCredentials(),
    // Of an operator that nobody trusts.
    createNatsAccounts().createCredentials(),
  ],
  [
    'nkey',
    `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
    'nkey: { secret: edge, key: login }',
    seed,
    Buffer.from(createUser().getSeed()).toString(),
  ],
] as const

for (const [name, configuration, security, secret, wrong] of LOGINS) {
  test(
    `a server that asks for ${name} is logged in to, and a wrong secret is mended without a restart`,
    { skip },
    async (context) => {
      const guarded = await startNats({ configuration })
      context.after(() => guarded.stop())
      const signalbox = await Signalbox.open(context, {
        config:
          config(
            guarded.url,
            '  a: { broker: edge, subjects: [a] }',
            `, security: { ${security} }`,
          ) + 'secretsDir: ./secrets',
        files: { 'secrets/edge/login': wrong },
      })
      await until('it is refused', DEADLINE_MS, async () => {
        const text = await (await fetch(`${signalbox.url}/_signalbox/v1/sources`)).text()
        return /authorization violation/i.test(text)
      })
      signalbox.write('secrets/edge/login', secret)
      await whenConnected(signalbox)
      assert.ok(!signalbox.output.includes(secret))
    },
  )
}

test(
  'a server that asks for a certificate is shown one, and is believed by its authority alone',
  { skip },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-nats-tls-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const { serverCertFile, serverKeyFile, caFile, clientCertFile, clientKeyFile } =
      createCertificates(folder)
    const guarded = await startNats({
      configuration: `tls { cert_file: "${serverCertFile}", key_file: "${serverKeyFile}", ca_file: "${caFile}", verify: true }`,
    })
    context.after(() => guarded.stop())
    const client = `certificate: '\${file:${clientCertFile}}', key: '\${file:${clientKeyFile}}'`
    const open = (tls: string): Promise<Signalbox> =>
      Signalbox.open(context, {
        config: config(
          guarded.url,
          '  a: { broker: edge, subjects: [a] }',
          `, security: { tls: { ${tls} } }`,
        ),
      })
    await whenConnected(await open(`ca: '\${file:${caFile}}', ${client}`))
    const stranger = await open(client)
    await until('it does not believe', DEADLINE_MS, async () => {
      const text = await (await fetch(`${stranger.url}/_signalbox/v1/sources`)).text()
      return /certificate/i.test(text) && text.includes('"lost"')
    })
  },
)

test(
  'a stream that may not be written to is an error of rights, and what no stream has is one of place',
  { skip },
  async (context) => {
    const closed = 'permissions: { publish: { deny: ["closed.>"] } }'
    const guarded = await startNats({
      configuration: `authorization { users: [{ user: box, password: word, ${closed} }] }`,
    })
    context.after(() => guarded.stop())
    const signalbox = await Signalbox.open(context, {
      config: `${config(guarded.url, '  {}', ', security: { username: box, password: { secret: edge, key: login } }')}secretsDir: ./secrets`,
      files: { 'secrets/edge/login': 'word' },
    })
    const create = { 'queue-name': 'dead' }
    const { QueueUrl: url } = (await signalbox.aws('sqs', 'create-queue', create)) as {
      QueueUrl: string
    }
    const dead = { Arn: 'arn:aws:sqs:us-east-1:000000000000:dead' }
    const pattern = JSON.stringify({ source: ['shop'] })
    await signalbox.aws('events', 'put-rule', { name: 'out', 'event-pattern': pattern })
    const targets = ['closed.a', 'nowhere'].map((subject) => ({
      Id: subject,
      Arn: `nats://edge/${subject}?jetstream=true`,
      RetryPolicy: { MaximumRetryAttempts: 0 },
      DeadLetterConfig: dead,
    }))
    await signalbox.aws('events', 'put-targets', { rule: 'out', targets: JSON.stringify(targets) })
    const entries = JSON.stringify([{ Source: 'shop', DetailType: 'a', Detail: '{}' }])
    await signalbox.aws('events', 'put-events', { entries })
    const codes = new Map<string, string>()
    await until('both are dead', DEADLINE_MS, async () => {
      const { Messages = [] } = (await signalbox.aws('sqs', 'receive-message', {
        'queue-url': url,
        'message-attribute-names': 'All',
        'max-number-of-messages': '10',
      })) as { Messages?: { MessageAttributes: Record<string, { StringValue: string }> }[] }
      for (const { MessageAttributes: attributes } of Messages) {
        const target = attributes['TARGET_ARN']!.StringValue
        codes.set(target, attributes['ERROR_CODE']!.StringValue)
      }
      return codes.size === 2
    })
    assert.deepEqual(Object.fromEntries(codes), {
      'nats://edge/closed.a?jetstream=true': 'NO_PERMISSIONS',
      'nats://edge/nowhere?jetstream=true': 'NO_RESOURCE',
    })
  },
)

test(
  'streams, their consumers and what lies there are shown; a subject is listened to',
  { skip },
  async (context) => {
    await createStream(nats.url, 'SHELF', ['shelf.*'])
    await publishAll(nats.url, 'shelf.a', ['{"n":1}', '{"n":2}', '{"n":3}'])
    const signalbox = await Signalbox.open(context, {
      config: config(nats.url, '  shelf: { broker: edge, stream: SHELF }'),
    })
    await whenConnected(signalbox)
    await until('all is read', DEADLINE_MS, async () =>
      /^SHELF {2}shelf\.\* {2}3 records\n {2}signalbox-shelf {2}0 behind$/m.test(
        await signalbox.cli('connect', 'browse', 'edge'),
      ),
    )
    const peek = async (place: string): Promise<readonly Record<string, unknown>[]> =>
      JSON.parse(
        await signalbox.cli('connect', 'browse', 'edge', place, '--limit', '2', '-o', 'json'),
      ) as readonly Record<string, unknown>[]
    assert.deepEqual(
      (await peek('SHELF')).map(({ place, topic, text }) => [place, topic, text]),
      [
        ['SHELF/2', 'shelf.a', '{"n":2}'],
        ['SHELF/3', 'shelf.a', '{"n":3}'],
      ],
    )
    const heard = peek('live.>')
    let isOver = false
    const publishing = withNats(nats.url, async (connection) => {
      await until('it is heard', DEADLINE_MS, async () => {
        connection.publish('live.a', 'now')
        await connection.flush()
        return isOver
      })
    })
    assert.deepEqual(
      (await heard.finally(() => (isOver = true))).map(({ topic, text }) => [topic, text]),
      [
        ['live.a', 'now'],
        ['live.a', 'now'],
      ],
    )
    await publishing
  },
)
