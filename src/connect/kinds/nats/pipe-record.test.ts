import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers } from '@nats-io/transport-node'
import { toPipeRecord } from './pipe-record.ts'

const MESSAGE = {
  id: 'ORDERS-7',
  broker: 'edge',
  subject: 'orders.placed',
  headers: undefined,
  data: Buffer.from('{"n":1}'),
}

function read(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
}

function decodedOf(data: Buffer): unknown {
  return read(toPipeRecord({ ...MESSAGE, data }).decoded)['data']
}

test('a message of a stream says where it is kept and how often it was given', () => {
  const kept = { stream: 'ORDERS', sequence: 7, timestamp: 1_700_000_000_000, deliveryCount: 2 }
  const record = toPipeRecord({ ...MESSAGE, kept })
  assert.equal(record.id, 'ORDERS-7')
  assert.deepEqual(read(record.received), {
    eventSource: 'nats',
    broker: 'edge',
    subject: 'orders.placed',
    ...kept,
    headers: {},
    data: 'eyJuIjoxfQ==',
  })
  assert.deepEqual(read(record.decoded)['data'], { n: 1 })
})

test('text is text to filters, and other bytes are base64', () => {
  assert.equal(decodedOf(Buffer.from('say "ü"')), 'say "ü"')
  assert.equal(decodedOf(Buffer.from([0xff, 0x00])), '/wA=')
  assert.equal(decodedOf(Buffer.alloc(0)), '')
})

test('headers have all their values, and the trace goes on', () => {
  const all = headers()
  all.append('team', 'shop')
  all.append('team', 'yard')
  all.set('X-Amzn-Trace-Id', 'Root=1-2')
  const record = toPipeRecord({ ...MESSAGE, headers: all })
  assert.deepEqual(read(record.received)['headers'], {
    team: ['shop', 'yard'],
    'X-Amzn-Trace-Id': ['Root=1-2'],
  })
  assert.equal(record.traceHeader, 'Root=1-2')
  assert.equal('traceHeader' in toPipeRecord(MESSAGE), false)
})
