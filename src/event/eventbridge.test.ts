import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import type { Event } from './event.ts'
import { formatBusKey, parseBusKey } from './event.ts'
import {
  cloudEventKey,
  formatEnvelopeTime,
  isJsonMediaType,
  storeEvent,
  storePutEvent,
  type PutEvent,
} from './eventbridge.ts'
import { decodeStoredEvent } from './stored-event.ts'

const BUS = { account: '123456789012', region: 'eu-west-1', name: 'shop/orders' }

const put: PutEvent = {
  busKey: formatBusKey(BUS),
  account: BUS.account,
  region: BUS.region,
  id: 'a1',
  source: 'shop',
  detailType: 'Order placed',
  time: '2026-01-01T00:00:00Z',
  resources: ['arn:aws:s3:::bucket'],
  detail: '{ "order" : 1.50, "order" : 2 }',
}

const cloudEvent: Event = {
  id: 'a1',
  source: '/shop',
  type: 'placed',
  time: '2026-01-01T00:00:00Z',
  extensions: {},
  data: Buffer.from('{ "order" : 1.50 }'),
  bus: BUS,
  resources: [],
}

test('the envelope has AWS’s members in AWS’s order, and the detail as it was given', () => {
  const { envelope } = decodeStoredEvent(storePutEvent(put))
  assert.equal(
    textOf(envelope),
    '{"version":"0","id":"a1","detail-type":"Order placed","source":"shop",' +
      '"account":"123456789012","time":"2026-01-01T00:00:00Z","region":"eu-west-1",' +
      '"resources":["arn:aws:s3:::bucket"],"detail":{ "order" : 1.50, "order" : 2 }}',
  )
})

test('a trace header travels beside the envelope, not in it', () => {
  const event = decodeStoredEvent(storePutEvent({ ...put, traceHeader: 'Root=1-5759e988' }))
  assert.equal(event.meta().traceHeader, 'Root=1-5759e988')
  assert.doesNotMatch(textOf(event.envelope), /Root/)
  assert.deepEqual(decodeStoredEvent(storePutEvent(put)).meta(), {})
})

test('entries that differ in id and detail alone are stored as each of them by itself would be', () => {
  const detail = Buffer.from('{"n":"€"}')
  const plain = { ...put, id: randomUUID(), resources: [], detail }
  const others = [
    plain,
    { ...plain, id: randomUUID(), detail: Buffer.from('{}') },
    { ...plain, source: 'other "source"' },
    { ...plain, time: '2026-01-01T00:00:01Z' },
    { ...plain, detailType: 'Ordér' },
    { ...plain, busKey: '123456789012/eu-west-1/another' },
    { ...plain, account: '999999999999' },
    { ...plain, region: 'us-east-1' },
    plain,
  ]
  for (const one of others) {
    const asText = storePutEvent({ ...one, detail: one.detail.toString() })
    assert.deepEqual(storePutEvent(one), asText)
    assert.equal(decodeStoredEvent(storePutEvent(one)).id, one.id)
  }
})

test('an entry may be directed at rules, which its envelope does not show', () => {
  const directed = { rules: ['k'], matched: true }
  const event = decodeStoredEvent(storePutEvent({ ...put, directed }))
  assert.equal(event.isDirected, true)
  assert.deepEqual(event.meta(), { directed })
  assert.deepEqual(event.envelope, decodeStoredEvent(storePutEvent(put)).envelope)
})

test('what only CloudEvents has stands between the resources and the detail, where patterns see it', () => {
  const event = decodeStoredEvent(
    storeEvent({
      ...cloudEvent,
      subject: 'orders/1',
      dataschema: 'https://schemas.test/order',
      extensions: { tier: 'gold', priority: 7, urgent: true },
    }),
  )
  assert.match(
    textOf(event.envelope),
    /"resources":\[\],"subject":"orders\/1","dataschema":"https:\/\/schemas.test\/order","tier":"gold","priority":7,"urgent":true,"detail":\{ "order" : 1\.50 \}\}$/,
  )
})

test('an extension named as a member of the envelope stays in the event and out of its view', () => {
  const extensions = { account: 'mine', region: 'here', version: '9' }
  const event = decodeStoredEvent(storeEvent({ ...cloudEvent, extensions }))
  assert.match(textOf(event.envelope), /"account":"123456789012"/)
  assert.doesNotMatch(textOf(event.envelope), /mine|here|"9"/)
  assert.deepEqual(event.toEvent().extensions, extensions)
})

