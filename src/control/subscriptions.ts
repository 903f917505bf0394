// The use cases of subscriptions. One to a queue or function of the caller's is confirmed when it is made; one to
// a URL only when its token, which only that URL was sent, comes back.
//
//   pending ──token──▶ confirmed          both ──unsubscribe, topic deleted──▶ gone

import { createHash } from 'node:crypto'
import { createUuid, isAppError, type Random } from '../base/index.ts'
import {
  encodeName,
  isTargetAddress,
  namespaceOf,
  parseArn,
  type ResourceOf,
  type Scope,
  SUBSCRIPTION_PROTOCOLS,
  subscriptionArn,
  type SubscriptionProtocol,
  type SubscriptionSpec,
  topicArn,
  type TopicSpec,
} from '../model/index.ts'
import { filterPattern } from './filter-policy.ts'
import { TOPICS_PER_PAGE } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { type Page, pageOf } from './page.ts'
import { listAll, MODIFIED_ANNOTATION, retryConflicts } from './resources.ts'
import { Serial } from './serial.ts'
import { invalidParameter, topicFault } from './topic-fault.ts'
import { findTopic, parseTopicArn, topicKeyOf, type TopicParts } from './topics.ts'

export interface SubscriptionParts extends TopicParts {
  readonly random: Random
  /** Sends a new subscription's token to where it leads. */
  readonly sendToken: (request: TokenRequest) => Promise<void>
}

export interface TokenRequest {
  readonly topic: TopicSpec
  readonly subscription: ResourceOf<'Subscription'>
  readonly token: string
  /** Where this server was called, which is where the token is to come. */
  readonly calledAt: string
}

export interface NewSubscription {
  readonly topicArn: string
  readonly protocol: string
  readonly endpoint: string | undefined
  readonly attributes: Readonly<Record<string, string>>
  readonly calledAt: string
}

export interface SubscriptionUses {
  /** A subscription of this endpoint; made unless it is there with the attributes given. */
  create(scope: Scope, wanted: NewSubscription): Promise<SubscriptionSpec>
  /** Whoever has the token may confirm. */
  confirm(topicArn: string, token: string): Promise<SubscriptionSpec>
  get(scope: Scope, arn: string): Promise<SubscriptionSpec>
  list(
    scope: Scope,
    query: { readonly topicArn?: string; readonly token?: string | undefined },
  ): Promise<Page<SubscriptionSpec>>
  setAttribute(scope: Scope, arn: string, name: string, value: string): Promise<void>
  /** Nothing when it is gone already. */
  delete(scope: Scope, arn: string): Promise<void>
  /** With all its subscriptions; nothing when it is gone already. */
  deleteTopic(scope: Scope, arn: string): Promise<void>
  ofTopic(scope: Scope, topic: string): Promise<readonly SubscriptionSpec[]>
}

export function createSubscriptionUses(parts: SubscriptionParts): SubscriptionUses {
  // One after the other by topic: an endpoint is subscribed once.
  const serial = new Serial()
  return {
    create: (scope, wanted) => serial.run(wanted.topicArn, () => subscribe(parts, scope, wanted)),
    confirm: (topic, token) => confirm(parts, topic, token),
    get: async (scope, arn) => (await findSubscription(parts, scope, arn)).spec,
    async list(scope, { topicArn: topic, token }) {
      if (topic !== undefined) await findTopic(parts, scope, topic)
      const name = topic === undefined ? undefined : parseTopicArn(topic).name
      const found = await subscriptionsOf(parts, scope, name)
      const sorted = found.map(({ spec }) => spec).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      return pageOf(sorted, keyOf, { limit: TOPICS_PER_PAGE, token })
    },
    async setAttribute(scope, arn, name, value) {
      await change(parts, scope, arn, (spec) => {
        const attributes = withAttribute(spec.attributes, name, value)
        checkAttributes(attributes)
        return { ...spec, attributes }
      })
      await parts.publisher.publish()
    },
    async delete(scope, arn) {
      const { topic, id } = parseSubscriptionArn(scope, arn)
      await deleteIfThere(parts, 'Subscription', subscriptionKeyOf(scope, topic, id))
      await parts.publisher.publish()
    },
    async deleteTopic(scope, arn) {
      const { name } = parseTopicArn(arn)
      for (const { metadata } of await subscriptionsOf(parts, scope, name)) {
        await deleteIfThere(parts, 'Subscription', metadata)
      }
      await deleteIfThere(parts, 'Topic', topicKeyOf(scope, name))
      await parts.publisher.publish()
    },
    async ofTopic(scope, topic) {
      return (await subscriptionsOf(parts, scope, topic)).map(({ spec }) => spec)
    },
  }
}

