// The operations of SNS on subscriptions: made, confirmed, listed, described, changed, ended.

import type { SubscriptionUses } from '../../control/index.ts'
import {
  parseArn,
  type Scope,
  subscriptionArn,
  topicArn,
  type SubscriptionSpec,
} from '../../model/index.ts'
import { type AwsOperation, openOperation, operation, type OperationContext } from './operation.ts'

interface SubscribeInput {
  readonly TopicArn: string
  readonly Protocol: string
  readonly Endpoint?: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly ReturnSubscriptionArn?: boolean
}

interface SubscriptionInput {
  readonly SubscriptionArn: string
}

interface ListInput {
  readonly NextToken?: string
}

export function snsSubscriptionOperations(
  subscriptions: SubscriptionUses,
): readonly AwsOperation[] {
  return [
    operation<SubscribeInput>('sns', 'Subscribe', async (input, context) => {
      const made = await subscriptions.create(context, {
        topicArn: input.TopicArn,
        protocol: input.Protocol,
        endpoint: input.Endpoint,
        attributes: input.Attributes ?? {},
        calledAt: context.endpoint,
      })
      const isShown = made.state === 'confirmed' || input.ReturnSubscriptionArn === true
      return { SubscriptionArn: isShown ? arnOf(made) : 'pending confirmation' }
    }),
    openOperation<{ readonly TopicArn: string; readonly Token: string }>(
      'sns',
      'ConfirmSubscription',
      async (input) => ({
        SubscriptionArn: arnOf(await subscriptions.confirm(input.TopicArn, input.Token)),
      }),
    ),
    // The URL that notifications name is unsigned, and its id is known to those that got one.
    openOperation<SubscriptionInput>('sns', 'Unsubscribe', async (input, context) => {
      await subscriptions.delete(scopeOf(input, context), input.SubscriptionArn)
      return {}
    }),
    operation<ListInput>('sns', 'ListSubscriptions', async (input, scope) => {
      const page = await subscriptions.list(scope, { token: input.NextToken })
      return { Subscriptions: page.items.map(encode), NextToken: page.nextToken }
    }),
    operation<ListInput & { readonly TopicArn: string }>(
      'sns',
      'ListSubscriptionsByTopic',
      async (input, scope) => {
        const query = { topicArn: input.TopicArn, token: input.NextToken }
        const page = await subscriptions.list(scope, query)
        return { Subscriptions: page.items.map(encode), NextToken: page.nextToken }
      },
    ),
    ...attributeOperations(subscriptions),
  ]
}

function attributeOperations(subscriptions: SubscriptionUses): readonly AwsOperation[] {
  return [
    operation<SubscriptionInput>('sns', 'GetSubscriptionAttributes', async (input, scope) => ({
      Attributes: describe(await subscriptions.get(scope, input.SubscriptionArn)),
    })),
    operation<
      SubscriptionInput & { readonly AttributeName: string; readonly AttributeValue?: string }
    >('sns', 'SetSubscriptionAttributes', async (input, scope) => {
      const { SubscriptionArn: arn, AttributeName: name, AttributeValue: value = '' } = input
      await subscriptions.setAttribute(scope, arn, name, value)
      return {}
    }),
  ]
}

function scopeOf({ SubscriptionArn: text }: SubscriptionInput, context: OperationContext): Scope {
  const arn = parseArn(text)
  return context.accessKeyId === '' && arn !== undefined ? arn : context
}

function arnOf(spec: SubscriptionSpec): string {
  return subscriptionArn(spec, spec.topic, spec.id)
}

function encode(spec: SubscriptionSpec): object {
  return {
    SubscriptionArn: spec.state === 'confirmed' ? arnOf(spec) : 'PendingConfirmation',
    Owner: spec.account,
    Protocol: spec.protocol,
    Endpoint: spec.endpoint,
    TopicArn: topicArn(spec, spec.topic),
  }
}

function describe(spec: SubscriptionSpec): Readonly<Record<string, string>> {
  const { attributes } = spec
  return {
    RawMessageDelivery: 'false',
    ...(attributes['FilterPolicy'] === undefined ? {} : { FilterPolicyScope: 'MessageAttributes' }),
    ...attributes,
    SubscriptionArn: arnOf(spec),
    TopicArn: topicArn(spec, spec.topic),
    Owner: spec.account,
    Protocol: spec.protocol,
    Endpoint: spec.endpoint,
    PendingConfirmation: String(spec.state === 'pending'),
    ConfirmationWasAuthenticated: String(spec.tokenHash === undefined),
    SubscriptionPrincipal: `arn:aws:iam::${spec.account}:root`,
  }
}
