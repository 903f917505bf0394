// Dead letters: what one says (AWS's message attributes, all strings), and paying it into the target's queue.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html

import { channels, describeError, type Logger } from '../base/index.ts'
import { executionId, traceHeaderOf } from '../event/index.ts'
import { type Delivery, parseArn, type Target } from '../model/index.ts'
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

/**
 * What EventBridge Scheduler says of a schedule that could not call its target, in place of the rule.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
function scheduleAttributes(job: Job): DeadLetterAttributes {
  const { rule, event } = job.delivery
  const { RULE_ARN: _, ...attributes } = deadLetterAttributes(job)
  return {
    ...attributes,
    EXECUTION_ID: executionId(event.id, job.attempts),
    SCHEDULE_ARN: rule.arn,
    SCHEDULED_TIME: event.toEvent().time,
    IS_PAYLOAD_TRUNCATED: 'false',
  }
}

export interface DeadLetter {
  readonly body: Uint8Array
  readonly attributes: DeadLetterAttributes
  /** `X-Amzn-Trace-Id` of the event, where it has one. */
  readonly traceHeader?: string
}

/** The event as it came, unless told otherwise; of a schedule, the input that its target was not given. */
function deadLetterOf(
  job: Job,
  { prepare, letterOf }: Pick<DeadLetterOptions, 'prepare' | 'letterOf'>,
): DeadLetter {
  const { event, rule, target } = job.delivery
  const { envelope } = event
  const traceHeader = traceHeaderOf(event.meta())
  const trace = traceHeader === undefined ? {} : { traceHeader }
  if (parseArn(rule.arn)?.service !== 'scheduler') {
    const body = letterOf?.(target, envelope) ?? envelope
    return { body, attributes: deadLetterAttributes(job), ...trace }
  }
  const prepared = prepare(job.delivery, job.attempts)
  const body = prepared.kind === 'input' ? prepared.body : envelope
  return { body, attributes: scheduleAttributes(job), ...trace }
}

export type Prepared =
  | {
      readonly kind: 'input'
      readonly body: Uint8Array
      /** The target as this event's values make it, where they do. */
      readonly target?: Target
    }
  | { readonly kind: 'failed'; readonly error: Error }

export interface DeadLetterOptions {
  /** The bytes that an attempt sends: the envelope or the target's transformed input. */
  readonly prepare: (delivery: Delivery, attempt: number) => Prepared
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
  options: DeadLetterOptions,
): Promise<Payment> {
  if (queueArn === undefined) return { kind: 'paid', note: '' }
  const { sendDeadLetter, logger } = options
  try {
    const isSent = await sendDeadLetter(queueArn, deadLetterOf(job, options))
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
