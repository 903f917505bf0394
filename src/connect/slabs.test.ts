import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SLAB_BYTES_KEPT, SLABS_KEPT } from './limits.ts'
import { Slabs } from './slabs.ts'

test('records of one batch lie one behind the other, as long as there is room', () => {
  const slabs = new Slabs()
  const allocate = slabs.open(10)
  const records = [allocate(3), allocate(0), allocate(5)]
  const slab = slabs.holding(records)
  assert.equal(slab, records[0]!.buffer)
  assert.equal(slabs.holding([...records, allocate(4)]), undefined)
})

test('nothing is a slab that is not one, or not from its beginning', () => {
  const slabs = new Slabs()
  assert.equal(slabs.holding([]), undefined)
  assert.equal(slabs.holding([Buffer.from('pooled')]), undefined)
  assert.equal(slabs.holding([new Uint8Array(3)]), undefined)
  const allocate = slabs.open(10)
  const [first, second] = [allocate(3), allocate(3)]
  assert.equal(slabs.holding([second]), undefined)
  assert.equal(slabs.holding([second, first]), undefined)
  assert.equal(new Slabs().holding([first, second]), undefined)
})

test('what is given back is used again by a batch that fits in', () => {
  const slabs = new Slabs()
  const { buffer } = slabs.open(100)(1)
  slabs.giveBack(buffer as ArrayBuffer)
  const again = slabs.open(50)(1)
  assert.equal(again.buffer, buffer)
  assert.notEqual(slabs.open(50)(1).buffer, buffer)
  slabs.giveBack(buffer as ArrayBuffer)
  assert.notEqual(slabs.open(101)(1).buffer, buffer)
  // It was too small, and made room.
  assert.notEqual(slabs.open(50)(1).buffer, buffer)
})

test('what is kept is bounded, in number and in size', () => {
  const slabs = new Slabs()
  const given = Array.from({ length: SLABS_KEPT + 2 }, () => new ArrayBuffer(64))
  for (const slab of given) slabs.giveBack(slab)
  const taken = given.map(() => slabs.open(64)(1).buffer)
  assert.equal(taken.filter((buffer) => given.includes(buffer as ArrayBuffer)).length, SLABS_KEPT)
  const large = new ArrayBuffer(SLAB_BYTES_KEPT + 1)
  slabs.giveBack(large)
  assert.notEqual(slabs.open(64)(1).buffer, large)
})
