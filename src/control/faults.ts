// Every refusal that the use cases can answer, by name: a dialect words each in its own way (`details.fault`
// and the details beside it), and the message here is what everybody else reads.

import { AppError } from '../base/index.ts'

// `{name}` stands for the detail of that name.
const FAULTS = {
  'address-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected the target address to be {forms}, got `{address}`',
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
  'event-not-valid': {
    code: 'EVENT_INVALID',
    message:
      'expected the event to be a JSON object with id, account, source, time, region and detail-type',
  },
  'event-source-not-found': {
    code: 'RESOURCE_NOT_FOUND',
    message: 'partner event source `{source}` does not exist',
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
  'resource-not-found': { code: 'RESOURCE_NOT_FOUND', message: 'nothing is named `{arn}`' },
  'rule-empty': {
    code: 'RESOURCE_INVALID',
    message: 'expected rule `{rule}` to have a pattern or a schedule',
  },
  'rule-has-targets': {
    code: 'RESOURCE_INVALID',
    message: 'rule `{rule}` still has targets; remove them first',
  },
  'rule-not-found': {
    code: 'RULE_NOT_FOUND',
    message: 'rule `{rule}` does not exist on bus `{bus}`',
  },
  'schedule-invalid': {
    code: 'RESOURCE_INVALID',
    message: 'expected a schedule like `rate(5 minutes)` or `cron(0 2 * * ? *)`, got `{schedule}`',
  },
  'schedule-off-default-bus': {
    code: 'RESOURCE_INVALID',
    message: 'only rules of the default bus can have a schedule, not those of `{bus}`',
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
  'template-invalid': {
    code: 'TEMPLATE_INVALID',
    message: 'the input of target `{target}` cannot be used: {reason}',
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
