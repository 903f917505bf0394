// Topics: their use cases, and the two kinds of sink by which rules reach topics and topics their subscribers.

import { join } from 'node:path'
import {
  type SigningCertificates,
  signingCertificatePath,
  type SnsOperationsOptions,
} from './api/index.ts'
import { TLS_DIRECTORY } from './app-https.ts'
import type { AppOptions } from './app-options.ts'
import type { State } from './app-state.ts'
import { createUuid } from './base/index.ts'
import { openSigner, type SigningDigest } from './certificate/index.ts'
import { findSinkKind, type SinkKind, type SinkKindsOptions } from './connect/index.ts'
import {
  createSubscriptionSinkKind,
  createSubscriptionUses,
  createTopicPublisher,
  createTopicSinkKind,
  createTopicUses,
  type NotificationSigner,
  type SignatureVersion,
  type SignedText,
  storeConfirmation,
  TOPIC_RULE,
  topicBusKey,
  type TokenRequest,
} from './control/index.ts'
import type { Keyring } from './keyring/index.ts'
import type { Ingress } from './ingress/index.ts'
import { parseArn, type RoutedRule } from './model/index.ts'

type TopicState = Pick<State, 'resources' | 'publisher'>
type Accept = Pick<Ingress, 'accept'>

/** Signs what subscribers are told; the certificates of it. */
export interface TopicSigner extends NotificationSigner {
  findCertificate: SigningCertificates['find']
}

const DIGESTS: Readonly<Record<SignatureVersion, SigningDigest>> = { '1': 'sha1', '2': 'sha256' }

export function createTopicSigner(
  { config, clock, random }: AppOptions,
  keyring: Keyring,
): TopicSigner {
  const directory = join(config.dataDir, TLS_DIRECTORY)
  const signer = openSigner({ directory, keyring, clock, random })
  const signed = (signature: string): SignedText => ({
    signature,
    certificatePath: signingCertificatePath(signer.certificateId()),
  })
  return {
    sign: async ({ text, version }) => signed(await signer.sign(text, DIGESTS[version])),
    signNow: ({ text, version }) => signed(signer.signNow(text, DIGESTS[version])),
    findCertificate: (id) => signer.findCertificate(id),
  }
}

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
  readonly signer: TopicSigner
}

export function topicKinds(options: TopicKindsOptions): SinkKindsOptions['local'] {
  const { topics, publisher, kinds, ownUrl, signer } = options
  return [
    {
      kind: createSubscriptionSinkKind({
        open: (address) => findSinkKind(kinds(), address)?.open(address),
        signer,
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
  { topic, subscription, token, calledAt }: TokenRequest,
  { clock, random }: Pick<AppOptions, 'clock' | 'random'>,
  ingress: Accept,
): Promise<void> {
  const { metadata, spec } = subscription
  const id = createUuid(random)
  const stamp = { id, now: clock.now(), endpoint: calledAt }
  const record = storeConfirmation(topic, { key: metadata.uid, token }, stamp)
  await ingress.accept('aws', [{ id, busKey: topicBusKey(spec, spec.topic), record }])
}
