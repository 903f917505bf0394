// What is done with the records of a source, in steps: made events, put into the log, and rejected where they are none.
// The steps after the first are a door, so that a source may read and decode in a thread of its own.

import { isAppError } from '../base/index.ts'
import {
  type BusRef,
  cloudEventKey,
  createEventKey,
  type Event,
  EVENT_KEY_WORDS,
  type EventKey,
  formatBusKey,
  storeEvent,
} from '../event/index.ts'
import type { BrokerSpec, SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { SOURCE_EVENT_BYTES_MAX } from './limits.ts'
import { type MappedContext, MappedRecords } from './mapped-records.ts'
import type { Slabs } from './slabs.ts'
import { decodeMessage } from './source-event.ts'

export interface DoorEvent {
  readonly id: string
  readonly busKey: string
  readonly record: Uint8Array
  /** Events of one bus with one key are one event. */
  readonly key: EventKey
}

export interface SourceDoor {
  /**
   * Resolves when they are in the log, with those that were not taken; rejects `BUS_NOT_FOUND`. What is put later is in
   * the log later, and not at all where something before it was not.
   */
  put(events: readonly DoorEvent[], signal: AbortSignal): Promise<readonly Refusal[]>
  /** Resolves when somebody has them, or it was said that there were such. */
  reject(rejected: readonly Rejected[], signal: AbortSignal): Promise<void>
  /** Records that were read and dealt with. */
  count(read: ReadCount): void
  /** Where what is put is best made. */
  readonly slabs?: Slabs
}

export interface Refusal {
  /** Among the events that were put. */
  readonly index: number
  readonly reason: string
}

export interface Rejected {
  readonly message: SourceMessage
  readonly reason: string
}

export interface ReadCount {
  readonly records: number
  readonly sizeBytes: number
  readonly rejected: number
}

export interface Decoding {
  readonly source: SourceSpec
  readonly dialect: BrokerSpec['type']
  /** Wall milliseconds, for records without a time. */
  readonly now: number
}

/** All steps: resolves when nothing of the messages can be lost any more. */
export async function passThrough(
  door: SourceDoor,
  messages: readonly SourceMessage[],
  decoding: Decoding,
  signal: AbortSignal,
): Promise<void> {
  const taken: SourceMessage[] = []
  const events: DoorEvent[] = []
  const rejected: Rejected[] = []
  let sizeBytes = 0
  for (const { body } of messages) sizeBytes += body.length
  const decoder = decoderOf(decoding)
  const context = {
    now: decoding.now,
    allocate: door.slabs?.open(sizeBytes + messages.length * HEAD_BYTES) ?? allocate,
    nextKey: createKeys(messages.length),
  }
  for (const message of messages) {
    const event = decoder.decode(message, context)
    if (typeof event === 'string') rejected.push({ message, reason: event })
    else {
      taken.push(message)
      events.push(event)
    }
  }
  for (const { index, reason } of await door.put(events, signal))
    rejected.push({ message: taken[index]!, reason })
  if (rejected.length > 0) await door.reject(rejected, signal)
  door.count({ records: messages.length, sizeBytes, rejected: rejected.length })
}

export function busOf({ account, region, bus = 'default' }: SourceSpec): BusRef {
  return { account, region, name: bus }
}

export function doorEvent(event: Event, came: { readonly topic?: string } = {}): DoorEvent {
  const { id, source, data } = event
  const busKey = formatBusKey(event.bus)
  return {
    id,
    busKey,
    record: storeEvent(event, came),
    key: createEventKey(busKey, cloudEventKey(source, id), data),
  }
}

/** What a record has beside its body, about. */
const HEAD_BYTES = 384

function allocate(sizeBytes: number): Buffer {
  return Buffer.allocUnsafe(sizeBytes)
}

function createKeys(count: number): () => EventKey {
  const words = new Int32Array(count * EVENT_KEY_WORDS)
  let used = 0
  return () => {
    used += 1
    return { words, at: (used - 1) * EVENT_KEY_WORDS }
  }
}

class Decoder {
  readonly #source: SourceSpec
  readonly #dialect: BrokerSpec['type']
  readonly #bus: BusRef
  readonly #mapped: MappedRecords | undefined

  constructor({ source, dialect }: Decoding) {
    this.#source = source
    this.#dialect = dialect
    this.#bus = busOf(source)
    // An event of NATS tells the subject by which it came.
    this.#mapped = dialect === 'kafka' ? new MappedRecords(source, this.#bus) : undefined
  }

  /** Text says why it is no event. */
  decode(message: SourceMessage, context: MappedContext): DoorEvent | string {
    if (message.body.length > SOURCE_EVENT_BYTES_MAX)
      return `expected at most ${SOURCE_EVENT_BYTES_MAX} bytes, got \`${message.body.length}\``
    const mapped = this.#mapped?.encode(message, context)
    if (mapped !== undefined) return mapped
    const { now } = context
    const decoded = decodeMessage(message, { source: this.#source, bus: this.#bus, now })
    if (decoded.kind === 'fault') return decoded.reason
    try {
      return doorEvent(decoded.event, this.#dialect === 'nats' ? { topic: message.topic } : {})
    } catch (error) {
      if (!isAppError(error, 'EVENT_INVALID')) throw error
      return error.message
    }
  }
}

const decoders = new WeakMap<SourceSpec, Decoder>()

/** A source's spec stays the same object as long as it is not changed. */
function decoderOf(decoding: Decoding): Decoder {
  let decoder = decoders.get(decoding.source)
  if (decoder === undefined) {
    decoder = new Decoder(decoding)
    decoders.set(decoding.source, decoder)
  }
  return decoder
}
