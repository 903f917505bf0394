import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { storeEvent, storePutEvent, type PutEvent } from './eventbridge.ts'
import { encodeReplayedEvent, readEventTime } from './replayed-event.ts'
import { decodeStoredEvent } from './stored-event.ts'

const MARK = { name: 'again', nth: 7 }

const put: PutEvent = {
  busKey: '000000000000/us-east-1/shop',
  account: '000000000000',
  region: 'us-east-1',
  id: 'a1',
  source: 'shop',
  detailType: 'Order placed',
  time: '2026-01-01T00:00:05Z',
  resources: ['arn:aws:s3:::bucket'],
  detail: '{ "order" : 1.50 }',
}

test('a replayed event has the name of its replay where AWS has it, and is otherwise the same bytes', () => {
  const event = decodeStoredEvent(encodeReplayedEvent(storePutEvent(put), MARK))
  assert.equal(
    Buffer.from(event.envelope).toString(),
    '{"version":"0","id":"a1","detail-type":"Order placed","source":"shop",' +
      '"account":"000000000000","time":"2026-01-01T00:00:05Z","region":"us-east-1",' +
      '"replay-name":"again","resources":["arn:aws:s3:::bucket"],"detail":{ "order" : 1.50 }}',
  )
  assert.equal(event.busKey, put.busKey)
  assert.deepEqual([event.isReplayed, event.isDirected], [true, false])
  assert.deepEqual(event.meta(), { replay: MARK })
  assert.equal(Buffer.from(event.toEvent().data!).toString(), put.detail)
})

test('a replay may go to another bus, and to some of its rules alone', () => {
  const busKey = '000000000000/us-east-1/elsewhere-with-a-longer-name'
  const directed = { rules: ['k'], matched: false }
  const record = storePutEvent({ ...put, traceHeader: 'Root=1' })
  const event = decodeStoredEvent(encodeReplayedEvent(record, MARK, { busKey, directed }))
  assert.equal(event.busKey, busKey)
  assert.deepEqual([event.isReplayed, event.isDirected], [true, true])
  assert.deepEqual(event.meta(), { traceHeader: 'Root=1', directed, replay: MARK })
  assert.equal(event.id, 'a1')
})

test('a CloudEvent keeps its attributes and its data, also data that is not JSON', () => {
  const bus = { account: '000000000000', region: 'us-east-1', name: 'shop' }
  const cloudEvent = {
    id: 'c1',
    source: '/shop',
    type: 'placed',
    time: '2026-01-01T00:00:00.250Z',
    subject: 'orders/1',
    extensions: { tier: 'gold' },
    datacontenttype: 'image/png',
    data: Buffer.from([0xff, 0x00, 0x7d]),
    bus,
    resources: [],
  }
  const event = decodeStoredEvent(encodeReplayedEvent(storeEvent(cloudEvent), MARK))
  const { data, ...rest } = event.toEvent()
  const { data: before, ...restBefore } = cloudEvent
  assert.deepEqual(rest, restBefore)
  assert.deepEqual(Buffer.from(data!), before)
  assert.equal(
    (JSON.parse(Buffer.from(event.envelope).toString()) as { tier: string }).tier,
    'gold',
  )
})

test('no text of an event can be taken for the place of the name', () => {
  const hostile = fc.constantFrom(
    ',"resources":[]',
    '","resources":["x"],"',
    '\\',
    '\\"',
    ',"time":"1999-01-01T00:00:00Z"',
    'é\u{1f682}',
  )
  const text = fc.array(fc.oneof(hostile, fc.string()), { maxLength: 4 }).map((all) => all.join(''))
  const property = fc.property(text, text, text, fc.json(), (source, detailType, name, json) => {
    const detail = `{"json":${json}}`
    const record = storePutEvent({ ...put, source, detailType, detail })
    const { envelope } = decodeStoredEvent(encodeReplayedEvent(record, { name, nth: 0 }))
    const before = JSON.parse(Buffer.from(decodeStoredEvent(record).envelope).toString()) as object
    const after = JSON.parse(Buffer.from(envelope).toString()) as Record<string, unknown>
    assert.equal(after['replay-name'], name)
    assert.deepEqual(after, { ...before, 'replay-name': name })
    assert.equal(readEventTime(envelope), Date.parse(put.time) / 1000)
  })
  fc.assert(property, { numRuns: 300 })
})

test('an event says when it happened, by its envelope, one like another', () => {
  const first = decodeStoredEvent(storePutEvent(put)).envelope
  const second = decodeStoredEvent(storePutEvent({ ...put, time: '1969-12-31T23:59:59Z' })).envelope
  assert.equal(readEventTime(first), 1_767_225_605)
  assert.equal(readEventTime(second), -1)
  assert.equal(readEventTime(first), 1_767_225_605)
})
