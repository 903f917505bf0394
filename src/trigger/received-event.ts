// An event as triggers see it: the CloudEvent as JSON, and the subjects under which it came.

import { type Event, isJsonMediaType, type StoredEvent } from '../event/index.ts'
import type { CloudEvent } from './shapes.ts'

export interface ReceivedEvent {
  readonly source: string
  readonly type: string
  /** Empty when it has none. */
  readonly subject: string
  /** The subject it was published to, and those subscriptions of the configuration that cover it. */
  readonly subjects: readonly string[]
  /** All of it, its data parsed; most events are for nobody, and then it is not asked for. */
  cloudEvent(): CloudEvent
}

/** Undefined when its data is no JSON. */
export function receivedEvent(
  stored: StoredEvent,
  subscriptions: readonly string[],
): ReceivedEvent | undefined {
  const event = stored.toEvent()
  if (!isJsonMediaType(event.datacontenttype)) return undefined
  const { topic } = stored.meta()
  const covering = topic === undefined ? [] : subscriptions.filter((one) => covers(one, topic))
  return {
    source: event.source,
    type: event.type,
    subject: event.subject ?? '',
    subjects: topic === undefined ? [] : [...new Set([topic, ...covering])],
    cloudEvent: () => toCloudEvent(event),
  }
}

function toCloudEvent(event: Event): CloudEvent {
  const { id, source, type, time, subject, datacontenttype, dataschema, data } = event
  return {
    ...event.extensions,
    specversion: '1.0',
    id,
    source,
    type,
    time,
    ...(subject === undefined ? {} : { subject }),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...(data === undefined ? {} : { data: JSON.parse(Buffer.from(data).toString()) as unknown }),
  }
}

/** Whether a subscription's subject, in which `*` is one token and `>` the rest, takes a subject in. */
function covers(subscription: string, subject: string): boolean {
  const [wanted, given] = [subscription.split('.'), subject.split('.')]
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return given.length > index
    if (given[index] === undefined || (token !== '*' && token !== given[index])) return false
  }
  return wanted.length === given.length
}
