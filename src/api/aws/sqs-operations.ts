// All operations of SQS that are served. The rest of the service's table (message move tasks) answers that it is not implemented.

import type { QueueUses } from '../../control/index.ts'
import type { AwsOperation } from './operation.ts'
import { sqsBatchOperations } from './sqs-batch-operations.ts'
import { sqsMessageOperations } from './sqs-message-operations.ts'
import { sqsQueueOperations } from './sqs-queue-operations.ts'

export function sqsOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    ...sqsQueueOperations(queues),
    ...sqsMessageOperations(queues),
    ...sqsBatchOperations(queues),
  ]
}
