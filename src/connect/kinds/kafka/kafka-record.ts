// An event as a record of Kafka: binary mode (attributes in `ce_` headers, the data as it is), structured mode (one
// JSON object), or the plain input of the target.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md

import { encodeStructured, type Event, RepeatedHead } from '../../../event/index.ts'
import type { BrokerAddress } from '../../../model/index.ts'
import { UnpackedMessage } from '../../packed.ts'
import { type SelectText, sentEvent } from '../../sent-event.ts'
import type { SinkMessage } from '../../sink.ts'
import { headersOf, type HeaderTemplate, headerTemplateOf } from './event-headers.ts'
import { createRows, EventRecords } from './event-records.ts'
import { GivenRecords, type ProducerRecord } from './given-records.ts'
import type { RecordList } from './record-list.ts'

const STRUCTURED_TYPE = 'application/cloudevents+json; charset=UTF-8'
const HEADER_OPTION = 'header.'

/** What makes the records for one address. */
export class RecordEncoder {
  readonly #address: BrokerAddress
  readonly #select: SelectText
  readonly #mode: string
  readonly #key: string | undefined
  /** Where the address says it. */
  readonly #sameKey: Buffer | undefined
  readonly #headerOptions: readonly (readonly [name: string, text: string])[]
  readonly #heads = new RepeatedHead(headerTemplateOf)

  constructor(address: BrokerAddress, select: SelectText) {
    this.#address = address
    this.#select = select
    this.#mode = address.options.get('mode') ?? 'binary'
    this.#key = address.options.get('key')
    this.#sameKey =
      this.#key === undefined || isPath(this.#key) ? undefined : Buffer.from(this.#key)
    this.#headerOptions = [...address.options]
      .filter(([name]) => name.startsWith(HEADER_OPTION))
      .map(([name, text]) => [name.slice(HEADER_OPTION.length), text])
  }

  /** All in their order, in as many lists as there are turns from what leaves as it lies to what is made, or back. */
  encode(messages: readonly SinkMessage[]): readonly RecordList[] {
    const lists: RecordList[] = []
    const rows = createRows(messages.length)
    let events: EventRecords | undefined
    let made: ProducerRecord[] = []
    const endMade = (): void => {
      if (made.length > 0) lists.push(new GivenRecords(made))
      made = []
    }
    for (const [index, message] of messages.entries()) {
      const template = this.#templateOf(message)
      if (template === undefined || !(message instanceof UnpackedMessage)) {
        made.push(this.#encodeAny(message))
        events = undefined
        continue
      }
      endMade()
      const { bytes } = message
      if (events?.bytes !== bytes) {
        events = new EventRecords({ topic: this.#address.place, bytes, rows, firstRow: index })
        lists.push(events)
      }
      events.add(this.#heads.spans, template, this.#keyOf(message, template))
    }
    endMade()
    return lists
  }

  /** Of most messages, which are events as they are: nothing of them is decoded. */
  #templateOf(message: SinkMessage): HeaderTemplate | undefined {
    if (this.#mode !== 'binary' || this.#headerOptions.length > 0) return undefined
    if (!(message instanceof UnpackedMessage) || message.target.input !== undefined)
      return undefined
    return this.#heads.read(message)
  }

  #keyOf(message: SinkMessage, template: HeaderTemplate): Buffer | undefined {
    if (this.#key === undefined) return template.key
    if (this.#sameKey !== undefined) return this.#sameKey
    const text = this.#select(this.#key, message.event.envelope)
    return text === undefined ? undefined : Buffer.from(text)
  }

  #encodeAny(message: SinkMessage): ProducerRecord {
    const { envelope } = message.event
    const event = this.#mode === 'plain' ? undefined : sentEvent(message)
    const key =
      this.#key === undefined
        ? partitionKeyOf(event ?? message.event.toEvent())
        : this.#fill(this.#key, envelope)
    const { value, headers } = contentOf(message, event, this.#mode)
    for (const [name, text] of this.#headerOptions) {
      const filled = this.#fill(text, envelope)
      if (filled !== undefined) headers[name] = filled
    }
    const record = { topic: this.#address.place, value, headers }
    return key === undefined ? record : { ...record, key: Buffer.from(key) }
  }

  #fill(text: string, envelope: Uint8Array): string | undefined {
    return isPath(text) ? this.#select(text, envelope) : text
  }
}

function isPath(text: string): boolean {
  return text.startsWith('$.')
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
