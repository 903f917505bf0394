// All operations of SNS that are served, and publishing. The rest of its table (permissions by label) answers that
// it is not implemented; what is about telephones and mobile applications is not in the table.

import {
  checkPublicationBatch,
  type MessageAttributes,
  type Publication,
  type TopicPublisher,
} from '../../control/index.ts'
import { isAppError } from '../../base/index.ts'
import { awsFault } from './faults.ts'
import { type AwsOperation, operation, type OperationContext } from './operation.ts'
import { snsSubscriptionOperations } from './sns-subscription-operations.ts'
import { type SnsUses, snsTopicOperations } from './sns-topic-operations.ts'

export interface SnsOperationsOptions extends SnsUses {
  readonly publisher: TopicPublisher
}

interface MessageInput {
  readonly Message: string
  readonly Subject?: string
  readonly MessageStructure?: string
  readonly MessageAttributes?: MessageAttributes
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

interface PublishInput extends MessageInput {
  readonly TopicArn?: string
  readonly TargetArn?: string
}

interface BatchInput {
  readonly TopicArn: string
  readonly PublishBatchRequestEntries: readonly (MessageInput & { readonly Id: string })[]
}

export function snsOperations(options: SnsOperationsOptions): readonly AwsOperation[] {
  const { publisher, subscriptions } = options
  return [
    ...snsTopicOperations(options),
    ...snsSubscriptionOperations(subscriptions),
    operation<PublishInput>('sns', 'Publish', async (input, context) => {
      const arn = input.TopicArn ?? input.TargetArn
      if (arn === undefined) {
        throw awsFault(
          'InvalidParameter',
          'Invalid parameter: TopicArn or TargetArn Reason: no value',
        )
      }
      const [receipt] = await publisher.publish(context, arn, [decode(input)], calledBy(context))
      return { MessageId: receipt!.id, SequenceNumber: receipt!.sequence }
    }),
    operation<BatchInput>('sns', 'PublishBatch', (input, context) =>
      publishBatch(publisher, input, context),
    ),
  ]
}

/** Each entry is taken or refused by itself. */
async function publishBatch(
  publisher: TopicPublisher,
  { TopicArn: arn, PublishBatchRequestEntries: entries }: BatchInput,
  context: OperationContext,
): Promise<object> {
  checkPublicationBatch(entries.map(({ Id: id }) => ({ id })))
  const outcomes = await Promise.all(
    entries.map(async (entry) => {
      try {
        const batch = [decode(entry)]
        const [receipt] = await publisher.publish(context, arn, batch, calledBy(context))
        const { id: MessageId, sequence: SequenceNumber } = receipt!
        return { kind: 'taken', shown: { Id: entry.Id, MessageId, SequenceNumber } }
      } catch (error) {
        const code = isAppError(error) ? error.details['awsCode'] : undefined
        if (code !== 'InvalidParameter' || !(error instanceof Error)) throw error
        const { message: Message } = error
        return { kind: 'refused', shown: { Id: entry.Id, Code: code, Message, SenderFault: true } }
      }
    }),
  )
  const shown = (kind: string): readonly object[] =>
    outcomes.filter((outcome) => outcome.kind === kind).map((outcome) => outcome.shown)
  return { Successful: shown('taken'), Failed: shown('refused') }
}

function calledBy(context: OperationContext): {
  readonly endpoint: string
  readonly traceHeader?: string
} {
  const { endpoint, traceHeader } = context
  return { endpoint, ...(traceHeader === undefined ? {} : { traceHeader }) }
}

function decode(input: MessageInput): Publication {
  const { Subject: subject, MessageStructure: structure, MessageAttributes: attributes } = input
  const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = input
  return {
    message: input.Message,
    ...(subject === undefined ? {} : { subject }),
    ...(structure === undefined ? {} : { structure }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
  }
}
