// Every refusal that the use cases can answer, by name: a dialect words each in its own way (`details.fault`
// and the details beside it), and the message here is what everybody else reads.

import { AppError } from '../base/index.ts'

// `{name}` stands for the detail of that name.
const FAULTS = {
  'address-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected the target address to be {forms}, got `{address}`',
  },
  'archive-exists': { code: 'RESOURCE_EXISTS', message: 'archive `{archive}` exists already' },
  'archive-filters': {
    code: 'REQUEST_INVALID',
    message: 'expected at most one of a name prefix, a bus and a state to list archives by',
  },
  'archive-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'archive `{archive}` does not exist',
  },
  'archive-unchanged': {
    code: 'REQUEST_INVALID',
    message: 'expected a pattern, a retention or a description to change of archive `{archive}`',
  },
  'bus-event-mismatch': {
    code: 'RESOURCE_INVALID',
    message:
      'expected source and detail type for a target that is a bus, and for no other, got `{address}`',
  },
  'bus-exists': { code: 'BUS_EXISTS', message: 'bus `{bus}` exists already' },
  'bus-has-rules': {
    code: 'RESOURCE_INVALID',
    message: 'bus `{bus}` still has rules; delete them first',
  },
  'bus-is-default': {
    code: 'RESOURCE_INVALID',
    message: 'bus `{bus}` is there by itself and cannot be deleted',
  },
  'bus-name-has-slash': {
    code: 'RESOURCE_INVALID',
    message: 'expected a bus name without `/`, got `{bus}`; only partner buses have one',
  },
  'bus-not-found': { code: 'BUS_NOT_FOUND', message: 'bus `{bus}` does not exist' },
  'code-binding-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'there is no code of schema `{schema}` in `{language}`; ask for it first',
  },
  'discoverer-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'discoverer `{discoverer}` exists already',
  },
  'discoverer-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'discoverer `{discoverer}` does not exist',
  },
  'discoverer-source-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected the source of a discoverer to be the ARN of a bus, got `{arn}`',
  },
  'connection-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'connection `{name}` exists already',
  },
  'connection-incomplete': {
    code: 'RESOURCE_INVALID',
    message: 'expected the authorization of the connection to be whole: its {missing} is missing',
  },
  'connection-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'connection `{name}` does not exist',
  },
  'connections-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} connections',
  },
  'destination-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'API destination `{name}` exists already',
  },
  'destination-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'API destination `{name}` does not exist',
  },
  'destinations-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} API destinations',
  },
  'endpoint-ambiguous': {
    code: 'REQUEST_INVALID',
    message: 'more than one global endpoint is named `{name}`; give its id or its ARN',
  },
  'endpoint-buses-invalid': {
    code: 'RESOURCE_INVALID',
    message:
      'expected two buses of one name, one here and one in `{region}`, both of your account, got `{buses}`',
  },
  'endpoint-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'global endpoint `{name}` exists already',
  },
  'endpoint-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'global endpoint `{name}` does not exist',
  },
  'endpoints-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} global endpoints',
  },
  'event-not-valid': {
    code: 'EVENT_INVALID',
    message:
      'expected the event to be a JSON object with id, account, source, time, region and detail-type',
  },
  'bus-forbidden': { code: 'ACCESS_DENIED', message: '{reason}' },
  'event-source-deleted': {
    code: 'RESOURCE_INVALID',
    message: 'the partner has deleted event source `{source}`',
  },
  'event-source-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'event source `{source}` is offered to that account already',
  },
  'event-source-misnamed': {
    code: 'RESOURCE_INVALID',
    message: 'expected the bus of event source `{source}` to have its name, got `{bus}`',
  },
  'event-source-without-bus': {
    code: 'RESOURCE_INVALID',
    message: 'expected a bus of the name `{source}` before its event source is activated',
  },
  'event-source-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'partner event source `{source}` does not exist',
  },
  'export-type-unknown': {
    code: 'REQUEST_INVALID',
    message: 'expected a schema to be exported as `JSONSchemaDraft4`, got `{type}`',
  },
  'input-ambiguous': {
    code: 'RESOURCE_INVALID',
    message: 'target `{target}` has more than one of input, path and template',
  },
  'page-token-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected a page token that an answer before gave, got `{token}`',
  },
  'permission-incomplete': {
    code: 'REQUEST_INVALID',
    message: 'expected a policy, or a statement id with action and principal',
  },
  'pipe-exists': { code: 'RESOURCE_EXISTS', message: 'pipe `{pipe}` exists already' },
  'pipe-not-found': { code: 'RESOURCE_NOT_FOUND', message: 'pipe `{pipe}` does not exist' },
  'pipe-target-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected the target of a pipe to be {forms}, got `{target}`',
  },
  'pipe-source-unknown': {
    code: 'RESOURCE_INVALID',
    message:
      'expected the source of a pipe to be a queue, a stream of Kinesis or of a table of DynamoDB, a topic of Kafka (`smk://HOST:PORT`, `kafka://BROKER/TOPIC`, a cluster of MSK), or a stream or subject of NATS (`nats://BROKER/STREAM`), got `{source}`',
  },
  'placeholder-unknown': {
    code: 'TEMPLATE_INVALID',
    message:
      'the template of target `{target}` uses `{placeholder}`, which its paths do not define',
  },
  'policy-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected the policy to be a JSON object with a list of statements: {reason}',
  },
  'policy-missing': { code: 'PERMISSION_NOT_FOUND', message: 'bus `{bus}` has no policy' },
  'policy-too-long': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected the policy of bus `{bus}` to have at most {max} characters',
  },
  'registry-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'schema registry `{registry}` exists already',
  },
  'registry-is-fixed': {
    code: 'ACCESS_DENIED',
    message:
      'schema registry `{registry}` is there by itself: names that begin with `aws.` and what discoverers learn cannot be made or changed',
  },
  'registry-name-invalid': {
    code: 'REQUEST_INVALID',
    message:
      'expected a registry name of 1 to 64 letters, digits, `.`, `-` and `_`, got `{registry}`',
  },
  'registry-not-empty': {
    code: 'RESOURCE_INVALID',
    message: 'schema registry `{registry}` still has schemas; delete them first',
  },
  'registry-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schema registry `{registry}` does not exist',
  },
  'registry-not-given': {
    code: 'REQUEST_INVALID',
    message: 'expected the name of a schema registry',
  },
  'registry-policy-missing': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schema registry `{registry}` has no policy',
  },
  'registry-policy-stale': {
    code: 'RESOURCE_CONFLICT',
    message:
      'the policy of schema registry `{registry}` was changed since that revision; read it again',
  },
  'replay-archive-unknown': {
    code: 'REQUEST_INVALID',
    message: 'archive `{archive}`, which was to be replayed, does not exist',
  },
  'replay-cross-bus': {
    code: 'REQUEST_INVALID',
    message:
      'a replay goes to the bus that its archive listens to; start the server with `--allow-cross-bus-replay` to replay to another one',
  },
  'replay-destination-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected the destination to be the ARN of a bus, got `{arn}`',
  },
  'replay-exists': { code: 'RESOURCE_EXISTS', message: 'replay `{replay}` exists already' },
  'replay-filters': {
    code: 'REQUEST_INVALID',
    message: 'expected at most one of a name prefix, an archive and a state to list replays by',
  },
  'replay-not-active': {
    code: 'RESOURCE_CONFLICT',
    message: 'replay `{replay}` cannot be cancelled: it is `{state}`',
  },
  'replay-not-found': { code: 'RESOURCE_NOT_FOUND', message: 'replay `{replay}` does not exist' },
  'replay-range-empty': {
    code: 'REQUEST_INVALID',
    message: 'expected the range of a replay to begin before it ends',
  },
  'replay-rule-unknown': {
    code: 'REQUEST_INVALID',
    message: 'rule `{arn}` is not a live rule of bus `{bus}`',
  },
  'replays-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} replays to be under way',
  },
  'resource-not-found': { code: 'RESOURCE_NOT_FOUND', message: 'nothing is named `{arn}`' },
  'rule-empty': {
    code: 'RESOURCE_INVALID',
    message: 'expected rule `{rule}` to have a pattern or a schedule',
  },
  'rule-has-targets': {
    code: 'RESOURCE_INVALID',
    message: 'rule `{rule}` still has targets; remove them first',
  },
  'rule-managed': {
    code: 'ACCESS_DENIED',
    message: 'rule `{rule}` is managed by `{managedBy}`, which alone may change it',
  },
  'rule-not-found': {
    code: 'RULE_NOT_FOUND',
    message: 'rule `{rule}` does not exist on bus `{bus}`',
  },
  'sample-invalid': {
    code: 'EVENT_INVALID',
    message: 'expected sample {sample} to be a JSON object',
  },
  'schedule-address-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected the target address to be {forms}, got `{address}`',
  },
  'schedule-end-before-start': {
    code: 'RESOURCE_INVALID',
    message: 'expected the end of a schedule to be after its start',
  },
  'schedule-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'schedule `{schedule}` exists already',
  },
  'schedule-expression-invalid': {
    code: 'RESOURCE_INVALID',
    message:
      'expected a schedule like `rate(5 minutes)`, `cron(0 2 * * ? *)` or `at(2026-12-24T18:00:00)`, got `{expression}`',
  },
  'schedule-group-deleting': {
    code: 'RESOURCE_CONFLICT',
    message: 'schedule group `{group}` is being deleted',
  },
  'schedule-group-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'schedule group `{group}` exists already',
  },
  'schedule-group-id-missing': {
    code: 'RESOURCE_INVALID',
    message: 'expected a message group for the first-in first-out queue `{address}`',
  },
  'schedule-group-is-default': {
    code: 'RESOURCE_INVALID',
    message: 'the schedule group `default` is there by itself and cannot be deleted',
  },
  'schedule-group-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schedule group `{group}` does not exist',
  },
  'schedule-input-not-json': {
    code: 'RESOURCE_INVALID',
    message: 'expected the input for a function or a state machine to be JSON',
  },
  'schedule-input-not-object': {
    code: 'RESOURCE_INVALID',
    message:
      'expected the input for a bus to be a JSON object, at most 64 levels deep, when the names of a firing are filled in',
  },
  'schedule-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected a schedule like `rate(5 minutes)` or `cron(0 2 * * ? *)`, got `{schedule}`',
  },
  'schedule-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schedule `{schedule}` does not exist',
  },
  'schedule-off-default-bus': {
    code: 'RESOURCE_INVALID',
    message: 'only rules of the default bus can have a schedule, not those of `{bus}`',
  },
  'schema-exists': {
    code: 'RESOURCE_EXISTS',
    message: 'schema `{schema}` exists already in registry `{registry}`',
  },
  'schema-name-invalid': {
    code: 'REQUEST_INVALID',
    message:
      'expected a schema name of 1 to 385 letters, digits, `.`, `-`, `_` and `@`, got `{schema}`',
  },
  'schema-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schema `{schema}` does not exist in registry `{registry}`',
  },
  'schema-version-last': {
    code: 'RESOURCE_INVALID',
    message: 'the last version of schema `{schema}` cannot be deleted; delete the schema',
  },
  'schema-version-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'schema `{schema}` of registry `{registry}` has no version `{version}`',
  },
  'schema-versions-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} versions of schema `{schema}`; delete old ones',
  },
  'schedule-start-past': {
    code: 'RESOURCE_INVALID',
    message: 'expected the start of a schedule to be at most five minutes ago',
  },
  'statement-not-found': {
    code: 'PERMISSION_NOT_FOUND',
    message: 'the policy of bus `{bus}` has no statement `{statement}`',
  },
  'tags-repeated': { code: 'REQUEST_INVALID', message: 'tag `{key}` is given twice' },
  'tags-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} tags on `{name}`',
  },
  'targets-too-many': {
    code: 'LIMIT_EXCEEDED',
    message: 'expected at most {max} targets {where}',
  },
  'parameter-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'parameter `{parameter}` of target `{target}` cannot be used: {reason}',
  },
  'template-invalid': {
    code: 'TEMPLATE_INVALID',
    message: 'the input of target `{target}` cannot be used: {reason}',
  },
  'url-refused': {
    code: 'TARGET_REFUSED',
    message: '`{url}` must not be called: {reason}',
  },
  'timezone-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected a time zone by its IANA name, such as `Europe/Berlin`, got `{timezone}`',
  },
  'version-range-invalid': {
    code: 'REQUEST_INVALID',
    message: 'expected a range of schema versions such as `^1`, got `{range}`',
  },
  'window-missing': {
    code: 'RESOURCE_INVALID',
    message: 'expected a flexible window to say how many minutes it has',
  },
  'window-unwanted': {
    code: 'RESOURCE_INVALID',
    message: 'expected no minutes of a window that is off',
  },
} as const

export type Fault = keyof typeof FAULTS

export type FaultDetails = Readonly<Record<string, string | number>>

/** The error of a named refusal. */
export function fault(name: Fault, details: FaultDetails = {}, cause?: unknown): AppError {
  const { code, message } = FAULTS[name]
  const text = message.replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? ''))
  return new AppError(code, text, { details: { ...details, fault: name }, cause })
}

/** Which refusal of this room an error is, or undefined when it is none. */
export function faultOf(error: AppError): Fault | undefined {
  const name = error.details['fault']
  return typeof name === 'string' && Object.hasOwn(FAULTS, name) ? (name as Fault) : undefined
}
