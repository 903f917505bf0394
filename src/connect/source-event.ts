// What a record of a broker says: a CloudEvent, in binary or structured mode, or plain data that the source's
// mapping makes an event of. A record that is neither is a fault, which is a value: the reader goes on behind it.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

import { describeError, isAppError } from '../base/index.ts'
import {
  type BusRef,
  checkJson,
  cloudEventsMode,
  decodeAttributes,
  decodePercent,
  decodeStructured,
  type Event,
  EVENT_DEPTH_MAX,
} from '../event/index.ts'
import type { SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'

export type DecodedMessage =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'fault'; readonly reason: string }

export interface DecodeOptions {
  readonly source: SourceSpec
  readonly bus: BusRef
  /** Wall milliseconds, for records without a time. */
  readonly now: number
}

/** The attributes' prefix: `ce_` of Kafka, `ce-` of NATS and HTTP. */
const ATTRIBUTE = /^ce([_-])(.+)$/i
const SPECVERSION = Buffer.from('"specversion"')

export function decodeMessage(message: SourceMessage, options: DecodeOptions): DecodedMessage {
  try {
    return { kind: 'event', event: eventOf(message, options) }
  } catch (error) {
    if (!isAppError(error, 'EVENT_INVALID') && !(error instanceof MappingFault)) throw error
    return { kind: 'fault', reason: describeError(error) }
  }
}

function eventOf(message: SourceMessage, options: DecodeOptions): Event {
  const { source } = options
  const context = {
    bus: options.bus,
    time: timeOf(message, options),
    allowForeignNames: true as const,
  }
  if (source.format === 'plain') return mapped(message, options)
  // Records in structured mode may have the headers of binary mode too; the content type decides.
  if (isSaidStructured(message)) return decodeStructured(message.body, context)
  const attributes = attributesIn(message)
  if (attributes.has('specversion')) return decodeAttributes(attributes, message.body, context)
  if (looksStructured(message)) return decodeStructured(message.body, context)
  if (source.format !== 'cloudevents') return mapped(message, options)
  throw new MappingFault('expected a CloudEvent, got a record without its attributes')
}

/** The place alone would name two records where a topic was deleted and made again. */
export function recordId({ place, timestamp }: SourceMessage): string {
  return timestamp === undefined ? place : `${place}/${timestamp}`
}

class MappingFault extends Error {}

// Records of one batch have few times between them.
let lastMs = 0
let lastTime = new Date(0).toISOString()

function timeOf({ timestamp }: SourceMessage, { now }: DecodeOptions): string {
  const ms = timestamp ?? now
  if (ms !== lastMs) {
    lastMs = ms
    lastTime = new Date(ms).toISOString()
  }
  return lastTime
}

/**
 * Kafka's binding has values as they are, NATS's percent-encoded, and the type of the data as an attribute like others.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md
 */
function attributesIn({ headers }: SourceMessage): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [name, value] of headers) {
    const [, dash, attribute] = ATTRIBUTE.exec(name) ?? []
    if (attribute !== undefined)
      attributes.set(attribute.toLowerCase(), dash === '-' ? decoded(name, value) : value)
    else if (name.toLowerCase() === 'content-type' && !attributes.has('datacontenttype'))
      attributes.set('datacontenttype', value)
  }
  return attributes
}

function decoded(name: string, value: string): string {
  const text = decodePercent(value)
  if (text !== undefined) return text
  throw new MappingFault(
    `expected header \`${name}\` to be percent-encoded UTF-8, got \`${value}\``,
  )
}

function isSaidStructured({ headers }: SourceMessage): boolean {
  const type = headerOf(headers, 'content-type')
  return type !== undefined && cloudEventsMode(type) === 'structured'
}

/** Nobody says so, and it looks like nothing else. */
function looksStructured({ headers, body }: SourceMessage): boolean {
  const type = headerOf(headers, 'content-type')
  if (type !== undefined && !/json/i.test(type)) return false
  if (!mayBeStructured(body)) return false
  return isObjectWith(bufferOf(body), ['specversion', 'id', 'source', 'type'])
}

