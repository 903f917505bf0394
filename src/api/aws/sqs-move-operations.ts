// Message move tasks of SQS: what lies in a dead-letter queue goes back.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

import type { MoveTask, QueueUses } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface StartInput {
  readonly SourceArn: string
  readonly DestinationArn?: string
  readonly MaxNumberOfMessagesPerSecond?: number
}

interface ListInput {
  readonly SourceArn: string
  readonly MaxResults?: number
}

export function sqsMoveOperations({ moves }: QueueUses): readonly AwsOperation[] {
  return [
    operation<StartInput>('sqs', 'StartMessageMoveTask', async (input) => {
      const { SourceArn: sourceArn, DestinationArn: destinationArn } = input
      const perSecond = input.MaxNumberOfMessagesPerSecond
      return { TaskHandle: await moves.start({ sourceArn, destinationArn, perSecond }) }
    }),
    operation<ListInput>('sqs', 'ListMessageMoveTasks', (input) => ({
      Results: moves.list(input.SourceArn, input.MaxResults).map(formatTask),
    })),
    operation<{ readonly TaskHandle: string }>('sqs', 'CancelMessageMoveTask', async (input) => ({
      ApproximateNumberOfMessagesMoved: await moves.cancel(input.TaskHandle),
    })),
  ]
}

function formatTask(task: MoveTask): object {
  return {
    TaskHandle: task.handle,
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.perSecond,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAt,
  }
}
