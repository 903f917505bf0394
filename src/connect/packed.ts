// Many events as one piece of memory, for the way into a thread or out of it: what changes hands is not copied again.

import {
  decodeStoredEvent,
  EVENT_KEY_WORDS,
  type RecordPlace,
  type StoredEvent,
} from '../event/index.ts'
import type { TargetInput } from '../model/index.ts'
import type { Slabs } from './slabs.ts'
import type { SelectText } from './sent-event.ts'
import type { SinkMessage } from './sink.ts'
import type { DoorEvent } from './source-door.ts'

/** `lengths` of what lies one behind the other in `bytes`. */
interface Packed {
  readonly bytes: ArrayBuffer
  readonly lengths: Uint32Array
}

/** An event's record each. */
export interface PackedEvents extends Packed {
  readonly busKey: string
  readonly ids: readonly string[]
  /** An event's key each. */
  readonly keys: Int32Array
}

/** An event's record and the body each; the body is `WHOLE_EVENT` long where it is the envelope. */
export interface PackedMessages extends Packed {
  /** Empty when the sink does not send them. */
  readonly deliveryIds: readonly string[]
  /** Bit 0 of each: what is sent is the body, which the target's input or a pipe made. */
  readonly isMade: Uint8Array
  /** What the address selects of events, by its paths; absent when it has none. */
  readonly selected?: readonly (readonly [path: string, texts: readonly (string | undefined)[]])[]
}

const WHOLE_EVENT = 0xff_ff_ff_ff
const MADE: TargetInput = { kind: 'path', path: '$' }

/** All of one bus, as those of a source are. */
export function packEvents(events: readonly DoorEvent[], slabs: Slabs): PackedEvents {
  const records = events.map(({ record }) => record)
  const lengths = new Uint32Array(events.length)
  const keys = new Int32Array(events.length * EVENT_KEY_WORDS)
  for (const [index, { record, key }] of events.entries()) {
    lengths[index] = record.length
    for (let word = 0; word < EVENT_KEY_WORDS; word += 1)
      keys[index * EVENT_KEY_WORDS + word] = key.words[key.at + word]!
  }
  return {
    busKey: events[0]?.busKey ?? '',
    ids: events.map(({ id }) => id),
    keys,
    lengths,
    bytes: slabs.holding(records) ?? join(records, slabs),
  }
}

export function unpackEvents({
  busKey,
  ids,
  keys,
  lengths,
  bytes,
}: PackedEvents): readonly DoorEvent[] {
  let at = 0
  return ids.map((id, index) => {
    const length = lengths[index]!
    const record = Buffer.from(bytes, at, length)
    at += length
    return { id, busKey, record, key: { words: keys, at: index * EVENT_KEY_WORDS } }
  })
}

export interface PackOptions {
  readonly needsIds: boolean
  /** Paths of the address. */
  readonly paths: readonly string[]
  readonly select: SelectText
  readonly slabs: Slabs
}

export function packMessages(
  messages: readonly SinkMessage[],
  { needsIds, paths, select, slabs }: PackOptions,
): PackedMessages {
  const lengths = new Uint32Array(messages.length * 2)
  const isMade = new Uint8Array(messages.length)
  let size = 0
  for (let index = 0; index < messages.length; index += 1) {
    const { event, body, target, isBodyOnly } = messages[index]!
    const isWhole = body === event.envelope
    lengths[index * 2] = event.record.length
    lengths[index * 2 + 1] = isWhole ? WHOLE_EVENT : body.length
    if (target.input !== undefined || isBodyOnly === true) isMade[index] = 1
    size += event.record.length + (isWhole ? 0 : body.length)
  }
  return {
    lengths,
    bytes: joinMessages(messages, slabs.take(size)),
    isMade,
    deliveryIds: needsIds ? messages.map(({ deliveryId }) => deliveryId) : [],
    ...(paths.length === 0
      ? {}
      : {
          selected: paths.map(
            (path) => [path, messages.map(({ event }) => select(path, event.envelope))] as const,
          ),
        }),
  }
}

/** As sinks of brokers look at them: the target has no more than its address, and whether it makes an input. */
export function unpackMessages(
  { lengths, bytes, isMade, deliveryIds }: PackedMessages,
  address: string,
): readonly UnpackedMessage[] {
  const whole = Buffer.from(bytes)
  const target = { id: '', address }
  const makingTarget = { ...target, input: MADE }
  let end = 0
  return Array.from(isMade, (made, index) => {
    const start = end
    end += lengths[index * 2]!
    const bodyLength = lengths[index * 2 + 1]!
    const message = new UnpackedMessage(whole, {
      start,
      end,
      bodyLength,
      target: made === 0 ? target : makingTarget,
      deliveryId: deliveryIds[index] ?? '',
    })
    if (bodyLength !== WHOLE_EVENT) end += bodyLength
    return message
  })
}

/** What was selected of each of these messages before they were packed, by path. */
export function* selectedOf(
  { selected = [] }: PackedMessages,
  messages: readonly SinkMessage[],
): Generator<readonly [envelope: Uint8Array, texts: ReadonlyMap<string, string | undefined>]> {
  if (selected.length === 0) return
  for (const [index, { event }] of messages.entries())
    yield [event.envelope, new Map(selected.map(([path, texts]) => [path, texts[index]]))]
}

/** Most are sent as bytes of the whole: what is a view of some of them is made when somebody asks for it. */
export class UnpackedMessage implements SinkMessage, RecordPlace {
  /** Of all messages that came together. */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly target: SinkMessage['target']
  readonly deliveryId: string
  readonly attempt = 1
  readonly #bodyLength: number
  #event: StoredEvent | undefined

  constructor(bytes: Buffer, { start, end, bodyLength, target, deliveryId }: Unpacking) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.#bodyLength = bodyLength
    this.target = target
    this.deliveryId = deliveryId
  }

  get event(): StoredEvent {
    this.#event ??= decodeStoredEvent(this.bytes.subarray(this.start, this.end))
    return this.#event
  }

  get eventId(): string {
    return this.event.id
  }

  get body(): Uint8Array {
    if (this.#bodyLength === WHOLE_EVENT) return this.event.envelope
    return this.bytes.subarray(this.end, this.end + this.#bodyLength)
  }
}

interface Unpacking extends Pick<SinkMessage, 'target' | 'deliveryId'> {
  readonly start: number
  readonly end: number
  readonly bodyLength: number
}

function join(parts: readonly Uint8Array[], slabs: Slabs): ArrayBuffer {
  let size = 0
  for (const part of parts) size += part.length
  const slab = slabs.take(size)
  const whole = new Uint8Array(slab)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return slab
}

/** Fills `slab`, which has room for all. */
function joinMessages(messages: readonly SinkMessage[], slab: ArrayBuffer): ArrayBuffer {
  const whole = new Uint8Array(slab)
  let at = 0
  for (const { event, body } of messages) {
    whole.set(event.record, at)
    at += event.record.length
    if (body === event.envelope) continue
    whole.set(body, at)
    at += body.length
  }
  return slab
}
