// The use cases of topics: made, found, changed and deleted. A topic is a bus that no user can name, with one
// routed rule per subscription; what is published there is an event of that bus.

import { type Clock, isAppError } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import {
  encodeName,
  namespaceOf,
  parseArn,
  type ResourceOf,
  type Scope,
  type Tags,
  topicArn,
  type TopicSpec,
} from '../model/index.ts'
import { TAGS_MAX, TOPICS_PER_PAGE } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { isSignatureVersion } from './notification-signature.ts'
import { type Page, pageOf } from './page.ts'
import {
  listAll,
  MODIFIED_ANNOTATION,
  type Publisher,
  type ResourceClient,
  retryConflicts,
} from './resources.ts'
import { invalidParameter, topicFault } from './topic-fault.ts'

export interface TopicParts {
  readonly resources: ResourceClient
  readonly publisher: Publisher
  readonly clock: Pick<Clock, 'now'>
}

export interface NewTopic {
  readonly name: string
  readonly attributes: TopicAttributes
  readonly tags: Tags
}

export type TopicAttributes = Readonly<Record<string, string>>

export interface TopicUses {
  /** The topic of this name; made unless it is there with the attributes and tags given. */
  create(scope: Scope, topic: NewTopic): Promise<TopicSpec>
  get(scope: Scope, arn: string): Promise<TopicSpec>
  list(scope: Scope, token: string | undefined): Promise<Page<TopicSpec>>
  setAttribute(scope: Scope, arn: string, name: string, value: string): Promise<void>
  tag(scope: Scope, arn: string, change: { set?: Tags; remove?: readonly string[] }): Promise<void>
}

export function createTopicUses(parts: TopicParts): TopicUses {
  return {
    create: (scope, topic) => createTopic(parts, scope, topic),
    get: async (scope, arn) => (await findTopic(parts, scope, arn)).spec,
    async list(scope, token) {
      const namePrefix = `${encodeName([scope.region])}.`
      const query = { namespace: namespaceOf(scope.account), namePrefix }
      const topics = (await listAll(parts.resources, 'Topic', query)).map(({ spec }) => spec)
      const sorted = topics.sort((a, b) => (a.name < b.name ? -1 : 1))
      return pageOf(sorted, ({ name }) => name, { limit: TOPICS_PER_PAGE, token })
    },
    async setAttribute(scope, arn, name, value) {
      if (!CHANGEABLE.test(name)) throw invalidParameter('AttributeName')
      checkSignatureVersion({ [name]: value })
      await changeTopic(parts, scope, arn, (spec) => ({
        ...spec,
        attributes: { ...spec.attributes, [name]: value },
      }))
    },
    async tag(scope, arn, { set = {}, remove = [] }) {
      await changeTopic(parts, scope, arn, (spec) => {
        const kept = Object.entries({ ...spec.tags, ...set }).filter(
          ([key]) => !remove.includes(key),
        )
        if (kept.length > TAGS_MAX) throw invalidParameter('Tags Reason: Too many tags')
        return { ...spec, tags: Object.fromEntries(kept) }
      })
    },
  }
}

/** The rule by which a topic's bus shows that the topic is there. */
export const TOPIC_RULE = '$topic'

/** The bus that publications of a topic are events of. */
export function topicBusKey(scope: Scope, topic: string): string {
  return formatBusKey({ ...scope, name: `$topic/${topic}` })
}

export function topicKeyOf(scope: Scope, topic: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, topic]) }
}

/** The topic of an ARN of the caller's own account and region. */
export async function findTopic(
  parts: Pick<TopicParts, 'resources'>,
  scope: Scope,
  arn: string,
): Promise<ResourceOf<'Topic'>> {
  const { account, region, name } = parseTopicArn(arn)
  if (account !== scope.account) {
    throw topicFault(
      'AuthorizationError',
      `User is not authorized to perform an action on resource: ${arn}`,
    )
  }
  const topic = await parts.resources.get('Topic', topicKeyOf({ account, region }, name))
  if (topic === undefined) throw topicFault('NotFound', 'Topic does not exist')
  return topic
}

export function parseTopicArn(text: string): Scope & { readonly name: string } {
  const arn = parseArn(text)
  const isTopic = arn?.service === 'sns' && /^[A-Za-z0-9_-]{1,256}(\.fifo)?$/.test(arn.resource)
  if (arn === undefined || !isTopic) throw invalidParameter('TopicArn')
  return { account: arn.account, region: arn.region, name: arn.resource }
}

const CHANGEABLE =
  /^(?:ArchivePolicy|ContentBasedDeduplication|DataProtectionPolicy|DeliveryPolicy|DisplayName|FifoThroughputScope|KmsMasterKeyId|Policy|SignatureVersion|TracingConfig|(?:Application|Firehose|HTTP|Lambda|SQS)(?:SuccessFeedbackRoleArn|FailureFeedbackRoleArn|SuccessFeedbackSampleRate))$/

async function createTopic(parts: TopicParts, scope: Scope, wanted: NewTopic): Promise<TopicSpec> {
  const { name, attributes, tags } = wanted
  const fifo = attributes['FifoTopic'] === 'true'
  if (!(fifo ? /^[A-Za-z0-9_-]{1,251}\.fifo$/ : /^[A-Za-z0-9_-]{1,256}$/).test(name)) {
    throw invalidParameter('Topic Name')
  }
  const unknown = Object.keys(attributes).find(
    (key) => key !== 'FifoTopic' && !CHANGEABLE.test(key),
  )
  if (unknown !== undefined)
    throw invalidParameter(`Attributes Reason: Unknown attribute ${unknown}`)
  checkSignatureVersion(attributes)
  const key = topicKeyOf(scope, name)
  const existing = await parts.resources.get('Topic', key)
  if (existing !== undefined) return sameTopic(existing.spec, wanted)
  const { account, region } = scope
  const spec: TopicSpec = { account, region, name, fifo, attributes, tags }
  try {
    const annotations = { [MODIFIED_ANNOTATION]: String(Math.floor(parts.clock.now() / 1000)) }
    const created = await parts.resources.create('Topic', { ...key, annotations, spec })
    await parts.publisher.publish()
    return created.spec
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_EXISTS')) throw error
    return sameTopic((await findTopic(parts, scope, topicArn(scope, name))).spec, wanted)
  }
}

function checkSignatureVersion({ SignatureVersion: version = '1' }: TopicAttributes): void {
  if (!isSignatureVersion(version)) {
    throw invalidParameter(`Attributes Reason: SignatureVersion \`${version}\` is neither 1 nor 2`)
  }
}

/** The topic, when it has these attributes and tags. */
function sameTopic(existing: TopicSpec, { attributes, tags }: NewTopic): TopicSpec {
  for (const [name, value] of Object.entries(attributes)) {
    if ((existing.attributes[name] ?? '') === value) continue
    throw invalidParameter('Attributes Reason: Topic already exists with different attributes')
  }
  const before = existing.tags ?? {}
  const isSame = Object.entries(tags).every(([key, value]) => before[key] === value)
  if (isSame) return existing
  throw invalidParameter('Tags Reason: Topic already exists with different tags')
}

async function changeTopic(
  parts: TopicParts,
  scope: Scope,
  arn: string,
  change: (spec: TopicSpec) => TopicSpec,
): Promise<void> {
  await retryConflicts(async () => {
    const resource = await findTopic(parts, scope, arn)
    await parts.resources.update('Topic', { ...resource, spec: change(resource.spec) })
  })
}
