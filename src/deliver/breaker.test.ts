import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../base/testing.ts'
import { Breaker, BREAKER_DEFAULTS } from './breaker.ts'

function attempt(breaker: Breaker, isSuccess: boolean): void {
  breaker.start()
  breaker.end(isSuccess)
}

test('five failures in a row open it, four do not', () => {
  const breaker = new Breaker(new FakeClock())
  for (let count = 0; count < 4; count += 1) attempt(breaker, false)
  assert.equal(breaker.state, 'closed')
  attempt(breaker, false)
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.allowance, 0)
})

test('seven failures of ten in the window open it, however they are mixed', () => {
  const breaker = new Breaker(new FakeClock())
  for (const isSuccess of [false, false, true, false, false, true, false, false, true]) {
    attempt(breaker, isSuccess)
  }
  assert.equal(breaker.state, 'closed')
  attempt(breaker, false)
  assert.equal(breaker.state, 'open')
})

test('failures spread over more than the window do not open it', () => {
  const clock = new FakeClock()
  const breaker = new Breaker(clock)
  for (let round = 0; round < 20; round += 1) {
    attempt(breaker, false)
    attempt(breaker, false)
    attempt(breaker, true)
    clock.advance(16_000)
  }
  assert.equal(breaker.state, 'closed')
})

test('after its time one probe may go, and its success closes it', () => {
  const clock = new FakeClock()
  const breaker = new Breaker(clock)
  for (let count = 0; count < 5; count += 1) attempt(breaker, false)
  clock.advance(29_999)
  assert.equal(breaker.allowance, 0)
  clock.advance(1)
  assert.equal(breaker.allowance, 1)
  breaker.start()
  assert.equal(breaker.allowance, 0)
  assert.equal(breaker.end(true), 'closed')
  assert.equal(breaker.allowance, Number.POSITIVE_INFINITY)
})

test('each failed probe doubles the wait, to ten minutes at the most', () => {
  const clock = new FakeClock()
  const breaker = new Breaker(clock)
  for (let count = 0; count < 5; count += 1) attempt(breaker, false)
  const waits: number[] = []
  for (let probe = 0; probe < 7; probe += 1) {
    waits.push(breaker.waitMs)
    clock.advance(breaker.waitMs)
    attempt(breaker, false)
  }
  assert.deepEqual(waits, [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
})

test('a restart finds it as it was, and a clock set back cannot hold it open for longer', () => {
  const clock = new FakeClock()
  const before = new Breaker(clock)
  for (let count = 0; count < 5; count += 1) attempt(before, false)
  clock.advance(10_000)
  const restarted = new Breaker(clock, BREAKER_DEFAULTS, before.snapshot)
  assert.equal(restarted.waitMs, 20_000)
  clock.stepWall(-86_400_000)
  assert.equal(new Breaker(clock, BREAKER_DEFAULTS, before.snapshot).waitMs <= 30_000, true)
})

test('whatever happens, an open breaker lets at most one attempt through per opening', () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('attempt' as const), isSuccess: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const clock = new FakeClock()
      const breaker = new Breaker(clock)
      let openedAt = Number.NEGATIVE_INFINITY
      for (const step of commands) {
        if (step.kind === 'wait') clock.advance(step.ms)
        else if (breaker.allowance > 0) {
          if (breaker.state !== 'closed') {
            assert.ok(clock.monotonic() - openedAt >= BREAKER_DEFAULTS.openMsMin)
          }
          attempt(breaker, step.isSuccess)
          if (breaker.state === 'open') openedAt = clock.monotonic()
        }
      }
    }),
  )
})
