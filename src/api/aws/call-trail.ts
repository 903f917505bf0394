// A call of an operation as CloudTrail records it: names as CloudTrail writes them, secrets and code left out. What
// moves data (events, messages, metrics) is no management event, and is not recorded.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

import { createUuid, formatSeconds, type Random } from '../../base/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { Caller } from './credentials.ts'
import { TRAIL_PARAMETERS_LENGTH_MAX, TRAIL_DEPTH_MAX } from './limits.ts'
import type { Output } from './operation.ts'
import { rightOf } from './rights.ts'
import {
  type OperationShape,
  SERVICES,
  type ServiceModel,
  type ServiceName,
  shapeOf,
} from './shapes.ts'
import type { Input } from './validate.ts'

export interface TrailedCall {
  readonly account: string
  readonly region: string
  /** `aws.events` */
  readonly source: string
  /** The rules that want everything get it, others only what may change something. */
  readonly isReadOnly: boolean
  /** JSON text. */
  readonly detail: string
}

export type TellCall = (call: TrailedCall) => void

export interface CallToTrail {
  readonly request: HttpRequest
  readonly service: ServiceName
  readonly shape: OperationShape
  readonly caller: Caller
  readonly userName: string
  readonly input: Input
  readonly outcome:
    | { readonly output: Output }
    | { readonly errorCode: string; readonly errorMessage: string }
}

/** Undefined for a call that moves data. */
export function trailCall(
  call: CallToTrail,
  { now, random }: { readonly now: number; readonly random: Random },
): TrailedCall | undefined {
  const { request, service, shape, caller, input, outcome } = call
  if (DATA.has(`${service}:${shape.name}`)) return undefined
  const { account, region } = caller
  const isReadOnly = isReading(service, shape)
  const model = SERVICES[service]
  const failure = 'output' in outcome ? {} : outcome
  const answered = 'output' in outcome && !isReadOnly ? parsed(outcome.output) : undefined
  const detail = {
    eventVersion: '1.11',
    userIdentity: identityOf(call),
    eventTime: formatSeconds(now),
    eventSource: `${service}.amazonaws.com`,
    eventName: shape.name,
    awsRegion: region,
    sourceIPAddress: request.remoteAddress,
    userAgent: request.headers['user-agent'] ?? '',
    ...failure,
    requestParameters: bounded(shown(model, shape.input?.shape, input)),
    responseElements: bounded(shown(model, shape.output?.shape, answered)),
    requestID: request.requestId,
    eventID: createUuid(random),
    readOnly: isReadOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  }
  return { account, region, source: `aws.${service}`, isReadOnly, detail: JSON.stringify(detail) }
}

const DATA: ReadonlySet<string> = new Set([
  'events:PutEvents',
  'events:PutPartnerEvents',
  'lambda:Invoke',
  'monitoring:GetMetricData',
  'monitoring:PutMetricData',
  'sns:Publish',
  'sns:PublishBatch',
  'sqs:ChangeMessageVisibility',
  'sqs:ChangeMessageVisibilityBatch',
  'sqs:DeleteMessage',
  'sqs:DeleteMessageBatch',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
  'sqs:SendMessageBatch',
])

const READS: ReadonlySet<string> = new Set(['get', 'list'])

function isReading(service: ServiceName, { name }: OperationShape): boolean {
  return rightOf(service, name)?.verbs.every((verb) => READS.has(verb)) !== false
}

function identityOf({ caller, userName }: CallToTrail): object {
  const { account, accessKeyId } = caller
  return {
    type: 'IAMUser',
    principalId: accessKeyId,
    arn: `arn:aws:iam::${account}:user/${userName}`,
    accountId: account,
    accessKeyId,
    userName,
  }
}

/** Some outputs are JSON text already. */
function parsed(output: Output): unknown {
  return typeof output === 'string' ? (JSON.parse(output) as unknown) : output
}

/** Null where there is nothing, or more than a record holds. */
function bounded(value: unknown): unknown {
  if (value === undefined || JSON.stringify(value) === '{}') return null
  return JSON.stringify(value).length > TRAIL_PARAMETERS_LENGTH_MAX ? null : value
}

const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS'
/** Structures whose members CloudTrail does not show. */
const UNSEEN: ReadonlySet<string> = new Set(['Environment', 'EnvironmentResponse', 'FunctionCode'])

/** A value of a shape with the names of CloudTrail; undefined for what is not shown. */
function shown(model: ServiceModel, name: string | undefined, value: unknown, depth = 0): unknown {
  if (name === undefined || value === undefined || value === null) return undefined
  const shape = shapeOf(model, name)
  if (shape.sensitive === true) return HIDDEN
  if (shape.type === 'blob' || UNSEEN.has(name) || depth > TRAIL_DEPTH_MAX) return undefined
  const inner = (of: string, item: unknown): unknown => shown(model, of, item, depth + 1)
  if (shape.member !== undefined && Array.isArray(value)) {
    return value.map((item) => inner(shape.member!.shape, item) ?? null)
  }
  if (typeof value !== 'object') return value
  const entries = Object.entries(value)
  if (shape.value !== undefined) {
    return fromEntries(entries.map(([key, item]) => [key, inner(shape.value!.shape, item)]))
  }
  return fromEntries(
    entries.flatMap(([key, item]) => {
      const member = Object.hasOwn(shape.members ?? {}, key) ? shape.members![key] : undefined
      return member === undefined ? [] : [[lowerFirst(key), inner(member.shape, item)]]
    }),
  )
}

function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}
