// Amazon Resource Names, `arn:partition:service:region:account:resource`.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html

export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  /** Everything after the fifth colon. */
  readonly resource: string
}

/** The parts of an ARN, or undefined when the text is none. */
export function parseArn(text: string): Arn | undefined {
  const parts = text.split(':')
  if (parts.length < 6 || parts[0] !== 'arn') return undefined
  return {
    partition: parts[1]!,
    service: parts[2]!,
    region: parts[3]!,
    account: parts[4]!,
    resource: parts.slice(5).join(':'),
  }
}

export interface ArnScope {
  readonly account: string
  readonly region: string
}

export function formatArn(service: string, scope: ArnScope, resource: string): string {
  return `arn:aws:${service}:${scope.region}:${scope.account}:${resource}`
}

export const DEFAULT_BUS = 'default'
export const DEFAULT_ACCOUNT = '000000000000'

export function busArn(scope: ArnScope, name: string): string {
  return formatArn('events', scope, `event-bus/${name}`)
}

export function ruleArn(scope: ArnScope, bus: string, name: string): string {
  return formatArn('events', scope, bus === DEFAULT_BUS ? `rule/${name}` : `rule/${bus}/${name}`)
}

export function queueArn(scope: ArnScope, name: string): string {
  return formatArn('sqs', scope, name)
}

export function topicArn(scope: ArnScope, name: string): string {
  return formatArn('sns', scope, name)
}

export function subscriptionArn(scope: ArnScope, topic: string, id: string): string {
  return formatArn('sns', scope, `${topic}:${id}`)
}

export function pipeArn(scope: ArnScope, name: string): string {
  return formatArn('pipes', scope, `pipe/${name}`)
}

export function functionArn(scope: ArnScope, name: string): string {
  return formatArn('lambda', scope, `function:${name}`)
}

/** Of a registry, a schema or a discoverer: `registry/NAME`, `schema/REGISTRY/NAME`, `discoverer/ID`. */
export function schemasArn(scope: ArnScope, resource: string): string {
  return formatArn('schemas', scope, resource)
}

/** `id` is the resource's uid: one made anew under an old name is another. */
export function connectionArn(scope: ArnScope, name: string, id: string): string {
  return formatArn('events', scope, `connection/${name}/${id}`)
}

export function apiDestinationArn(scope: ArnScope, name: string, id: string): string {
  return formatArn('events', scope, `api-destination/${name}/${id}`)
}

export function archiveArn(scope: ArnScope, name: string): string {
  return formatArn('events', scope, `archive/${name}`)
}

export function replayArn(scope: ArnScope, name: string): string {
  return formatArn('events', scope, `replay/${name}`)
}

export function scheduleArn(scope: ArnScope, group: string, name: string): string {
  return formatArn('scheduler', scope, `schedule/${group}/${name}`)
}

export function scheduleGroupArn(scope: ArnScope, name: string): string {
  return formatArn('scheduler', scope, `schedule-group/${name}`)
}

export function endpointArn(scope: ArnScope, name: string): string {
  return formatArn('events', scope, `endpoint/${name}`)
}
