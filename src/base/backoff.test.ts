import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffDelayMs } from './backoff.ts'
import { seededRandom } from './random.ts'

test('without jitter the delay doubles from the smallest to the largest', () => {
  const backoff = { delayMsMin: 1000, delayMsMax: 10_000, jitter: 0 }
  const random = seededRandom(1)
  const delays = [1, 2, 3, 4, 5, 6, 2000].map((retry) => backoffDelayMs(backoff, retry, random))
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
})

test('whatever the retry, the delay keeps to its bounds within the jitter', () => {
  const backoff = fc.record({
    delayMsMin: fc.integer({ min: 1, max: 1000 }),
    delayMsMax: fc.integer({ min: 1000, max: 1e6 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(backoff, fc.nat(5000), fc.integer(), (options, retry, seed) => {
      const delayMs = backoffDelayMs(options, retry, seededRandom(seed))
      assert.ok(delayMs >= options.delayMsMin * (1 - options.jitter))
      assert.ok(delayMs <= options.delayMsMax * (1 + options.jitter))
    }),
  )
})
