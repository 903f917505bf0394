// The batches of SQS: entries told apart by ids of the caller's, each with an outcome of its own.

import type { AppError } from '../../base/index.ts'
import type { QueueUses } from '../../control/index.ts'
import { toAwsError } from './errors.ts'
import { awsFault } from './faults.ts'
import { SQS_BATCH_ENTRIES_MAX } from './limits.ts'
import { type AwsOperation, operation } from './operation.ts'
import {
  decodeMessage,
  encodeReceipt,
  invalidReceipt,
  type MessageInput,
} from './sqs-message-operations.ts'
import { queueOf } from './sqs-queue-operations.ts'

interface BatchInput<E> {
  readonly QueueUrl: string
  readonly Entries: readonly E[]
}

interface Entry {
  readonly Id: string
}

interface ReceiptEntry extends Entry {
  readonly ReceiptHandle: string
}

interface VisibilityEntry extends ReceiptEntry {
  readonly VisibilityTimeout?: number
}

export function sqsBatchOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<BatchInput<Entry & MessageInput>>(
      'sqs',
      'SendMessageBatch',
      async (input, context) => {
        const { arn } = queueOf(queues, input, context)
        const entries = checkEntries('SendMessage', input.Entries)
        const messages = entries.map(decodeMessage)
        const outcomes = await queues.messages.sendBatch(arn, context.account, messages)
        return encodeBatch(entries, (index) => {
          const outcome = outcomes[index]!
          return outcome.kind === 'sent' ? encodeReceipt(outcome.receipt) : outcome.fault
        })
      },
    ),
    operation<BatchInput<ReceiptEntry>>('sqs', 'DeleteMessageBatch', async (input, context) => {
      const { arn } = queueOf(queues, input, context)
      const entries = checkEntries('DeleteMessage', input.Entries)
      const receipts = entries.map((entry) => entry.ReceiptHandle)
      const removed = await queues.messages.remove(arn, receipts)
      return encodeBatch(entries, (index) =>
        removed[index] === true ? {} : invalidReceipt(receipts[index]!),
      )
    }),
    operation<BatchInput<VisibilityEntry>>(
      'sqs',
      'ChangeMessageVisibilityBatch',
      async (input, context) => {
        const { arn } = queueOf(queues, input, context)
        const entries = checkEntries('ChangeMessageVisibility', input.Entries)
        const changes = entries.map((entry) => ({
          receipt: entry.ReceiptHandle,
          visibilityTimeoutSeconds: entry.VisibilityTimeout ?? 0,
        }))
        const faults = await queues.messages.changeVisibility(arn, changes)
        return encodeBatch(entries, (index) => faults[index] ?? {})
      },
    ),
  ]
}

function checkEntries<E extends Entry>(action: string, entries: readonly E[]): readonly E[] {
  if (entries.length === 0) {
    throw awsFault(
      'EmptyBatchRequest',
      `There should be at least one ${action}BatchRequestEntry in the request.`,
    )
  }
  if (entries.length > SQS_BATCH_ENTRIES_MAX) {
    throw awsFault(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${SQS_BATCH_ENTRIES_MAX}. You have sent ${entries.length}.`,
    )
  }
  const seen = new Set<string>()
  for (const { Id: id } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) {
      throw awsFault(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      )
    }
    if (seen.has(id)) throw awsFault('BatchEntryIdsNotDistinct', `Id ${id} repeated.`)
    seen.add(id)
  }
  return entries
}

/** A list without entries is left out, as AWS does: callers ask whether `Failed` is there. */
function encodeBatch(
  entries: readonly Entry[],
  outcomeOf: (index: number) => object | AppError,
): object {
  const successful: object[] = []
  const failed: object[] = []
  for (const [index, { Id }] of entries.entries()) {
    const outcome = outcomeOf(index)
    if (!(outcome instanceof Error)) {
      successful.push({ Id, ...outcome })
      continue
    }
    const { code, message } = toAwsError(outcome, 'sqs')
    failed.push({ Id, SenderFault: true, Code: code, Message: message })
  }
  return {
    Successful: successful.length === 0 ? undefined : successful,
    Failed: failed.length === 0 ? undefined : failed,
  }
}
