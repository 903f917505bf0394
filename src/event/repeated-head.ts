// The attributes of events that come one after the other: mostly those of the one before but for id, time and subject.
// Comparing bytes is then all that is done, and what was made of the rest is handed out again. Nothing is made for an
// event, not even a view of its record: short pieces are compared faster byte by byte than by a call that has to look at
// its arguments first.
//
// Invariant: what is answered is what `toEvent` would say of the event.

import type { Event } from './event.ts'
import { decodeStoredEvent, ENVELOPE_START, STORED_HEADER } from './stored-event.ts'

/** Where an event's record lies in memory that it shares with others. */
export interface RecordPlace {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** Where in that memory the text of each lies, without its quotes; it is UTF-8 without escapes. */
export interface HeadSpans {
  readonly idStart: number
  readonly idEnd: number
  readonly timeStart: number
  readonly timeEnd: number
  /** Both the same where the event has no subject. */
  readonly subjectStart: number
  readonly subjectEnd: number
  /** Both the same where the event has no data. */
  readonly dataStart: number
  readonly dataEnd: number
}

interface Known<T> {
  readonly made: T
  readonly flags: number
  /** The bytes before what may differ, and between that and what may differ next. */
  readonly meta: Buffer
  /** Undefined where the time stands in the envelope. */
  readonly metaAfterTime: Buffer | undefined
  readonly beforeTime: Buffer
  readonly afterTime: Buffer
  readonly afterSubject: Buffer
  readonly hasSubject: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const META_TIME = Buffer.from('{"origin":"cloudevents","time":"')
const ENVELOPE_TIME = Buffer.from(',"time":"')
const SUBJECT = Buffer.from(',"subject":"')
const { sizeBytes: HEADER_SIZE, flagsAt, busLengthAt, metaLengthAt } = STORED_HEADER
const { envelopeLengthAt, detailStartAt, rawDataFlag, noDataFlag } = STORED_HEADER

export class RepeatedHead<T> {
  readonly #make: (event: Event) => T
  readonly #spans: Writable<HeadSpans> = {
    idStart: 0,
    idEnd: 0,
    timeStart: 0,
    timeEnd: 0,
    subjectStart: 0,
    subjectEnd: 0,
    dataStart: 0,
    dataEnd: 0,
  }
  #known: Known<T> | undefined

  /** `make` is called with an event of which id, time and subject are not to be looked at, but for whether there is one. */
  constructor(make: (event: Event) => T) {
    this.#make = make
  }

  /** Of the event that was read last. */
  get spans(): HeadSpans {
    return this.#spans
  }

