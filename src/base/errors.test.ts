import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, assertNever, describeError, ERRORS, isAppError } from './errors.ts'

test('an error knows its class and whether to try again from its code', () => {
  const error = new AppError('OVERLOADED', 'try later', { details: { retryAfterMs: 1 } })
  assert.deepEqual([error.class, error.retry, error.name], ['unavailable', true, 'AppError'])
  assert.deepEqual(error.details, { retryAfterMs: 1 })
  assert.equal(isAppError(error), true)
  assert.equal(isAppError(error, 'OVERLOADED'), true)
  assert.equal(isAppError(error, 'LOG_FULL'), false)
  assert.equal(isAppError(new Error('x')), false)
})

test('an error without details has none, and no cause', () => {
  const error = new AppError('INTERNAL', 'x')
  assert.deepEqual(error.details, {})
  assert.equal('cause' in error, false)
})

test('describing an error tells the chain of its causes once, whatever was thrown', () => {
  const root = new Error('ENOSPC')
  const error = new AppError('LOG_FULL', 'the disk is full', { cause: root })
  assert.equal(describeError(error), 'the disk is full: ENOSPC')
  assert.equal(describeError('a string'), 'a string')
  assert.equal(describeError(undefined), 'undefined')
})

test('the table of codes is in order', () => {
  const codes = Object.keys(ERRORS)
  assert.deepEqual(
    codes,
    codes.toSorted((a, b) => (a < b ? -1 : 1)),
  )
})

test('a case that was forgotten throws what it was', () => {
  assert.throws(() => assertNever('surprise' as never), /unexpected value `surprise`/)
})
