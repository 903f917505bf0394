// What a pipe says of its executions, in AWS's words, one line of our log each. A pipe's LogConfiguration says how
// much: nothing, failures, stages, or every step; and whether the data goes with it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html

import type { Logger } from '../base/index.ts'
import type { PipeLogLevel } from '../model/index.ts'
import { LOGGED_LENGTH_MAX } from './limits.ts'
import type { PipePlan } from './plan.ts'

export type ExecutionStep =
  | 'EXECUTION_STARTED'
  | 'EXECUTION_SUCCEEDED'
  | 'EXECUTION_PARTIALLY_FAILED'
  | 'EXECUTION_FAILED'
  | 'ENRICHMENT_STAGE_ENTERED'
  | 'ENRICHMENT_STAGE_SUCCEEDED'
  | 'ENRICHMENT_STAGE_FAILED'
  | 'TARGET_STAGE_ENTERED'
  | 'TARGET_STAGE_SUCCEEDED'
  | 'TARGET_STAGE_PARTIALLY_FAILED'
  | 'TARGET_STAGE_FAILED'
  | 'TARGET_STAGE_SKIPPED'

const LEVELS: Readonly<Record<ExecutionStep, PipeLogLevel>> = {
  EXECUTION_STARTED: 'INFO',
  EXECUTION_SUCCEEDED: 'INFO',
  EXECUTION_PARTIALLY_FAILED: 'ERROR',
  EXECUTION_FAILED: 'ERROR',
  ENRICHMENT_STAGE_ENTERED: 'INFO',
  ENRICHMENT_STAGE_SUCCEEDED: 'INFO',
  ENRICHMENT_STAGE_FAILED: 'ERROR',
  TARGET_STAGE_ENTERED: 'INFO',
  TARGET_STAGE_SUCCEEDED: 'INFO',
  TARGET_STAGE_PARTIALLY_FAILED: 'ERROR',
  TARGET_STAGE_FAILED: 'ERROR',
  TARGET_STAGE_SKIPPED: 'INFO',
}

export interface StepDetails {
  /** What lies in hand at this step. */
  readonly payloads?: readonly Uint8Array[]
  readonly error?: string
}

const RANKS: Readonly<Record<PipeLogLevel, number>> = { OFF: 0, ERROR: 1, INFO: 2, TRACE: 3 }

/** Writes the steps of one execution. */
export type LogStep = (step: ExecutionStep, details?: StepDetails) => void

export function createStepLog(plan: PipePlan, logger: Logger, executionId: string): LogStep {
  const { logConfiguration } = plan.spec
  const rank = RANKS[logConfiguration?.Level ?? 'OFF']
  const hasData = logConfiguration?.IncludeExecutionData?.includes('ALL') === true
  return (step, { payloads = [], error } = {}) => {
    const logLevel = LEVELS[step]
    if (RANKS[logLevel] > rank) return
    const write = logLevel === 'ERROR' ? 'warn' : 'info'
    logger[write]('pipe', {
      resourceArn: plan.arn,
      executionId,
      messageType: step,
      logLevel,
      ...(hasData && payloads.length > 0 ? { payload: shown(payloads) } : {}),
      ...(error === undefined ? {} : { error }),
    })
  }
}

function shown(payloads: readonly Uint8Array[]): string {
  let text = '['
  for (const payload of payloads) {
    text += `${text === '[' ? '' : ','}${Buffer.from(payload).toString('utf8', 0, LOGGED_LENGTH_MAX)}`
    if (text.length > LOGGED_LENGTH_MAX) return `${text.slice(0, LOGGED_LENGTH_MAX)}…`
  }
  return `${text}]`
}
