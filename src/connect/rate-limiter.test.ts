import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { RateLimiter } from './rate-limiter.ts'

test('turns come evenly, whoever asks at once, and nobody is refused', async () => {
  const clock = new FakeClock()
  const limiter = new RateLimiter(clock)
  const { signal } = new AbortController()
  const startedAt = clock.monotonic()
  const times: number[] = []
  const turns = Array.from({ length: 5 }, async () => {
    if (await limiter.turn(4, signal)) times.push(clock.monotonic() - startedAt)
  })
  await clock.run(2000)
  await Promise.all(turns)
  assert.deepEqual(times, [0, 250, 500, 750, 1000])
})

test('time that nobody used is not saved up', async () => {
  const clock = new FakeClock()
  const limiter = new RateLimiter(clock)
  const { signal } = new AbortController()
  await limiter.turn(1, signal)
  await clock.run(60_000)
  assert.equal(await limiter.turn(1, signal), true)
  let isTurn = false
  const waiting = limiter.turn(1, signal).then((turn) => {
    isTurn = turn
  })
  await clock.run(999)
  assert.equal(isTurn, false)
  await clock.run(1)
  await waiting
  assert.equal(isTurn, true)
})

test('who is told to stop gets no turn, and leaves at once', async () => {
  const limiter = new RateLimiter(new FakeClock())
  const stop = new AbortController()
  assert.equal(await limiter.turn(1, stop.signal), true)
  const waiting = limiter.turn(1, stop.signal)
  stop.abort()
  assert.equal(await waiting, false)
  assert.equal(await limiter.turn(1, stop.signal), false)
})
