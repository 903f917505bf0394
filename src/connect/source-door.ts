// What is done with the records of a source, in steps: made events, put into the log, and rejected where they are none.
// The steps after the first are a door, so that a source may read and decode in a thread of its own.

import { isAppError } from '../base/index.ts'
import { type BusRef, cloudEventKey, type Event, formatBusKey, storeEvent } from '../event/index.ts'
import type { BrokerSpec, SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { SOURCE_EVENT_BYTES_MAX } from './limits.ts'
import { decodeMessage } from './source-event.ts'

export interface DoorEvent {
  readonly id: string
  readonly busKey: string
  readonly record: Uint8Array
  readonly dedupeKey?: string
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
  const bus = busOf(decoding.source)
  for (const message of messages) {
    sizeBytes += message.body.length
    const event = decode(message, bus, decoding)
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
  return {
    id: event.id,
    busKey: formatBusKey(event.bus),
    record: storeEvent(event, came),
    dedupeKey: cloudEventKey(event.source, event.id),
  }
}

/** Text says why it is no event. */
function decode(
  message: SourceMessage,
  bus: BusRef,
  { source, dialect, now }: Decoding,
): DoorEvent | string {
  if (message.body.length > SOURCE_EVENT_BYTES_MAX)
    return `expected at most ${SOURCE_EVENT_BYTES_MAX} bytes, got \`${message.body.length}\``
  const decoded = decodeMessage(message, { source, bus, now })
  if (decoded.kind === 'fault') return decoded.reason
  try {
    return doorEvent(decoded.event, dialect === 'nats' ? { topic: message.topic } : {})
  } catch (error) {
    if (!isAppError(error, 'EVENT_INVALID')) throw error
    return error.message
  }
}