  /** Undefined for an event that has to be read as a whole: something in its head is escaped. */
  read(place: RecordPlace): T | undefined {
    const known = this.#known
    if (known !== undefined && match(place, known, this.#spans)) return known.made
    return this.#learn(place)
  }

  #learn(place: RecordPlace): T | undefined {
    const record = place.bytes.subarray(place.start, place.end)
    const metaStart = HEADER_SIZE + record.readUInt16LE(busLengthAt)
    const headStart = metaStart + record.readUInt32LE(metaLengthAt)
    const headEnd = headStart + record.readUInt32LE(detailStartAt)
    const idEnd = textEnd(record, headStart + ENVELOPE_START.length, headEnd)
    const timeMark = record.indexOf(ENVELOPE_TIME, idEnd)
    if (idEnd === -1 || timeMark === -1 || timeMark > headEnd) return undefined
    const envelopeTime = timeMark + ENVELOPE_TIME.length
    const envelopeTimeEnd = record.indexOf(QUOTE, envelopeTime)
    const event = decodeStoredEvent(record)
    const value = event.toEvent()
    const subjectMark = value.subject === undefined ? -1 : record.indexOf(SUBJECT, envelopeTimeEnd)
    const subjectStart = subjectMark === -1 ? headEnd : subjectMark + SUBJECT.length
    const subjectEnd = subjectMark === -1 ? headEnd : textEnd(record, subjectStart, headEnd)
    if (subjectEnd === -1) return undefined
    const hasMetaTime = startsWith(record, META_TIME, metaStart)
    // Where the time stands in neither place, this is a record of another hand.
    if (!hasMetaTime && event.meta().time !== undefined) return undefined
    const piece = (from: number, to: number): Buffer => Buffer.from(record.subarray(from, to))
    const known = {
      made: this.#make(value),
      flags: record[flagsAt]!,
      meta: hasMetaTime ? META_TIME : piece(metaStart, headStart),
      metaAfterTime: hasMetaTime
        ? piece(record.indexOf(QUOTE, metaStart + META_TIME.length), headStart)
        : undefined,
      beforeTime: piece(idEnd, envelopeTime),
      afterTime: piece(envelopeTimeEnd, subjectStart),
      afterSubject: piece(subjectEnd, headEnd),
      hasSubject: subjectMark !== -1,
    }
    if (!match(place, known, this.#spans)) return undefined
    this.#known = known
    return known.made
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Says where everything lies when it does. */
function match(
  { bytes, start, end }: RecordPlace,
  known: Known<unknown>,
  spans: Writable<HeadSpans>,
): boolean {
  const { flags, meta, metaAfterTime, beforeTime, afterTime, afterSubject, hasSubject } = known
  if (bytes[start + flagsAt] !== flags) return false
  const metaStart = start + HEADER_SIZE + bytes.readUInt16LE(start + busLengthAt)
  const headStart = metaStart + bytes.readUInt32LE(start + metaLengthAt)
  const headEnd = headStart + bytes.readUInt32LE(start + detailStartAt)
  if (!startsWith(bytes, meta, metaStart)) return false
  let metaEnd = metaStart + meta.length
  let timeStart = metaEnd
  let timeEnd = metaEnd
  if (metaAfterTime !== undefined) {
    timeEnd = textEnd(bytes, timeStart, headStart)
    if (timeEnd === -1 || !startsWith(bytes, metaAfterTime, timeEnd)) return false
    metaEnd = timeEnd + metaAfterTime.length
  }
  if (metaEnd !== headStart) return false
  const idStart = headStart + ENVELOPE_START.length
  const idEnd = textEnd(bytes, idStart, headEnd)
  if (idEnd === -1 || !startsWith(bytes, beforeTime, idEnd)) return false
  const envelopeTime = idEnd + beforeTime.length
  const envelopeTimeEnd = textEnd(bytes, envelopeTime, headEnd)
  if (envelopeTimeEnd === -1 || !startsWith(bytes, afterTime, envelopeTimeEnd)) return false
  const subjectStart = envelopeTimeEnd + afterTime.length
  const subjectEnd = hasSubject ? textEnd(bytes, subjectStart, headEnd) : subjectStart
  if (subjectEnd === -1 || subjectEnd + afterSubject.length !== headEnd) return false
  if (!startsWith(bytes, afterSubject, subjectEnd)) return false
  const envelopeEnd = headStart + bytes.readUInt32LE(start + envelopeLengthAt)
  const isRaw = (flags & rawDataFlag) !== 0
  spans.idStart = idStart
  spans.idEnd = idEnd
  spans.timeStart = metaAfterTime === undefined ? envelopeTime : timeStart
  spans.timeEnd = metaAfterTime === undefined ? envelopeTimeEnd : timeEnd
  spans.subjectStart = subjectStart
  spans.subjectEnd = subjectEnd
  spans.dataStart = isRaw ? envelopeEnd : headEnd
  spans.dataEnd = isRaw ? end : envelopeEnd - 1
  if ((flags & noDataFlag) !== 0) spans.dataEnd = spans.dataStart
  return true
}

/** Where the quote behind a text stands; -1 when something in the text is escaped, or there is none before `limit`. */
function textEnd(bytes: Buffer, start: number, limit: number): number {
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) return -1
  }
  return -1
}

function startsWith(bytes: Buffer, piece: Buffer, at: number): boolean {
  for (let index = 0; index < piece.length; index += 1)
    if (bytes[at + index] !== piece[index]) return false
  return true
}
