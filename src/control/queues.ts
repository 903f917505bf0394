// The use cases of queues: made, changed and deleted as resources, and usable when the call resolves. What
// they refuse, they refuse in the words of SQS, because no other dialect makes queues in this way.

import { assertNever, type Clock, isAppError } from '../base/index.ts'
import {
  encodeName,
  namespaceOf,
  parseArn,
  queueArn,
  type QueueSpec,
  type ResourceOf,
  type Scope,
  type Tags,
} from '../model/index.ts'
import {
  addPermission,
  allowsRedriveFrom,
  checkAttributes,
  mergeAttributes,
  type MoveTasks,
  parseRedrivePolicy,
  type Queue,
  type QueueAttributes,
  queueFault,
  type QueueMessages,
  type QueuePermission,
  queueNotFound,
  type Queues,
  removePermission,
  withDefaults,
} from '../queue/index.ts'
import { QUEUES_PER_PAGE_MAX, TAGS_MAX } from './limits.ts'
import type { ResourceKey } from './names.ts'
import { MODIFIED_ANNOTATION, type ResourceClient, retryConflicts } from './resources.ts'
import { Serial } from './serial.ts'

export type {
  MessageAttributes,
  MoveTask,
  OutgoingMessage,
  Queue,
  QueueAttributes,
  QueueMessage,
  SentReceipt,
} from '../queue/index.ts'

export interface NewQueue {
  readonly name: string
  readonly attributes: QueueAttributes
  readonly tags: Tags
}

export interface QueuePageRequest {
  readonly prefix?: string | undefined
  /** 1 to 1000. */
  readonly limit?: number | undefined
  readonly token?: string | undefined
}

export interface QueuePage {
  /** By name. */
  readonly queues: readonly Queue[]
  /** Only when a limit was given and there is more. */
  readonly nextToken?: string
}

export interface TagChange {
  readonly set?: Tags
  readonly remove?: readonly string[]
}

export interface QueueUses {
  /** The queue of this name; made unless it is there with the attributes given. */
  create(scope: Scope, queue: NewQueue): Promise<Queue>
  get(scope: Scope, name: string): Queue
  /** Every attribute, those counted now and those set by default among them. */
  describe(scope: Scope, name: string): Promise<QueueAttributes>
  list(scope: Scope, request: QueuePageRequest): QueuePage
  /** The queues whose redrive policy names this one. */
  listSources(scope: Scope, name: string, request: QueuePageRequest): QueuePage
  /** An empty value takes an attribute back to its default. */
  update(scope: Scope, name: string, change: QueueChange): Promise<void>
  /** With its messages. */
  delete(scope: Scope, name: string): Promise<void>
  readonly messages: QueueMessages
  /** Moving messages out of dead-letter queues. */
  readonly moves: MoveTasks
}

export type QueueChange =
  | { readonly kind: 'attributes'; readonly attributes: QueueAttributes }
  | { readonly kind: 'tags'; readonly tags: TagChange }
  | { readonly kind: 'permit'; readonly permission: QueuePermission }
  | { readonly kind: 'forbid'; readonly label: string }

export interface QueueUsesOptions {
  readonly resources: ResourceClient
  readonly queues: Queues
  /** Resolves when what was written is in the registry: the queue keeper's. */
  readonly settled: () => Promise<void>
  readonly clock: Pick<Clock, 'now'>
}

interface Parts extends QueueUsesOptions {
  readonly serial: Serial
}

export function createQueueUses(options: QueueUsesOptions): QueueUses {
  const parts: Parts = { ...options, serial: new Serial() }
  const { registry } = options.queues
  return {
    messages: options.queues.messages,
    moves: options.queues.moves,
    create: (scope, queue) =>
      parts.serial.run(queueArn(scope, queue.name), () => createQueue(parts, scope, queue)),
    get: (scope, name) => findQueue(parts, scope, name),
    describe: (scope, name) => describeQueue(parts, findQueue(parts, scope, name)),
    list: (scope, request) => pageOf(registry.list(scope), request),
    listSources(scope, name, request) {
      const { arn } = findQueue(parts, scope, name)
      const all = registry.list(scope)
      return pageOf(
        all.filter((queue) => queue.settings.redrive?.deadLetterArn === arn),
        request,
      )
    },
    update: (scope, name, change) =>
      parts.serial.run(queueArn(scope, name), () =>
        changeQueue(parts, findQueue(parts, scope, name), (spec) =>
          applyChange(parts, spec, change),
        ),
      ),
    delete: (scope, name) =>
      parts.serial.run(queueArn(scope, name), async () => {
        const { resource } = findQueue(parts, scope, name)
        await options.resources.delete('Queue', resource)
        await options.settled()
      }),
  }
}

function queueKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

function findQueue(parts: Parts, scope: Scope, name: string): Queue {
  const queue = parts.queues.registry.find(queueArn(scope, name))
  if (queue === undefined) throw queueNotFound()
  return queue
}

async function describeQueue(parts: Parts, queue: Queue): Promise<QueueAttributes> {
  const counts = await parts.queues.messages.counts(queue.arn)
  return {
    ...withDefaults(queue.spec),
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(queue.createdAt),
    LastModifiedTimestamp: String(queue.modifiedAt),
  }
}

async function createQueue(parts: Parts, scope: Scope, wanted: NewQueue): Promise<Queue> {
  const { name, attributes } = wanted
  const fifo = checkName(name, attributes)
  const existing = parts.queues.registry.find(queueArn(scope, name))
  if (existing !== undefined) return sameQueue(existing, attributes)
  const spec: QueueSpec = {
    account: scope.account,
    region: scope.region,
    name,
    fifo,
    attributes: {},
    tags: changeTags({ name }, { set: wanted.tags }),
  }
  const draft = {
    ...queueKeyOf(scope, name),
    annotations: modified(parts),
    spec: { ...spec, attributes: changeAttributes(parts, spec, attributes) },
  }
  try {
    await parts.resources.create('Queue', draft)
  } catch (error) {
    // Another process or dialect was faster; what it made counts like any queue that was there.
    if (!isAppError(error, 'RESOURCE_EXISTS')) throw error
  }
  await parts.settled()
  return sameQueue(findQueue(parts, scope, name), attributes)
}

async function changeQueue(
  parts: Parts,
  queue: Queue,
  change: (spec: QueueSpec) => QueueSpec,
): Promise<void> {
  await retryConflicts(async () => {
    const resource = await parts.resources.get('Queue', queue.resource)
    if (resource === undefined) throw queueNotFound()
    const { metadata } = resource
    const annotations = { ...metadata.annotations, ...modified(parts) }
    const changed: ResourceOf<'Queue'> = {
      ...resource,
      metadata: { ...metadata, annotations },
      spec: change(resource.spec),
    }
    await parts.resources.update('Queue', changed)
  })
  await parts.settled()
}

/** Whether the name is a FIFO queue's. */
function checkName(name: string, attributes: QueueAttributes): boolean {
  const fifo = attributes['FifoQueue'] === 'true'
  if (fifo && !/^(?=.{1,80}$)[A-Za-z0-9_-]+\.fifo$/.test(name)) {
    throw queueFault(
      'InvalidParameterValue',
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    )
  }
  if (!fifo && !/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
    throw queueFault(
      'InvalidParameterValue',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    )
  }
  return fifo
}

