// Topics: their use cases, and the two kinds of sink by which rules reach topics and topics their subscribers.

import type { SnsOperationsOptions } from './api/index.ts'
import type { AppOptions } from './app-options.ts'
import type { State } from './app-state.ts'
import { createUuid } from './base/index.ts'
import { findSinkKind, type SinkKind, type SinkKindsOptions } from './connect/index.ts'
import {
  createSubscriptionSinkKind,
  createSubscriptionUses,
  createTopicPublisher,
  createTopicSinkKind,
  createTopicUses,
  storeConfirmation,
  TOPIC_RULE,
  topicBusKey,
  type TokenRequest,
} from './control/index.ts'
import type { Ingress } from './ingress/index.ts'
import { parseArn, type RoutedRule } from './model/index.ts'

type TopicState = Pick<State, 'resources' | 'publisher'>
type Accept = Pick<Ingress, 'accept'>

export function createTopics(
  { clock, random }: AppOptions,
  { resources, publisher }: TopicState,
  ingress: Accept,
): SnsOperationsOptions {
  const parts = { resources, publisher, clock }
  return {
    topics: createTopicUses(parts),
    subscriptions: createSubscriptionUses({
      ...parts,
      random,
      sendToken: (request) => sendToken(request, { clock, random }, ingress),
    }),
    publisher: createTopicPublisher({
      ...parts,
      random,
      accept: (events) => ingress.accept('aws', events),
      hasBodyFilters(busKey) {
        const rules = publisher.current().buses.get(busKey)?.rules ?? new Map<string, RoutedRule>()
        return Array.from(rules.values()).some(({ pattern = '' }) =>
          pattern.includes('"detail":{"body":'),
        )
      },
    }),
  }
}

export interface TopicKindsOptions {
  readonly topics: SnsOperationsOptions
  readonly publisher: State['publisher']
  /** Every kind there is, for the endpoints of subscriptions. */
  readonly kinds: () => readonly SinkKind[]
  readonly ownUrl: () => string | undefined
}

export function topicKinds(options: TopicKindsOptions): SinkKindsOptions['local'] {
  const { topics, publisher, kinds, ownUrl } = options
  return [
    {
      kind: createSubscriptionSinkKind({
        open: (address) => findSinkKind(kinds(), address)?.open(address),
      }),
      isHere: () => true,
    },
    {
      kind: createTopicSinkKind({ publisher: topics.publisher, endpoint: () => ownUrl() ?? '' }),
      isHere(address) {
        const { resource: name, ...scope } = parseArn(address)!
        return (
          publisher.current().buses.get(topicBusKey(scope, name))?.rules.has(TOPIC_RULE) === true
        )
      },
    },
  ]
}

/** As an event directed at the subscription alone, so that it is retried like any other. */
async function sendToken(
  { subscription, token, calledAt }: TokenRequest,
  { clock, random }: Pick<AppOptions, 'clock' | 'random'>,
  ingress: Accept,
): Promise<void> {
  const { metadata, spec } = subscription
  const id = createUuid(random)
  const stamp = { id, now: clock.now(), endpoint: calledAt }
  const topic = { account: spec.account, region: spec.region, name: spec.topic }
  const record = storeConfirmation(topic, { key: metadata.uid, token }, stamp)
  await ingress.accept('aws', [{ id, busKey: topicBusKey(spec, spec.topic), record }])
}
