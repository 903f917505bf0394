// CloudEvents over plain HTTP meet rules made with the aws CLI, and arrive in a queue as EventBridge envelopes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'

interface Answer {
  readonly status: number
  readonly body: { readonly events?: readonly { id: string; status: string }[]; code?: string }
}

const ORDER = {
  specversion: '1.0',
  id: 'order-1',
  source: '/shop',
  type: 'order.placed',
  time: '2026-01-01T12:00:00.250Z',
  data: { total: 12.5 },
}

test('events of all three modes match a rule of the aws CLI and become envelopes', async (context) => {
  const signalbox = await openWithRule(context)
  const structured = await post(signalbox, 'application/cloudevents+json', JSON.stringify(ORDER))
  assert.deepEqual(structured, {
    status: 202,
    body: { events: [{ id: 'order-1', status: 'accepted' }] },
  })
  const binary = await post(signalbox, 'application/json', '{"total":  1e2}', {
    'ce-specversion': '1.0',
    'ce-id': 'order-2',
    'ce-source': '/shop',
    'ce-type': 'order.placed',
    'ce-subject': 'caf%C3%A9',
    'ce-time': '2026-01-01T12:00:01Z',
  })
  assert.equal(binary.status, 202)
  const batch = await post(
    signalbox,
    'application/cloudevents-batch+json',
    JSON.stringify([
      { ...ORDER, id: 'order-3' },
      { ...ORDER, id: 'order-4', type: 'order.cancelled' },
      { ...ORDER, id: 'order-5' },
    ]),
  )
  assert.equal(batch.status, 202)
  assert.equal(batch.body.events?.length, 3)
  const arrived = await signalbox.python<{ Body: string }[]>(`
    result = take('orders', 4)
    assert is_empty('orders')
  `)
  const envelopes = arrived.map(({ Body }) => JSON.parse(Body) as Record<string, unknown>)
  assert.deepEqual(
    envelopes.map(({ id }) => id),
    ['order-1', 'order-2', 'order-3', 'order-5'],
  )
  const { version, account, region, resources, detail, source, ...rest } = envelopes[0]!
  assert.deepEqual(
    { version, account, region, resources, detail, source },
    {
      version: '0',
      account: '000000000000',
      region: 'us-east-1',
      resources: [],
      detail: { total: 12.5 },
      source: '/shop',
    },
  )
  assert.equal(rest['detail-type'], 'order.placed')
  assert.match(String(rest['time']), /^2026-01-01T12:00:00/)
  // Numbers and spaces stay as they were sent.
  assert.match(arrived[1]!.Body, /"detail":\{"total": {2}1e2\}/)
  assert.equal(envelopes[1]!['subject'], 'café')
})

test('an event sent again is taken once, also over a kill; other data under its id is refused', async (context) => {
  const signalbox = await openWithRule(context)
  const type = 'application/cloudevents+json'
  const send = (event: object): Promise<Answer> => post(signalbox, type, JSON.stringify(event))
  const states: unknown[] = []
  states.push((await send(ORDER)).body.events)
  states.push((await send(ORDER)).body.events)
  await signalbox.end('SIGKILL')
  await signalbox.start()
  states.push((await send(ORDER)).body.events)
  assert.deepEqual(states, [
    [{ id: 'order-1', status: 'accepted' }],
    [{ id: 'order-1', status: 'duplicate' }],
    [{ id: 'order-1', status: 'duplicate' }],
  ])
  const clash = await send({ ...ORDER, data: { total: 13 } })
  assert.equal(clash.status, 409)
  assert.equal(clash.body.code, 'EVENT_DUPLICATE_DIFFERS')
  assert.equal((await send({ ...ORDER, id: 'order-2' })).status, 202)
  // A kill may repeat a delivery (never an event): the first order's may come twice.
  const bodies = await signalbox.python<{ id: string; detail: unknown }[]>(`
    result = bodies('orders', 2)
    while result[-1]['id'] != 'order-2':
        result += bodies('orders', 1)
    assert is_empty('orders')
  `)
  assert.deepEqual([...new Set(bodies.map(({ id }) => id))], ['order-1', 'order-2'])
  for (const { detail } of bodies) assert.deepEqual(detail, ORDER.data)
})

test('what is no event, or for no bus, is refused with a reason', async (context) => {
  const signalbox = await Signalbox.open(context)
  const type = 'application/cloudevents+json'
  const batch = 'application/cloudevents-batch+json'
  const order = JSON.stringify(ORDER)
  const refused = [
    await post(signalbox, type, JSON.stringify({ ...ORDER, id: '' }), {}, '/events'),
    await post(signalbox, type, '{"specversion":', {}, '/events'),
    await post(signalbox, batch, `[${order}, {"id":1}]`, {}, '/events'),
    await post(signalbox, type, order, {}, '/buses/nowhere/events'),
  ]
  assert.deepEqual(
    refused.map(({ status, body }) => [status, body.code]),
    [
      [400, 'EVENT_INVALID'],
      [400, 'EVENT_INVALID'],
      [400, 'EVENT_INVALID'],
      [404, 'BUS_NOT_FOUND'],
    ],
  )
  // Nothing of the refused batch was taken: its first event is new.
  const accepted = await post(signalbox, type, order, {}, '/events')
  assert.equal(accepted.body.events?.[0]?.status, 'accepted')
})

/** A bus `shop` whose orders placed go to the queue `orders`. */
async function openWithRule(context: Parameters<typeof Signalbox.open>[0]): Promise<Signalbox> {
  const signalbox = await Signalbox.open(context)
  await signalbox.aws('events', 'create-event-bus', { name: 'shop' })
  await signalbox.aws('sqs', 'create-queue', { 'queue-name': 'orders' })
  await signalbox.aws('events', 'put-rule', {
    name: 'placed',
    'event-bus-name': 'shop',
    'event-pattern': JSON.stringify({
      source: ['/shop'],
      'detail-type': ['order.placed'],
      detail: { total: [{ numeric: ['>', 0] }] },
    }),
  })
  await signalbox.aws('events', 'put-targets', {
    rule: 'placed',
    'event-bus-name': 'shop',
    targets: JSON.stringify([{ Id: 'queue', Arn: signalbox.queueArn('orders') }]),
  })
  return signalbox
}

async function post(
  signalbox: Signalbox,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/buses/shop/events',
): Promise<Answer> {
  const answer = await fetch(new URL(path, signalbox.url), {
    method: 'POST',
    headers: { 'Content-Type': type, ...headers },
    body,
  })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}
