// What a delivery to an AWS service is: one call of one operation, made of the target's ARN, its parameters and
// the input. Which operation a target of EventBridge means is AWS's:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html

import { AppError } from '../../../base/index.ts'
import type { Arn } from '../../../model/index.ts'
import type { SinkMessage, SinkResult } from '../../sink.ts'
import type { AwsOutput } from './caller.ts'

export interface Plan {
  /** The service part of an ARN. */
  readonly service: string
  readonly action: string
  readonly input: object
  /** What an answer that is no failure may still say of the delivery. */
  readonly judge?: (output: AwsOutput) => SinkResult | undefined
  /** Names of errors that say that an earlier attempt has done it. */
  readonly doneBy?: readonly string[]
  /** What must be there first, made when it is missing. */
  readonly prepare?: Preparation
}

export interface Preparation {
  /** Once it was there, it is not asked for again. */
  readonly key: string
  readonly action: string
  readonly input: object
  /** Name of the error that says that it is there. */
  readonly existsBy: string
}

export interface PlanRequest {
  readonly arn: Arn
  /** The whole ARN, as the target has it. */
  readonly address: string
  readonly message: SinkMessage
  readonly tools: PlanTools
}

export interface PlanTools {
  /** The endpoint of the service. */
  readonly endpoint: string
  readonly now: number
  /** What a path of the target's parameters selects in the event, as text. */
  readonly select: (path: string, envelope: Uint8Array) => string | undefined
}

export type MakePlan = (request: PlanRequest) => Plan

export function malformed(what: string): AppError {
  return new AppError('RESOURCE_INVALID', what)
}

/** One group of a target's parameters, such as `EcsParameters`; empty when it has none. */
export function parametersOf(
  message: SinkMessage,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = message.target.parameters?.[name]
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The input where the target has one of its own: AWS takes options of the call from it, never from the event. */
export function ownInputOf(message: SinkMessage): Readonly<Record<string, unknown>> {
  if (message.target.input === undefined) return {}
  const value = parseJson(message.body)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

export function textOf(message: SinkMessage): string {
  return Buffer.from(message.body).toString()
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown
  } catch {
    // A text template makes no JSON; then there are no options in it.
    return undefined
  }
}

/** `TaskDefinitionArn` as the APIs that begin with a small letter have it. */
export function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

/** The members that are there, in the case of APIs that begin with a small letter. */
export function camelMembers(
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const entries = names.flatMap((name) => {
    const found = value[name] ?? value[camel(name)]
    return found === undefined ? [] : [[camel(name), found]]
  })
  return Object.fromEntries(entries) as Record<string, unknown>
}
