import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventKey, type EventKey } from '../event/index.ts'
import { SeenTable } from './seen-table.ts'

const key = (name: string, content = 'c'): EventKey =>
  createEventKey('bus', name, Buffer.from(content))

test('a table knows what a map knows, while it grows', () => {
  const table = new SeenTable()
  const map = new Map<string, number>()
  for (let n = 0; n < 20_000; n += 1) {
    const name = `k${(n * 7919) % 12_000}`
    table.set(key(name), n)
    map.set(name, n)
  }
  assert.equal(table.size, map.size)
  for (const [name, at] of map) assert.deepEqual(table.find(key(name)), { at, isSame: true })
  for (let n = 0; n < 1000; n += 1) assert.equal(table.find(key(`other${n}`)), undefined)
})

test('another content under a key is told, and the last one counts', () => {
  const table = new SeenTable()
  table.set(key('a', 'one'), 5)
  assert.deepEqual(table.find(key('a', 'two')), { at: 5, isSame: false })
  table.set(key('a', 'two'), -7.5)
  assert.deepEqual(table.find(key('a', 'two')), { at: -7.5, isSame: true })
  assert.equal(table.size, 1)
})

test('keys that differ in their last bits, or lie in one place, are kept apart', () => {
  const table = new SeenTable()
  const words = Int32Array.from([0, 0, 0, 0, -1, -1, 0, 0, 0, 1, -1, -1, 0, 0, 0, 15, -1, -1])
  const keys = [0, 6, 12].map((at) => ({ words, at }))
  for (const [at, each] of keys.entries()) table.set(each, at)
  for (const [at, each] of keys.entries()) assert.deepEqual(table.find(each), { at, isSame: true })
  assert.equal(table.find({ words: Int32Array.from([0, 0, 0, 31, -1, -1]), at: 0 }), undefined)
})
