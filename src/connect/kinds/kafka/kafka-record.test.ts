import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeStoredEvent, storeEvent } from '../../../event/index.ts'
import { parseBrokerAddress, type Target } from '../../../model/index.ts'
import { messageOf } from '../../testing.ts'
import type { SelectText } from '../../sent-event.ts'
import { crc32c, Reader, readRecordsBatch } from '@platformatic/kafka'
import { packMessages, unpackMessages } from '../../packed.ts'
import type { SinkMessage } from '../../sink.ts'
import { Slabs } from '../../slabs.ts'
import { RecordEncoder } from './kafka-record.ts'
import { encodeBatch, sealBatch } from './record-batch.ts'
import type { RecordList } from './record-list.ts'

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

interface Sent {
  readonly topic: string
  readonly key: string | undefined
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** As whoever reads them finds them. */
function sentIn(records: RecordList): readonly Sent[] {
  const indexes = Array.from({ length: records.length }, (_, index) => index)
  const batch = sealBatch(encodeBatch([{ records, indexes }], { now: 0 }), crc32c)
  return readRecordsBatch(Reader.from(batch)).records.map(({ key, value, headers }, index) => ({
    topic: records.topicOf(index),
    key: key?.toString(),
    value: String(value),
    headers: Object.fromEntries(
      [...headers].map(([name, text]) => [String(name), String(text)]),
    ) as Record<string, string>,
  }))
}

function encode(address: string, parts: { body?: string; target?: Target } = {}): Sent {
  const { body, ...rest } = parts
  const message = messageOf({
    event: EVENT,
    body: body === undefined ? EVENT.envelope : Buffer.from(body),
    ...rest,
  })
  return encodeAll(address, [message])[0]!
}

/** The same whether they came into the thread in one piece or not. */
function encodeAll(address: string, messages: readonly SinkMessage[]): readonly Sent[] {
  const encoder = new RecordEncoder(parseBrokerAddress(address)!, select)
  const sent = encoder.encode(messages).flatMap(sentIn)
  const packed = packMessages(messages, {
    needsIds: false,
    paths: [],
    select,
    slabs: new Slabs(),
  })
  const lists = encoder.encode(unpackMessages(packed, address))
  assert.deepEqual(lists.flatMap(sentIn), sent)
  return sent
}

test('binary mode has the attributes in ce_ headers and the data untouched', () => {
  const { topic, key, value, headers } = encode('kafka://main/out')
  assert.equal(topic, 'out')
  assert.equal(key, 'p1')
  assert.equal(value, '{ "n": 1 }')
  assert.deepEqual(headers, {
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
  const event = JSON.parse(value) as Record<string, unknown>
  assert.deepEqual(event['data'], { n: 1 })
  assert.equal(event['subject'], 'order/1')
  assert.equal(headers['content-type'], 'application/cloudevents+json; charset=UTF-8')
})

test('the key and headers come from the event where the address names a path', () => {
  const address = 'kafka://main/out?key=$.detail.n&header.team=shop&header.none=$.detail.none'
  const { key, headers } = encode(address)
  assert.equal(key, '1')
  assert.equal(headers['team'], 'shop')
  assert.equal(Object.hasOwn(headers, 'none'), false)
})

test('the input that a target makes of an event is its data, or the plain record', () => {
  const target: Target = {
    id: 't',
    address: 'kafka://main/out',
    input: { kind: 'constant', json: '"x"' },
  }
  const binary = encode('kafka://main/out', { body: 'not json', target })
  assert.equal(binary.value, 'not json')
  assert.equal(binary.headers['content-type'], 'text/plain')
  const plain = encode('kafka://main/out?mode=plain', { body: 'not json', target })
  assert.equal(plain.value, 'not json')
  assert.deepEqual(plain.headers, {})
})

test('records stand in the order of their messages, however they are made', () => {
  const made: Target = {
    id: 't',
    address: 'kafka://main/out',
    input: { kind: 'constant', json: '"x"' },
  }
  const messages = [undefined, made, undefined, undefined, made, made, undefined].map(
    (target, index) =>
      messageOf({
        event: decodeStoredEvent(
          storeEvent({ ...EVENT.toEvent(), id: index === 3 ? 'a "quoted" 3' : String(index) }),
        ),
        ...(target === undefined ? {} : { target, body: Buffer.from('"x"') }),
      }),
  )
  const sent = encodeAll('kafka://main/out?key=same', messages)
  assert.deepEqual(
    sent.map(({ headers }) => headers['ce_id']),
    ['0', '1', '2', 'a "quoted" 3', '4', '5', '6'],
  )
  assert.deepEqual(
    sent.map(({ value }) => value),
    messages.map(({ target }) => (target.input === undefined ? '{ "n": 1 }' : '"x"')),
  )
  assert.ok(sent.every(({ key }) => key === 'same'))
})
