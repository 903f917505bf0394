// When to try again, and when to stop: the AWS retry policy, by number and by age.

import { type Backoff, backoffDelayMs, type Random } from '../base/index.ts'
import type { RetryPolicy } from '../model/index.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'

export type Exhausted = 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds'

export type RetryDecision =
  | { readonly kind: 'retry'; readonly at: number }
  | { readonly kind: 'exhausted'; readonly condition: Exhausted }

export interface RetryFacts {
  readonly policy: RetryPolicy | undefined
  /** What holds where the policy says nothing. */
  readonly defaults: Required<RetryPolicy>
  readonly backoff: Backoff
  /** Attempts made, the failed one included. */
  readonly attempts: number
  readonly firstAttemptAt: number
  readonly now: number
  /** How long the target asked to be left alone. */
  readonly afterMs: number | undefined
}

export function decideRetry(facts: RetryFacts, random: Random): RetryDecision {
  const retriesMax = facts.policy?.attemptsMax ?? facts.defaults.attemptsMax
  if (facts.attempts > retriesMax) return { kind: 'exhausted', condition: 'MaximumRetryAttempts' }
  const ageMsMax = (facts.policy?.ageSecondsMax ?? facts.defaults.ageSecondsMax) * 1000
  const delayMs = backoffDelayMs(facts.backoff, facts.attempts, random)
  const askedMs = Math.min(facts.afterMs ?? 0, RETRY_AFTER_MS_MAX)
  const at = facts.now + Math.max(delayMs, askedMs)
  if (at - facts.firstAttemptAt > ageMsMax) {
    return { kind: 'exhausted', condition: 'MaximumEventAgeInSeconds' }
  }
  return { kind: 'retry', at }
}

/** Whether a delivery is too old even to be attempted. */
export function isExpired(
  facts: Pick<RetryFacts, 'policy' | 'defaults' | 'firstAttemptAt' | 'now'>,
): boolean {
  const ageSecondsMax = facts.policy?.ageSecondsMax ?? facts.defaults.ageSecondsMax
  return facts.now - facts.firstAttemptAt > ageSecondsMax * 1000
}
