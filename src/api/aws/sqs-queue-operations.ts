// The operations of SQS on queues themselves: made, found, described, changed, tagged, purged, deleted.
// Service model: reference tables of sqs, API version 2012-11-05.

import type { Queue, QueuePage, QueueUses } from '../../control/index.ts'
import { awsFault } from './faults.ts'
import { type AwsOperation, operation, type OperationContext } from './operation.ts'
import { formatQueueUrl, parseQueueUrl } from './sqs-queue-url.ts'

interface QueueInput {
  readonly QueueUrl: string
}

interface CreateInput {
  readonly QueueName: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
}

interface PageInput {
  readonly MaxResults?: number
  readonly NextToken?: string
}

interface PermissionInput extends QueueInput {
  readonly Label: string
  readonly AWSAccountIds: readonly string[]
  readonly Actions: readonly string[]
}

interface ListInput extends PageInput {
  readonly QueueNamePrefix?: string
}

/** Every attribute that can be asked for; one that is not here is unknown. */
const ATTRIBUTE_NAMES: ReadonlySet<string> = new Set([
  'All',
  'Policy',
  'VisibilityTimeout',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'FifoThroughputLimit',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
])

export function sqsQueueOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    ...lifeOperations(queues),
    ...attributeOperations(queues),
    ...tagOperations(queues),
    ...permissionOperations(queues),
  ]
}

function lifeOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('sqs', 'CreateQueue', async (input, context) => {
      const { QueueName: name, Attributes: attributes = {}, tags = {} } = input
      const queue = await queues.create(context, { name, attributes, tags })
      return { QueueUrl: formatQueueUrl(queue.spec, context) }
    }),
    operation<{ readonly QueueName: string; readonly QueueOwnerAWSAccountId?: string }>(
      'sqs',
      'GetQueueUrl',
      (input, context) => {
        const scope = { ...context, account: input.QueueOwnerAWSAccountId ?? context.account }
        const queue = queues.get(ownScope(scope, context), input.QueueName)
        return { QueueUrl: formatQueueUrl(queue.spec, context) }
      },
    ),
    operation<ListInput>('sqs', 'ListQueues', (input, context) => {
      const page = queues.list(context, { prefix: input.QueueNamePrefix, ...pageOf(input) })
      return { QueueUrls: urlsOf(page, context), NextToken: page.nextToken }
    }),
    operation<QueueInput & PageInput>('sqs', 'ListDeadLetterSourceQueues', (input, context) => {
      const { scope, name } = parseQueueUrl(input.QueueUrl, context)
      const page = queues.listSources(scope, name, pageOf(input))
      return { queueUrls: urlsOf(page, context) ?? [], NextToken: page.nextToken }
    }),
    operation<QueueInput>('sqs', 'PurgeQueue', async (input, context) => {
      await queues.messages.purge(queueOf(queues, input, context).arn)
      return {}
    }),
    operation<QueueInput>('sqs', 'DeleteQueue', async (input, context) => {
      const { scope, name } = parseQueueUrl(input.QueueUrl, context)
      await queues.delete(scope, name)
      return {}
    }),
  ]
}

function attributeOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<QueueInput & { readonly AttributeNames?: readonly string[] }>(
      'sqs',
      'GetQueueAttributes',
      async (input, context) => {
        const { scope, name } = parseQueueUrl(input.QueueUrl, context)
        const wanted = checkAttributeNames(input.AttributeNames ?? [])
        const all = Object.entries(await queues.describe(scope, name))
        const isAll = wanted.includes('All')
        const selected = all.filter(([attribute]) => isAll || wanted.includes(attribute))
        return selected.length === 0 ? {} : { Attributes: Object.fromEntries(selected) }
      },
    ),
    operation<QueueInput & { readonly Attributes: Readonly<Record<string, string>> }>(
      'sqs',
      'SetQueueAttributes',
      async (input, context) => {
        const { scope, name } = parseQueueUrl(input.QueueUrl, context)
        await queues.update(scope, name, { kind: 'attributes', attributes: input.Attributes })
        return {}
      },
    ),
  ]
}

function tagOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<QueueInput & { readonly Tags: Readonly<Record<string, string>> }>(
      'sqs',
      'TagQueue',
      async (input, context) => {
        const { scope, name } = parseQueueUrl(input.QueueUrl, context)
        await queues.update(scope, name, { kind: 'tags', tags: { set: input.Tags } })
        return {}
      },
    ),
    operation<QueueInput & { readonly TagKeys: readonly string[] }>(
      'sqs',
      'UntagQueue',
      async (input, context) => {
        const { scope, name } = parseQueueUrl(input.QueueUrl, context)
        await queues.update(scope, name, { kind: 'tags', tags: { remove: input.TagKeys } })
        return {}
      },
    ),
    operation<QueueInput>('sqs', 'ListQueueTags', (input, context) => {
      const tags = queueOf(queues, input, context).spec.tags ?? {}
      return Object.keys(tags).length === 0 ? {} : { Tags: tags }
    }),
  ]
}

function permissionOperations(queues: QueueUses): readonly AwsOperation[] {
  return [
    operation<PermissionInput>('sqs', 'AddPermission', async (input, context) => {
      const { scope, name } = parseQueueUrl(input.QueueUrl, context)
      const { Label: label, AWSAccountIds: accounts, Actions: actions } = input
      const permission = { label, accounts, actions }
      await queues.update(scope, name, { kind: 'permit', permission })
      return {}
    }),
    operation<QueueInput & { readonly Label: string }>(
      'sqs',
      'RemovePermission',
      async (input, context) => {
        const { scope, name } = parseQueueUrl(input.QueueUrl, context)
        await queues.update(scope, name, { kind: 'forbid', label: input.Label })
        return {}
      },
    ),
  ]
}

/** The queue that a request names by URL. */
export function queueOf(queues: QueueUses, input: QueueInput, context: OperationContext): Queue {
  const { scope, name } = parseQueueUrl(input.QueueUrl, context)
  return queues.get(scope, name)
}

/** Throws for the first name that is no attribute's. */
export function checkAttributeNames(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !ATTRIBUTE_NAMES.has(name))
  if (unknown === undefined) return names
  throw awsFault('InvalidAttributeName', `Unknown Attribute ${unknown}.`)
}

function ownScope(
  asked: Pick<OperationContext, 'account' | 'region'>,
  context: OperationContext,
): Pick<OperationContext, 'account' | 'region'> {
  if (asked.account === context.account) return asked
  throw awsFault('QueueDoesNotExist', 'The specified queue does not exist.')
}

function pageOf(input: PageInput): { limit: number | undefined; token: string | undefined } {
  return { limit: input.MaxResults, token: input.NextToken }
}

function urlsOf(page: QueuePage, context: OperationContext): readonly string[] | undefined {
  if (page.queues.length === 0) return undefined
  return page.queues.map((queue) => formatQueueUrl(queue.spec, context))
}
