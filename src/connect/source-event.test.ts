import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { decodeMessage } from './source-event.ts'

const BUS = { account: '000000000000', region: 'us-east-1', name: 'default' }
const SOURCE: SourceSpec = {
  account: BUS.account,
  region: BUS.region,
  name: 'orders',
  broker: 'main',
  topics: ['orders'],
}

function message(body: string | Uint8Array, given: Partial<SourceMessage> = {}): SourceMessage {
  return {
    topic: 'orders',
    place: 'orders/0/42',
    headers: new Map(),
    body: Buffer.from(body as string),
    timestamp: Date.UTC(2026, 0, 1),
    ...given,
  }
}

function decode(
  given: SourceMessage,
  spec: Partial<SourceSpec> = {},
): ReturnType<typeof decodeMessage> {
  return decodeMessage(given, { source: { ...SOURCE, ...spec }, bus: BUS, now: 0 })
}

const ATTRIBUTES = new Map([
  ['ce_specversion', '1.0'],
  ['ce_id', 'a b%20'],
  ['ce_source', '/shop'],
  ['ce_type', 'order.placed'],
  ['ce_roostkeeper-roost-name', 'my-roost'],
  ['content-type', 'application/json'],
])

test('a record with ce_ headers is the CloudEvent that they say, its data untouched', () => {
  const decoded = decode(message('{ "n": 1 }', { headers: ATTRIBUTES }))
  assert.equal(decoded.kind, 'event')
  const { event } = decoded
  assert.equal(event.id, 'a b%20')
  assert.equal(event.type, 'order.placed')
  assert.equal(event.time, '2026-01-01T00:00:00.000Z')
  assert.deepEqual(event.extensions, { 'roostkeeper-roost-name': 'my-roost' })
  assert.equal(Buffer.from(event.data!).toString(), '{ "n": 1 }')
})

test('ce- headers are percent-encoded, and say the type of the data themselves', () => {
  const headers = new Map([
    ['ce-specversion', '1.0'],
    ['Ce-Id', 'a%20b'],
    ['ce-source', '/caf%C3%A9'],
    ['ce-type', '100%'],
    ['ce-datacontenttype', 'text/plain'],
    ['Content-Type', 'application/json'],
  ])
  const decoded = decode(message('hello', { headers }))
  assert.equal(decoded.kind, 'event', JSON.stringify(decoded))
  const { id, source, type, datacontenttype } = decoded.event
  assert.deepEqual([id, source, type, datacontenttype], ['a b', '/café', '100%', 'text/plain'])
  const broken = decode(message('{}', { headers: new Map([...headers, ['ce-subject', '%FF']]) }))
  assert.match(broken.kind === 'fault' ? broken.reason : '', /`ce-subject` to be percent-encoded/)
})

test('a structured record with the headers of binary mode beside it is structured', () => {
  const body = '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"n":1}}'
  const type = ['content-type', 'application/cloudevents+json'] as const
  const decoded = decode(message(body, { headers: new Map([...ATTRIBUTES, type]) }))
  assert.equal(decoded.kind, 'event')
  assert.equal(decoded.event.id, '1')
  assert.equal(Buffer.from(decoded.event.data!).toString(), '{"n":1}')
})

test('a structured record is known by its content type, and without one by its members', () => {
  const body = '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"n":1}}'
  const typed = new Map([['Content-Type', 'application/cloudevents+json; charset=utf-8']])
  for (const headers of [typed, new Map<string, string>()]) {
    const decoded = decode(message(body, { headers }))
    assert.equal(decoded.kind === 'event' && decoded.event.type, 't')
  }
})

test('plain JSON becomes an event by the mapping, and by the place of the record', () => {
  const body = '{"order":{"id":7,"items":[{"sku":"x"}]}}'
  const plain = decode(message(body, { key: 'k1' }))
  assert.equal(plain.kind, 'event')
  const { event } = plain
  assert.deepEqual(
    [event.id, event.type, event.source, event.subject, event.datacontenttype],
    ['orders/0/42/1767225600000', 'orders', 'main/orders', 'k1', undefined],
  )
  const mapping = {
    type: 'order.{topic}.{header.kind}',
    source: 'urn:shop',
    subject: '$.order.items[0].sku',
    id: '$.order.id',
  }
  const mapped = decode(message(body, { headers: new Map([['Kind', 'new']]) }), { mapping })
  assert.equal(mapped.kind, 'event')
  const made = mapped.event
  assert.deepEqual(
    [made.id, made.type, made.source, made.subject],
    ['7', 'order.orders.new', 'urn:shop', 'x'],
  )
})

test('text and bytes that are no JSON say so in their content type', () => {
  const types = [message('hello'), message(Buffer.from([0xff, 0xfe]))].map((each) => {
    const decoded = decode(each)
    return decoded.kind === 'event' ? decoded.event.datacontenttype : decoded.reason
  })
  assert.deepEqual(types, ['text/plain', 'application/octet-stream'])
})

test('what is no event is a fault that says why', () => {
  const reasons = [
    decode(message('{}'), { format: 'cloudevents' }),
    decode(message('{}', { headers: new Map([['ce_specversion', '1.0']]) })),
    decode(message('{}'), { mapping: { type: '$.kind' } }),
  ].map((decoded) => (decoded.kind === 'fault' ? decoded.reason : 'an event'))
  assert.match(reasons[0]!, /expected a CloudEvent/)
  assert.match(reasons[1]!, /attribute `id`/)
  assert.match(reasons[2]!, /`\$\.kind`, which the mapping names/)
})
