import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, channels, type EventsRefused } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import { decodeStoredEvent } from '../../event/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { bodyText, requestOf } from '../http/testing.ts'
import { type AcceptCloudEvents, createCloudEventsDialect } from './dialect.ts'
import { createQueryScope } from './scope.ts'

type Incoming = Parameters<AcceptCloudEvents>[1][number]

const BUSES = new Set([
  '000000000000/us-east-1/default',
  '000000000000/us-east-1/orders',
  '000000000000/us-east-1/aws.partner/x',
  '123456789012/eu-west-1/default',
])
const EVENT = { specversion: '1.0', id: '1', source: '/shop', type: 'order.placed' }

const scopeOf = createQueryScope('us-east-1')

function open(accept?: AcceptCloudEvents) {
  const accepted: Incoming[] = []
  const dialect = createCloudEventsDialect({
    accept:
      accept ??
      (async (_, events) => {
        accepted.push(...events)
        return events.map(({ id }) => ({ kind: 'accepted', id }))
      }),
    hasBus: (busKey) => BUSES.has(busKey),
    scopeOf: async (request) => scopeOf(request),
    nameOf: () => 'alice',
    clock: new FakeClock(),
  })
  return { dialect, accepted }
}

function post(
  parts: Partial<HttpRequest>,
  headers: Record<string, string>,
  body: string,
): HttpRequest {
  return requestOf({
    method: 'POST',
    target: '/events',
    ...parts,
    headers: { host: 'localhost', ...headers },
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body),
  })
}

function structured(target = '/events', event: object = EVENT): HttpRequest {
  const headers = { 'content-type': 'application/cloudevents+json' }
  return post({ target }, headers, JSON.stringify(event))
}

function parse(answer: HttpResponse): Record<string, unknown> {
  return JSON.parse(bodyText(answer)) as Record<string, unknown>
}

test('takes a structured event to the default bus', async () => {
  const { dialect, accepted } = open()
  const answer = await dialect.handle(structured('/events', { ...EVENT, data: { a: 1 } }))
  assert.equal(answer.status, 202)
  assert.deepEqual(parse(answer), { events: [{ id: '1', status: 'accepted' }] })
  const [incoming] = accepted
  assert.equal(incoming!.busKey, '000000000000/us-east-1/default')
  assert.equal(incoming!.dedupeKey, '/shop\u00001')
  const stored = decodeStoredEvent(incoming!.record)
  assert.deepEqual(JSON.parse(Buffer.from(stored.envelope).toString()), {
    version: '0',
    id: '1',
    'detail-type': 'order.placed',
    source: '/shop',
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { a: 1 },
  })
})

test('takes a binary event, its body as it is', async () => {
  const { dialect, accepted } = open()
  const body = '{ "a": 1.0 }'
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': '/shop',
    'ce-type': 'order.placed',
    'content-type': 'application/json',
  }
  assert.equal((await dialect.handle(post({}, headers, body))).status, 202)
  const { data } = decodeStoredEvent(accepted[0]!.record).toEvent()
  assert.equal(Buffer.from(data!).toString(), body)
})

test('takes a batch and answers for each of its events', async () => {
  const { dialect } = open()
  const headers = { 'content-type': 'application/cloudevents-batch+json' }
  const body = JSON.stringify([EVENT, { ...EVENT, id: '2' }])
  assert.deepEqual(parse(await dialect.handle(post({}, headers, body)))['events'], [
    { id: '1', status: 'accepted' },
    { id: '2', status: 'accepted' },
  ])
})

for (const [target, busKey] of [
  ['/buses/orders/events', '000000000000/us-east-1/orders'],
  ['/buses/aws.partner%2Fx/events', '000000000000/us-east-1/aws.partner/x'],
  ['/events?account=123456789012&region=eu-west-1', '123456789012/eu-west-1/default'],
] as const) {
  test(`finds the bus of ${target}`, async () => {
    const { dialect, accepted } = open()
    assert.equal((await dialect.handle(structured(target))).status, 202)
    assert.equal(accepted[0]!.busKey, busKey)
  })
}

for (const [what, request, status, code] of [
  ['a bus that is not there', structured('/buses/none/events'), 404, 'BUS_NOT_FOUND'],
  ['a bus name badly escaped', structured('/buses/%zz/events'), 400, 'REQUEST_INVALID'],
  ['an account of letters', structured('/events?account=abc'), 400, 'REQUEST_INVALID'],
  ['a region of capitals', structured('/events?region=X'), 400, 'REQUEST_INVALID'],
  ['an event without id', structured('/events', { ...EVENT, id: '' }), 400, 'EVENT_INVALID'],
  [
    'an event too large',
    structured('/events', { ...EVENT, data: 'a'.repeat(1024 * 1024) }),
    413,
    'EVENT_TOO_LARGE',
  ],
  [
    'a format of its own',
    post({}, { 'content-type': 'application/cloudevents+avro' }, ''),
    415,
    'EVENT_INVALID',
  ],
  ['a GET', requestOf({ target: '/events' }), 405, 'REQUEST_INVALID'],
] as const) {
  test(`answers ${what} with ${status} and takes nothing`, async () => {
    const { dialect, accepted } = open()
    const answer = await dialect.handle(request)
    assert.deepEqual([answer.status, parse(answer)['code']], [status, code])
    assert.deepEqual(accepted, [])
  })
}

test('says which event of a batch was known and which clashed', async () => {
  const { dialect } = open(async () => [
    { kind: 'duplicate', id: '1' },
    { kind: 'clash', id: '2' },
  ])
  const answer = await dialect.handle(structured())
  assert.equal(answer.status, 409)
  const body = parse(answer)
  assert.equal(body['code'], 'EVENT_DUPLICATE_DIFFERS')
  assert.deepEqual(body['events'], [
    { id: '1', status: 'duplicate' },
    { id: '2', status: 'clash' },
  ])
})

test('answers overload with 503 and when to come back', async () => {
  const { dialect } = open(() =>
    Promise.reject(new AppError('OVERLOADED', 'too much', { details: { retryAfterMs: 4000 } })),
  )
  const answer = await dialect.handle(structured())
  assert.deepEqual([answer.status, answer.headers['Retry-After']], [503, '4'])
})

test('leaves what is no refusal to the server', async () => {
  const { dialect } = open(() => Promise.reject(new TypeError('a bug')))
  await assert.rejects(dialect.handle(structured()), /a bug/)
})

test('publishes what it refuses', async (t) => {
  const seen: EventsRefused[] = []
  const listen = (message: unknown): void => void seen.push(message as EventsRefused)
  channels.eventsRefused.subscribe(listen)
  t.after(() => channels.eventsRefused.unsubscribe(listen))
  await open().dialect.handle(structured('/events', {}))
  assert.deepEqual(seen, [{ dialect: 'cloudevents', code: 'EVENT_INVALID', count: 1 }])
})
