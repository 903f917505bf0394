// The operations of SQS on messages, one at a time.

import type {
  MessageAttributes,
  OutgoingMessage,
  QueueMessage,
  QueueUses,
  SentReceipt,
} from '../../control/index.ts'
import { awsFault } from './faults.ts'
import { type AwsOperation, operation } from './operation.ts'
import { queueOf } from './sqs-queue-operations.ts'

interface QueueInput {
  readonly QueueUrl: string
}

export interface MessageInput {
  readonly MessageBody: string
  readonly DelaySeconds?: number
  readonly MessageAttributes?: MessageAttributes
  readonly MessageSystemAttributes?: MessageAttributes
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

interface ReceiveInput extends QueueInput {
  readonly AttributeNames?: readonly string[]
  readonly MessageSystemAttributeNames?: readonly string[]
  readonly MessageAttributeNames?: readonly string[]
  readonly MaxNumberOfMessages?: number
  readonly VisibilityTimeout?: number
  readonly WaitTimeSeconds?: number
}

interface ReceiptInput extends QueueInput {
  readonly ReceiptHandle: string
}

const SYSTEM_ATTRIBUTE_NAMES: ReadonlySet<string> = new Set([
  'All',
  'SenderId',
  'SentTimestamp',
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'SequenceNumber',
  'MessageDeduplicationId',
  'MessageGroupId',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
])

export function sqsMessageOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<QueueInput & MessageInput>('sqs', 'SendMessage', async (input, context) => {
      const { arn } = queueOf(queues, input, context)
      return encodeReceipt(await queues.messages.send(arn, context.account, decodeMessage(input)))
    }),
    operation<ReceiveInput>('sqs', 'ReceiveMessage', async (input, context) => {
      const { arn } = queueOf(queues, input, context)
      const messages = await queues.messages.receive(arn, decodeReceive(input), context.signal)
      return messages.length === 0 ? {} : { Messages: messages.map(encodeMessage) }
    }),
    operation<ReceiptInput>('sqs', 'DeleteMessage', async (input, context) => {
      const { arn } = queueOf(queues, input, context)
      const [isKnown] = await queues.messages.remove(arn, [input.ReceiptHandle])
      if (isKnown !== true) throw invalidReceipt(input.ReceiptHandle)
      return {}
    }),
    operation<ReceiptInput & { readonly VisibilityTimeout: number }>(
      'sqs',
      'ChangeMessageVisibility',
      async (input, context) => {
        const { arn } = queueOf(queues, input, context)
        const [fault] = await queues.messages.changeVisibility(arn, [
          {
            receipt: input.ReceiptHandle,
            visibilityTimeoutSeconds: input.VisibilityTimeout,
          },
        ])
        if (fault !== undefined) throw fault
        return {}
      },
    ),
  ]
}

export function decodeMessage(input: MessageInput): OutgoingMessage {
  return {
    body: input.MessageBody,
    ...(input.DelaySeconds === undefined ? {} : { delaySeconds: input.DelaySeconds }),
    ...(input.MessageAttributes === undefined ? {} : { attributes: input.MessageAttributes }),
    ...(input.MessageSystemAttributes === undefined
      ? {}
      : { systemAttributes: input.MessageSystemAttributes }),
    ...(input.MessageGroupId === undefined ? {} : { groupId: input.MessageGroupId }),
    ...(input.MessageDeduplicationId === undefined
      ? {}
      : { deduplicationId: input.MessageDeduplicationId }),
  }
}

export function encodeReceipt(receipt: SentReceipt): object {
  return {
    MessageId: receipt.id,
    MD5OfMessageBody: receipt.bodyDigest,
    MD5OfMessageAttributes: receipt.attributesDigest,
    MD5OfMessageSystemAttributes: receipt.systemAttributesDigest,
    SequenceNumber: receipt.sequence,
  }
}

export function invalidReceipt(receipt: string): Error {
  return awsFault(
    'ReceiptHandleIsInvalid',
    `The input receipt handle "${receipt}" is not a valid receipt handle.`,
  )
}

function decodeReceive(input: ReceiveInput) {
  const system = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]
  const unknown = system.find((name) => !SYSTEM_ATTRIBUTE_NAMES.has(name))
  if (unknown !== undefined) {
    throw awsFault('InvalidAttributeName', `Unknown Attribute ${unknown}.`)
  }
  const { MaxNumberOfMessages: limit, VisibilityTimeout: visibility, WaitTimeSeconds: wait } = input
  return {
    select: { system, user: input.MessageAttributeNames ?? [] },
    ...(limit === undefined ? {} : { limit }),
    ...(visibility === undefined ? {} : { visibilityTimeoutSeconds: visibility }),
    ...(wait === undefined ? {} : { waitSeconds: wait }),
  }
}

function encodeMessage(message: QueueMessage): object {
  const hasSystem = Object.keys(message.systemAttributes).length > 0
  const hasUser = message.attributesDigest !== undefined
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    MD5OfBody: message.bodyDigest,
    Body: message.body,
    Attributes: hasSystem ? message.systemAttributes : undefined,
    MD5OfMessageAttributes: message.attributesDigest,
    MessageAttributes: hasUser ? message.attributes : undefined,
  }
}
