// Targets that start something: an execution, a task, a job, a build, a statement.

import { createHash } from 'node:crypto'
import type { SinkMessage, SinkResult } from '../../sink.ts'
import type { AwsOutput } from './caller.ts'
import {
  camelMembers,
  malformed,
  ownInputOf,
  parametersOf,
  type Plan,
  type PlanRequest,
  textOf,
} from './plan.ts'

/** Named for event and delivery, so that an attempt that was repeated finds its execution. */
export function planStateMachine({ address, message }: PlanRequest): Plan {
  const { InvocationType: type } = parametersOf(message, 'StepFunctionStateMachineParameters')
  const common = {
    stateMachineArn: address,
    name: `${message.eventId.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 43)}_${stableId(message)}`,
    input: textOf(message),
  }
  const service = 'states'
  // Express machines may be waited for; the pipes of EventBridge ask for it by this parameter.
  if (type === 'REQUEST_RESPONSE') {
    return { service, action: 'StartSyncExecution', input: common, judge: judgeExecution }
  }
  return { service, action: 'StartExecution', input: common, doneBy: ['ExecutionAlreadyExists'] }
}

function judgeExecution({ status, error, cause }: AwsOutput): SinkResult | undefined {
  if (status === undefined || status === 'SUCCEEDED') return undefined
  const message = `the execution did not succeed: ${JSON.stringify({ status, error, cause })}`
  return { kind: 'retry', failure: { code: 'INTERNAL_ERROR', message } }
}

const TASK_MEMBERS = [
  'LaunchType',
  'PlatformVersion',
  'Group',
  'CapacityProviderStrategy',
  'EnableECSManagedTags',
  'EnableExecuteCommand',
  'PlacementConstraints',
  'PlacementStrategy',
  'PropagateTags',
  'ReferenceId',
]

export function planTask({ address, message }: PlanRequest): Plan {
  const parameters = parametersOf(message, 'EcsParameters')
  const { TaskDefinitionArn: taskDefinition, TaskCount: count, Tags: tags } = parameters
  if (typeof taskDefinition !== 'string') {
    throw malformed(`target \`${message.target.id}\` has no \`EcsParameters.TaskDefinitionArn\``)
  }
  const overrides = ownInputOf(message)
  return {
    service: 'ecs',
    action: 'RunTask',
    input: {
      cluster: address,
      taskDefinition,
      count: count ?? 1,
      startedBy: `signalbox/${stableId(message)}`.slice(0, 36),
      clientToken: stableId(message),
      ...camelMembers(parameters, TASK_MEMBERS),
      ...networkOf(parameters),
      ...(Array.isArray(tags) ? { tags: tags.map(smallTag) } : {}),
      ...(Object.keys(overrides).length === 0 ? {} : { overrides }),
    },
    judge: judgeTasks,
  }
}

/** The one structure that EventBridge writes with capitals inside. */
function networkOf({ NetworkConfiguration: network }: Readonly<Record<string, unknown>>): object {
  const vpc = isObject(network) ? network['awsvpcConfiguration'] : undefined
  if (!isObject(vpc)) return {}
  const awsvpcConfiguration = camelMembers(vpc, ['Subnets', 'SecurityGroups', 'AssignPublicIp'])
  return { networkConfiguration: { awsvpcConfiguration } }
}

function judgeTasks({ failures }: AwsOutput): SinkResult | undefined {
  if (!Array.isArray(failures) || failures.length === 0) return undefined
  const { reason = 'for no stated reason', detail } = failures[0] as Record<string, string>
  const message = `a task could not be placed: ${reason}${detail === undefined ? '' : `: ${detail}`}`
  // `RESOURCE:CPU` and `AGENT` pass; a cluster or task definition that is missing does not.
  const isGone = reason === 'MISSING' || reason === 'INACTIVE'
  const failure = { code: isGone ? 'NO_RESOURCE' : 'THROTTLING', message }
  return isGone ? { kind: 'dead', failure } : { kind: 'retry', failure }
}

function smallTag(tag: { readonly Key?: string; readonly Value?: string }): object {
  return { key: tag.Key, value: tag.Value }
}

