// StartReplay, DescribeReplay, ListReplays, CancelReplay.

import type { ReplayUses, ReplayView } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface NameInput {
  readonly ReplayName: string
}

interface StartInput extends NameInput {
  readonly Description?: string
  readonly EventSourceArn: string
  /** Seconds since the epoch. */
  readonly EventStartTime: number
  readonly EventEndTime: number
  readonly Destination: { readonly Arn: string; readonly FilterArns?: readonly string[] }
}

interface ListInput {
  readonly NamePrefix?: string
  readonly EventSourceArn?: string
  readonly State?: string
  readonly Limit?: number
  readonly NextToken?: string
}

export function replayOperations(replays: ReplayUses): readonly AwsOperation[] {
  return [
    operation<StartInput>('events', 'StartReplay', async (input, context) => {
      const replay = await replays.start(context, {
        who: context.who,
        name: input.ReplayName,
        description: input.Description,
        archiveArn: input.EventSourceArn,
        earliest: input.EventStartTime,
        latest: input.EventEndTime,
        destinationArn: input.Destination.Arn,
        ruleArns: input.Destination.FilterArns,
      })
      return {
        ReplayArn: replay.arn,
        State: replay.progress.state,
        StateReason: replay.progress.reason,
        ReplayStartTime: replay.progress.startedAt / 1000,
      }
    }),
    operation<NameInput>('events', 'DescribeReplay', async (input, scope) => {
      const replay = await replays.get(scope, input.ReplayName)
      const { arn, busArn, spec } = replay
      return {
        ...encodeListed(replay),
        ReplayArn: arn,
        Description: spec.description,
        Destination: { Arn: busArn, FilterArns: spec.ruleArns ?? [] },
      }
    }),
    operation<ListInput>('events', 'ListReplays', async (input, scope) => {
      const page = await replays.list(scope, {
        namePrefix: input.NamePrefix,
        archiveArn: input.EventSourceArn,
        state: input.State,
        limit: input.Limit,
        token: input.NextToken,
      })
      return { Replays: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<NameInput>('events', 'CancelReplay', async (input, scope) => {
      const { arn, progress } = await replays.cancel(scope, input.ReplayName)
      return { ReplayArn: arn, State: progress.state, StateReason: progress.reason }
    }),
  ]
}

function encodeListed({ archiveArn, spec, progress }: ReplayView): object {
  return {
    ReplayName: spec.name,
    EventSourceArn: archiveArn,
    State: progress.state,
    StateReason: progress.reason,
    EventStartTime: spec.earliest,
    EventEndTime: spec.latest,
    EventLastReplayedTime: progress.lastEventTime,
    ReplayStartTime: progress.startedAt / 1000,
    ReplayEndTime: progress.endedAt === undefined ? undefined : progress.endedAt / 1000,
  }
}
