// What a pipe's parameters mean for one event: a text that is a whole path (`$.body.id`) is filled in from the event,
// and what targets of rules have too is put under the names it has there, so that sinks know one form.

import type { HttpAdditions } from '../connect/index.ts'
import { parseArn, type PipeHttpParameters, type PipeSpec, type Target } from '../model/index.ts'
import { isDynamic, type PipeEvent, textAt } from '../transform/index.ts'

/** Whether an address takes all events of a batch as one array. */
export function isWholeBatch(address: string): boolean {
  const service = parseArn(address)?.service
  return service === 'lambda' || service === 'states'
}

/** The parameter for this event; of a path that leads nowhere, nothing. */
export function resolve(value: string | undefined, event: PipeEvent): string | undefined {
  if (value === undefined || !isDynamic(value)) return value
  return textAt(event, value)
}

export function resolveHttp(
  parameters: PipeHttpParameters | undefined,
  event: PipeEvent,
): HttpAdditions {
  if (parameters === undefined) return {}
  const { HeaderParameters, QueryStringParameters, PathParameterValues } = parameters
  return {
    headers: resolveAll(HeaderParameters, event),
    query: resolveAll(QueryStringParameters, event),
    pathValues: (PathParameterValues ?? []).map((value) => resolve(value, event) ?? ''),
  }
}

// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeTargetParameters.html
const RULE_NAMES: Readonly<Record<string, string>> = {
  BatchJobParameters: 'BatchParameters',
  CloudWatchLogsParameters: 'CloudWatchLogsParameters',
  EcsTaskParameters: 'EcsParameters',
  HttpParameters: 'HttpParameters',
  RedshiftDataParameters: 'RedshiftDataParameters',
  SageMakerPipelineParameters: 'SageMakerPipelineParameters',
  StepFunctionStateMachineParameters: 'StepFunctionStateMachineParameters',
  TimestreamParameters: 'TimestreamParameters',
}

/** The pipe's target as a rule's target, for one event. */
export function targetFor(spec: PipeSpec, event: PipeEvent): Target {
  const given = spec.targetParameters ?? {}
  const parameters: Record<string, unknown> = {}
  for (const [name, ruleName] of Object.entries(RULE_NAMES)) {
    if (given[name] !== undefined) parameters[ruleName] = resolveDeep(given[name], event)
  }
  const kinesis = given['KinesisStreamParameters'] as { readonly PartitionKey?: string } | undefined
  if (kinesis !== undefined) {
    parameters['KinesisParameters'] = { PartitionKey: resolve(kinesis.PartitionKey, event) }
  }
  const { MessageGroupId, MessageDeduplicationId } = given.SqsQueueParameters ?? {}
  const messageGroupId = resolve(MessageGroupId, event)
  const messageDeduplicationId = resolve(MessageDeduplicationId, event)
  return {
    id: spec.name,
    address: spec.target,
    roleArn: spec.roleArn,
    parameters,
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(messageDeduplicationId === undefined ? {} : { messageDeduplicationId }),
  }
}

function resolveAll(
  values: Readonly<Record<string, string>> | undefined,
  event: PipeEvent,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, resolve(value, event) ?? '']),
  )
}

/** Every text in a structure of parameters, resolved; the structure is as the spec has it, so it is bounded. */
function resolveDeep(value: unknown, event: PipeEvent): unknown {
  if (typeof value === 'string') return resolve(value, event)
  if (Array.isArray(value)) return value.map((item) => resolveDeep(item, event))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, resolveDeep(member, event)]),
  )
}
