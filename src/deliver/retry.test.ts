import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/index.ts'
import { RETRY_BACKOFF, RETRY_DEFAULTS } from './limits.ts'
import { decideRetry, isExpired, type RetryFacts } from './retry.ts'

const FIRST: RetryFacts = {
  policy: undefined,
  defaults: RETRY_DEFAULTS,
  backoff: RETRY_BACKOFF,
  attempts: 1,
  firstAttemptAt: 0,
  now: 0,
  afterMs: undefined,
}

test('a policy of no retries is exhausted by the first failure', () => {
  const decision = decideRetry({ ...FIRST, policy: { attemptsMax: 0 } }, seededRandom(1))
  assert.deepEqual(decision, { kind: 'exhausted', condition: 'MaximumRetryAttempts' })
})

test('a policy of three retries permits three, and no fourth', () => {
  const policy = { attemptsMax: 3 }
  const kinds = [1, 2, 3, 4].map(
    (attempts) => decideRetry({ ...FIRST, policy, attempts }, seededRandom(1)).kind,
  )
  assert.deepEqual(kinds, ['retry', 'retry', 'retry', 'exhausted'])
})

test('a retry that would come after the maximum age is not waited for', () => {
  const facts = { ...FIRST, policy: { ageSecondsMax: 60 }, attempts: 5, now: 50_000 }
  const decision = decideRetry(facts, seededRandom(1))
  assert.deepEqual(decision, { kind: 'exhausted', condition: 'MaximumEventAgeInSeconds' })
})

test('what the target asks for is honoured when it is longer, up to an hour', () => {
  const random = seededRandom(1)
  assert.deepEqual(decideRetry({ ...FIRST, afterMs: 90_000 }, random), {
    kind: 'retry',
    at: 90_000,
  })
  assert.deepEqual(decideRetry({ ...FIRST, afterMs: 9e9 }, random), {
    kind: 'retry',
    at: 3_600_000,
  })
})

test('every gap keeps to the formula within its jitter, and the whole schedule ends within a day', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed)
      let now = 0
      let attempts = 1
      for (;;) {
        const decision = decideRetry({ ...FIRST, attempts, now }, random)
        if (decision.kind === 'exhausted') break
        const formula = Math.min(480_000, Math.max(1000, 1000 * 2 ** (attempts - 1)))
        const gap = decision.at - now
        assert.ok(gap >= formula * 0.8 && gap <= formula * 1.2, `retry ${attempts} after ${gap} ms`)
        now = decision.at
        attempts += 1
      }
      assert.ok(attempts <= 186)
      assert.ok(now <= 86_400_000)
    }),
    { numRuns: 200 },
  )
})

test('deliveries that failed in the same second spread out', () => {
  const random = seededRandom(7)
  const seconds = new Map<number, number>()
  for (let delivery = 0; delivery < 10_000; delivery += 1) {
    let now = 0
    for (let attempts = 1; attempts <= 8; attempts += 1) {
      const decision = decideRetry({ ...FIRST, attempts, now }, random)
      if (decision.kind === 'retry') now = decision.at
    }
    const second = Math.floor(now / 1000)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
  }
  assert.ok(Math.max(...seconds.values()) <= 500)
})

test('a delivery is expired only once it is older than its policy allows', () => {
  const policy = { ageSecondsMax: 60 }
  assert.equal(isExpired({ ...FIRST, policy, now: 60_000 }), false)
  assert.equal(isExpired({ ...FIRST, policy, now: 60_001 }), true)
  assert.equal(isExpired({ ...FIRST, now: 86_400_001 }), true)
})
