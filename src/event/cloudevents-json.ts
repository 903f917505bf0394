// CloudEvents in the JSON format: one event (structured mode) or an array of them (batch). The bytes of `data`
// are cut out of the body and spliced back as they are; only text and binary data are decoded, because there
// the member holds another form of them.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md

import {
  attributesOf,
  type CloudEventContext,
  createEvent,
  type EventContent,
  invalid,
} from './cloudevents-attributes.ts'
import type { Event } from './event.ts'
import { isJsonMediaType } from './eventbridge.ts'
import { checkJson } from './json-check.ts'
import { arrayItems, objectMembers, parseSpan, skipSpace, type Span } from './json-members.ts'
import { BATCH_EVENTS_MAX, EVENT_DEPTH_MAX } from './limits.ts'

const OPEN_OBJECT = 0x7b
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const TEXT_TYPE =
  /^(?:text\/|[^;]*(?:\/|\+)xml\s*(?:;|$)|application\/(?:javascript|x-www-form-urlencoded))/i

/** The event of a structured-mode body; throws `EVENT_INVALID`. */
export function decodeStructured(body: Uint8Array, context: CloudEventContext): Event {
  check(body, 'object', EVENT_DEPTH_MAX + 1)
  return decodeObject(body, skipSpace(body, 0), context)
}

/** The events of a batch; throws `EVENT_INVALID`, naming the first event at fault by its place. */
export function decodeBatch(body: Uint8Array, context: CloudEventContext): readonly Event[] {
  check(body, 'array', EVENT_DEPTH_MAX + 2)
  const items = arrayItems(body, skipSpace(body, 0))
  if (items.length > BATCH_EVENTS_MAX) {
    throw invalid([
      `expected a batch of at most ${BATCH_EVENTS_MAX} events, got \`${items.length}\``,
    ])
  }
  return items.map((item, index) => {
    if (body[item.start] !== OPEN_OBJECT) {
      throw invalid([`expected event ${index} of the batch to be a JSON object`])
    }
    return decodeObject(body, item.start, context, `event ${index} of the batch: `)
  })
}

/** The event as one JSON object. */
export function encodeStructured(event: Event): Buffer {
  return Buffer.concat(structuredPieces(event))
}

export function encodeBatch(events: readonly Event[]): Buffer {
  const pieces: Uint8Array[] = [Buffer.from('[')]
  for (const [index, event] of events.entries()) {
    if (index > 0) pieces.push(Buffer.from(','))
    pieces.push(...structuredPieces(event))
  }
  pieces.push(Buffer.from(']'))
  return Buffer.concat(pieces)
}

function check(body: Uint8Array, wanted: 'object' | 'array', depthMax: number): void {
  const result = checkJson(body, { depthMax })
  if (result.kind === wanted) return
  const got = result.kind === 'fault' ? `${result.reason} at byte ${result.offset}` : result.kind
  throw invalid([`expected the body to be a JSON ${wanted} of CloudEvents, got ${got}`])
}

function decodeObject(
  body: Uint8Array,
  start: number,
  context: CloudEventContext,
  where = '',
): Event {
  const attributes = new Map<string, unknown>()
  const spans = new Map<string, Span>()
  for (const { name, value } of objectMembers(body, start)) {
    if (spans.has(name))
      throw invalid([`${where}expected attribute \`${name}\` once, got it twice`])
    spans.set(name, value)
    if (name === 'data' || name === 'data_base64') continue
    const parsed = parseSpan(body, value)
    // json-format.md 2.2: an unset attribute may be written as null.
    if (parsed !== null) attributes.set(name, parsed)
  }
  const content = decodeContent(body, spans, attributes.get('datacontenttype'), where)
  return createEvent(attributes, content, context, where)
}

function decodeContent(
  body: Uint8Array,
  spans: ReadonlyMap<string, Span>,
  type: unknown,
  where: string,
): EventContent {
  const data = spans.get('data')
  const base64 = spans.get('data_base64')
  if (data !== undefined && base64 !== undefined) {
    throw invalid([`${where}expected \`data\` or \`data_base64\`, got both`])
  }
  if (base64 !== undefined) return decodeBase64(parseSpan(body, base64), type, where)
  if (data === undefined) return {}
  const mediaType = typeof type === 'string' ? type : undefined
  if (isJsonMediaType(mediaType)) return { data: body.subarray(data.start, data.end) }
  const text = parseSpan(body, data)
  if (typeof text !== 'string' || !text.isWellFormed()) {
    throw invalid([`${where}expected \`data\` of type \`${mediaType}\` to be a string`])
  }
  return { data: Buffer.from(text) }
}

function decodeBase64(value: unknown, type: unknown, where: string): EventContent {
  if (value === null) return {}
  if (typeof value !== 'string' || !BASE64.test(value)) {
    throw invalid([`${where}expected \`data_base64\` to be a string of base64`])
  }
  return contentOfBytes(Buffer.from(value, 'base64'), typeof type === 'string' ? type : undefined)
}

/** Data of a type that nobody named: JSON, as an absent type says, when it is; else just bytes. */
export function contentOfBytes(data: Uint8Array, type: string | undefined): EventContent {
  if (type !== undefined) return { data, datacontenttype: type }
  const isJson = checkJson(data, { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault'
  return isJson ? { data } : { data, datacontenttype: 'application/octet-stream' }
}

function structuredPieces(event: Event): readonly Uint8Array[] {
  const { data, datacontenttype } = event
  const head = JSON.stringify(Object.fromEntries(attributesOf(event))).slice(0, -1)
  if (data === undefined) return [Buffer.from(`${head}}`)]
  if (isJsonMediaType(datacontenttype)) {
    return [Buffer.from(`${head},"data":`), data, Buffer.from('}')]
  }
  const text = TEXT_TYPE.test(datacontenttype!) ? decodeUtf8(data) : undefined
  const member =
    text === undefined
      ? `"data_base64":"${Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')}"`
      : `"data":${JSON.stringify(text)}`
  return [Buffer.from(`${head},${member}}`)]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    // Not text after all, whatever its type says: it travels as base64.
    return undefined
  }
}
