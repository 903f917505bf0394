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
  const part = Buffer.alloc(30)
  for (let index = 0; index < 3; index += 1) ahead.came(part)
  assert.deepEqual(steps.taken, [])
  for (let index = 0; index < 3; index += 1) ahead.came(part)
  assert.deepEqual(steps.taken, ['pause'])
  ahead.took(part, part)
  ahead.took(part, undefined)
  assert.deepEqual(steps.taken, ['pause'])
  ahead.took(undefined, part)
  ahead.took(part, undefined)
  assert.deepEqual(steps.taken, ['pause', 'resume'])
  assert.equal(ahead.bytes, 30)
})

test('what has no key or no value weighs nothing', () => {
  const ahead = new ReadAhead(100)
  assert.equal(ahead.came(undefined), undefined)
  ahead.took(undefined, undefined)
  assert.equal(ahead.bytes, 0)
})
