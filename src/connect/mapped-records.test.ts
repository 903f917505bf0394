import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EVENT_KEY_WORDS, type EventKey } from '../event/index.ts'
import type { SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { MappedRecords } from './mapped-records.ts'
import { type DoorEvent, doorEvent } from './source-door.ts'
import { decodeMessage } from './source-event.ts'

const BUS = { account: '000000000000', region: 'us-east-1', name: 'default' }
const NOW = 1_764_252_000_123
const SOURCE: SourceSpec = {
  account: BUS.account,
  region: BUS.region,
  name: 'orders',
  broker: 'main',
  topics: ['orders'],
}
const ORDER: SourceMessage = {
  topic: 'orders',
  place: 'orders/0/42',
  headers: new Map(),
  body: Buffer.from('{"total":7}'),
  timestamp: NOW,
}

const CONTEXT = {
  now: NOW,
  allocate: (sizeBytes: number): Buffer => Buffer.allocUnsafe(sizeBytes),
  nextKey: (): EventKey => ({ words: new Int32Array(EVENT_KEY_WORDS), at: 0 }),
}

const text = fc.constantFrom('shop', '{topic}', '{broker}/{topic}.x', '{other}', '{key}', '$.a', '')
const mapping = fc.record({ type: text, source: text, subject: text }, { requiredKeys: [] })
const message: fc.Arbitrary<SourceMessage> = fc.record(
  {
    topic: fc.constantFrom('orders', 'refunds'),
    place: fc.constantFrom('orders/0/42', 'orders/1/43'),
    key: fc.constantFrom('', 'k-7', 'é', 'a"b'),
    headers: fc.constantFrom(new Map(), new Map([['trace', '1']])),
    body: fc
      .constantFrom('{"a":1}', '[]', '"b"', 'no json', '', '{"specversion":"1.0"}', '{"a.b":1}')
      .map((each) => Buffer.from(each)),
    timestamp: fc.constantFrom(0, NOW, NOW - 123),
  },
  { requiredKeys: ['topic', 'place', 'headers', 'body'] },
)

test('what is made at once is what is made of the event that the record means', () => {
  let made = 0
  fc.assert(
    fc.property(mapping, fc.constantFrom('auto', 'plain'), message, (given, format, each) => {
      const source = { ...SOURCE, mapping: given, ...(format === 'plain' ? { format } : {}) }
      const event = encode(new MappedRecords(source, BUS), each)
      if (event === undefined) return
      made += 1
      const decoded = decodeMessage(each, { source, bus: BUS, now: NOW })
      assert.deepEqual(event, doorEvent(decoded.kind === 'event' ? decoded.event : assert.fail()))
    }),
    { numRuns: 2000 },
  )
  assert.ok(made > 200, `${made} were made at once`)
})

test('records without headers are made at once, unless something of theirs has to be looked up', () => {
  assert.notEqual(encode(new MappedRecords(SOURCE, BUS), ORDER), undefined)
  for (const looked of [
    { type: '$.kind' },
    { source: '{header.from}' },
    { subject: '{key}' },
    { id: '$.id' },
  ])
    assert.equal(encode(new MappedRecords({ ...SOURCE, mapping: looked }, BUS), ORDER), undefined)
  const strict: SourceSpec = { ...SOURCE, format: 'cloudevents' }
  assert.equal(encode(new MappedRecords(strict, BUS), ORDER), undefined)
})

function encode(records: MappedRecords, each: SourceMessage): DoorEvent | undefined {
  return records.encode(each, CONTEXT)
}
