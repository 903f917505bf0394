// An archived event on its way back: the same record with `"replay-name"` put into its envelope before
// `resources`, where AWS has it, and with the replay in its meta. Nothing is parsed but a meta that is there.

import { type Directed, type EventMeta, type ReplayMark, STORED_HEADER } from './stored-event.ts'

export interface ReplayTarget {
  /** The bus that gets the event; absent = the one it lay on. */
  readonly busKey?: string
  /** The only rules that get it. */
  readonly directed?: Directed
}

// No text of the envelope before it can hold these bytes: a quote inside a JSON text has a backslash before it.
const RESOURCES = Buffer.from(',"resources":')
/** How a meta ends behind the event's number. */
const META_TAIL = '}}'
const NTH_DIGITS_MAX = 16
const TIME = Buffer.from(',"time":"')
const TIME_LENGTH = 20

const { sizeBytes: HEADER_SIZE, flagsAt, busLengthAt, metaLengthAt } = STORED_HEADER
const { envelopeLengthAt, detailStartAt, directedFlag, replayedFlag } = STORED_HEADER

/** The log record of an archived event as a replay brings it back. */
export function encodeReplayedEvent(
  record: Uint8Array,
  { name, nth }: ReplayMark,
  target: ReplayTarget = {},
): Buffer {
  const encoder = new ReplayEncoder(name, target)
  const into = Buffer.allocUnsafe(encoder.sizeMax(record))
  return into.subarray(0, encoder.write(record, nth, into, 0))
}

/** Makes log records of the events of one replay. */
export class ReplayEncoder {
  readonly #name: string
  readonly #directed: Directed | undefined
  readonly #bus: Buffer | undefined
  readonly #member: Buffer
  /** The meta of an event that had none, up to its number. */
  readonly #metaHead: string

  constructor(name: string, { busKey, directed }: ReplayTarget) {
    this.#name = name
    this.#directed = directed
    this.#bus = busKey === undefined ? undefined : Buffer.from(busKey)
    this.#member = Buffer.from(`,"replay-name":${JSON.stringify(name)}`)
    this.#metaHead = this.#metaOf({}, 0).slice(0, -META_TAIL.length - 1)
  }

  /** No fewer bytes than `write` takes. */
  sizeMax(record: Uint8Array): number {
    const names = this.#member.length + (this.#bus?.length ?? 0)
    return (
      record.length + names + Buffer.byteLength(this.#metaHead) + NTH_DIGITS_MAX + META_TAIL.length
    )
  }

  /** Writes the record at `at`, the `nth` of its replay; answers where it ends. */
  write(record: Uint8Array, nth: number, into: Buffer, at: number): number {
    const from = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
    const busEnd = HEADER_SIZE + from.readUInt16LE(busLengthAt)
    const metaEnd = busEnd + from.readUInt32LE(metaLengthAt)
    const spliceAt = from.indexOf(RESOURCES, metaEnd)
    const member = this.#member
    const busStart = at + HEADER_SIZE
    const metaStart =
      busStart +
      (this.#bus === undefined
        ? from.copy(into, busStart, HEADER_SIZE, busEnd)
        : this.#bus.copy(into, busStart))
    const envelopeStart =
      metaStart + into.write(this.#metaText(from, busEnd, metaEnd, nth), metaStart)
    from.copy(into, at, 0, HEADER_SIZE)
    into[at + flagsAt] =
      from[flagsAt]! | replayedFlag | (this.#directed === undefined ? 0 : directedFlag)
    into.writeUInt16LE(metaStart - busStart, at + busLengthAt)
    into.writeUInt32LE(envelopeStart - metaStart, at + metaLengthAt)
    into.writeUInt32LE(from.readUInt32LE(envelopeLengthAt) + member.length, at + envelopeLengthAt)
    into.writeUInt32LE(from.readUInt32LE(detailStartAt) + member.length, at + detailStartAt)
    let end = envelopeStart
    end += from.copy(into, end, metaEnd, spliceAt)
    end += member.copy(into, end)
    return end + from.copy(into, end, spliceAt)
  }

  #metaText(from: Buffer, start: number, end: number, nth: number): string {
    if (start === end) return this.#metaHead + nth + META_TAIL
    return this.#metaOf(JSON.parse(from.toString('utf8', start, end)) as EventMeta, nth)
  }

  #metaOf(before: EventMeta, nth: number): string {
    const directed = this.#directed === undefined ? {} : { directed: this.#directed }
    return JSON.stringify({ ...before, ...directed, replay: { name: this.#name, nth } })
  }
}

/** When the event happened by its envelope, whole seconds since the epoch. */
export function readEventTime(envelope: Uint8Array): number {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  const start = bytes.indexOf(TIME) + TIME.length
  const text = bytes.toString('latin1', start, start + TIME_LENGTH)
  if (text !== lastTime.text) lastTime = { text, seconds: Date.parse(text) / 1000 }
  return lastTime.seconds
}

// Events of one second come one behind the other.
let lastTime = { text: '', seconds: 0 }
