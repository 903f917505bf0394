// How an event lies in the log, and the only code that knows. The EventBridge envelope is made once, at
// ingress, and is what route matches and what sinks send, byte for byte:
//
//   0      1      2          4          8         12             16        20
//   | 0x01 | flags| busLen   | metaLen  | envLen  | detailStart  | rawLen  | busKey | meta | envelope | raw |
//
// `meta` is JSON of what the envelope cannot say (CloudEvents attributes as given); empty for events that
// came by the AWS dialect. `detailStart` is where the value of `detail` begins inside the envelope; it ends
// one byte before the envelope does. `raw` holds data that is not JSON and so cannot be that value.

import { AppError } from '../base/index.ts'
import { type Event, type ExtensionValue, parseBusKey } from './event.ts'

const FORMAT = 1
const HEADER_SIZE_BYTES = 20
const FLAG_RAW_DATA = 1
const FLAG_NO_DATA = 2
/** Its meta says which rules it is for; route and archives look at the flag alone. */
const FLAG_DIRECTED = 4
const FLAG_REPLAYED = 8
/** All names in its detail were found plain; without it nothing is known of them, as in records of earlier versions. */
const FLAG_PLAIN_NAMES = 16

/** Where the header's fields lie, and its flags, for what reads or rewrites a record without decoding it. */
export const STORED_HEADER: {
  readonly sizeBytes: number
  readonly flagsAt: number
  readonly busLengthAt: number
  readonly metaLengthAt: number
  readonly envelopeLengthAt: number
  readonly detailStartAt: number
  readonly rawDataFlag: number
  readonly noDataFlag: number
  readonly directedFlag: number
  readonly replayedFlag: number
  readonly plainNamesFlag: number
} = {
  sizeBytes: HEADER_SIZE_BYTES,
  flagsAt: 1,
  busLengthAt: 2,
  metaLengthAt: 4,
  envelopeLengthAt: 8,
  detailStartAt: 12,
  rawDataFlag: FLAG_RAW_DATA,
  noDataFlag: FLAG_NO_DATA,
  directedFlag: FLAG_DIRECTED,
  replayedFlag: FLAG_REPLAYED,
  plainNamesFlag: FLAG_PLAIN_NAMES,
}

// Every envelope begins `{"version":"0","id":"…"`, so the id's opening quote has a fixed place.
export const ENVELOPE_START = '{"version":"0","id":"'
const ID_START: number = ENVELOPE_START.length - 1
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** What the envelope cannot carry, by CloudEvents attribute name. */
export interface EventMeta {
  readonly time?: string
  readonly dataschema?: string
  readonly datacontenttype?: string
  readonly extensions?: Readonly<Record<string, ExtensionValue>>
  /** The X-Ray trace header of an AWS PutEvents entry, passed on to targets. */
  readonly traceHeader?: string
  /** Set on events that came as CloudEvents, which are one per source and id. */
  readonly origin?: 'cloudevents'
  /** The subject by which it came, of a broker of NATS. */
  readonly topic?: string
  /** How many buses forwarded this event already. */
  readonly hops?: number
  /** The only rules of its bus that may get this event. */
  readonly directed?: Directed
  /** The replay that brought this event back from an archive. */
  readonly replay?: ReplayMark
  /** The schema version under which it was found valid when it was published. */
  readonly schema?: SchemaRef
}

export interface ReplayMark {
  readonly name: string
  /** The how manieth of its replay's events this is, from 0: what a replay that was cut short goes on behind. */
  readonly nth: number
}

/** One version of a schema in a registry. */
export interface SchemaRef {
  readonly registry: string
  readonly name: string
  /** As AWS counts. */
  readonly number: string
  /** Semantic: `1.2.0`. */
  readonly version: string
}

/** The address of an event that is not for every rule of its bus. */
export interface Directed {
  /** Keys of the rules, which a RoutedRule holds. */
  readonly rules: readonly string[]
  /** Whether the rules were chosen for the event already; when not, their patterns are asked. */
  readonly matched: boolean
}

export interface StoredEventParts {
  readonly busKey: string
  readonly meta?: EventMeta
  /** Everything of the envelope up to and including `"detail":`. */
  readonly envelopeHead: string
  /** JSON text of the detail. */
  readonly detail: string | Uint8Array
  readonly rawData?: Uint8Array
  readonly hasData: boolean
  /** As `checkJson` found it of the detail. */
  readonly hasPlainNames?: boolean
}

/** An event as read from the log; views share the record's memory. */
export interface StoredEvent {
  readonly busKey: string
  /** As it lies in the log: what `decodeStoredEvent` was given. */
  readonly record: Uint8Array
  /** Read from the envelope on demand. */
  readonly id: string
  /** The EventBridge envelope: JSON text, UTF-8. */
  readonly envelope: Uint8Array
  /** Where the value of `detail` lies in `envelope`. */
  readonly detailStart: number
  readonly detailEnd: number
  /** Whether `meta` names the only rules it is for. */
  readonly isDirected: boolean
  /** Whether a replay brought it back. */
  readonly isReplayed: boolean
  /** Whether all names in the envelope are known to be different within their object and without dots. */
  readonly hasPlainNames: boolean
  /** Parsed on demand; empty for most events. */
  meta(): EventMeta
  /** The event's data as it came; undefined when it has none. */
  data(): Uint8Array | undefined
  /** The full value; costs a JSON.parse of the envelope's head. */
  toEvent(): Event
}