test('an extension whose name is a number stands behind the members that every envelope begins with', () => {
  const extensions = { tier: 'gold', 0: 'zero' }
  const event = decodeStoredEvent(storeEvent({ ...cloudEvent, extensions }))
  assert.match(textOf(event.envelope), /^\{"version":"0","id":"a1",.*"0":"zero",.*"detail":/)
  assert.equal(event.id, 'a1')
})

test('a time with a fraction or an offset is kept as given, the envelope says what it can', () => {
  const time = '2026-01-01T01:00:00.123456+01:00'
  const event = decodeStoredEvent(storeEvent({ ...cloudEvent, time }))
  assert.match(textOf(event.envelope), /"time":"2026-01-01T00:00:00Z"/)
  assert.equal(event.toEvent().time, time)
  assert.equal(formatEnvelopeTime(Date.UTC(2026, 0, 1) + 999), '2026-01-01T00:00:00Z')
})

test('text is a string in the envelope, binary is base64 beside a null detail, and both come back as bytes', () => {
  const text = { ...cloudEvent, datacontenttype: 'text/plain', data: Buffer.from('hé "x"') }
  const asText = decodeStoredEvent(storeEvent(text))
  assert.match(textOf(asText.envelope), /"detail":"hé \\"x\\""\}$/)
  assert.deepEqual(bytesOf(asText.toEvent().data), text.data)
  const binary = { ...text, data: Buffer.from([0xff, 0x00, 0xfe]) }
  const asBinary = decodeStoredEvent(storeEvent(binary))
  assert.match(textOf(asBinary.envelope), /"data_base64":"\/wD\+","detail":null\}$/)
  assert.deepEqual(bytesOf(asBinary.toEvent().data), binary.data)
})

test('an event without data has an empty detail and no data', () => {
  const { data: _, ...bare } = cloudEvent
  const event = decodeStoredEvent(storeEvent(bare))
  assert.match(textOf(event.envelope), /"detail":\{\}\}$/)
  assert.equal('data' in event.toEvent(), false)
})

test('data that claims to be JSON and is not is refused with its first fault', () => {
  const data = Buffer.from('{"a":}')
  assert.throws(
    () => storeEvent({ ...cloudEvent, data }),
    (error) => isAppError(error, 'EVENT_INVALID') && error.message.endsWith('at byte 5'),
  )
  const nested = Buffer.from('['.repeat(100) + ']'.repeat(100))
  assert.throws(() => storeEvent({ ...cloudEvent, data: nested }), isInvalid)
})

test('a media type is JSON when it is absent, json, or ends in +json', () => {
  const types = [
    'application/json',
    'text/json; charset=utf-8',
    'Application/Problem+JSON',
    undefined,
  ]
  for (const type of types) assert.equal(isJsonMediaType(type), true, type)
  for (const type of ['text/plain', 'application/jsonl', 'application/xml', '']) {
    assert.equal(isJsonMediaType(type), false, type)
  }
})

test('a bus key names its parts, also when the name has slashes', () => {
  assert.equal(formatBusKey(BUS), '123456789012/eu-west-1/shop/orders')
  assert.deepEqual(parseBusKey(formatBusKey(BUS)), BUS)
})

test('source and id cannot be shifted into each other', () => {
  assert.notEqual(cloudEventKey('ab', 'c'), cloudEventKey('a', 'bc'))
})

const word = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.constantFrom('"', '\\', '\\"', '"}', '\u0000', '\u2028', '\ud800', '\u{1f682}', '\\u0022'),
)
const data = fc.oneof(
  fc.constant({}),
  fc.json({ maxDepth: 4 }).map((json) => ({ data: Buffer.from(json.replaceAll(',', ' , ')) })),
  fc.record({
    datacontenttype: fc.constantFrom('text/plain', 'application/xml'),
    data: fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
  }),
  fc.record({
    datacontenttype: fc.constant('application/octet-stream'),
    data: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  }),
)
const anyEvent: fc.Arbitrary<Event> = fc
  .tuple(
    fc.record({
      id: word,
      source: word,
      type: word,
      time: fc.constantFrom(
        '2026-01-01T00:00:00Z',
        '2026-01-01T00:00:00.5Z',
        '1999-12-31T23:59:59-11:00',
      ),
      resources: fc.array(word, { maxLength: 3 }),
      extensions: fc.dictionary(
        fc.stringMatching(/^[a-z0-9]{1,20}$/),
        fc.oneof(word, fc.integer(), fc.boolean()),
        { maxKeys: 4, noNullPrototype: true },
      ),
    }),
    fc.record({ subject: word, dataschema: word }, { requiredKeys: [] }),
    data,
  )
  .map(([required, optional, content]) => ({ ...required, ...optional, ...content, bus: BUS }))
  .filter((event) => !('subject' in event.extensions || 'dataschema' in event.extensions))

test('whatever an event holds, it comes back from its record as it was', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const stored = decodeStoredEvent(storeEvent(event))
      const { data: before, ...rest } = event
      const { data: after, ...restAfter } = stored.toEvent()
      assert.deepEqual(restAfter, rest)
      assert.deepEqual(bytesOf(after), before)
      assert.equal(stored.id, event.id)
      assert.equal(stored.busKey, formatBusKey(event.bus))
    }),
  )
})

test('whatever an event holds, its envelope is JSON whose detail lies where the record says', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const stored = decodeStoredEvent(storeEvent(event))
      const envelope = JSON.parse(textOf(stored.envelope)) as Record<string, unknown>
      const detail = textOf(stored.envelope.subarray(stored.detailStart, stored.detailEnd))
      assert.deepEqual(JSON.parse(detail), envelope['detail'])
      const head = textOf(stored.envelope.subarray(0, stored.detailStart))
      assert.ok(head.startsWith(`{"version":"0","id":${JSON.stringify(event.id)},"detail-type":`))
      assert.ok(head.endsWith(',"detail":'))
      assert.equal(envelope['id'], event.id)
    }),
  )
})

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function bytesOf(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes)
}

function isInvalid(error: unknown): boolean {
  return isAppError(error, 'EVENT_INVALID')
}
