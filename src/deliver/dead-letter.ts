// What a dead letter says: AWS's message attributes, all strings.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html

import type { Job } from './job.ts'

export type DeadLetterAttributes = Readonly<Record<string, string>>

export function deadLetterAttributes(job: Job): DeadLetterAttributes {
  const { rule, target } = job.delivery
  const { condition, failure } = job.exhausted ?? {}
  return {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.address,
    ERROR_CODE: failure?.code ?? 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: failure?.message ?? '',
    ...(condition === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: condition }),
    RETRY_ATTEMPTS: String(Math.max(0, job.attempts - 1)),
  }
}
