// An event as triggers see it: the CloudEvent as JSON, and the subjects under which it came.

import { isJsonMediaType, type StoredEvent } from '../event/index.ts'
import type { CloudEvent } from './shapes.ts'

export interface ReceivedEvent {
  readonly cloudEvent: CloudEvent
  /** The subject it was published to, and those subscriptions of the configuration that cover it. */
  readonly subjects: readonly string[]
}

/** Undefined when its data is no JSON. */
export function receivedEvent(
  stored: StoredEvent,
  subscriptions: readonly string[],
): ReceivedEvent | undefined {
  const event = stored.toEvent()
  if (!isJsonMediaType(event.datacontenttype)) return undefined
  const { topic } = stored.meta()
  const { subject, datacontenttype, dataschema, data } = event
  const cloudEvent: CloudEvent = {
    ...event.extensions,
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.time,
    ...(subject === undefined ? {} : { subject }),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...(data === undefined ? {} : { data: JSON.parse(Buffer.from(data).toString()) as unknown }),
  }
  const covering = topic === undefined ? [] : subscriptions.filter((one) => covers(one, topic))
  return { cloudEvent, subjects: topic === undefined ? [] : [...new Set([topic, ...covering])] }
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
