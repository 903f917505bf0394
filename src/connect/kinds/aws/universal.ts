// Universal targets of EventBridge Scheduler: any operation of any service, `arn:aws:scheduler:::aws-sdk:sqs:sendMessage`.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html

import type { Arn } from '../../../model/index.ts'
import { malformed, type Plan, type PlanRequest, textOf } from './plan.ts'

export interface Universal {
  /** The service part of an ARN, where the SDK's name differs. */
  readonly service: string
  /** As the API calls it, `SendMessage`. */
  readonly action: string
}

/** Services that Scheduler names as the SDK does and ARNs do not. */
const SERVICES: Readonly<Record<string, string>> = {
  cloudwatchlogs: 'logs',
  eventbridge: 'events',
  redshiftdata: 'redshift-data',
  sfn: 'states',
}

const RESOURCE = /^aws-sdk:([a-z0-9-]{1,64}):([A-Za-z][A-Za-z0-9]{0,127})$/

export function universalOf(arn: Arn): Universal | undefined {
  if (arn.service !== 'scheduler') return undefined
  const [, name, action] = RESOURCE.exec(arn.resource) ?? []
  if (name === undefined || action === undefined) return undefined
  return {
    service: SERVICES[name] ?? name,
    action: action.charAt(0).toUpperCase() + action.slice(1),
  }
}

/** The input is the call's parameters, in the case of the API. */
export function planUniversal({ arn, message }: PlanRequest): Plan {
  const { service, action } = universalOf(arn)!
  const input = parse(textOf(message))
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw malformed(`expected the input of a call of \`${service}\` to be a JSON object`)
  }
  return { service, action, input }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Told by the caller, with what would be right.
    return undefined
  }
}
