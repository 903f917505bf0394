import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Serial } from './serial.ts'

test('work of one key runs one after the other, in order, also behind a failure', async () => {
  const serial = new Serial()
  const steps: string[] = []
  const first = Promise.withResolvers<void>()
  const runs = [
    serial.run('a', async () => {
      steps.push('a1 begins')
      await first.promise
      steps.push('a1 ends')
    }),
    serial.run('a', () => {
      steps.push('a2')
      return Promise.reject(new Error('a2 failed'))
    }),
    serial.run('a', () => Promise.resolve(steps.push('a3'))),
    serial.run('b', () => Promise.resolve(steps.push('b1'))),
  ]
  first.resolve()
  const outcomes = await Promise.allSettled(runs)
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.deepEqual(steps, ['a1 begins', 'b1', 'a1 ends', 'a2', 'a3'])
})