/** Whether a look at it as JSON is worth it. */
export function mayBeStructured(body: Uint8Array): boolean {
  return bufferOf(body).includes(SPECVERSION)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function isObjectWith(text: Buffer, names: readonly string[]): boolean {
  const value = parseJson(text)
  return (
    typeof value === 'object' && value !== null && names.every((name) => Object.hasOwn(value, name))
  )
}

function mapped(message: SourceMessage, options: DecodeOptions): Event {
  const { source, bus } = options
  const { type, source: from, subject, id } = source.mapping ?? {}
  const json = new LazyJson(message.body)
  const fill = (text: string): string => fillText(text, { message, source, json })
  const optional = subject === undefined ? message.key : fill(subject)
  const contentType = headerOf(message.headers, 'content-type') ?? json.contentType()
  return {
    id: id === undefined ? recordId(message) : fill(id),
    source: fill(from ?? '{broker}/{topic}'),
    type: fill(type ?? '{topic}'),
    time: timeOf(message, options),
    ...(optional === undefined || optional === '' ? {} : { subject: optional }),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    extensions: {},
    data: message.body,
    bus,
    resources: [],
  }
}

interface FillParts {
  readonly message: SourceMessage
  readonly source: SourceSpec
  readonly json: LazyJson
}

/** Whether all records of one place have this text of a mapping in common. */
export function isOfPlace(text = ''): boolean {
  return !text.startsWith('$.') && !/\{(?:key|header\.[^{}]*)\}/.test(text)
}

/** A text of which `isOfPlace`. */
export function fillPlace(text: string, topic: string, { broker }: SourceSpec): string {
  return text.replaceAll('{topic}', topic).replaceAll('{broker}', broker)
}

function fillText(text: string, { message, source, json }: FillParts): string {
  if (text.startsWith('$.')) return json.at(text)
  if (!text.includes('{')) return text
  return text.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    if (name === 'topic') return message.topic
    if (name === 'broker') return source.broker
    if (name === 'key') return message.key ?? missing(whole)
    if (!name.startsWith('header.')) return whole
    return headerOf(message.headers, name.slice('header.'.length)) ?? missing(whole)
  })
}

function missing(what: string): never {
  throw new MappingFault(`expected the record to have \`${what}\`, which the mapping names`)
}

function headerOf(headers: ReadonlyMap<string, string>, name: string): string | undefined {
  const direct = headers.get(name)
  if (direct !== undefined) return direct
  const wanted = name.toLowerCase()
  for (const [given, value] of headers) if (given.toLowerCase() === wanted) return value
  return undefined
}

/** The body as JSON, parsed when it is first asked for. */
class LazyJson {
  readonly #body: Uint8Array
  #parsed: { readonly value: unknown } | undefined

  constructor(body: Uint8Array) {
    this.#body = body
  }

  /** The text or number at `$.a.b[0]`. */
  at(path: string): string {
    this.#parsed ??= { value: parseJson(this.#body) }
    let value: unknown = this.#parsed.value
    for (const [, name, index] of path.slice(1).matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)) {
      const step = name ?? Number(index)
      const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
      value = isThere ? (value as Record<string | number, unknown>)[step] : undefined
    }
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    return missing(path)
  }

  /** Of a body of which nothing is said; undefined for JSON. */
  contentType(): string | undefined {
    const isJson = checkJson(this.#body, { depthMax: EVENT_DEPTH_MAX }).kind !== 'fault'
    if (isJson) return undefined
    return isUtf8(this.#body) ? 'text/plain' : 'application/octet-stream'
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

function parseJson(body: Uint8Array): unknown {
  if (checkJson(body, { depthMax: EVENT_DEPTH_MAX }).kind === 'fault') return undefined
  return JSON.parse(Buffer.from(body).toString()) as unknown
}
