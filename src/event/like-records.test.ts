import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { storeEvent } from './eventbridge.ts'
import { LikeRecords } from './like-records.ts'

const allocate = (sizeBytes: number): Buffer => Buffer.allocUnsafe(sizeBytes)
const BUS = { account: '000000000000', region: 'us-east-1', name: 'default' }
const shared = {
  source: 'main/orders',
  type: 'placed "today" €',
  bus: BUS,
  resources: [],
}

const plainText = fc.stringMatching(/^[ !#-[\]-~]{0,40}$/)
const timeMs = fc.integer({ min: 0, max: 4_102_444_800_000 })

test('a record is what storeEvent makes of the same event', () => {
  const records = new LikeRecords(shared)
  fc.assert(
    fc.property(plainText, timeMs, plainText, fc.json(), (id, ms, subject, json) => {
      const data = Buffer.from(json)
      const record = records.encode({ id, timeMs: ms, subject, data }, allocate)
      const time = new Date(ms).toISOString()
      const event = {
        ...shared,
        extensions: {},
        id,
        time,
        data,
        ...(subject === '' ? {} : { subject }),
      }
      assert.deepEqual(record, storeEvent(event))
    }),
  )
})

test('whole seconds, and what the shared part says besides, are in it too', () => {
  const besides = { ...shared, datacontenttype: 'application/json', resources: ['arn:x'] }
  const records = new LikeRecords(besides)
  for (const ms of [1_764_252_000_000, 1_764_252_000_001, 1_764_252_000_000]) {
    const event = { id: 'a', timeMs: ms, subject: 'order-7', data: Buffer.from('[1]') }
    assert.deepEqual(
      records.encode(event, allocate),
      storeEvent({
        ...besides,
        extensions: {},
        id: 'a',
        time: new Date(ms).toISOString(),
        subject: 'order-7',
        data: event.data,
      }),
    )
  }
})

test('what has to be escaped, is long, or is no JSON is left to others', () => {
  const records = new LikeRecords(shared)
  const plain = { id: 'a', timeMs: 0, subject: undefined, data: Buffer.from('{}') }
  assert.notEqual(records.encode(plain, allocate), undefined)
  for (const other of [
    { id: 'a"b' },
    { id: 'a\\b' },
    { id: 'é' },
    { id: 'x'.repeat(201) },
    { subject: 'line\n' },
    { data: Buffer.from('{') },
    { data: Buffer.from('') },
  ])
    assert.equal(records.encode({ ...plain, ...other }, allocate), undefined)
})