const ATTRIBUTES: ReadonlySet<string> = new Set([
  'DeliveryPolicy',
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'SubscriptionRoleArn',
])

async function subscribe(
  parts: SubscriptionParts,
  scope: Scope,
  wanted: NewSubscription,
): Promise<SubscriptionSpec> {
  const topic = (await findTopic(parts, scope, wanted.topicArn)).spec
  const { protocol, endpoint } = checkEndpoint(wanted)
  const { attributes } = wanted
  checkAttributes(attributes)
  if (topic.fifo && protocol !== 'sqs') {
    throw invalidParameter('Invalid protocol type: FIFO topics deliver to queues')
  }
  const existing = (await subscriptionsOf(parts, scope, topic.name)).find(
    ({ spec }) => spec.protocol === protocol && spec.endpoint === endpoint,
  )
  if (existing !== undefined) return sameSubscription(existing.spec, attributes)
  const isOurs = protocol === 'sqs' || protocol === 'lambda'
  const token = tokenOf(parts.random)
  const spec: SubscriptionSpec = {
    account: topic.account,
    region: topic.region,
    topic: topic.name,
    id: createUuid(parts.random),
    protocol,
    endpoint,
    attributes,
    state: isOurs ? 'confirmed' : 'pending',
    ...(isOurs ? {} : { tokenHash: hash(token) }),
  }
  const created = await parts.resources.create('Subscription', {
    ...subscriptionKeyOf(spec, spec.topic, spec.id),
    annotations: { [MODIFIED_ANNOTATION]: String(Math.floor(parts.clock.now() / 1000)) },
    spec,
  })
  await parts.publisher.publish()
  if (!isOurs) {
    await parts.sendToken({ topic, subscription: created, token, calledAt: wanted.calledAt })
  }
  return spec
}

/** The subscription, when it has these attributes. */
function sameSubscription(
  existing: SubscriptionSpec,
  attributes: Readonly<Record<string, string>>,
): SubscriptionSpec {
  const isSame = Object.entries(attributes).every(
    ([name, value]) => (existing.attributes[name] ?? '') === value,
  )
  if (isSame) return existing
  throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
}

async function confirm(
  parts: SubscriptionParts,
  topic: string,
  token: string,
): Promise<SubscriptionSpec> {
  const scope = parseTopicArn(topic)
  const wanted = hash(token)
  const found = (await subscriptionsOf(parts, scope, scope.name)).find(
    ({ spec }) => spec.tokenHash === wanted,
  )
  if (found === undefined) throw invalidParameter('Token')
  const { spec } = found
  if (spec.state === 'confirmed') return spec
  await change(parts, spec, subscriptionArn(spec, spec.topic, spec.id), (before) => ({
    ...before,
    state: 'confirmed',
  }))
  await parts.publisher.publish()
  return spec
}

