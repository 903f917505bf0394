import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import type { Event } from './event.ts'
import { storeEvent, storePutEvent } from './eventbridge.ts'
import { encodeReplayedEvent } from './replayed-event.ts'
import {
  decodeStoredEvent,
  encodeStoredEvent,
  forwardStoredEvent,
  withSchema,
} from './stored-event.ts'

const FROM = '000000000000/us-east-1/from'
const TO = '111111111111/eu-west-1/to'

const event: Event = {
  id: 'é"\\1',
  source: '/shop',
  type: 'placed',
  time: '2026-01-01T00:00:00.250Z',
  extensions: { tier: 'gold' },
  data: Buffer.from('{ "order" : 1.0 }'),
  bus: { account: '000000000000', region: 'us-east-1', name: 'from' },
  resources: ['r'],
}

test('a record may lie anywhere in a larger buffer', () => {
  const record = storeEvent(event)
  const large = Buffer.concat([Buffer.alloc(13, 0xaa), record, Buffer.alloc(7, 0xbb)])
  const stored = decodeStoredEvent(large.subarray(13, 13 + record.length))
  assert.equal(stored.id, event.id)
  assert.equal(Buffer.from(stored.toEvent().data!).toString(), '{ "order" : 1.0 }')
})

test('views share the memory of the record', () => {
  const record = storeEvent(event)
  const { envelope } = decodeStoredEvent(record)
  assert.equal(envelope.buffer, record.buffer)
})

test('a record of another format is refused as damaged', () => {
  const record = storeEvent(event)
  record[0] = 9
  assert.throws(
    () => decodeStoredEvent(record),
    (error) => isAppError(error, 'LOG_CORRUPT') && error.message.endsWith('got `9`'),
  )
})

test('forwarding changes the bus and counts the hop, and keeps every byte of the envelope', () => {
  const stored = decodeStoredEvent(storeEvent(event))
  const forwarded = decodeStoredEvent(forwardStoredEvent(stored, TO, 1))
  assert.equal(forwarded.busKey, TO)
  assert.deepEqual(forwarded.envelope, stored.envelope)
  assert.deepEqual(forwarded.meta(), { ...stored.meta(), hops: 1 })
  const bus = { account: '111111111111', region: 'eu-west-1', name: 'to' }
  const { data, ...rest } = forwarded.toEvent()
  const { data: before, ...restBefore } = event
  assert.deepEqual(rest, { ...restBefore, bus })
  assert.deepEqual(Buffer.from(data!), before)
})

test('forwarding keeps data that is not JSON, no data at all, and an empty text', () => {
  const { data: _, ...bare } = event
  const contents = [
    { datacontenttype: 'image/png', data: Buffer.from([0xff, 0x00]) },
    { datacontenttype: 'text/plain', data: Buffer.from('') },
    {},
  ]
  for (const content of contents) {
    const stored = decodeStoredEvent(storeEvent({ ...bare, ...content }))
    const forwarded = decodeStoredEvent(forwardStoredEvent(stored, TO, 2))
    const { data } = forwarded.toEvent()
    const expected = 'data' in content ? content.data : undefined
    assert.deepEqual(data === undefined ? undefined : Buffer.from(data), expected)
    assert.deepEqual(forwarded.envelope, stored.envelope)
  }
})

test('forwarding an event of the AWS dialect keeps its trace header', () => {
  const put = storePutEvent({
    busKey: FROM,
    account: '000000000000',
    region: 'us-east-1',
    id: 'a',
    source: 's',
    detailType: 't',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: '{}',
    traceHeader: 'Root=1',
  })
  const forwarded = decodeStoredEvent(forwardStoredEvent(decodeStoredEvent(put), TO, 1))
  assert.deepEqual(forwarded.meta(), { traceHeader: 'Root=1', hops: 1 })
})

test('a record says by its flags that it is directed or replayed, and by its meta how', () => {
  const parts = { busKey: FROM, envelopeHead: '{"version":"0","id":"a","detail":', detail: '{}' }
  const plain = decodeStoredEvent(encodeStoredEvent({ ...parts, hasData: true, meta: { hops: 1 } }))
  assert.deepEqual([plain.isDirected, plain.isReplayed], [false, false])
  const directed = { rules: ['k'], matched: true }
  const meta = { directed, replay: { name: 'again', nth: 7 } }
  const marked = decodeStoredEvent(encodeStoredEvent({ ...parts, hasData: false, meta }))
  assert.deepEqual([marked.isDirected, marked.isReplayed], [true, true])
  assert.deepEqual(marked.meta(), meta)
})

