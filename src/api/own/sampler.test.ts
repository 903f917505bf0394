import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, integer, property } from 'fast-check'
import { FakeClock } from '../../base/testing.ts'
import { Sampler } from './sampler.ts'

function offer(sampler: Sampler, clock: FakeClock, perSecond: number, seconds: number): number {
  let taken = 0
  for (let second = 0; second < seconds; second += 1) {
    for (let item = 0; item < perSecond; item += 1) {
      if (sampler.take()) taken += 1
      clock.advance(1000 / perSecond)
    }
  }
  return taken
}

test('everything goes through while it is little', () => {
  const clock = new FakeClock()
  const sampler = new Sampler(clock, 100)
  assert.equal(offer(sampler, clock, 90, 5), 450)
  assert.equal(sampler.oneIn, 1)
})

test('a steady flood is thinned to about what the reader takes', () => {
  const clock = new FakeClock()
  const sampler = new Sampler(clock, 100)
  offer(sampler, clock, 10_000, 2)
  const taken = offer(sampler, clock, 10_000, 4)
  assert.ok(taken >= 300 && taken <= 440, String(taken))
  assert.ok(sampler.oneIn >= 100, String(sampler.oneIn))
})

test('a burst out of nothing stays bounded', () => {
  check(
    property(integer({ min: 1, max: 200_000 }), (items) => {
      const sampler = new Sampler(new FakeClock(), 100)
      let taken = 0
      for (let item = 0; item < items; item += 1) if (sampler.take()) taken += 1
      assert.ok(taken <= 100 * (Math.log2(items / 100 + 1) + 1) + 1, `${taken} of ${items}`)
    }),
    { numRuns: 30 },
  )
})

test('when it grows quiet everything goes through again', () => {
  const clock = new FakeClock()
  const sampler = new Sampler(clock, 100)
  offer(sampler, clock, 10_000, 2)
  for (let second = 0; second < 2; second += 1) {
    clock.advance(1000)
    sampler.take()
  }
  assert.equal(sampler.oneIn, 1)
})

test('a reader that does not keep up gets half', () => {
  const sampler = new Sampler(new FakeClock(), 100)
  sampler.slowDown()
  assert.deepEqual(
    Array.from({ length: 4 }, () => sampler.take()),
    [false, true, false, true],
  )
})
