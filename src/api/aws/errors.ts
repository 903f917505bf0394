// How a failure is told to an AWS client: code, message and status. Refusals of control have AWS's recorded
// words, one row each; anything else is told by its class. Both tables are total, so the compiler finds gaps.

import { AppError, type ErrorClass, type ErrorCode, isAppError } from '../../base/index.ts'
import { type Fault, faultOf } from '../../control/index.ts'
import type { ServiceName } from './shapes.ts'

export interface AwsError {
  /** The exception's name, `ResourceNotFoundException`. */
  readonly code: string
  readonly message: string
  readonly status: number
  /** Seconds after which to try again, where that helps. */
  readonly retryAfterSeconds?: number
}

/** What an AWS client is told of `error`. A bug shows nothing of itself. */
export function toAwsError(error: unknown, service: ServiceName | undefined): AwsError {
  const told = tell(error, service)
  return service === undefined ? told : { ...told, ...NAMES_OF[service]?.[told.code] }
}

function tell(error: unknown, service: ServiceName | undefined): AwsError {
  if (!isAppError(error)) return { ...OPAQUE, code: internalCode(service) }
  const own = error.details['awsCode'] ?? error.details['sqsCode']
  const status = error.details['status']
  const fault = faultOf(error)
  const byClass = CLASSES[error.class]
  const told: AwsError =
    fault === undefined
      ? { code: CODES[error.code] ?? byClass.code, message: error.message, status: byClass.status }
      : { status: 400, ...FAULTS[fault](detailsOf(error)) }
  if (byClass.isOpaque && own === undefined) return { ...OPAQUE, code: internalCode(service) }
  return {
    code: typeof own === 'string' ? own : told.code,
    message: told.message,
    status: typeof status === 'number' ? status : told.status,
    ...retryAfter(error),
  }
}

interface ClassRow {
  readonly code: string
  readonly status: number
  /** Its message is for operators. */
  readonly isOpaque: boolean
}

const CLASSES: Readonly<Record<ErrorClass, ClassRow>> = {
  invalid: { code: 'ValidationException', status: 400, isOpaque: false },
  unauthenticated: { code: 'UnrecognizedClientException', status: 403, isOpaque: false },
  forbidden: { code: 'AccessDeniedException', status: 403, isOpaque: false },
  not_found: { code: 'ResourceNotFoundException', status: 400, isOpaque: false },
  conflict: { code: 'ResourceAlreadyExistsException', status: 400, isOpaque: false },
  too_large: { code: 'ValidationException', status: 400, isOpaque: false },
  limited: { code: 'LimitExceededException', status: 400, isOpaque: false },
  unsupported: { code: 'NotImplementedException', status: 501, isOpaque: false },
  unavailable: { code: 'ServiceUnavailableException', status: 503, isOpaque: false },
  storage: { code: 'InternalException', status: 500, isOpaque: true },
  internal: { code: 'InternalException', status: 500, isOpaque: true },
}

/** Codes that say more than their class does. */
const CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  PATTERN_INVALID: 'InvalidEventPatternException',
  RESOURCE_CONFLICT: 'ConcurrentModificationException',
}

type Names = Readonly<Record<string, Pick<AwsError, 'code'> & Partial<AwsError>>>

