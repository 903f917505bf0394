import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from './testing.ts'
import { wait } from './wait.ts'

test('a wait ends with its time, or with its signal, or does not begin', async () => {
  const clock = new FakeClock()
  const stop = new AbortController()
  const ended: string[] = []
  const note = (name: string) => (): void => void ended.push(name)
  void wait(clock, 10, stop.signal).then(note('short'))
  void wait(clock, 1000, stop.signal).then(note('long'))
  await clock.run(10)
  assert.deepEqual(ended, ['short'])
  stop.abort()
  await clock.run(1)
  assert.deepEqual(ended, ['short', 'long'])
  await wait(clock, 1000, stop.signal)
  await wait(clock, 0, new AbortController().signal)
})
