import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createUuid } from './ids.ts'
import { seededRandom, systemRandom } from './random.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a seed repeats its sequence, and another seed has another', () => {
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('numbers lie in [0, 1) and are spread over all of it', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed)
      const buckets = new Set<number>()
      for (let count = 0; count < 200; count += 1) {
        const value = random.next()
        assert.ok(value >= 0 && value < 1)
        buckets.add(Math.floor(value * 8))
      }
      assert.equal(buckets.size, 8)
    }),
  )
})

test('bytes are as many as asked for, whatever is left of the pool', () => {
  for (const random of [seededRandom(1), systemRandom]) {
    for (const length of [0, 1, 16, 4095, 4096, 4097]) {
      assert.equal(random.bytes(length).length, length)
    }
  }
})

test('the system’s bytes are nobody else’s afterwards', () => {
  const first = systemRandom.bytes(16)
  const copy = first.slice()
  for (let count = 0; count < 600; count += 1) systemRandom.bytes(16).fill(0)
  assert.deepEqual(first, copy)
})

test('a UUID is of version 4, and a seed repeats it', () => {
  fc.assert(fc.property(fc.integer(), (seed) => UUID.test(createUuid(seededRandom(seed)))))
  assert.equal(createUuid(seededRandom(3)), createUuid(seededRandom(3)))
  const made = new Set(Array.from({ length: 10_000 }, () => createUuid(systemRandom)))
  assert.equal(made.size, 10_000)
})

function draw(seed: number): readonly number[] {
  const random = seededRandom(seed)
  return Array.from({ length: 20 }, () => random.next())
}