export function planBatchJob({ address, message }: PlanRequest): Plan {
  const parameters = parametersOf(message, 'BatchParameters')
  const { ArrayProperties: array, RetryStrategy: retry } = parameters
  const own = ownInputOf(message)
  return {
    service: 'batch',
    action: 'SubmitJob',
    input: {
      jobQueue: address,
      ...camelMembers(parameters, ['JobName', 'JobDefinition']),
      ...(isObject(array) ? { arrayProperties: camelMembers(array, ['Size']) } : {}),
      ...(isObject(retry) ? { retryStrategy: camelMembers(retry, ['Attempts']) } : {}),
      ...camelMembers(own, ['Parameters', 'ContainerOverrides']),
    },
  }
}

/** The input may say more of the build, in the words of StartBuild. */
export function planBuild({ arn, message }: PlanRequest): Plan {
  return {
    service: 'codebuild',
    action: 'StartBuild',
    input: {
      ...ownInputOf(message),
      projectName: arn.resource.replace(/^project\//, ''),
      idempotencyToken: stableId(message),
    },
  }
}

export function planPipeline({ arn, message }: PlanRequest): Plan {
  const { variables, sourceRevisions } = ownInputOf(message)
  return {
    service: 'codepipeline',
    action: 'StartPipelineExecution',
    input: {
      name: arn.resource,
      clientRequestToken: stableId(message),
      ...(variables === undefined ? {} : { variables }),
      ...(sourceRevisions === undefined ? {} : { sourceRevisions }),
    },
  }
}

/** A command for the instances that the target's parameters name, or an automation. */
export function planDocument({ arn, message }: PlanRequest): Plan {
  const input = ownInputOf(message)
  const Parameters = Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, [value].flat().map(String)]),
  )
  const withParameters = Object.keys(Parameters).length === 0 ? {} : { Parameters }
  const [type, name = ''] = splitOnce(arn.resource, '/')
  if (type === 'automation-definition') {
    const [DocumentName, version] = splitOnce(name, ':')
    return {
      service: 'ssm',
      action: 'StartAutomationExecution',
      input: {
        DocumentName,
        ...(version === undefined ? {} : { DocumentVersion: version }),
        ClientToken: stableId(message),
        ...withParameters,
      },
    }
  }
  const { RunCommandTargets: Targets } = parametersOf(message, 'RunCommandParameters')
  if (!Array.isArray(Targets)) {
    throw malformed(`target \`${message.target.id}\` has no \`RunCommandParameters\``)
  }
  return {
    service: 'ssm',
    action: 'SendCommand',
    input: { DocumentName: name, Targets, ...withParameters },
  }
}

/** One statement, or several as one transaction; on a cluster, or on a workgroup of Redshift Serverless. */
export function planStatement({ arn, message }: PlanRequest): Plan {
  const parameters = parametersOf(message, 'RedshiftDataParameters')
  const { SecretManagerArn, Sql, Sqls, ...rest } = parameters
  const name = arn.resource.replace(/^(?:cluster:|workgroup\/)/, '')
  const common = {
    ...rest,
    ...(arn.service === 'redshift' ? { ClusterIdentifier: name } : { WorkgroupName: name }),
    ...(SecretManagerArn === undefined ? {} : { SecretArn: SecretManagerArn }),
    ClientToken: stableId(message),
  }
  const service = 'redshift-data'
  return Array.isArray(Sqls)
    ? { service, action: 'BatchExecuteStatement', input: { ...common, Sqls } }
    : { service, action: 'ExecuteStatement', input: { ...common, Sql } }
}

export function planModelPipeline({ arn, message }: PlanRequest): Plan {
  const { PipelineParameterList } = parametersOf(message, 'SageMakerPipelineParameters')
  return {
    service: 'sagemaker',
    action: 'StartPipelineExecution',
    input: {
      PipelineName: arn.resource.replace(/^pipeline\//, ''),
      ClientRequestToken: stableId(message),
      ...(PipelineParameterList === undefined ? {} : { PipelineParameters: PipelineParameterList }),
    },
  }
}

/** 36 characters, the same on every attempt of a delivery. */
function stableId(message: SinkMessage): string {
  const hash = createHash('sha256').update(message.deliveryId).digest('hex')
  return [8, 12, 16, 20].reduce(
    (text, at, index) => `${text.slice(0, at + index)}-${text.slice(at + index)}`,
    hash.slice(0, 32),
  )
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
