import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runWithin, TooLongError } from './run-within.ts'

test('what ends in time answers, and throws what it throws', () => {
  assert.equal(
    runWithin(1000, () => 7),
    7,
  )
  assert.throws(() => runWithin(1000, failing), RangeError)
})

test('what does not end is stopped, and what comes after it runs', () => {
  assert.throws(() => runWithin(20, endless), TooLongError)
  assert.equal(
    runWithin(1000, () => 'next'),
    'next',
  )
})

test('what runs inside another goes back to it', () => {
  assert.deepEqual(runWithin(1000, outer), [1, 2, 3])
})

function failing(): never {
  throw new RangeError('too far')
}

function endless(): void {
  for (;;);
}

function outer(): readonly number[] {
  return [1, runWithin(1000, () => 2), 3]
}
