import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../base/index.ts'
import { parseRetryAfter, resultOf, type RetryMode } from './outcome.ts'

const NOW = Date.UTC(2026, 0, 1)

function kindOf(status: number, mode: RetryMode): string {
  return resultOf({ kind: 'status', status, shown: '' }, mode, NOW).kind
}

const RETRIED = { webhook: [404, 408, 409, 425, 429], eventbridge: [401, 407, 409, 429] } as const

for (const mode of ['webhook', 'eventbridge'] as const) {
  test(`judges every status from 200 to 599 as ${mode} does`, () => {
    for (let status = 200; status < 600; status += 1) {
      const isRetried = status >= 500 || (RETRIED[mode] as readonly number[]).includes(status)
      const expected = status < 300 ? 'delivered' : isRetried ? 'retry' : 'dead'
      assert.equal(kindOf(status, mode), expected, String(status))
    }
    assert.equal(kindOf(999, mode), 'dead')
  })
}

for (const [status, code] of [
  [302, 'SDK_CLIENT_ERROR'],
  [400, 'SDK_CLIENT_ERROR'],
  [401, 'NO_PERMISSIONS'],
  [403, 'NO_PERMISSIONS'],
  [404, 'NO_RESOURCE'],
  [408, 'TIMEOUT'],
  [410, 'NO_RESOURCE'],
  [429, 'THROTTLING'],
  [503, 'INTERNAL_ERROR'],
] as const) {
  test(`calls ${status} ${code} and shows what the target said`, () => {
    const result = resultOf({ kind: 'status', status, shown: 'no' }, 'webhook', NOW)
    assert.ok(result.kind !== 'delivered')
    assert.deepEqual(result.failure, { code, message: `the target answered ${status}: no` })
  })
}

function isGone(status: number, mode: 'webhook' | 'eventbridge'): boolean {
  const result = resultOf({ kind: 'status', status, shown: '' }, mode, NOW)
  return result.kind === 'dead' && result.isGone === true
}

test('only a webhook that answers 410 is gone for good', () => {
  assert.equal(isGone(410, 'webhook'), true)
  assert.equal(isGone(410, 'eventbridge'), false)
  for (const status of [301, 400, 403, 404, 405, 451])
    assert.equal(isGone(status, 'webhook'), false)
})

for (const [text, afterMs] of [
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:59:59 GMT', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['99999999999', undefined],
  ['soon', undefined],
  ['', undefined],
] as const) {
  test(`reads a Retry-After of \`${text}\` as ${afterMs ?? 'nothing'}`, () => {
    assert.equal(parseRetryAfter(text, NOW), afterMs)
    const result = resultOf(
      { kind: 'status', status: 503, shown: '', retryAfter: text },
      'webhook',
      NOW,
    )
    assert.equal(result.kind === 'retry' ? result.afterMs : 'none', afterMs)
  })
}

test('buries what the guard refused, however deep the refusal lies', () => {
  const refusal = new AppError('TARGET_REFUSED', 'address `10.0.0.1` is private')
  const error = new Error('connect failed', { cause: refusal })
  const result = resultOf({ kind: 'error', error, isStale: false }, 'webhook', NOW)
  assert.deepEqual(result, {
    kind: 'dead',
    failure: { code: 'NO_PERMISSIONS', message: refusal.message },
  })
})

test('a negative Retry-After of an API destination asks not to be called again', () => {
  const answer = { kind: 'status', status: 503, shown: '', retryAfter: '-1' } as const
  assert.equal(resultOf(answer, 'eventbridge', NOW).kind, 'dead')
  assert.equal(resultOf(answer, 'webhook', NOW).kind, 'retry')
})
