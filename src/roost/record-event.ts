// A record of Kafka as the event that it holds.

import {
  checkJson,
  cloudEventsMode,
  decodeAttributes,
  decodeStructured,
  type Event,
  EVENT_DEPTH_MAX,
} from '../event/index.ts'
import { AppError } from '../base/index.ts'
import type { KafkaRecord } from '../connect/index.ts'

const BUS = { account: '000000000000', region: 'us-east-1', name: 'default' }

/** Throws `EVENT_INVALID` for what is no CloudEvent. */
export function eventOfRecord({ headers, value, timestamp }: KafkaRecord): Event {
  const context = {
    bus: BUS,
    time: new Date(timestamp).toISOString(),
    allowForeignNames: true as const,
  }
  const attributes = new Map<string, string>()
  let contentType: string | undefined
  for (const [name, text] of headers) {
    const lower = name.toLowerCase()
    if (lower === 'content-type') contentType = text
    else if (lower.startsWith('ce_')) attributes.set(lower.slice('ce_'.length), text)
  }
  const isStructured = contentType !== undefined && cloudEventsMode(contentType) === 'structured'
  // Producers by hand write the whole event and no header at all.
  const isBare = !attributes.has('specversion') && value.includes('"specversion"')
  if (isStructured || isBare) return decodeStructured(value, context)
  if (!attributes.has('specversion')) {
    const isJson = checkJson(value, { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault'
    const got = isJson ? 'JSON without its attributes' : 'bytes that are no JSON'
    throw new AppError('EVENT_INVALID', `expected a CloudEvent, got ${got}`)
  }
  attributes.set('datacontenttype', contentType ?? 'application/json')
  return decodeAttributes(attributes, value, context)
}

/** The data as JSON; throws `EVENT_INVALID`. */
export function dataOf({ data }: Event): unknown {
  if (data === undefined) return undefined
  if (checkJson(data, { depthMax: EVENT_DEPTH_MAX }).kind === 'fault')
    throw new AppError('EVENT_INVALID', 'expected the data of the event to be JSON')
  return JSON.parse(Buffer.from(data).toString()) as unknown
}
