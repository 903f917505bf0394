import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { pace } from './pace.ts'

const signal = new AbortController().signal

test('without a rate it is full batches at once', async () => {
  const sizes: number[] = []
  const steps = pace({ count: 120, rate: undefined, batchMax: 50, clock: new FakeClock(), signal })
  for await (const size of steps) sizes.push(size)
  assert.deepEqual(sizes, [50, 50, 20])
})

test('at a rate each is sent at its time, and none is lost to rounding', async () => {
  const clock = new FakeClock()
  const start = clock.monotonic()
  const times: number[] = []
  const steps = pace({ count: 10, rate: 3, batchMax: 50, clock, signal })
  for (let step = steps.next(); ; step = steps.next()) {
    const state = { isSettled: false }
    void step.then(() => (state.isSettled = true))
    while (!state.isSettled) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!state.isSettled) clock.advance(1)
    }
    const { value, done } = await step
    if (done === true) break
    for (let index = 0; index < value; index += 1) times.push(clock.monotonic() - start)
  }
  assert.equal(times.length, 10)
  for (const [index, time] of times.entries()) {
    assert.ok(Math.abs(time - (index * 1000) / 3) <= 2, `${index} at ${time}`)
  }
})

test('ends with its signal', async () => {
  const stop = new AbortController()
  const steps = pace({
    count: 9,
    rate: 1,
    batchMax: 1,
    clock: new FakeClock(),
    signal: stop.signal,
  })
  await steps.next()
  const waiting = steps.next()
  stop.abort()
  assert.equal((await waiting).done, true)
})
