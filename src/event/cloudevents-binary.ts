// CloudEvents in binary mode: attributes in `ce-` headers over HTTP, or beside the data in whatever way a protocol
// has for them; the data is the body, untouched.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md

import {
  attributesOf,
  type CloudEventContext,
  createEvent,
  invalid,
} from './cloudevents-attributes.ts'
import { contentOfBytes } from './cloudevents-json.ts'
import type { Event } from './event.ts'

const PREFIX = 'ce-'

export interface BinaryMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * The event of a binary-mode message; `rawHeaders` is name, value, name, value … as they came. An empty body is
 * no data. Throws `EVENT_INVALID`.
 */
export function decodeBinary(
  rawHeaders: readonly string[],
  body: Uint8Array,
  context: CloudEventContext,
): Event {
  const attributes = new Map<string, unknown>()
  let contentType: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    const value = rawHeaders[index + 1]!
    if (name === 'content-type') contentType = value
    else if (name.startsWith(PREFIX)) setAttribute(attributes, name.slice(PREFIX.length), value)
  }
  if (attributes.has('datacontenttype')) {
    throw invalid(['expected the type of the data in `Content-Type`, got `ce-datacontenttype`'])
  }
  if (contentType !== undefined) attributes.set('datacontenttype', contentType)
  const content = body.length === 0 ? {} : contentOfBytes(body, contentType)
  return createEvent(attributes, content, context)
}

/** The event of attributes that came beside their data, as text; an empty body is no data. Throws `EVENT_INVALID`. */
export function decodeAttributes(
  attributes: ReadonlyMap<string, string>,
  body: Uint8Array,
  context: CloudEventContext,
): Event {
  const content = body.length === 0 ? {} : contentOfBytes(body, attributes.get('datacontenttype'))
  return createEvent(attributes, content, context)
}

/** The headers and body of an event; data without a type is JSON and says so. */
export function encodeBinary(event: Event): BinaryMessage {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributesOf(event)) {
    if (name === 'datacontenttype') headers['content-type'] = String(value)
    else headers[`${PREFIX}${name}`] = encodeHeaderValue(String(value))
  }
  if (event.data !== undefined) headers['content-type'] ??= 'application/json'
  return { headers, body: event.data ?? new Uint8Array(0) }
}

function setAttribute(attributes: Map<string, unknown>, name: string, value: string): void {
  if (attributes.has(name)) throw invalid([`expected header \`ce-${name}\` once, got it twice`])
  const decoded = decodeHeaderValue(value)
  if (decoded === undefined) {
    throw invalid([`expected header \`ce-${name}\` to be percent-encoded UTF-8, got \`${value}\``])
  }
  attributes.set(name, decoded)
}

/**
 * "Space (U+0020), double-quote (U+0022), percent (U+0025), any characters outside the printable ASCII range of
 * U+0021-U+007E MUST be percent-encoded" (section 3.1.3.2).
 */
function encodeHeaderValue(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]+/g, (run) =>
    Buffer.from(run)
      .toString('hex')
      .toUpperCase()
      .replace(/../g, (byte) => `%${byte}`),
  )
}

/**
 * "any HTTP header value MUST first be unescaped with respect to double-quoted strings", then one round of
 * percent-decoding. A percent sign that begins no escape stands for itself. Undefined when it is not UTF-8.
 */
function decodeHeaderValue(value: string): string | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)
  const plain = quoted === null ? value : quoted[1]!.replace(/\\(.)/g, '$1')
  // Node gives header bytes as Latin-1 characters.
  const latin1 = plain.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return undefined
  }
}

/**
 * The text of a percent-encoded attribute that came as text, by NATS; undefined when it is not UTF-8. A percent sign that
 * begins no escape stands for itself.
 */
export function decodePercent(value: string): string | undefined {
  if (!value.includes('%')) return value
  try {
    return value.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
      utf8.decode(Buffer.from(run.replaceAll('%', ''), 'hex')),
    )
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
