import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStoredEvent, type Event, storeEvent, storePutEvent } from '../../../event/index.ts'
import { EventHeaderEncoder, headersOf } from './event-headers.ts'
import { encodeHeaders } from './header-bytes.ts'

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

test('the headers of an event are those of its attributes, whatever events came before', () => {
  const encoder = new EventHeaderEncoder()
  for (const event of [...EVENTS, ...EVENTS.toReversed()]) {
    const stored = decodeStoredEvent(storeEvent(event))
    const encoded = encoder.encode(stored)
    const isEscaped = /["\\]/.test(event.id + (event.subject ?? ''))
    assert.equal(encoded === undefined, isEscaped, event.id)
    if (encoded === undefined) continue
    const expected = encodeHeaders(headersOf(stored.toEvent()))
    assert.deepEqual(encoded.headerBytes, expected, event.id)
    assert.equal(encoded.partitionKey, event.extensions['partitionkey'], event.id)
  }
})

test('an event that was put by AWS’s dialect has them too', () => {
  const encoder = new EventHeaderEncoder()
  for (const id of [
    '11111111-1111-4111-8111-111111111111',
    '22222222-2222-4222-8222-222222222222',
  ]) {
    const stored = decodeStoredEvent(
      storePutEvent({
        busKey: '000000000000/us-east-1/default',
        account: '000000000000',
        region: 'us-east-1',
        id,
        source: 'shop',
        detailType: 'placed',
        time: '2026-01-01T00:00:00Z',
        resources: [],
        detail: Buffer.from('{}'),
      }),
    )
    const expected = encodeHeaders(headersOf(stored.toEvent()))
    assert.deepEqual(encoder.encode(stored)?.headerBytes, expected)
  }
})
