// Dead letters: what one says (AWS's message attributes, all strings), and paying it into the target's queue.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html

import { channels, describeError, type Logger } from '../base/index.ts'
import { traceHeaderOf } from '../event/index.ts'
import type { Target } from '../model/index.ts'
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

export interface DeadLetter {
  readonly body: Uint8Array
  readonly attributes: DeadLetterAttributes
  /** `X-Amzn-Trace-Id` of the event, where it has one. */
  readonly traceHeader?: string
}

export interface DeadLetterOptions {
  /** Puts a dead letter into a queue, durably. Answers false when there is no such queue. */
  readonly sendDeadLetter: (queueArn: string, letter: DeadLetter) => Promise<boolean>
  /** What a letter holds, where that is not the event as it came. */
  readonly letterOf?: (target: Target, envelope: Uint8Array) => Uint8Array
  readonly logger: Logger
}

export type Payment =
  /** `note` says what a person should know of it. */
  { readonly kind: 'paid'; readonly note: string } | { readonly kind: 'owed' }

/** Sends the event as it came to the queue, if there is one. */
export async function payDeadLetter(
  job: Job,
  queueArn: string | undefined,
  { sendDeadLetter, letterOf, logger }: DeadLetterOptions,
): Promise<Payment> {
  if (queueArn === undefined) return { kind: 'paid', note: '' }
  try {
    const { target, event } = job.delivery
    const body = letterOf?.(target, event.envelope) ?? event.envelope
    const traceHeader = traceHeaderOf(event.meta())
    const isSent = await sendDeadLetter(queueArn, {
      body,
      attributes: deadLetterAttributes(job),
      ...(traceHeader === undefined ? {} : { traceHeader }),
    })
    const { busKey, name: rule } = job.delivery.rule
    channels.deadLetterSent.publish({ busKey, rule, isSent })
    if (isSent) return { kind: 'paid', note: '' }
    return { kind: 'paid', note: `; its dead-letter queue \`${queueArn}\` does not exist` }
  } catch (error) {
    const fields = { queue: queueArn, error: describeError(error) }
    logger.warn('a dead letter could not be sent', fields)
    return { kind: 'owed' }
  }
}
