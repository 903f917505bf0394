import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeStoredEvent,
  type Event,
  RepeatedHead,
  storeEvent,
  storePutEvent,
} from '../../../event/index.ts'
import { headersOf, headerTemplateOf } from './event-headers.ts'
import { createRows, EventRecords } from './event-records.ts'
import { encodeHeaders, putBytes } from './header-bytes.ts'

const EVENT: Event = {
  id: '1',
  source: '/shop',
  type: 'placed',
  time: '2026-01-01T00:00:00.5Z',
  datacontenttype: 'application/json',
  extensions: {},
  data: Buffer.from('{}'),
  bus: { account: '000000000000', region: 'us-east-1', name: 'default' },
  resources: [],
}

const { data: _, ...WITHOUT_DATA } = EVENT

/** Each stands behind the ones before it, so that all that differs between two has to be seen. */
const EVENTS: readonly Event[] = [
  EVENT,
  { ...EVENT, id: '22' },
  { ...EVENT, id: '3', time: '2026-01-01T00:00:00Z' },
  { ...EVENT, id: '4', time: '2026-02-02T00:00:00Z' },
  { ...EVENT, id: '5', time: '2026-01-01T01:00:00.123456+01:00' },
  { ...EVENT, id: '6', subject: 'order/1' },
  { ...EVENT, id: '7', subject: 'order/22' },
  { ...EVENT, id: '8', subject: 'é', type: 'moved' },
  { ...EVENT, id: '9', subject: 'a "quoted" one' },
  { ...EVENT, id: 'back\\slash', subject: 'order/1' },
  { ...EVENT, id: '11', subject: 'order/1', extensions: { partitionkey: 'p', n: 1 } },
  { ...EVENT, id: '12', subject: 'order/2', extensions: { partitionkey: 'q', n: 1 } },
  { ...EVENT, id: '13', extensions: { account: 'mine', 'with-dash': true } },
  { ...EVENT, id: '14', resources: ['arn:aws:s3:::a,"subject":"b"'], subject: 'c' },
  { ...EVENT, id: '15', dataschema: 'https://example.com/schema' },
  { ...EVENT, id: '16', datacontenttype: 'text/plain', data: Buffer.from('text') },
  { ...EVENT, id: '17', datacontenttype: 'text/plain', data: Buffer.from('other') },
  { ...WITHOUT_DATA, id: '18' },
  EVENT,
  { ...EVENT, id: '19', bus: { ...EVENT.bus, region: 'eu-west-1' } },
]

/** Key, value and headers as they stand in a batch; undefined for an event that has to be read as a whole. */
function tailOf(heads: ReturnType<typeof openHeads>, record: Buffer): Buffer | undefined {
  // As in a batch of many, it does not lie alone.
  const bytes = Buffer.concat([Buffer.from('{"'), record, record])
  const template = heads.read({ bytes, start: 2, end: record.length + 2 })
  if (template === undefined) return undefined
  const records = new EventRecords({ topic: 't', bytes, rows: createRows(2), firstRow: 1 })
  records.add(heads.spans, template, template.key)
  const batch = Buffer.alloc(records.tailSizeOf(0) + 1)
  assert.equal(records.writeTail(0, batch, 1), batch.length)
  return batch.subarray(1)
}

function openHeads(): RepeatedHead<ReturnType<typeof headerTemplateOf>> {
  return new RepeatedHead(headerTemplateOf)
}

function expectedOf(event: Event): Buffer {
  const { partitionkey } = event.extensions
  const key = partitionkey === undefined ? undefined : Buffer.from(String(partitionkey))
  const value = event.data ?? Buffer.alloc(0)
  const headers = encodeHeaders(headersOf(event))
  const batch = Buffer.alloc(value.length + headers.length + 100)
  const end = putBytes(batch, value, putBytes(batch, key, 0))
  batch.set(headers, end)
  return batch.subarray(0, end + headers.length)
}

test('an event has the headers of its attributes, its key and its data, whatever events came before', () => {
  const heads = openHeads()
  for (const event of [...EVENTS, ...EVENTS.toReversed()]) {
    const record = storeEvent(event)
    const tail = tailOf(heads, record)
    const isEscaped = /["\\]/.test(event.id + (event.subject ?? ''))
    assert.equal(tail === undefined, isEscaped, event.id)
    if (tail === undefined) continue
    assert.deepEqual(tail, expectedOf(decodeStoredEvent(record).toEvent()), event.id)
  }
})

test('an event that was put by AWS’s dialect has them too', () => {
  const heads = openHeads()
  for (const id of [
    '11111111-1111-4111-8111-111111111111',
    '22222222-2222-4222-8222-222222222222',
  ]) {
    const record = storePutEvent({
      busKey: '000000000000/us-east-1/default',
      account: '000000000000',
      region: 'us-east-1',
      id,
      source: 'shop',
      detailType: 'placed',
      time: '2026-01-01T00:00:00Z',
      resources: [],
      detail: Buffer.from('{}'),
    })
    assert.deepEqual(tailOf(heads, record), expectedOf(decodeStoredEvent(record).toEvent()))
  }
})
