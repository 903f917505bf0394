// An event as a record of Kafka: binary mode (attributes in `ce_` headers, the data as it is), structured mode (one
// JSON object), or the plain input of the target.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

import { encodeStructured, type Event } from '../../../event/index.ts'
import type { BrokerAddress } from '../../../model/index.ts'
import { type SelectText, sentEvent } from '../../sent-event.ts'
import type { SinkMessage } from '../../sink.ts'
import { EventHeaderEncoder, headersOf } from './event-headers.ts'
import type { ProducerRecord } from './kafka-producer.ts'

const STRUCTURED_TYPE = 'application/cloudevents+json; charset=UTF-8'
const HEADER_OPTION = 'header.'

/** What makes the records for one address. */
export class RecordEncoder {
  readonly #address: BrokerAddress
  readonly #select: SelectText
  readonly #mode: string
  readonly #headerOptions: readonly (readonly [name: string, text: string])[]
  readonly #eventHeaders = new EventHeaderEncoder()

  constructor(address: BrokerAddress, select: SelectText) {
    this.#address = address
    this.#select = select
    this.#mode = address.options.get('mode') ?? 'binary'
    this.#headerOptions = [...address.options]
      .filter(([name]) => name.startsWith(HEADER_OPTION))
      .map(([name, text]) => [name.slice(HEADER_OPTION.length), text])
  }

  encode(message: SinkMessage): ProducerRecord {
    return this.#encodeEvent(message) ?? this.#encodeAny(message)
  }

  /** Of most messages, which are events as they are: nothing of them is decoded. */
  #encodeEvent({ event, target, isBodyOnly }: SinkMessage): ProducerRecord | undefined {
    const isWhole = target.input === undefined && isBodyOnly !== true
    if (!isWhole || this.#mode !== 'binary' || this.#headerOptions.length > 0) return undefined
    const known = this.#eventHeaders.encode(event)
    if (known === undefined) return undefined
    const data = event.data()
    const option = this.#address.options.get('key')
    const key = option === undefined ? known.partitionKey : this.#fill(option, event.envelope)
    const record = {
      topic: this.#address.place,
      value: data === undefined ? NO_VALUE : bufferOf(data),
      headerBytes: known.headerBytes,
    }
    return key === undefined ? record : { ...record, key: Buffer.from(key) }
  }

  #encodeAny(message: SinkMessage): ProducerRecord {
    const { options, place } = this.#address
    const { envelope } = message.event
    const event = this.#mode === 'plain' ? undefined : sentEvent(message)
    const option = options.get('key')
    const key =
      option === undefined
        ? partitionKeyOf(event ?? message.event.toEvent())
        : this.#fill(option, envelope)
    const { value, headers } = contentOf(message, event, this.#mode)
    for (const [name, text] of this.#headerOptions) {
      const filled = this.#fill(text, envelope)
      if (filled !== undefined) headers[name] = filled
    }
    const record = { topic: place, value, headers }
    return key === undefined ? record : { ...record, key: Buffer.from(key) }
  }

  #fill(text: string, envelope: Uint8Array): string | undefined {
    return text.startsWith('$.') ? this.#select(text, envelope) : text
  }
}

const NO_VALUE = Buffer.alloc(0)

function contentOf(
  message: SinkMessage,
  event: Event | undefined,
  mode: string,
): { readonly value: Buffer; readonly headers: Record<string, string> } {
  if (event === undefined) return { value: bufferOf(message.body), headers: {} }
  if (mode === 'structured')
    return { value: encodeStructured(event), headers: { 'content-type': STRUCTURED_TYPE } }
  const value = event.data === undefined ? NO_VALUE : bufferOf(event.data)
  return { value, headers: headersOf(event) }
}

/** The partitioning extension, which is the key where the address says none. */
function partitionKeyOf({ extensions: { partitionkey } }: Event): string | undefined {
  return partitionkey === undefined ? undefined : String(partitionkey)
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
