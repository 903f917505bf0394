import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from './bounded-queue.ts'

test('what does not fit is refused, and fits again when something has left', () => {
  const queue = new BoundedQueue<number>(2)
  assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false])
  assert.equal(queue.isFull, true)
  assert.equal(queue.shift(), 1)
  assert.equal(queue.push(4), true)
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], [2, 4, undefined])
})

test('it does what a plain list does, also over many thousands of turns', () => {
  const steps = fc.array(fc.tuple(fc.nat(1500), fc.nat(1500)), { maxLength: 12 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3000 }), (turns, lengthMax) => {
      const queue = new BoundedQueue<number>(lengthMax)
      const list: number[] = []
      let next = 0
      for (const [pushes, shifts] of turns) {
        for (let count = 0; count < pushes; count += 1) {
          const fits = list.length < lengthMax
          if (fits) list.push(next)
          assert.equal(queue.push(next), fits)
          next += 1
        }
        for (let count = 0; count < shifts; count += 1) assert.equal(queue.shift(), list.shift())
        assert.equal(queue.length, list.length)
      }
    }),
    { numRuns: 30 },
  )
})
