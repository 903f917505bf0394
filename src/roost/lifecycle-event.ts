// A change of a roost as a CloudEvent, and an event as a record of Kafka: the attributes in `ce_` headers in any case,
// and as the value the whole event (structured mode, where the binding allows the headers too) or its data.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

import { createHash } from 'node:crypto'
import { attributesOf, encodeStructured, type Event } from '../event/index.ts'
import type { ProducerRecord } from '../connect/index.ts'
import type { RoostChange } from './differ.ts'
import { LIFECYCLE_TYPES } from './event-types.ts'
import type { RoostSettings } from './settings.ts'

export const EVENT_SOURCE = 'roost-keeper-operator'

export const EXTENSIONS = {
  name: 'roostkeeper-roost-name',
  namespace: 'roostkeeper-roost-namespace',
  uid: 'roostkeeper-roost-uid',
  correlation: 'roostkeeper-correlationid',
  /** On what was published once already. */
  replay: 'roostkeeper-replayid',
} as const

const STRUCTURED_TYPE = 'application/cloudevents+json; charset=UTF-8'
const NO_BUS = { account: '000000000000', region: 'us-east-1', name: 'default' }

export interface EventContext {
  /** Wall milliseconds. */
  readonly now: number
  /** What tells this change from the same one before or after it: a resource version, the id of a trigger. */
  readonly occasion: string
  /** The request that it belongs to; one is made when absent. */
  readonly correlationId?: string
  readonly extensionNames: RoostSettings['extensionNames']
}

/** The same change on the same occasion has the same id, so that who hears of it twice can tell. */
export function eventOfChange({ kind, roost, data }: RoostChange, context: EventContext): Event {
  const { now, occasion, extensionNames } = context
  const type = LIFECYCLE_TYPES[kind]
  const { name, namespace, uid, tenant, chart } = roost
  const body = {
    roost: { name, namespace, uid, ...(tenant === undefined ? {} : { tenant }) },
    chart,
    ...data,
  }
  const id = createHash('sha256')
    .update(JSON.stringify([type, uid, occasion]))
    .digest('hex')
  const named = {
    [EXTENSIONS.name]: name,
    [EXTENSIONS.namespace]: namespace,
    [EXTENSIONS.uid]: uid,
    [EXTENSIONS.correlation]: context.correlationId ?? `req-${id.slice(0, 12)}`,
  }
  return {
    id: `event-${id.slice(0, 24)}`,
    source: EVENT_SOURCE,
    type,
    time: new Date(now).toISOString(),
    subject: subjectOf(roost),
    datacontenttype: 'application/json',
    extensions: namedBy(extensionNames, named),
    data: Buffer.from(JSON.stringify(body)),
    bus: NO_BUS,
    resources: [],
  }
}

export function subjectOf({ namespace, name }: { namespace: string; name: string }): string {
  return `roost/${namespace}/${name}`
}

/** The value of an extension, under either form of its name. */
export function extensionOf({ extensions }: Event, name: string): string | undefined {
  const value = extensions[name] ?? extensions[name.replaceAll('-', '')]
  return value === undefined ? undefined : String(value)
}

function namedBy(
  form: RoostSettings['extensionNames'],
  extensions: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (form === 'seed') return extensions
  const entries = Object.entries(extensions).map(([name, value]) => [
    name.replaceAll('-', ''),
    value,
  ])
  return Object.fromEntries(entries) as Record<string, string>
}

/** Keyed by subject, so that the events of one roost stay in order. */
export function recordOfEvent(
  event: Event,
  topic: string,
  mode: RoostSettings['contentMode'],
): ProducerRecord {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributesOf(event)) {
    if (name !== 'datacontenttype') headers[`ce_${name}`] = String(value)
  }
  headers['content-type'] =
    mode === 'structured' ? STRUCTURED_TYPE : (event.datacontenttype ?? 'application/json')
  const value = mode === 'structured' ? encodeStructured(event) : Buffer.from(event.data ?? [])
  return {
    topic,
    value,
    headers,
    ...(event.subject === undefined ? {} : { key: Buffer.from(event.subject) }),
  }
}
