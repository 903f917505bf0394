// All operations of SQS.

import type { QueueUses } from '../../control/index.ts'
import type { AwsOperation } from './operation.ts'
import { sqsBatchOperations } from './sqs-batch-operations.ts'
import { sqsMessageOperations } from './sqs-message-operations.ts'
import { sqsMoveOperations } from './sqs-move-operations.ts'
import { sqsQueueOperations } from './sqs-queue-operations.ts'

export function sqsOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    ...sqsQueueOperations(queues),
    ...sqsMessageOperations(queues),
    ...sqsBatchOperations(queues),
    ...sqsMoveOperations(queues),
  ]
}
