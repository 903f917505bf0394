// Plain records of one source as log records: most are like the one before but for id, time, key and data, and nothing
// of them is decoded then. What is anything else is left to `source-event.ts`, which says what a record means.
//
// Invariant: what is made here is what is made there.

import {
  type BusRef,
  cloudEventKey,
  type EventKey,
  formatBusKey,
  LikeRecords,
  writeEventKey,
} from '../event/index.ts'
import type { SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import type { Allocate } from './slabs.ts'
import type { DoorEvent } from './source-door.ts'
import { fillPlace, isOfPlace, mayBeStructured, recordId } from './source-event.ts'

export interface MappedContext {
  /** Wall milliseconds, for records without a time. */
  readonly now: number
  readonly allocate: Allocate
  /** Where the event's key is to be written. */
  readonly nextKey: () => EventKey
}

/** Of one topic. */
interface Mapped {
  readonly records: LikeRecords
  /** The bus's key and the source, as they begin the name of an event. */
  readonly nameStart: string
  /** Undefined: the record's key. */
  readonly subject: string | undefined
}

export class MappedRecords {
  readonly #source: SourceSpec
  readonly #bus: BusRef
  readonly #busKey: string
  readonly #isAlike: boolean
  readonly #byTopic = new Map<string, Mapped>()

  constructor(source: SourceSpec, bus: BusRef) {
    this.#source = source
    this.#bus = bus
    this.#busKey = formatBusKey(bus)
    const { type, source: from, subject, id } = source.mapping ?? {}
    this.#isAlike =
      source.format !== 'cloudevents' && id === undefined && [type, from, subject].every(isOfPlace)
  }

  /** Undefined for a record that is not like others. */
  encode(message: SourceMessage, { now, allocate, nextKey }: MappedContext): DoorEvent | undefined {
    const { topic, body, headers } = message
    if (!this.#isAlike || headers.size > 0) return undefined
    if (this.#source.format !== 'plain' && mayBeStructured(body)) return undefined
    const { records, nameStart, subject } = this.#of(topic)
    const id = recordId(message)
    const timeMs = message.timestamp ?? now
    const like = { id, timeMs, subject: subject ?? message.key, data: body }
    const record = records.encode(like, allocate)
    if (record === undefined) return undefined
    const key = nextKey()
    writeEventKey(key, nameStart + id, body)
    return { id, busKey: this.#busKey, record, key }
  }

  #of(topic: string): Mapped {
    const known = this.#byTopic.get(topic)
    if (known !== undefined) return known
    const { type, source: from, subject } = this.#source.mapping ?? {}
    const fill = (text: string): string => fillPlace(text, topic, this.#source)
    const source = fill(from ?? '{broker}/{topic}')
    const shared = { source, type: fill(type ?? '{topic}'), bus: this.#bus, resources: [] }
    const mapped = {
      records: new LikeRecords(shared),
      nameStart: `${this.#busKey}\0${cloudEventKey(source, '')}`,
      subject: subject === undefined ? undefined : fill(subject),
    }
    this.#byTopic.set(topic, mapped)
    return mapped
  }
}
