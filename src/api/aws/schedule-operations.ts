// CreateSchedule, GetSchedule, UpdateSchedule, DeleteSchedule, ListSchedules of EventBridge Scheduler.

import type { Control, NewSchedule, ScheduleView } from '../../control/index.ts'
import type { RetryPolicy, ScheduleTarget } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly Name: string
  readonly GroupName?: string
}

interface DeleteInput extends NameInput {
  readonly ClientToken?: string
}

interface AwsTarget {
  readonly Arn: string
  readonly RoleArn: string
  readonly Input?: string
  readonly RetryPolicy?: {
    readonly MaximumRetryAttempts?: number
    readonly MaximumEventAgeInSeconds?: number
  }
  readonly DeadLetterConfig?: { readonly Arn?: string }
  readonly SqsParameters?: { readonly MessageGroupId?: string }
  readonly EventBridgeParameters?: { readonly Source: string; readonly DetailType: string }
}

interface PutInput extends DeleteInput {
  readonly ActionAfterCompletion?: 'NONE' | 'DELETE'
  readonly Description?: string
  readonly StartDate?: number
  readonly EndDate?: number
  readonly FlexibleTimeWindow: {
    readonly Mode: 'OFF' | 'FLEXIBLE'
    readonly MaximumWindowInMinutes?: number
  }
  readonly KmsKeyArn?: string
  readonly ScheduleExpression: string
  readonly ScheduleExpressionTimezone?: string
  readonly State?: 'ENABLED' | 'DISABLED'
  readonly Target: AwsTarget
}

interface ListInput {
  readonly GroupName?: string
  readonly MaxResults?: number
  readonly NamePrefix?: string
  readonly NextToken?: string
  readonly State?: 'ENABLED' | 'DISABLED'
}

/** Members of a target that are kept as given. */
const KEPT = ['EcsParameters', 'KinesisParameters', 'SageMakerPipelineParameters'] as const

export function scheduleOperations({ schedules }: Control): readonly AwsOperation[] {
  return [
    operation<PutInput>('scheduler', 'CreateSchedule', async (input, scope) => ({
      ScheduleArn: (await schedules.create(scope, decodeSchedule(input))).arn,
    })),
    operation<NameInput>('scheduler', 'GetSchedule', async (input, scope) =>
      encodeSchedule(await schedules.get(scope, { group: input.GroupName, name: input.Name })),
    ),
    operation<PutInput>('scheduler', 'UpdateSchedule', async (input, scope) => ({
      ScheduleArn: (await schedules.update(scope, decodeSchedule(input))).arn,
    })),
    operation<DeleteInput>('scheduler', 'DeleteSchedule', async (input, scope) => {
      const name = { group: input.GroupName, name: input.Name }
      await schedules.delete(scope, name, input.ClientToken)
      return {}
    }),
    operation<ListInput>('scheduler', 'ListSchedules', async (input, scope) => {
      const page = await schedules.list(scope, {
        group: input.GroupName,
        namePrefix: input.NamePrefix,
        state: input.State,
        limit: input.MaxResults,
        token: input.NextToken,
      })
      return { Schedules: page.items.map(encodeSummary), NextToken: page.nextToken }
    }),
  ]
}

function decodeSchedule(input: PutInput): NewSchedule {
  const { Mode: mode, MaximumWindowInMinutes: minutes } = input.FlexibleTimeWindow
  return {
    group: input.GroupName,
    name: input.Name,
    description: input.Description,
    state: input.State,
    expression: input.ScheduleExpression,
    timezone: input.ScheduleExpressionTimezone,
    startMs: decodeTime(input.StartDate),
    endMs: decodeTime(input.EndDate),
    window: { isFlexible: mode === 'FLEXIBLE', minutes },
    afterCompletion: input.ActionAfterCompletion,
    kmsKeyArn: input.KmsKeyArn,
    target: decodeTarget(input.Target),
    token: input.ClientToken,
  }
}

function decodeTarget(target: AwsTarget): ScheduleTarget {
  const { RetryPolicy: retry, EventBridgeParameters: event } = target
  const deadLetterArn = target.DeadLetterConfig?.Arn
  const messageGroupId = target.SqsParameters?.MessageGroupId
  const parameters = Object.fromEntries(
    Object.entries(target).filter(([name]) => (KEPT as readonly string[]).includes(name)),
  )
  return {
    address: target.Arn,
    roleArn: target.RoleArn,
    ...(target.Input === undefined ? {} : { input: target.Input }),
    ...(retry === undefined ? {} : { retry: decodeRetry(retry) }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(event === undefined
      ? {}
      : { busEvent: { source: event.Source, detailType: event.DetailType } }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  }
}

function decodeRetry(policy: NonNullable<AwsTarget['RetryPolicy']>): RetryPolicy {
  const { MaximumRetryAttempts: attemptsMax, MaximumEventAgeInSeconds: ageSecondsMax } = policy
  return {
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
    ...(ageSecondsMax === undefined ? {} : { ageSecondsMax }),
  }
}

function decodeTime(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000)
}

function encodeSummary({ arn, spec, createdAt, modifiedAt }: ScheduleView): object {
  return {
    Arn: arn,
    CreationDate: createdAt,
    GroupName: spec.group,
    LastModificationDate: modifiedAt,
    Name: spec.name,
    State: spec.state,
    Target: { Arn: spec.target.address },
  }
}

function encodeSchedule(view: ScheduleView): object {
  const { spec } = view
  return {
    ...encodeSummary(view),
    ActionAfterCompletion: spec.afterCompletion,
    Description: spec.description,
    EndDate: encodeTime(spec.endMs),
    FlexibleTimeWindow: {
      Mode: spec.windowMinutes === undefined ? 'OFF' : 'FLEXIBLE',
      MaximumWindowInMinutes: spec.windowMinutes,
    },
    KmsKeyArn: spec.kmsKeyArn,
    ScheduleExpression: spec.expression,
    ScheduleExpressionTimezone: spec.timezone ?? 'UTC',
    StartDate: encodeTime(spec.startMs),
    Target: encodeTarget(spec.target),
  }
}

/** The retry policy is told also where it is AWS's own. */
function encodeTarget(target: ScheduleTarget): object {
  const { retry, deadLetterArn, messageGroupId, busEvent } = target
  return {
    Arn: target.address,
    RoleArn: target.roleArn,
    Input: target.input,
    RetryPolicy: {
      MaximumEventAgeInSeconds: retry?.ageSecondsMax ?? 86_400,
      MaximumRetryAttempts: retry?.attemptsMax ?? 185,
    },
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
    SqsParameters: messageGroupId === undefined ? undefined : { MessageGroupId: messageGroupId },
    EventBridgeParameters:
      busEvent === undefined
        ? undefined
        : { DetailType: busEvent.detailType, Source: busEvent.source },
    ...target.parameters,
  }
}

function encodeTime(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
