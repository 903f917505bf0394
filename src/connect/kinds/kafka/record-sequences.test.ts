import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecordSequences } from './record-sequences.ts'

test('a batch begins behind the records of the one before, for each partition', () => {
  const sequences = new RecordSequences()
  const next = (place: string, message: number, records: number): number =>
    sequences.sequenceOf(place, { producerId: 1n, message, records })
  assert.equal(next('t:0', 0, 40), 0)
  assert.equal(next('t:1', 0, 7), 0)
  assert.equal(next('t:0', 1, 2), 40)
  assert.equal(next('t:0', 2, 5), 42)
  assert.equal(next('t:1', 1, 5), 7)
})

test('a batch that is sent again has the same number', () => {
  const sequences = new RecordSequences()
  const second = { producerId: 1n, message: 1, records: 3 }
  sequences.sequenceOf('t:0', { producerId: 1n, message: 0, records: 10 })
  assert.equal(sequences.sequenceOf('t:0', second), 10)
  assert.equal(sequences.sequenceOf('t:0', second), 10)
  assert.equal(sequences.sequenceOf('t:0', { producerId: 1n, message: 2, records: 1 }), 13)
})

test('a producer with another id begins anew', () => {
  const sequences = new RecordSequences()
  sequences.sequenceOf('t:0', { producerId: 1n, message: 0, records: 10 })
  assert.equal(sequences.sequenceOf('t:0', { producerId: 2n, message: 0, records: 10 }), 0)
  assert.equal(sequences.sequenceOf('t:0', { producerId: 2n, message: 1, records: 10 }), 10)
})

test('behind the highest number the numbers begin again', () => {
  const sequences = new RecordSequences()
  const records = 2 ** 30
  const found = [0, 1, 2, 3].map((message) =>
    sequences.sequenceOf('t:0', { producerId: 1n, message, records }),
  )
  assert.deepEqual(found, [0, records, 0, records])
})