/** What some services call the exceptions that events names otherwise, and with which status. */
const NAMES_OF: Readonly<Partial<Record<ServiceName, Names>>> = {
  lambda: {
    PreconditionFailedException: { code: 'PreconditionFailedException', status: 412 },
    RequestTooLargeException: { code: 'RequestTooLargeException', status: 413 },
    ResourceConflictException: { code: 'ResourceConflictException', status: 409 },
    ResourceNotFoundException: { code: 'ResourceNotFoundException', status: 404 },
    TooManyRequestsException: { code: 'TooManyRequestsException', status: 429 },
  },
  pipes: {
    ConcurrentModificationException: { code: 'ConflictException', status: 409 },
    InvalidEventPatternException: { code: 'ValidationException' },
    LimitExceededException: { code: 'ServiceQuotaExceededException', status: 402 },
    ResourceAlreadyExistsException: { code: 'ConflictException', status: 409 },
    ResourceNotFoundException: { code: 'NotFoundException', status: 404 },
  },
  scheduler: {
    ConcurrentModificationException: { code: 'ConflictException', status: 409 },
    InternalException: { code: 'InternalServerException' },
    LimitExceededException: { code: 'ServiceQuotaExceededException', status: 402 },
    ResourceNotFoundException: { code: 'ResourceNotFoundException', status: 404 },
    SerializationException: { code: 'ValidationException' },
  },
  schemas: {
    AccessDeniedException: { code: 'ForbiddenException', status: 403 },
    ConcurrentModificationException: { code: 'ConflictException', status: 409 },
    InternalException: { code: 'InternalServerErrorException' },
    LimitExceededException: { code: 'BadRequestException' },
    ResourceAlreadyExistsException: { code: 'ConflictException', status: 409 },
    ResourceNotFoundException: { code: 'NotFoundException', status: 404 },
    SerializationException: { code: 'BadRequestException' },
    ValidationException: { code: 'BadRequestException' },
  },
  sns: {
    NotFound: { code: 'NotFound', status: 404 },
    ResourceNotFound: { code: 'ResourceNotFound', status: 404 },
  },
}

const OPAQUE: AwsError = {
  code: 'InternalException',
  message: 'An internal error occurred; the log of the server has this request id.',
  status: 500,
}

function internalCode(service: ServiceName | undefined): string {
  return service === 'sqs' || service === 'sts' ? 'InternalFailure' : 'InternalException'
}

type Details = Readonly<Record<string, string>>
type Words = (details: Details) => {
  readonly code: string
  readonly message: string
  /** 400 when absent. */
  readonly status?: number
}

const VALIDATION = 'ValidationException'
const NOT_FOUND = 'ResourceNotFoundException'
const EXISTS = 'ResourceAlreadyExistsException'
const LIMIT = 'LimitExceededException'
const BAD_REQUEST = 'BadRequestException'
const OVER_LIMIT = 'The requested resource exceeds the maximum number allowed.'