export function encodeStoredEvent(parts: StoredEventParts): Buffer {
  const meta = parts.meta === undefined ? '' : JSON.stringify(parts.meta)
  const raw = parts.rawData
  const busLength = Buffer.byteLength(parts.busKey)
  const metaLength = meta === '' ? 0 : Buffer.byteLength(meta)
  const headLength = Buffer.byteLength(parts.envelopeHead)
  const detailLength =
    typeof parts.detail === 'string' ? Buffer.byteLength(parts.detail) : parts.detail.length
  const envelopeLength = headLength + detailLength + 1
  const rawLength = raw?.length ?? 0
  const buffer = Buffer.allocUnsafe(
    HEADER_SIZE_BYTES + busLength + metaLength + envelopeLength + rawLength,
  )
  buffer[0] = FORMAT
  buffer[1] = flagsOf(parts)
  buffer.writeUInt16LE(busLength, 2)
  buffer.writeUInt32LE(metaLength, 4)
  buffer.writeUInt32LE(envelopeLength, 8)
  buffer.writeUInt32LE(headLength, 12)
  buffer.writeUInt32LE(rawLength, 16)
  let offset = HEADER_SIZE_BYTES
  offset += buffer.write(parts.busKey, offset)
  if (metaLength > 0) offset += buffer.write(meta, offset)
  offset += buffer.write(parts.envelopeHead, offset)
  if (typeof parts.detail === 'string') offset += buffer.write(parts.detail, offset)
  else {
    buffer.set(parts.detail, offset)
    offset += detailLength
  }
  buffer[offset] = 0x7d
  if (raw !== undefined) buffer.set(raw, offset + 1)
  return buffer
}

/** Where a template leaves room for the id. */
const OPEN_ID = '00000000-0000-4000-8000-000000000000'

/** What the records of one source have in common: all but the event's id and its detail. */
export interface RecordTemplate {
  /** `id` is a UUID, `detail` JSON text in UTF-8, its names as `checkJson` found them. */
  fill(id: string, detail: Uint8Array, hasPlainNames: boolean): Buffer
}

/** `head` is the envelope's for an id. */
export function createRecordTemplate(busKey: string, head: (id: string) => string): RecordTemplate {
  const whole = encodeStoredEvent({
    busKey,
    envelopeHead: head(OPEN_ID),
    detail: '',
    hasData: true,
  })
  const start = whole.subarray(0, -1)
  const envelopeLength = whole.readUInt32LE(8)
  const idStart = HEADER_SIZE_BYTES + whole.readUInt16LE(2) + ID_START + 1
  return {
    fill(id, detail, hasPlainNames) {
      const record = Buffer.allocUnsafe(whole.length + detail.length)
      record.set(start)
      if (hasPlainNames) record[1]! |= FLAG_PLAIN_NAMES
      record.writeUInt32LE(envelopeLength + detail.length, 8)
      record.write(id, idStart, 'latin1')
      record.set(detail, start.length)
      record[record.length - 1] = 0x7d
      return record
    },
  }
}

function flagsOf({ meta, rawData, hasData, hasPlainNames }: StoredEventParts): number {
  const dataFlags =
    (rawData === undefined ? 0 : FLAG_RAW_DATA) |
    (hasData ? 0 : FLAG_NO_DATA) |
    (hasPlainNames === true ? FLAG_PLAIN_NAMES : 0)
  if (meta === undefined) return dataFlags
  const directed = meta.directed === undefined ? 0 : FLAG_DIRECTED
  return dataFlags | directed | (meta.replay === undefined ? 0 : FLAG_REPLAYED)
}

export function decodeStoredEvent(record: Uint8Array): StoredEvent {
  const buffer = Buffer.isBuffer(record)
    ? record
    : Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  if (buffer[0] !== FORMAT) {
    throw new AppError(
      'LOG_CORRUPT',
      `expected an event record of format ${FORMAT}, got \`${buffer[0]}\``,
    )
  }
  return new RecordView(buffer)
}

/** The same event on another bus, for all of its rules: forwarding changes where it lies and nothing else. */
export function forwardStoredEvent(event: StoredEvent, busKey: string, hops: number): Buffer {
  const { envelope, detailStart, detailEnd } = event
  const original = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length)
  const value = event.toEvent()
  const data = envelope.subarray(detailStart, detailEnd)
  const { directed: _, ...meta } = event.meta()
  const isInEnvelope = value.data === undefined || value.data.byteOffset === data.byteOffset
  return encodeStoredEvent({
    busKey,
    meta: { ...meta, hops },
    envelopeHead: original.toString('utf8', 0, detailStart),
    detail: data,
    ...(isInEnvelope || value.data === undefined ? {} : { rawData: value.data }),
    hasData: value.data !== undefined,
    hasPlainNames: event.hasPlainNames,
  })
}