/** The queue, when it has these attributes. */
function sameQueue(existing: Queue, attributes: QueueAttributes): Queue {
  const now = withDefaults(existing.spec)
  for (const [name, value] of Object.entries(attributes)) {
    // An empty value says that there is none.
    if (normal(now[name]) === normal(value)) continue
    throw queueFault(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${name}`,
    )
  }
  return existing
}

/** JSON attributes are the same when they say the same. */
function normal(value: string | undefined): string {
  if (value === undefined || !value.trimStart().startsWith('{')) return value ?? ''
  try {
    const parsed = JSON.parse(value) as Record<string, unknown>
    return JSON.stringify(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1)))
  } catch {
    // Not JSON after all: compared as it is, and refused where it matters.
    return value
  }
}

function applyChange(parts: Parts, spec: QueueSpec, change: QueueChange): QueueSpec {
  const arn = queueArn(spec, spec.name)
  const policy = spec.attributes['Policy']
  switch (change.kind) {
    case 'tags':
      return { ...spec, tags: changeTags(spec, change.tags) }
    case 'attributes':
      return { ...spec, attributes: changeAttributes(parts, spec, change.attributes) }
    case 'permit':
      return withPolicy(spec, addPermission(policy, arn, change.permission))
    case 'forbid':
      return withPolicy(spec, removePermission(policy, arn, change.label))
    default:
      return assertNever(change)
  }
}

function withPolicy(spec: QueueSpec, Policy: string): QueueSpec {
  return { ...spec, attributes: mergeAttributes(spec.attributes, { Policy }) }
}

function changeAttributes(
  parts: Parts,
  spec: QueueSpec,
  changes: QueueAttributes,
): QueueAttributes {
  if (spec.fifo && (changes['FifoQueue'] ?? 'true') !== 'true') {
    throw queueFault(
      'InvalidAttributeValue',
      'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
    )
  }
  checkAttributes(changes, spec.fifo)
  checkRedrive(parts, spec, changes['RedrivePolicy'])
  return mergeAttributes(spec.attributes, { ...changes, ...checkEncryption(changes) })
}

/** What choosing one kind of encryption takes away of the other. */
function checkEncryption(changes: QueueAttributes): QueueAttributes {
  const hasKey = (changes['KmsMasterKeyId'] ?? '') !== ''
  const isManaged = changes['SqsManagedSseEnabled'] === 'true'
  if (hasKey && isManaged) {
    throw queueFault(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    )
  }
  if (hasKey) return { SqsManagedSseEnabled: 'false' }
  return isManaged ? { KmsMasterKeyId: '' } : {}
}

function checkRedrive(parts: Parts, spec: QueueSpec, policyText: string | undefined): void {
  const policy = parseRedrivePolicy(policyText)
  if (policy === undefined) return
  const refuse = (reason: string): Error =>
    queueFault(
      'InvalidParameterValue',
      `Value ${policyText} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    )
  const deadLetters = parts.queues.registry.find(policy.deadLetterArn)
  const arn = parseArn(policy.deadLetterArn)
  if (arn?.service !== 'sqs') throw refuse('Invalid value for deadLetterTargetArn.')
  if (deadLetters === undefined || arn.region !== spec.region) {
    throw refuse('Dead letter target does not exist.')
  }
  if (deadLetters.spec.fifo !== spec.fifo) {
    throw refuse('Dead-letter queue must be same type of queue as the source.')
  }
  const allowPolicy = deadLetters.spec.attributes['RedriveAllowPolicy']
  if (!allowsRedriveFrom(allowPolicy, queueArn(spec, spec.name))) {
    throw refuse('Dead-letter queue does not allow this queue as its source.')
  }
}

function changeTags(spec: Pick<QueueSpec, 'name' | 'tags'>, change: TagChange): Tags {
  const tags: Record<string, string> = { ...spec.tags, ...change.set }
  for (const key of change.remove ?? []) delete tags[key]
  if (Object.keys(tags).length <= TAGS_MAX) return tags
  throw queueFault('InvalidParameterValue', `Too many tags added for queue ${spec.name}.`)
}

function modified(parts: Parts): Readonly<Record<string, string>> {
  return { [MODIFIED_ANNOTATION]: String(Math.floor(parts.clock.now() / 1000)) }
}

function pageOf(all: readonly Queue[], request: QueuePageRequest): QueuePage {
  const { prefix = '', limit, token } = request
  if (limit !== undefined && (limit < 1 || limit > QUEUES_PER_PAGE_MAX)) {
    throw queueFault(
      'InvalidParameterValue',
      `Value ${limit} for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and ${QUEUES_PER_PAGE_MAX}.`,
    )
  }
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString()
  const rest = all.filter(({ spec }) => spec.name.startsWith(prefix) && spec.name > after)
  const queues = rest.slice(0, limit ?? QUEUES_PER_PAGE_MAX)
  const last = queues.at(-1)
  // Without a limit SQS gives a thousand and no token.
  if (limit === undefined || last === undefined || rest.length <= queues.length) return { queues }
  return { queues, nextToken: Buffer.from(last.spec.name).toString('base64url') }
}