const FAULTS: Readonly<Record<Fault, Words>> = {
  'address-invalid': ({ address }) => ({
    code: VALIDATION,
    message: `Parameter ${address} is not valid. Reason: Provided Arn is not in correct format.`,
  }),
  'archive-exists': ({ archive }) => ({
    code: EXISTS,
    message: `Archive ${archive} already exists.`,
  }),
  'archive-filters': () => ({
    code: VALIDATION,
    message:
      'At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.',
  }),
  'archive-not-found': ({ archive }) => ({
    code: NOT_FOUND,
    message: `Archive ${archive} does not exist.`,
  }),
  'archive-unchanged': () => ({
    code: VALIDATION,
    message: 'At least one of EventPattern, RetentionDays or Description must be provided.',
  }),
  'bus-event-mismatch': () => ({
    code: VALIDATION,
    message: 'EventBridgeParameters must be provided for an event bus target, and only for one.',
  }),
  'bus-exists': ({ bus }) => ({ code: EXISTS, message: `Event bus ${bus} already exists.` }),
  'bus-has-rules': ({ bus }) => ({
    code: VALIDATION,
    message: `Event bus ${bus} can't be deleted since it has rules.`,
  }),
  'bus-is-default': ({ bus }) => ({ code: VALIDATION, message: `Cannot delete event bus ${bus}.` }),
  'bus-name-has-slash': () => ({
    code: VALIDATION,
    message: "Event bus name must not contain '/'.",
  }),
  'bus-not-found': ({ bus }) => ({ code: NOT_FOUND, message: `Event bus ${bus} does not exist.` }),
  'code-binding-not-found': ({ schema, language }) =>
    schemasNotFound(`Code binding ${language} of schema ${schema} does not exist.`),
  'discoverer-exists': ({ discoverer }) =>
    schemasConflict(`Discoverer with id ${discoverer} already exists.`),
  'discoverer-not-found': ({ discoverer }) =>
    schemasNotFound(`Discoverer with id ${discoverer} does not exist.`),
  'discoverer-source-invalid': ({ arn }) => ({
    code: BAD_REQUEST,
    message: `SourceArn ${arn} is not valid.`,
  }),
  'connection-exists': ({ name }) => ({
    code: EXISTS,
    message: `Connection ${name} already exists.`,
  }),
  'connection-incomplete': ({ missing }) => ({
    code: VALIDATION,
    message: `Parameter(s) AuthParameters must be specified completely: the ${missing} is missing.`,
  }),
  'connection-not-found': ({ name }) => ({
    code: NOT_FOUND,
    message: `Failed to describe the connection(s). Connection '${name}' does not exist.`,
  }),
  'connections-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'destination-exists': ({ name }) => ({
    code: EXISTS,
    message: `An api-destination '${name}' already exists.`,
  }),
  'destination-not-found': ({ name }) => ({
    code: NOT_FOUND,
    message: `Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`,
  }),
  'destinations-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'endpoint-ambiguous': ({ name }) => ({
    code: VALIDATION,
    message: `Endpoint ${name} is ambiguous.`,
  }),
  'endpoint-buses-invalid': () => ({
    code: VALIDATION,
    message:
      'Parameter EventBuses is not valid. Reason: Event buses must have the same name and be in the primary and secondary Region.',
  }),
  'endpoint-exists': ({ name }) => ({
    code: EXISTS,
    message: `Endpoint ${name} already exists.`,
  }),
  'endpoint-not-found': ({ name }) => ({
    code: NOT_FOUND,
    message: `Endpoint ${name} does not exist.`,
  }),
  'endpoints-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'event-not-valid': () => ({ code: VALIDATION, message: 'Parameter Event is not valid.' }),
  'bus-forbidden': ({ reason }) => ({ code: 'AccessDeniedException', message: reason ?? '' }),
  'event-source-deleted': ({ source }) => ({
    code: 'InvalidStateException',
    message: `Event source ${source} is in state DELETED.`,
  }),
  'event-source-exists': ({ source }) => ({
    code: EXISTS,
    message: `Event source ${source} already exists.`,
  }),
  'event-source-misnamed': () => ({
    code: VALIDATION,
    message: 'Parameter Name is not valid. Reason: Name must be the name of the event source.',
  }),
  'event-source-without-bus': ({ source }) => ({
    code: 'InvalidStateException',
    message: `Event source ${source} has no event bus.`,
  }),
  'event-source-not-found': ({ source }) => ({
    code: NOT_FOUND,
    message: `Event source ${source} does not exist.`,
  }),
  'export-type-unknown': () => ({ code: BAD_REQUEST, message: 'Type must be JSONSchemaDraft4.' }),
  'input-ambiguous': ({ target }) => ({
    code: VALIDATION,
    message: `Only one of Input, InputPath, or InputTransformer must be provided for target ${target}.`,
  }),
  'page-token-invalid': () => ({ code: VALIDATION, message: 'Parameter NextToken is not valid.' }),
  'permission-incomplete': () => ({
    code: VALIDATION,
    message: 'Parameter(s) Action, Principal and StatementId must be specified.',
  }),
  'pipe-exists': ({ pipe }) => ({ code: EXISTS, message: `Pipe ${pipe} already exists.` }),
  'pipe-not-found': ({ pipe }) => ({ code: NOT_FOUND, message: `Pipe ${pipe} does not exist.` }),
  'pipe-source-unknown': ({ source }) => ({
    code: VALIDATION,
    message: `Source ${source} is not one that pipes can read here. Use the ARN of an SQS queue or of a stream of Kinesis or DynamoDB, smk://HOST:PORT or kafka://BROKER/TOPIC, or nats://BROKER/STREAM.`,
  }),
  'pipe-target-invalid': ({ target, forms }) => ({
    code: VALIDATION,
    message: `Parameter Target ${target} is not valid. Reason: Expected ${forms}.`,
  }),
  'placeholder-unknown': ({ target, placeholder }) => ({
    code: VALIDATION,
    message: `InputTemplate for target ${target} contains invalid placeholder ${placeholder}.`,
  }),
  'policy-invalid': () => ({ code: VALIDATION, message: 'Parameter Policy is not valid.' }),
  'policy-missing': () => ({ code: NOT_FOUND, message: 'EventBus does not have a policy.' }),
  'policy-too-long': () => ({
    code: 'PolicyLengthExceededException',
    message: 'The policy length exceeds the maximum allowed.',
  }),
  'registry-exists': ({ registry }) =>
    schemasConflict(`Registry with name ${registry} already exists.`),
  'registry-is-fixed': ({ registry }) => ({
    code: 'ForbiddenException',
    message: `Registry ${registry} cannot be modified.`,
    status: 403,
  }),
  'registry-name-invalid': ({ registry }) => ({
    code: BAD_REQUEST,
    message: `Registry name ${registry} is not valid.`,
  }),
  'registry-not-empty': ({ registry }) => ({
    code: BAD_REQUEST,
    message: `Registry ${registry} cannot be deleted since it has schemas.`,
  }),
  'registry-not-found': ({ registry }) =>
    schemasNotFound(`Registry with name ${registry} does not exist.`),
  'registry-not-given': () => ({ code: BAD_REQUEST, message: 'Registry name must be specified.' }),
  'registry-policy-missing': ({ registry }) =>
    schemasNotFound(`Policy of registry ${registry} does not exist.`),
  'registry-policy-stale': () => ({
    code: 'PreconditionFailedException',
    message: 'The revision id does not match the policy.',
    status: 412,
  }),
  'replay-archive-unknown': ({ archive }) => ({
    code: VALIDATION,
    message: `Parameter EventSourceArn is not valid. Reason: Archive ${archive} does not exist.`,
  }),
  'replay-cross-bus': () => ({
    code: VALIDATION,
    message:
      'Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.',
  }),
  'replay-destination-invalid': () => ({
    code: VALIDATION,
    message: 'Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.',
  }),
  'replay-exists': ({ replay }) => ({ code: EXISTS, message: `Replay ${replay} already exists.` }),
  'replay-filters': () => ({
    code: VALIDATION,
    message:
      'At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.',
  }),
  'replay-not-active': ({ replay }) => ({
    code: 'IllegalStatusException',
    message: `Replay ${replay} is not in a valid state for this operation.`,
  }),
  'replay-not-found': ({ replay }) => ({
    code: NOT_FOUND,
    message: `Replay ${replay} does not exist.`,
  }),
  'replay-range-empty': () => ({
    code: VALIDATION,
    message:
      'Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.',
  }),
  'replay-rule-unknown': ({ arn, bus }) => ({
    code: VALIDATION,
    message: `Parameter Destination.FilterArns is not valid. Reason: Rule ${arn} does not exist on EventBus ${bus}.`,
  }),
  'replays-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'resource-not-found': ({ arn }) => ({
    code: NOT_FOUND,
    message: `Resource ${arn} does not exist.`,
  }),
  'rule-empty': () => ({
    code: VALIDATION,
    message: 'Parameter(s) EventPattern or ScheduleExpression must be specified.',
  }),
  'rule-has-targets': () => ({
    code: VALIDATION,
    message: "Rule can't be deleted since it has targets.",
  }),
  'rule-managed': ({ rule, managedBy }) => ({
    code: 'ManagedRuleException',
    message: `Rule ${rule} is managed by ${managedBy} and can only be changed by it.`,
  }),
  'rule-not-found': ({ rule, bus }) => ({
    code: NOT_FOUND,
    message: `Rule ${rule} does not exist on EventBus ${bus}.`,
  }),
  'sample-invalid': () => ({ code: BAD_REQUEST, message: 'Events must be valid JSON objects.' }),
  'schedule-address-invalid': () => ({
    code: VALIDATION,
    message: 'Provided Arn is not in correct format.',
  }),
  'schedule-end-before-start': () => ({
    code: VALIDATION,
    message: 'The EndDate you specify must be later than the StartDate.',
  }),
  'schedule-exists': ({ schedule }) => ({
    code: 'ConflictException',
    message: `Schedule ${schedule} already exists.`,
    status: 409,
  }),
  'schedule-expression-invalid': ({ expression }) => ({
    code: VALIDATION,
    message: `Invalid Schedule Expression ${expression}.`,
  }),
  'schedule-group-deleting': ({ group }) => ({
    code: 'ConflictException',
    message: `Schedule group ${group} is being deleted.`,
    status: 409,
  }),
  'schedule-group-exists': ({ group }) => ({
    code: 'ConflictException',
    message: `Schedule group ${group} already exists.`,
    status: 409,
  }),
  'schedule-group-id-missing': () => ({
    code: VALIDATION,
    message: 'MessageGroupId must be provided for a FIFO queue target.',
  }),
  'schedule-group-is-default': () => ({
    code: VALIDATION,
    message: 'The default schedule group cannot be deleted.',
  }),
  'schedule-group-not-found': ({ group }) => ({
    code: NOT_FOUND,
    message: `Schedule group ${group} does not exist.`,
    status: 404,
  }),
  'schedule-input-not-json': () => ({
    code: VALIDATION,
    message: 'Input must be well-formed JSON for this target.',
  }),
  'schedule-input-not-object': () => ({
    code: VALIDATION,
    message: 'Input must be a well-formed JSON object for an event bus target.',
  }),
  'schedule-invalid': () => ({
    code: VALIDATION,
    message: 'Parameter ScheduleExpression is not valid.',
  }),
  'schedule-not-found': ({ schedule }) => ({
    code: NOT_FOUND,
    message: `Schedule ${schedule} does not exist.`,
    status: 404,
  }),
  'schedule-off-default-bus': () => ({
    code: VALIDATION,
    message: 'ScheduleExpression is supported only on the default event bus.',
  }),
  'schema-exists': ({ schema }) => schemasConflict(`Schema with name ${schema} already exists.`),
  'schema-name-invalid': ({ schema }) => ({
    code: BAD_REQUEST,
    message: `Schema name ${schema} is not valid.`,
  }),
  'schema-not-found': ({ schema }) => schemasNotFound(`Schema with name ${schema} does not exist.`),
  'schema-version-last': ({ schema }) => ({
    code: BAD_REQUEST,
    message: `The last version of schema ${schema} cannot be deleted.`,
  }),
  'schema-version-not-found': ({ schema, version }) =>
    schemasNotFound(`Schema ${schema} with version ${version} does not exist.`),
  'schema-versions-too-many': ({ max }) => ({
    code: BAD_REQUEST,
    message: `A schema has at most ${max} versions.`,
  }),
  'schedule-start-past': () => ({
    code: VALIDATION,
    message: 'The StartDate you specify cannot be earlier than 5 minutes ago.',
  }),
  'statement-not-found': () => ({
    code: NOT_FOUND,
    message: 'Statement with the provided id does not exist.',
  }),
  'tags-repeated': () => ({ code: VALIDATION, message: 'Tag keys must be unique.' }),
  'tags-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'targets-too-many': () => ({ code: LIMIT, message: OVER_LIMIT }),
  'parameter-invalid': ({ parameter, reason }) => ({
    code: VALIDATION,
    message: `Parameter ${parameter} is not valid. Reason: ${reason}`,
  }),
  'template-invalid': ({ target, reason }) => ({
    code: VALIDATION,
    message: `Input for target ${target} is not valid. Reason: ${reason}`,
  }),
  'url-refused': ({ url, reason }) => ({
    code: VALIDATION,
    message: `Parameter ${url} is not valid. Reason: ${reason}`,
  }),
  'timezone-invalid': ({ timezone }) => ({
    code: VALIDATION,
    message: `Invalid ScheduleExpressionTimezone ${timezone}.`,
  }),
  'version-range-invalid': ({ range }) => ({
    code: VALIDATION,
    message: `Schema version range ${range} is not valid.`,
  }),
  'window-missing': () => ({
    code: VALIDATION,
    message:
      'MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.',
  }),
  'window-unwanted': () => ({
    code: VALIDATION,
    message:
      'MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.',
  }),
}

function schemasNotFound(message: string): ReturnType<Words> {
  return { code: 'NotFoundException', message, status: 404 }
}

function schemasConflict(message: string): ReturnType<Words> {
  return { code: 'ConflictException', message, status: 409 }
}

function detailsOf(error: AppError): Details {
  return Object.fromEntries(
    Object.entries(error.details).map(([name, value]) => [name, String(value)]),
  )
}

function retryAfter(error: AppError): { readonly retryAfterSeconds?: number } {
  if (error.class !== 'unavailable') return {}
  const afterMs = error.details['retryAfterMs']
  return {
    retryAfterSeconds: Math.max(1, Math.ceil(typeof afterMs === 'number' ? afterMs / 1000 : 1)),
  }
}

/** The codes that SQS's query protocol uses for exceptions which the JSON protocol names otherwise. */
export const LEGACY_SQS_CODES: Readonly<Record<string, string>> = {
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDeletedRecently: 'AWS.SimpleQueueService.QueueDeletedRecently',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
}