/** The record with the schema version under which its event was found valid. */
export function withSchema(record: Uint8Array, schema: SchemaRef): Buffer {
  const before = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  const meta = Buffer.from(JSON.stringify({ ...decodeStoredEvent(record).meta(), schema }))
  const metaStart = HEADER_SIZE_BYTES + before.readUInt16LE(2)
  const metaEnd = metaStart + before.readUInt32LE(4)
  const after = Buffer.concat([before.subarray(0, metaStart), meta, before.subarray(metaEnd)])
  after.writeUInt32LE(meta.length, 4)
  return after
}

class RecordView implements StoredEvent {
  readonly busKey: string
  readonly record: Buffer
  readonly envelope: Uint8Array
  readonly detailStart: number
  readonly detailEnd: number
  readonly #metaStart: number
  readonly #metaEnd: number

  constructor(record: Buffer) {
    const busLength = record.readUInt16LE(2)
    this.record = record
    this.#metaStart = HEADER_SIZE_BYTES + busLength
    this.#metaEnd = this.#metaStart + record.readUInt32LE(4)
    const envelopeEnd = this.#metaEnd + record.readUInt32LE(8)
    this.busKey = readBusKey(record, this.#metaStart)
    this.envelope = record.subarray(this.#metaEnd, envelopeEnd)
    this.detailStart = record.readUInt32LE(12)
    this.detailEnd = this.envelope.length - 1
  }

  get isDirected(): boolean {
    return (this.record[1]! & FLAG_DIRECTED) !== 0
  }

  get isReplayed(): boolean {
    return (this.record[1]! & FLAG_REPLAYED) !== 0
  }

  get hasPlainNames(): boolean {
    return (this.record[1]! & FLAG_PLAIN_NAMES) !== 0
  }

  get id(): string {
    const start = ID_START
    let end = start + 1
    while (this.envelope[end] !== QUOTE) end += this.envelope[end] === BACKSLASH ? 2 : 1
    const bytes = this.record.subarray(this.#metaEnd + start, this.#metaEnd + end + 1)
    return JSON.parse(bytes.toString()) as string
  }

  meta(): EventMeta {
    if (this.#metaStart === this.#metaEnd) return {}
    return JSON.parse(this.record.toString('utf8', this.#metaStart, this.#metaEnd)) as EventMeta
  }

  toEvent(): Event {
    const meta = this.meta()
    const head = this.record.toString('utf8', this.#metaEnd, this.#metaEnd + this.detailStart)
    const envelope = JSON.parse(`${head}null}`) as EnvelopeHead
    const data = this.data()
    // Called for each event that leaves for a broker: spreading what may be absent costs more than all the rest.
    const event: { -readonly [K in keyof Event]: Event[K] } = {
      id: envelope.id,
      source: envelope.source,
      type: envelope['detail-type'],
      time: meta.time ?? envelope.time,
      extensions: meta.extensions ?? {},
      bus: parseBusKey(this.busKey),
      resources: envelope.resources,
    }
    if (envelope.subject !== undefined) event.subject = envelope.subject
    if (meta.dataschema !== undefined) event.dataschema = meta.dataschema
    if (meta.datacontenttype !== undefined) event.datacontenttype = meta.datacontenttype
    if (data !== undefined) event.data = data
    return event
  }

  data(): Uint8Array | undefined {
    const flags = this.record[1]!
    if ((flags & FLAG_NO_DATA) !== 0) return undefined
    if ((flags & FLAG_RAW_DATA) !== 0) {
      return this.record.subarray(this.#metaEnd + this.envelope.length)
    }
    return this.envelope.subarray(this.detailStart, this.detailEnd)
  }
}

// Most records are of the bus of the one before: comparing bytes is cheaper than making the string again.
let lastBusKeyBytes: Uint8Array = new Uint8Array(0)
let lastBusKey = ''

function readBusKey(record: Buffer, end: number): string {
  const length = end - HEADER_SIZE_BYTES
  if (length !== lastBusKeyBytes.length || !startsWith(record, lastBusKeyBytes)) {
    lastBusKeyBytes = Uint8Array.from(record.subarray(HEADER_SIZE_BYTES, end))
    lastBusKey = record.toString('utf8', HEADER_SIZE_BYTES, end)
  }
  return lastBusKey
}

function startsWith(record: Buffer, bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index += 1) {
    if (record[HEADER_SIZE_BYTES + index] !== bytes[index]) return false
  }
  return true
}

interface EnvelopeHead {
  readonly id: string
  readonly source: string
  readonly 'detail-type': string
  readonly time: string
  readonly subject?: string
  readonly resources: readonly string[]
}
