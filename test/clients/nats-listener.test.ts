// The NATS listener of `dev` with NATS's own client: publishing, subscribing, requests, queue groups and headers.

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { headers, type Msg, type NatsConnection, connect } from '@nats-io/transport-node'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const config = 'nats: { listen: on, port: 0 }'

async function open(
  context: TestContext,
): Promise<{ readonly signalbox: Signalbox; readonly another: () => Promise<NatsConnection> }> {
  const signalbox = await Signalbox.open(context, { config })
  const servers = /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
  return {
    signalbox,
    async another() {
      const connection = await connect({ servers, reconnect: false })
      context.after(() => connection.close())
      return connection
    },
  }
}

/** What comes for a subject, as it comes; the server knows of it when this resolves. */
async function listen(
  connection: NatsConnection,
  subject: string,
  queue?: string,
): Promise<readonly Msg[]> {
  const heard: Msg[] = []
  connection.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (_error, message) => void heard.push(message),
  })
  await connection.flush()
  return heard
}

test('what is published is heard with its headers, and is an event', async (context) => {
  const { signalbox, another } = await open(context)
  await signalbox.python(
    `
sqs.create_queue(QueueName='all')
route('all', {'source': [{'prefix': ''}]}, {'Id': 'q', 'Arn': given})
`,
    signalbox.queueArn('all'),
  )
  const [publisher, subscriber] = [await another(), await another()]
  const heard = await listen(subscriber, 'orders.>')
  const deaf = await listen(subscriber, 'other.*')
  const given = headers()
  given.append('Team', 'blue')
  given.append('Team', 'red')
  publisher.publish('orders.placed.new', '{"id":7}', { headers: given })
  await until('it is heard', DEADLINE_MS, () => heard.length === 1)
  const [message] = heard
  assert.equal(message!.subject, 'orders.placed.new')
  assert.deepEqual(message!.json(), { id: 7 })
  assert.deepEqual(message!.headers!.values('Team'), ['blue', 'red'])
  assert.equal(deaf.length, 0)
  const [event] = await signalbox.python<Record<string, unknown>[]>(`result = bodies('all', 1)`)
  assert.deepEqual(
    [event!['detail-type'], event!['source'], event!['detail']],
    ['orders.placed.new', 'local/orders.placed.new', { id: 7 }],
  )
})

test('ce- headers are decoded as the binding has them, and written so', async (context) => {
  const { signalbox, another } = await open(context)
  await signalbox.python(
    `
sqs.create_queue(QueueName='all')
route('all', {'detail-type': ['Bestellung 100%']}, {'Id': 'q', 'Arn': given},
    {'Id': 'nats', 'Arn': 'nats://local/out'})
`,
    signalbox.queueArn('all'),
  )
  const connection = await another()
  const heard = await listen(connection, 'out')
  const given = headers()
  for (const [name, value] of [
    ['ce-specversion', '1.0'],
    ['ce-id', 'a%20b'],
    ['ce-source', '/shop'],
    ['ce-type', 'Bestellung%20100%25'],
    ['ce-subject', 'caf%C3%A9 %E2%82%AC'],
    ['ce-datacontenttype', 'text/plain'],
    ['ce-size', '5'],
  ] as const)
    given.set(name, value)
  connection.publish('in', 'hallo', { headers: given })
  const [event] = await signalbox.python<Record<string, unknown>[]>(`result = bodies('all', 1)`)
  assert.deepEqual(
    [event!['id'], event!['detail-type'], event!['subject'], event!['detail'], event!['size']],
    ['a b', 'Bestellung 100%', 'café €', 'hallo', '5'],
  )
  await until('it is heard', DEADLINE_MS, () => heard.length === 1)
  const [message] = heard
  const written = Object.fromEntries(
    message!.headers!.keys().map((name) => [name, message!.headers!.get(name)]),
  )
  assert.deepEqual(
    [written['ce-id'], written['ce-type'], written['ce-subject'], written['ce-datacontenttype']],
    ['a%20b', 'Bestellung%20100%25', 'caf%C3%A9%20%E2%82%AC', 'text/plain'],
  )
  assert.equal(message!.string(), 'hallo')
})

test('a request is answered by who listens, by one of several, and by nobody at once', async (context) => {
  const { another } = await open(context)
  const [asker, answerer] = [await another(), await another()]
  answerer.subscribe('help', {
    callback: (_error, message) => {
      const given = headers()
      given.set('By', 'me')
      message.respond(`you said ${message.string()}`, { headers: given })
    },
  })
  await answerer.flush()
  const answer = await asker.request('help', 'please', { timeout: DEADLINE_MS })
  assert.equal(answer.string(), 'you said please')
  assert.equal(answer.headers!.get('By'), 'me')
  await assert.rejects(asker.request('nobody', '', { timeout: DEADLINE_MS }), /no responders/i)
  const together = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      asker.request('help', String(index), { timeout: DEADLINE_MS }),
    ),
  )
  assert.deepEqual(
    together.map((one) => one.string()),
    together.map((_, index) => `you said ${index}`),
  )
})

test('each message goes to one member of a queue group, and to every other subscriber', async (context) => {
  const { another } = await open(context)
  const [publisher, first, second, third] = [
    await another(),
    await another(),
    await another(),
    await another(),
  ]
  const members = [await listen(first, 'work', 'crew'), await listen(second, 'work', 'crew')]
  const other = await listen(third, 'work', 'auditors')
  const every = await listen(third, 'work')
  for (let index = 0; index < 100; index += 1) publisher.publish('work', String(index))
  await publisher.flush()
  const all = (): readonly Msg[] => members.flat()
  await until('all is heard', DEADLINE_MS, () => all().length >= 100 && every.length >= 100)
  assert.equal(all().length, 100)
  assert.equal(new Set(all().map((one) => one.string())).size, 100)
  for (const member of members) assert.ok(member.length > 0)
  assert.equal(other.length, 100)
  assert.deepEqual(
    every.map((one) => one.string()),
    Array.from({ length: 100 }, (_, index) => String(index)),
  )
})
