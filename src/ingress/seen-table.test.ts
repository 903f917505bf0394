import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dedupeKey } from './dedupe-window.ts'
import { SeenTable } from './seen-table.ts'

const key = (name: string, content = 'c'): ReturnType<typeof dedupeKey> =>
  dedupeKey('bus', name, Buffer.from(content))

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
  const contentHash = 'f'.repeat(16)
  const keys = ['0', '1', 'f'].map((last) => `${'0'.repeat(31)}${last}`)
  for (const [at, keyHash] of keys.entries()) table.set({ keyHash, contentHash }, at)
  for (const [at, keyHash] of keys.entries())
    assert.deepEqual(table.find({ keyHash, contentHash }), { at, isSame: true })
  assert.equal(table.find({ keyHash: '0'.repeat(30) + '1f', contentHash }), undefined)
})
