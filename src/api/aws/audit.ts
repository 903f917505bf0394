// What the audit log is told of a call: nothing of those that only read, and of the others who made it, on what, and
// how it ended. The content of events and messages is not looked at.

import { type Audited, channels, isAppError } from '../../base/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { rightOf } from './rights.ts'
import type { OperationShape, ServiceName } from './shapes.ts'
import type { Output } from './operation.ts'
import type { Input } from './validate.ts'

export interface AuditedCall {
  readonly request: HttpRequest
  readonly call: { readonly service: ServiceName; readonly shape: OperationShape }
  /** Undefined when it is not known. */
  readonly who: string | undefined
  readonly input: Input
}

export function auditCall(call: AuditedCall, output: Output): void {
  const row = channels.audited.hasSubscribers ? rowOf(call.call) : undefined
  if (row === undefined) return
  const failed = failedOf(output)
  const asked = row.countOf?.(call.input, output)
  // A poll that brought nothing took nothing.
  if (asked === 0) return
  const isLost = asked !== undefined && failed >= asked
  channels.audited.publish({
    ...common(call, row),
    result: isLost ? 'failed' : 'ok',
    ...(asked === undefined ? {} : { count: isLost ? asked : asked - failed }),
  })
}

export function auditRefusal(
  call: AuditedCall,
  { error, code }: { readonly error: unknown; readonly code: string },
): void {
  const row = channels.audited.hasSubscribers ? rowOf(call.call) : undefined
  if (row === undefined) return
  const isDenied =
    isAppError(error) && (error.class === 'forbidden' || error.class === 'unauthenticated')
  channels.audited.publish({
    ...common(call, row),
    // Whoever has no key must not be able to fill the plane that tells who changed what.
    ...(call.who === undefined ? { plane: 'data' } : {}),
    result: isDenied ? 'denied' : 'failed',
    code,
  })
}

interface Row {
  readonly plane: Audited['plane']
  readonly action: string
  readonly countOf?: (input: Input, output: Output) => number
}

const entries = ({ Entries }: Input): number => (Array.isArray(Entries) ? Entries.length : 1)
const batch = ({ PublishBatchRequestEntries: list }: Input): number =>
  Array.isArray(list) ? list.length : 1
const received = (_input: Input, output: Output): number => {
  const messages = typeof output === 'string' ? undefined : (output as Input)['Messages']
  return Array.isArray(messages) ? messages.length : 0
}

const PUBLISH: Row = { plane: 'data', action: 'publish', countOf: entries }

/** Those with a word of our own; `undefined` are the small change of what is recorded already. */
const ROWS: Readonly<Record<string, Row | undefined>> = {
  'events:PutEvents': PUBLISH,
  'events:PutPartnerEvents': PUBLISH,
  'events:StartReplay': { plane: 'control', action: 'replay' },
  'sns:Publish': PUBLISH,
  'sns:PublishBatch': { ...PUBLISH, countOf: batch },
  'sqs:SendMessage': PUBLISH,
  'sqs:SendMessageBatch': PUBLISH,
  'sqs:ReceiveMessage': { plane: 'data', action: 'consume', countOf: received },
  'sqs:DeleteMessage': undefined,
  'sqs:DeleteMessageBatch': undefined,
  'sqs:ChangeMessageVisibility': undefined,
  'sqs:ChangeMessageVisibilityBatch': undefined,
  'sqs:StartMessageMoveTask': { plane: 'control', action: 'redrive' },
  'sqs:PurgeQueue': { plane: 'control', action: 'purge' },
  'monitoring:PutMetricData': undefined,
  'lambda:Invoke': { plane: 'data', action: 'invoke' },
}

/** Of every operation that was called; one entry for each that there is. */
const known = new Map<OperationShape, Row | undefined>()

function rowOf({ service, shape }: AuditedCall['call']): Row | undefined {
  let row = known.get(shape)
  if (row === undefined && !known.has(shape)) {
    const action = `${service}:${shape.name}`
    const isChange = rightOf(service, shape.name)?.verbs.some((verb) => !READS.has(verb)) === true
    row = Object.hasOwn(ROWS, action) ? ROWS[action] : undefined
    if (!Object.hasOwn(ROWS, action) && isChange) row = { plane: 'control', action }
    known.set(shape, row)
  }
  return row
}

const READS: ReadonlySet<string> = new Set(['get', 'list'])

function common(
  { request, who, input }: AuditedCall,
  { plane, action }: Row,
): Omit<Audited, 'result'> {
  const { remoteAddress: from, requestId } = request
  return { plane, action, who: who ?? 'unknown', from, on: placeOf(input, request), requestId }
}

/** Members that say what a call is about, the closer one first. */
const PLACES = [
  ['Rule', 'Name', 'TopicArn', 'TargetArn', 'QueueUrl', 'QueueName', 'FunctionName'],
  ['ArchiveName', 'ReplayName', 'ResourceARN', 'ResourceArn', 'SubscriptionArn', 'SourceArn'],
  ['DiscovererId', 'SchemaName', 'RegistryName', 'TaskHandle', 'EventBusName'],
].flat()

function placeOf(input: Input, { path }: HttpRequest): string {
  for (const member of PLACES) {
    const value = input[member]
    if (typeof value === 'string') return value
  }
  const { Entries } = input
  const [first] = Array.isArray(Entries) ? (Entries as readonly unknown[]) : []
  if (typeof first === 'object' && first !== null) {
    const { EventBusName = 'default' } = first as Input
    if (typeof EventBusName === 'string') return EventBusName
  }
  return path
}

/** Entries of a batch that were not taken. */
function failedOf(output: Output): number {
  if (typeof output === 'string')
    return Number(/^\{"FailedEntryCount":(\d+)/.exec(output)?.[1] ?? 0)
  const { FailedEntryCount, Failed } = output as Input
  if (typeof FailedEntryCount === 'number') return FailedEntryCount
  return Array.isArray(Failed) ? Failed.length : 0
}
