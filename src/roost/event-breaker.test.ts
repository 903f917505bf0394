import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { EventBreaker } from './event-breaker.ts'
import { testSettings } from './testing.ts'

function open(more: object = {}) {
  const clock = new FakeClock()
  const states: string[] = []
  const { circuitBreaker } = testSettings({ circuitBreaker: more })
  const breaker = new EventBreaker(clock, circuitBreaker, (state) => states.push(state))
  const end = (isSuccess: boolean): void => breaker.start()!(isSuccess)
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) end(false)
  }
  return { clock, breaker, states, end, fail }
}

test('five failures in a row open it, and fewer do not', () => {
  const { breaker, end, fail } = open()
  fail(4)
  end(true)
  fail(4)
  assert.equal(breaker.state, 'closed')
  fail(1)
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.start(), undefined)
  assert.equal(breaker.waitMs, 30_000)
})

test('after its time some calls are let through, and three that succeed close it', () => {
  const { clock, breaker, states, end, fail } = open()
  fail(5)
  clock.advance(29_999)
  assert.equal(breaker.start(), undefined)
  clock.advance(1)
  end(true)
  end(true)
  assert.equal(breaker.state, 'half-open')
  end(true)
  assert.deepEqual(states, ['open', 'half-open', 'closed'])
  fail(4)
  assert.equal(breaker.state, 'closed', 'failures are counted anew')
})

test('one that is open says when its time is up, though nobody asked meanwhile', () => {
  const { clock, breaker, end, fail } = open()
  fail(5)
  clock.advance(29_999)
  assert.equal(breaker.waitMs, 1)
  clock.advance(600_000)
  assert.equal(breaker.waitMs, 0)
  end(true)
  assert.equal(breaker.state, 'half-open')
})

test('half-open lets a limited number through', () => {
  const { clock, breaker, fail } = open({ maxHalfOpenCalls: 3 })
  fail(5)
  clock.advance(30_000)
  const calls = Array.from({ length: 5 }, () => breaker.start())
  assert.deepEqual(
    calls.map((call) => call !== undefined),
    [true, true, true, false, false],
  )
})

test('one failure while half-open opens it again for the whole time', () => {
  const { clock, breaker, end, fail } = open()
  fail(5)
  clock.advance(30_000)
  end(true)
  end(false)
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.waitMs, 30_000)
})

test('calls that never end while half-open are a failure, and idleness is none', () => {
  const { clock, breaker, end, fail } = open({ maxHalfOpenCalls: 3 })
  fail(5)
  clock.advance(30_000)
  end(true)
  clock.advance(60_000)
  end(true)
  assert.equal(breaker.state, 'half-open')
  const hanging = breaker.start()!
  clock.advance(60_000)
  assert.equal(breaker.start(), undefined)
  assert.equal(breaker.state, 'open')
  hanging(true)
  assert.equal(breaker.state, 'open', 'what began before tells nothing now')
})

test('it is closed by hand, and a call of before has no say', () => {
  const { breaker, fail } = open()
  const before = breaker.start()!
  fail(5)
  breaker.reset()
  assert.equal(breaker.state, 'closed')
  before(false)
  fail(4)
  assert.equal(breaker.state, 'closed')
})

test('one that is switched off never opens', () => {
  const { breaker, fail } = open({ enabled: false })
  fail(20)
  assert.equal(breaker.state, 'closed')
})
