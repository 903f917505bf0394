// An event as a record of Kafka: binary mode (attributes in `ce_` headers, the data as it is), structured mode (one
// JSON object), or the plain input of the target.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

import { attributesOf, encodeStructured, type Event } from '../../../event/index.ts'
import type { BrokerAddress } from '../../../model/index.ts'
import { type SelectText, sentEvent } from '../../sent-event.ts'
import type { SinkMessage } from '../../sink.ts'
import type { ProducerRecord } from './kafka-producer.ts'

const PREFIX = 'ce_'
const STRUCTURED_TYPE = 'application/cloudevents+json; charset=UTF-8'
const HEADER_OPTION = 'header.'

export function encodeRecord(
  message: SinkMessage,
  address: BrokerAddress,
  select: SelectText,
): ProducerRecord {
  const { options, place } = address
  const fill = (text: string): string | undefined =>
    text.startsWith('$.') ? select(text, message.event.envelope) : text
  const mode = options.get('mode') ?? 'binary'
  const event = mode === 'plain' ? undefined : sentEvent(message)
  const key = keyOf(event ?? message.event.toEvent(), options.get('key'), fill)
  const { value, headers } = contentOf(message, event, mode)
  for (const [name, text] of options) {
    if (!name.startsWith(HEADER_OPTION)) continue
    const filled = fill(text)
    if (filled !== undefined) headers[name.slice(HEADER_OPTION.length)] = filled
  }
  return {
    topic: place,
    value,
    headers,
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
  }
}

function contentOf(
  message: SinkMessage,
  event: Event | undefined,
  mode: string,
): { readonly value: Buffer; readonly headers: Record<string, string> } {
  if (event === undefined) return { value: bufferOf(message.body), headers: {} }
  if (mode === 'structured')
    return { value: encodeStructured(event), headers: { 'content-type': STRUCTURED_TYPE } }
  const headers: Record<string, string> = {}
  for (const [name, value] of attributesOf(event)) {
    if (name === 'datacontenttype') headers['content-type'] = String(value)
    else headers[`${PREFIX}${name}`] = String(value)
  }
  if (event.data === undefined) return { value: Buffer.alloc(0), headers }
  headers['content-type'] ??= 'application/json'
  return { value: bufferOf(event.data), headers }
}

/** What the address says, else the partitioning extension. */
function keyOf(
  event: Event,
  option: string | undefined,
  fill: (text: string) => string | undefined,
): string | undefined {
  if (option !== undefined) return fill(option)
  const { partitionkey } = event.extensions
  return partitionkey === undefined ? undefined : String(partitionkey)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
