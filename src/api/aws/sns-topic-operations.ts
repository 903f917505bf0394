// The operations of SNS on topics themselves: made, found, described, changed, tagged, deleted.
// Service model: reference tables of sns, API version 2010-03-31.

import type { SubscriptionUses, TopicUses } from '../../control/index.ts'
import { type Scope, topicArn, type TopicSpec } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import type { TagInput } from './tag-operations.ts'

export interface SnsUses {
  readonly topics: TopicUses
  readonly subscriptions: SubscriptionUses
}

interface TopicInput {
  readonly TopicArn: string
}

interface CreateInput {
  readonly Name: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly Tags?: readonly TagInput[]
}

interface ResourceInput {
  readonly ResourceArn: string
}

export function snsTopicOperations(uses: SnsUses): readonly AwsOperation[] {
  const { topics, subscriptions } = uses
  return [
    operation<CreateInput>('sns', 'CreateTopic', async (input, scope) => {
      const { Name: name, Attributes: attributes = {}, Tags: tags = [] } = input
      const topic = await topics.create(scope, { name, attributes, tags: tagsOf(tags) })
      return { TopicArn: topicArn(topic, topic.name) }
    }),
    operation<TopicInput>('sns', 'DeleteTopic', async (input, scope) => {
      await subscriptions.deleteTopic(scope, input.TopicArn)
      return {}
    }),
    operation<{ readonly NextToken?: string }>('sns', 'ListTopics', async (input, scope) => {
      const page = await topics.list(scope, input.NextToken)
      return {
        Topics: page.items.map((topic) => ({ TopicArn: topicArn(topic, topic.name) })),
        NextToken: page.nextToken,
      }
    }),
    operation<TopicInput>('sns', 'GetTopicAttributes', async (input, scope) => {
      const topic = await topics.get(scope, input.TopicArn)
      return { Attributes: await describe(uses, scope, topic) }
    }),
    operation<TopicInput & { readonly AttributeName: string; readonly AttributeValue?: string }>(
      'sns',
      'SetTopicAttributes',
      async (input, scope) => {
        const { TopicArn: arn, AttributeName: name, AttributeValue: value = '' } = input
        await topics.setAttribute(scope, arn, name, value)
        return {}
      },
    ),
    ...tagOperations(topics),
  ]
}

function tagOperations(topics: TopicUses): readonly AwsOperation[] {
  return [
    operation<ResourceInput>('sns', 'ListTagsForResource', async (input, scope) => {
      const { tags = {} } = await topics.get(scope, input.ResourceArn)
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
    }),
    operation<ResourceInput & { readonly Tags: readonly TagInput[] }>(
      'sns',
      'TagResource',
      async (input, scope) => {
        await topics.tag(scope, input.ResourceArn, { set: tagsOf(input.Tags) })
        return {}
      },
    ),
    operation<ResourceInput & { readonly TagKeys: readonly string[] }>(
      'sns',
      'UntagResource',
      async (input, scope) => {
        await topics.tag(scope, input.ResourceArn, { remove: input.TagKeys })
        return {}
      },
    ),
  ]
}

function tagsOf(tags: readonly TagInput[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
}

/** Every attribute, those counted now and those set by default among them. */
async function describe(
  { subscriptions }: SnsUses,
  scope: Scope,
  topic: TopicSpec,
): Promise<Readonly<Record<string, string>>> {
  const all = await subscriptions.ofTopic(scope, topic.name)
  const confirmed = all.filter(({ state }) => state === 'confirmed').length
  const arn = topicArn(topic, topic.name)
  return {
    Policy: defaultPolicy(arn, topic.account),
    DisplayName: '',
    EffectiveDeliveryPolicy: EFFECTIVE_DELIVERY_POLICY,
    ...(topic.fifo ? { FifoTopic: 'true', ContentBasedDeduplication: 'false' } : {}),
    ...topic.attributes,
    TopicArn: arn,
    Owner: topic.account,
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(all.length - confirmed),
    SubscriptionsDeleted: '0',
  }
}

// What SNS answers of a topic that nobody gave a policy; its owner may do all.
function defaultPolicy(arn: string, owner: string): string {
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'SNS:GetTopicAttributes',
          'SNS:SetTopicAttributes',
          'SNS:AddPermission',
          'SNS:RemovePermission',
          'SNS:DeleteTopic',
          'SNS:Subscribe',
          'SNS:ListSubscriptionsByTopic',
          'SNS:Publish',
        ],
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': owner } },
      },
    ],
  })
}

const EFFECTIVE_DELIVERY_POLICY: string = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
  },
})