function checkEndpoint({ protocol, endpoint }: NewSubscription): {
  readonly protocol: SubscriptionProtocol
  readonly endpoint: string
} {
  const known = SUBSCRIPTION_PROTOCOLS.find((candidate) => candidate === protocol)
  if (known === undefined) {
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`)
  }
  if (endpoint === undefined || !isTargetAddress(endpoint) || !fits(known, endpoint)) {
    throw invalidParameter(`${ENDPOINTS[known]} endpoint`)
  }
  return { protocol: known, endpoint }
}

const ENDPOINTS: Readonly<Record<SubscriptionProtocol, string>> = {
  http: 'HTTP',
  https: 'HTTPS',
  lambda: 'Lambda',
  sqs: 'SQS',
}

function fits(protocol: SubscriptionProtocol, endpoint: string): boolean {
  if (protocol === 'http' || protocol === 'https') return endpoint.startsWith(`${protocol}://`)
  return parseArn(endpoint)?.service === protocol
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(attributes).find((name) => !ATTRIBUTES.has(name))
  if (unknown !== undefined)
    throw invalidParameter(`Attributes Reason: Unknown attribute ${unknown}`)
  filterPattern(attributes)
  for (const name of ['RedrivePolicy', 'DeliveryPolicy']) {
    const text = attributes[name] ?? ''
    if (text !== '' && !isJsonObject(text)) {
      throw invalidParameter(`Attributes Reason: ${name}: failed to parse JSON.`)
    }
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/** An empty value takes the attribute away. */
function withAttribute(
  attributes: Readonly<Record<string, string>>,
  name: string,
  value: string,
): Readonly<Record<string, string>> {
  if (!ATTRIBUTES.has(name)) throw invalidParameter('AttributeName')
  const { [name]: _, ...rest } = attributes
  return value === '' ? rest : { ...rest, [name]: value }
}

async function change(
  parts: SubscriptionParts,
  scope: Scope,
  arn: string,
  changeSpec: (spec: SubscriptionSpec) => SubscriptionSpec,
): Promise<void> {
  await retryConflicts(async () => {
    const resource = await findSubscription(parts, scope, arn)
    await parts.resources.update('Subscription', { ...resource, spec: changeSpec(resource.spec) })
  })
}

async function findSubscription(
  parts: SubscriptionParts,
  scope: Scope,
  arn: string,
): Promise<ResourceOf<'Subscription'>> {
  const { topic, id } = parseSubscriptionArn(scope, arn)
  const found = await parts.resources.get('Subscription', subscriptionKeyOf(scope, topic, id))
  if (found === undefined) throw topicFault('NotFound', 'Subscription does not exist')
  return found
}

function parseSubscriptionArn(
  scope: Scope,
  text: string,
): { readonly topic: string; readonly id: string } {
  const arn = parseArn(text)
  const [topic, id, ...rest] = arn?.resource.split(':') ?? []
  if (arn?.service !== 'sns' || topic === undefined || id === undefined || rest.length > 0) {
    throw invalidParameter('SubscriptionArn Reason: An ARN must have at least 6 elements')
  }
  const isOwn = arn.account === scope.account && arn.region === scope.region
  if (!isOwn) throw topicFault('NotFound', 'Subscription does not exist')
  return { topic, id }
}

async function subscriptionsOf(
  parts: Pick<TopicParts, 'resources'>,
  scope: Scope,
  topic: string | undefined,
): Promise<readonly ResourceOf<'Subscription'>[]> {
  const prefix = topic === undefined ? [scope.region] : [scope.region, topic]
  // A long name is stored shortened, but keeps at least this much of its beginning.
  const namePrefix = `${encodeName(prefix)}.`.slice(0, PREFIX_LENGTH_MAX)
  const query = { namespace: namespaceOf(scope.account), namePrefix }
  const found = await listAll(parts.resources, 'Subscription', query)
  return found.filter(({ spec }) => topic === undefined || spec.topic === topic)
}

async function deleteIfThere(
  { resources }: Pick<TopicParts, 'resources'>,
  kind: 'Topic' | 'Subscription',
  key: ResourceKey,
): Promise<void> {
  try {
    await resources.delete(kind, key)
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_NOT_FOUND')) throw error
  }
}

const PREFIX_LENGTH_MAX = 190

function subscriptionKeyOf(scope: Scope, topic: string, id: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, topic, id]) }
}

function keyOf(spec: SubscriptionSpec): string {
  return `${topicArn(spec, spec.topic)}:${spec.id}`
}

function tokenOf(random: Random): string {
  return Array.from({ length: 4 }, () => createUuid(random).replaceAll('-', '')).join('')
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
