// Publishing to topics: what SNS checks of a message, and its way into the log. The call resolves when the
// publication is durable; who of the subscribers gets it is the router's.

import { createUuid, type Random } from '../base/index.ts'
import type { AcceptResult, IncomingEvent } from '../ingress/index.ts'
import type { Scope, TopicSpec } from '../model/index.ts'
import { checkMessageAttributes, type MessageAttributes } from '../queue/index.ts'
import { PUBLICATION_BATCH_MAX, PUBLICATION_SIZE_BYTES_MAX, SUBJECT_LENGTH_MAX } from './limits.ts'
import { type NoticeStamp, type Publication, sequenceOf, storePublication } from './notification.ts'
import { invalidParameter, topicFault } from './topic-fault.ts'
import { findTopic, topicBusKey, type TopicParts } from './topics.ts'

export interface PublicationParts extends TopicParts {
  readonly random: Random
  readonly accept: (events: readonly IncomingEvent[]) => Promise<readonly AcceptResult[]>
  /** Whether a subscription on this bus asks of what messages say. */
  readonly hasBodyFilters: (busKey: string) => boolean
}

export interface TopicPublisher {
  /** Durable when it resolves; all of one topic. */
  publish(
    scope: Scope,
    topicArn: string,
    batch: readonly Publication[],
    how: Pick<NoticeStamp, 'endpoint' | 'traceHeader'>,
  ): Promise<readonly PublicationReceipt[]>
}

export interface PublicationReceipt {
  readonly id: string
  /** Of a FIFO topic. */
  readonly sequence?: string
}

export function createTopicPublisher(parts: PublicationParts): TopicPublisher {
  return {
    async publish(scope, topicArn, batch, how) {
      const topic = (await findTopic(parts, scope, topicArn)).spec
      const publications = batch.map((publication) => checked(topic, publication))
      const busKey = topicBusKey(topic, topic.name)
      // A body is shown to filters only where one asks of it: it would be kept twice.
      const hasBodyFilters = parts.hasBodyFilters(busKey)
      const now = parts.clock.now()
      const events = publications.map((publication): IncomingEvent => {
        const id = createUuid(parts.random)
        const stamp = { ...how, id, now, hasBodyFilters }
        const record = storePublication(topic, publication, stamp)
        const { deduplicationId } = publication
        return {
          id,
          busKey,
          record,
          ...(deduplicationId === undefined ? {} : { dedupeKey: `sns\0${deduplicationId}` }),
        }
      })
      const results = await parts.accept(events)
      const sequence = sequenceOf({ timestamp: new Date(now).toISOString() })
      return results.map(({ id }) => ({ id, ...(topic.fifo ? { sequence } : {}) }))
    },
  }
}

/** The publication as a topic takes it; throws SNS's fault. */
function checked(topic: TopicSpec, publication: Publication): Publication {
  const { message, subject, structure, attributes } = publication
  if (message === '') throw invalidParameter('Empty message')
  if (sizeBytesOf(publication) > PUBLICATION_SIZE_BYTES_MAX) {
    throw invalidParameter('Message too long')
  }
  if (subject !== undefined && !isSubject(subject)) throw invalidParameter('Subject')
  if (structure !== undefined) checkStructure(structure, message)
  if (attributes !== undefined) checkAttributes(attributes)
  return topic.fifo ? ordered(topic, publication) : publication
}

function sizeBytesOf({ message, attributes = {} }: Publication): number {
  return Buffer.byteLength(message) + Buffer.byteLength(JSON.stringify(attributes))
}

function isSubject(subject: string): boolean {
  return subject.length <= SUBJECT_LENGTH_MAX && /^[\x20-\x7e]+$/.test(subject)
}

function checkStructure(structure: string, message: string): void {
  if (structure !== 'json') {
    throw invalidParameter('Invalid parameter: MessageStructure')
  }
  let texts: unknown
  try {
    texts = JSON.parse(message)
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse')
  }
  const { default: fallback } = (texts ?? {}) as { readonly default?: unknown }
  if (typeof fallback === 'string') return
  throw invalidParameter('Message Structure - No default entry in JSON message body')
}

function checkAttributes(attributes: MessageAttributes): void {
  try {
    checkMessageAttributes(attributes)
  } catch (error) {
    throw topicFault('InvalidParameter', error instanceof Error ? error.message : String(error))
  }
  for (const [name, { DataType, StringValue = '' }] of Object.entries(attributes)) {
    if (!DataType.startsWith('Number') || Number.isFinite(Number(StringValue))) continue
    throw invalidParameter(
      `The message attribute '${name}' was set as type 'Number' but its value cannot be a number.`,
    )
  }
}

function ordered(topic: TopicSpec, publication: Publication): Publication {
  const { groupId, deduplicationId, message } = publication
  if (groupId === undefined) {
    throw invalidParameter('The MessageGroupId parameter is required for FIFO topics')
  }
  if (deduplicationId !== undefined) return publication
  if (topic.attributes['ContentBasedDeduplication'] === 'true') {
    return { ...publication, deduplicationId: message }
  }
  throw invalidParameter(
    'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )
}

/** Throws what SNS answers for a batch that is none. */
export function checkPublicationBatch(entries: readonly { readonly id: string }[]): void {
  if (entries.length === 0) {
    throw topicFault('EmptyBatchRequest', "The batch request doesn't contain any entries.")
  }
  if (entries.length > PUBLICATION_BATCH_MAX) {
    throw topicFault(
      'TooManyEntriesInBatchRequest',
      'The batch request contains more entries than permissible.',
    )
  }
  const ids = new Set<string>()
  for (const { id } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) {
      throw topicFault(
        'InvalidBatchEntryId',
        "The Id of a batch entry in a batch request doesn't abide by the specification.",
      )
    }
    if (ids.has(id)) {
      throw topicFault(
        'BatchEntryIdsNotDistinct',
        'Two or more batch entries in the request have the same Id.',
      )
    }
    ids.add(id)
  }
}
