import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStoredEvent, storeEvent } from '../../../event/index.ts'
import { parseBrokerAddress, type Target } from '../../../model/index.ts'
import { messageOf } from '../../testing.ts'
import type { SelectText } from '../../sent-event.ts'
import { Reader } from '@platformatic/kafka'
import { encodeHeaders } from './header-bytes.ts'
import { RecordEncoder } from './kafka-record.ts'
import type { ProducerRecord } from './kafka-producer.ts'

const EVENT = decodeStoredEvent(
  storeEvent({
    id: 'é 1',
    source: '/shop',
    type: 'placed',
    time: '2026-01-01T00:00:00.5Z',
    subject: 'order/1',
    datacontenttype: 'application/json',
    extensions: { partitionkey: 'p1', 'roostkeeper-roost-name': 'mine' },
    data: Buffer.from('{ "n": 1 }'),
    bus: { account: '000000000000', region: 'us-east-1', name: 'default' },
    resources: [],
  }),
)

const select: SelectText = (path) => (path === '$.detail.n' ? '1' : undefined)

function encode(address: string, parts: { body?: string; target?: Target } = {}): ProducerRecord {
  const { body, ...rest } = parts
  const message = messageOf({
    event: EVENT,
    body: body === undefined ? EVENT.envelope : Buffer.from(body),
    ...rest,
  })
  return new RecordEncoder(parseBrokerAddress(address)!, select).encode(message)
}

function headersIn({ headers, headerBytes }: ProducerRecord): Record<string, string> {
  const bytes = headerBytes ?? encodeHeaders(headers ?? {})
  const entries = Reader.from(bytes).readVarIntArray((reader) => [
    String(reader.readVarIntBytes()),
    String(reader.readVarIntBytes()),
  ])
  return Object.fromEntries(entries) as Record<string, string>
}

test('binary mode has the attributes in ce_ headers and the data untouched', () => {
  const record = encode('kafka://main/out')
  const { topic, key, value } = record
  assert.equal(topic, 'out')
  assert.equal(key?.toString(), 'p1')
  assert.equal(value.toString(), '{ "n": 1 }')
  assert.deepEqual(headersIn(record), {
    ce_specversion: '1.0',
    ce_id: 'é 1',
    ce_source: '/shop',
    ce_type: 'placed',
    ce_time: '2026-01-01T00:00:00.5Z',
    ce_subject: 'order/1',
    'content-type': 'application/json',
    ce_partitionkey: 'p1',
    'ce_roostkeeper-roost-name': 'mine',
  })
})

test('structured mode is one JSON object', () => {
  const { value, headers } = encode('kafka://main/out?mode=structured')
  const event = JSON.parse(value.toString()) as Record<string, unknown>
  assert.deepEqual(event['data'], { n: 1 })
  assert.equal(event['subject'], 'order/1')
  assert.equal(headers?.['content-type'], 'application/cloudevents+json; charset=UTF-8')
})

test('the key and headers come from the event where the address names a path', () => {
  const address = 'kafka://main/out?key=$.detail.n&header.team=shop&header.none=$.detail.none'
  const { key, headers } = encode(address)
  assert.equal(key?.toString(), '1')
  assert.equal(headers?.['team'], 'shop')
  assert.equal(Object.hasOwn(headers ?? {}, 'none'), false)
})

test('the input that a target makes of an event is its data, or the plain record', () => {
  const target: Target = {
    id: 't',
    address: 'kafka://main/out',
    input: { kind: 'constant', json: '"x"' },
  }
  const binary = encode('kafka://main/out', { body: 'not json', target })
  assert.equal(binary.value.toString(), 'not json')
  assert.equal(binary.headers?.['content-type'], 'text/plain')
  const plain = encode('kafka://main/out?mode=plain', { body: 'not json', target })
  assert.equal(plain.value.toString(), 'not json')
  assert.deepEqual(plain.headers, {})
})
