import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { FakeClock } from './testing.ts'

test('timers fire in order of time, then of setting, each at its own moment', () => {
  const clock = new FakeClock()
  const fired: [string, number][] = []
  for (const [name, delayMs] of [
    ['late', 20],
    ['first', 10],
    ['second', 10],
  ] as const) {
    clock.setTimer(delayMs, () => fired.push([name, clock.monotonic()]))
  }
  clock.advance(30)
  assert.deepEqual(fired, [
    ['first', 10],
    ['second', 10],
    ['late', 20],
  ])
  assert.equal(clock.monotonic(), 30)
})

test('a timer that a timer sets fires in the same advance when it falls due in it', () => {
  const clock = new FakeClock()
  let fired = 0
  clock.setTimer(5, () => clock.setTimer(5, () => (fired = clock.monotonic())))
  clock.advance(10)
  assert.equal(fired, 10)
})

test('a cancelled timer never fires, and the next one is known', () => {
  const clock = new FakeClock()
  const timer = clock.setTimer(5, () => assert.fail('fired'))
  clock.setTimer(8, () => {})
  assert.equal(clock.nextTimerInMs, 5)
  timer.cancel()
  assert.equal(clock.nextTimerInMs, 8)
  clock.advance(8)
  assert.equal(clock.nextTimerInMs, undefined)
})

test('setting the wall moves no timer and not the monotonic time', () => {
  const clock = new FakeClock(1000)
  let fired = false
  clock.setTimer(10, () => (fired = true))
  clock.stepWall(-5000)
  assert.equal(clock.now(), -4000)
  assert.equal(clock.monotonic(), 0)
  clock.advance(10)
  assert.equal(fired, true)
  assert.equal(clock.now(), -3990)
})

test('running lets promises settle before time goes on', async () => {
  const clock = new FakeClock()
  const seen: number[] = []
  async function tick(): Promise<void> {
    for (let count = 0; count < 3; count += 1) {
      await new Promise<void>((resolve) => void clock.setTimer(10, resolve))
      seen.push(clock.monotonic())
    }
  }
  const ticking = tick()
  await clock.run(30)
  assert.deepEqual(seen, [10, 20, 30])
  await ticking
})

test('the system’s clock fires a timer whose delay no Node timer can hold no earlier than it can', async () => {
  const before = systemClock.monotonic()
  const timer = systemClock.setTimer(Number.MAX_SAFE_INTEGER, () => assert.fail('fired at once'))
  await new Promise<void>((resolve) => {
    const soon = setTimeout(resolve, 5)
    systemClock.setTimer(-1, () => {
      clearTimeout(soon)
      resolve()
    })
  })
  timer.cancel()
  assert.ok(systemClock.monotonic() >= before)
})
