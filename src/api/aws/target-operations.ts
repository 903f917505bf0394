// PutTargets, RemoveTargets, ListTargetsByRule, and how a target is written in AWS's words.

import type { Control, NewTarget, TargetFailure } from '../../control/index.ts'
import type { RetryPolicy, Target, TargetInput } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface RuleInput {
  readonly Rule: string
  readonly EventBusName?: string
}

interface AwsTarget {
  readonly Id: string
  readonly Arn: string
  readonly RoleArn?: string
  readonly Input?: string
  readonly InputPath?: string
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>
    readonly InputTemplate: string
  }
  readonly SqsParameters?: { readonly MessageGroupId?: string }
  readonly DeadLetterConfig?: { readonly Arn?: string }
  readonly RetryPolicy?: {
    readonly MaximumRetryAttempts?: number
    readonly MaximumEventAgeInSeconds?: number
  }
}

interface PutInput extends RuleInput {
  readonly Targets: readonly AwsTarget[]
}

interface RemoveInput extends RuleInput {
  readonly Ids: readonly string[]
}

interface ListInput extends RuleInput {
  readonly Limit?: number
  readonly NextToken?: string
}

/** Parameters of target types that are kept as they are given. */
const KEPT_PARAMETERS = [
  'KinesisParameters',
  'RunCommandParameters',
  'EcsParameters',
  'BatchParameters',
  'HttpParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
  'AppSyncParameters',
]

export function targetOperations(control: Control): readonly AwsOperation[] {
  const { targets } = control
  return [
    operation<PutInput>('events', 'PutTargets', async (input, scope) =>
      encodeFailures(await targets.put(scope, decodeRule(input), input.Targets.map(decodeTarget))),
    ),
    operation<RemoveInput>('events', 'RemoveTargets', async (input, scope) =>
      encodeFailures(await targets.remove(scope, decodeRule(input), input.Ids)),
    ),
    operation<ListInput>('events', 'ListTargetsByRule', async (input, scope) => {
      const request = { limit: input.Limit, token: input.NextToken }
      const page = await targets.list(scope, decodeRule(input), request)
      return { Targets: page.items.map(encodeTarget), NextToken: page.nextToken }
    }),
  ]
}

function decodeRule(input: RuleInput): {
  readonly rule: string
  readonly bus: string | undefined
} {
  return { rule: input.Rule, bus: input.EventBusName }
}

function decodeTarget(target: AwsTarget): NewTarget {
  const { RoleArn: roleArn, RetryPolicy: retry } = target
  const deadLetterArn = target.DeadLetterConfig?.Arn
  const messageGroupId = target.SqsParameters?.MessageGroupId
  const parameters = Object.fromEntries(
    Object.entries(target).filter(([name]) => KEPT_PARAMETERS.includes(name)),
  )
  return {
    id: target.Id,
    address: target.Arn,
    inputs: decodeInputs(target),
    ...(retry === undefined ? {} : { retry: decodeRetry(retry) }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  }
}

function decodeInputs(target: AwsTarget): readonly TargetInput[] {
  const { Input: json, InputPath: path, InputTransformer: transformer } = target
  const inputs: TargetInput[] = []
  if (json !== undefined) inputs.push({ kind: 'constant', json })
  if (path !== undefined) inputs.push({ kind: 'path', path })
  if (transformer !== undefined) {
    const { InputPathsMap: paths = {}, InputTemplate: template } = transformer
    inputs.push({ kind: 'template', paths, template })
  }
  return inputs
}

function decodeRetry(policy: NonNullable<AwsTarget['RetryPolicy']>): RetryPolicy {
  const { MaximumRetryAttempts: attemptsMax, MaximumEventAgeInSeconds: ageSecondsMax } = policy
  return {
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
    ...(ageSecondsMax === undefined ? {} : { ageSecondsMax }),
  }
}

function encodeTarget(target: Target): object {
  const { retry, messageGroupId, deadLetterArn } = target
  return {
    Id: target.id,
    Arn: target.address,
    RoleArn: target.roleArn,
    ...encodeInput(target.input),
    ...target.parameters,
    SqsParameters: messageGroupId === undefined ? undefined : { MessageGroupId: messageGroupId },
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
    RetryPolicy:
      retry === undefined
        ? undefined
        : {
            MaximumRetryAttempts: retry.attemptsMax,
            MaximumEventAgeInSeconds: retry.ageSecondsMax,
          },
  }
}

function encodeInput(input: TargetInput | undefined): object {
  switch (input?.kind) {
    case undefined:
      return {}
    case 'constant':
      return { Input: input.json }
    case 'path':
      return { InputPath: input.path }
    case 'firing':
      return { Input: input.text }
    case 'template':
      return {
        InputTransformer: {
          InputPathsMap: Object.keys(input.paths).length === 0 ? undefined : input.paths,
          InputTemplate: input.template,
        },
      }
  }
}

const FAILURES: Readonly<
  Record<
    TargetFailure['reason'],
    (id: string) => { readonly code: string; readonly message: string }
  >
> = {
  'group-missing': (id) => ({
    code: 'ValidationException',
    message: `Parameter(s) SqsParameters must be specified for target: ${id}.`,
  }),
  'not-found': (id) => ({
    code: 'ResourceNotFoundException',
    message: `Target ${id} does not exist on the rule.`,
  }),
}

function encodeFailures(failures: readonly TargetFailure[]): object {
  return {
    FailedEntryCount: failures.length,
    FailedEntries: failures.map(({ targetId, reason }) => {
      const { code, message } = FAILURES[reason](targetId)
      return { TargetId: targetId, ErrorCode: code, ErrorMessage: message }
    }),
  }
}
