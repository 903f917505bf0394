import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadAhead } from './read-ahead.ts'

class Steps {
  readonly taken: string[] = []
  pause = (): void => void this.taken.push('pause')
  resume = (): void => void this.taken.push('resume')
}

test('a stream stands still beyond the bound, once, and goes on when half of it was taken', () => {
  const ahead = new ReadAhead(100)
  const steps = new Steps()
  ahead.hold(steps)
  for (let index = 0; index < 3; index += 1) ahead.came(30)
  assert.deepEqual(steps.taken, [])
  for (let index = 0; index < 3; index += 1) ahead.came(30)
  assert.deepEqual(steps.taken, ['pause'])
  ahead.took(60)
  ahead.took(30)
  assert.deepEqual(steps.taken, ['pause'])
  ahead.took(30)
  ahead.took(30)
  assert.deepEqual(steps.taken, ['pause', 'resume'])
  assert.equal(ahead.bytes, 30)
})