test('a record says by a flag that its names are plain, and keeps it wherever it goes', () => {
  const put = {
    busKey: FROM,
    account: '000000000000',
    region: 'us-east-1',
    source: 's',
    detailType: 't',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: Buffer.from('{"a":1}'),
  }
  const records = ['a', '8a1f3c52-7b54-4d2b-9d6e-0c4f0d5b1a11'].map((id) => ({ ...put, id }))
  for (const each of records) {
    const unknown = storePutEvent({ ...each, hasPlainNames: false })
    assert.equal(decodeStoredEvent(unknown).hasPlainNames, false)
    const record = storePutEvent({ ...each, hasPlainNames: true })
    const event = decodeStoredEvent(record)
    assert.equal(event.hasPlainNames, true)
    assert.deepEqual(event.envelope, decodeStoredEvent(unknown).envelope)
    const schema = { registry: 'r', name: 'n', number: '1', version: '1.0.0' }
    const kept = [
      forwardStoredEvent(event, TO, 1),
      encodeReplayedEvent(record, { name: 'again', nth: 7 }),
      withSchema(record, schema),
    ]
    for (const after of kept) assert.equal(decodeStoredEvent(after).hasPlainNames, true)
    assert.equal(
      decodeStoredEvent(forwardStoredEvent(decodeStoredEvent(unknown), TO, 1)).hasPlainNames,
      false,
    )
  }
})

test('what nobody has looked at, of a pipe, a schedule or a workflow, is looked at when it is stored', () => {
  const put = {
    busKey: FROM,
    account: '000000000000',
    region: 'us-east-1',
    id: '8a1f3c52-7b54-4d2b-9d6e-0c4f0d5b1a11',
    source: 's',
    detailType: 't',
    time: '2026-01-01T00:00:00Z',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/r'],
    directed: { rules: ['k'], matched: true },
  }
  const deep = '['.repeat(100) + ']'.repeat(100)
  for (const [detail, isPlain] of [
    ['{"a":{"b":[{"c":1},{"c":2}]}}', true],
    ['{}', true],
    ['"{}"', true],
    ['{"a":1,"a":2}', false],
    ['{"a.b":1}', false],
    ['{"\\u0061":1}', false],
    [`{"a":${deep}}`, false],
    ['{"a":', false],
  ] as const) {
    for (const given of [detail, Buffer.from(detail)]) {
      const record = storePutEvent({ ...put, detail: given })
      assert.equal(decodeStoredEvent(record).hasPlainNames, isPlain, detail)
    }
  }
})

function hasPlainNames(data: string, datacontenttype = 'application/json'): boolean {
  const record = storeEvent({ ...event, data: Buffer.from(data), datacontenttype })
  return decodeStoredEvent(record).hasPlainNames
}

test('of the names in a CloudEvent as much is known as its data shows', () => {
  assert.equal(hasPlainNames('{"a":[{"b":1},{"b":2}]}'), true)
  assert.equal(hasPlainNames('{"a":[{"b":1,"b":2}]}'), false)
  assert.equal(hasPlainNames('{"a.b":1}'), false)
  assert.equal(hasPlainNames('{"a.b":1}', 'text/plain'), true)
})

test('forwarding addresses an event to a whole bus, and a replay stays one', () => {
  const directed = { rules: ['k'], matched: false }
  const record = encodeStoredEvent({
    busKey: FROM,
    meta: { directed, replay: { name: 'again', nth: 7 } },
    envelopeHead: '{"version":"0","id":"a","account":"1","region":"r","detail":',
    detail: '{}',
    hasData: true,
  })
  const forwarded = decodeStoredEvent(forwardStoredEvent(decodeStoredEvent(record), TO, 1))
  assert.deepEqual([forwarded.isDirected, forwarded.isReplayed], [false, true])
  assert.deepEqual(forwarded.meta(), { replay: { name: 'again', nth: 7 }, hops: 1 })
})

test('detail may be given as text or as bytes', () => {
  const parts = { busKey: FROM, envelopeHead: '{"version":"0","id":"a","detail":', hasData: true }
  const text = '{"é":"\u{1f682}"}'
  assert.deepEqual(
    encodeStoredEvent({ ...parts, detail: text }),
    encodeStoredEvent({ ...parts, detail: Buffer.from(text) }),
  )
})

test('a record with a schema version is the same event', () => {
  const schema = { registry: 'shop', name: 'placed', number: '2', version: '1.1.0' }
  for (const data of [event.data!, Buffer.from([0xff, 0xfe])]) {
    const given = {
      ...event,
      data,
      datacontenttype: data === event.data ? 'application/json' : 'x/y',
    }
    const before = decodeStoredEvent(storeEvent(given))
    const after = decodeStoredEvent(withSchema(storeEvent(given), schema))
    assert.deepEqual(after.meta(), { ...before.meta(), schema })
    assert.deepEqual(after.envelope, before.envelope)
    assert.deepEqual(after.toEvent(), before.toEvent())
    assert.equal(after.id, before.id)
  }
})
