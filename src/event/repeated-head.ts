// The attributes of events that come one after the other: mostly those of the one before but for id, time and subject.
// Comparing bytes is then all that is done, and what was made of the rest is handed out again.
//
// Invariant: what is answered is what `toEvent` would say of the event.

import type { Event } from './event.ts'
import { STORED_HEADER, type StoredEvent } from './stored-event.ts'

/** Where in an event's record the text of each lies, without its quotes; it is UTF-8 without escapes. */
export interface HeadSpans {
  readonly record: Buffer
  readonly idStart: number
  readonly idEnd: number
  readonly timeStart: number
  readonly timeEnd: number
  /** Both zero where the event has no subject. */
  readonly subjectStart: number
  readonly subjectEnd: number
}

interface Known<T> {
  readonly made: T
  readonly flags: number
  readonly meta: Pieces
  readonly head: Pieces
  readonly hasSubject: boolean
}

/** The bytes before what may differ, and between that and what may differ next. */
type Pieces = readonly Buffer[]

const QUOTE = 0x22
const BACKSLASH = 0x5c
const HEAD_START = Buffer.from('{"version":"0","id":"')
const META_TIME = Buffer.from('{"origin":"cloudevents","time":"')
const ENVELOPE_TIME = Buffer.from(',"time":"')
const SUBJECT = Buffer.from(',"subject":"')

export class RepeatedHead<T> {
  readonly #make: (event: Event) => T
  #known: Known<T> | undefined

  /** `make` is called with an event of which id, time and subject are not to be looked at, but for whether there is one. */
  constructor(make: (event: Event) => T) {
    this.#make = make
  }

  /** Undefined for an event that has to be read as a whole: something in its head is escaped. */
  read(event: StoredEvent): { readonly made: T; readonly spans: HeadSpans } | undefined {
    const view = viewOf(event)
    const known = this.#known
    const spans = known === undefined ? undefined : match(view, known)
    if (known !== undefined && spans !== undefined) return { made: known.made, spans }
    return this.#learn(view, event)
  }

  #learn(
    view: View,
    event: StoredEvent,
  ): { readonly made: T; readonly spans: HeadSpans } | undefined {
    const { record, metaStart, headStart, headEnd } = view
    const idStart = headStart + HEAD_START.length
    const idEnd = textEnd(record, idStart)
    const timeMark = record.indexOf(ENVELOPE_TIME, idEnd)
    if (idEnd === -1 || timeMark === -1 || timeMark > headEnd) return undefined
    const envelopeTime = timeMark + ENVELOPE_TIME.length
    const envelopeTimeEnd = record.indexOf(QUOTE, envelopeTime)
    const value = event.toEvent()
    const subjectMark = value.subject === undefined ? -1 : record.indexOf(SUBJECT, envelopeTimeEnd)
    const subjectStart = subjectMark === -1 ? headEnd : subjectMark + SUBJECT.length
    const subjectEnd = subjectMark === -1 ? headEnd : textEnd(record, subjectStart)
    if (subjectEnd === -1) return undefined
    const hasMetaTime = startsWith(record, META_TIME, metaStart)
    const metaTimeEnd = hasMetaTime
      ? record.indexOf(QUOTE, metaStart + META_TIME.length)
      : headStart
    const piece = (from: number, to: number): Buffer => Buffer.from(record.subarray(from, to))
    // Where the time stands in neither place, this is a record of another hand.
    if (!hasMetaTime && event.meta().time !== undefined) return undefined
    const known = {
      made: this.#make(value),
      flags: record[STORED_HEADER.flagsAt]!,
      meta: hasMetaTime
        ? [META_TIME, piece(metaTimeEnd, headStart)]
        : [piece(metaStart, headStart)],
      head: [
        piece(idEnd, envelopeTime),
        piece(envelopeTimeEnd, subjectStart),
        piece(subjectEnd, headEnd),
      ],
      hasSubject: subjectMark !== -1,
    }
    const spans = match(view, known)
    if (spans === undefined) return undefined
    this.#known = known
    return { made: known.made, spans }
  }
}

interface View {
  readonly record: Buffer
  readonly metaStart: number
  readonly headStart: number
  /** Behind `"detail":`. */
  readonly headEnd: number
}

function viewOf({ record: bytes, detailStart }: StoredEvent): View {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const { sizeBytes, busLengthAt, metaLengthAt } = STORED_HEADER
  const metaStart = sizeBytes + record.readUInt16LE(busLengthAt)
  const headStart = metaStart + record.readUInt32LE(metaLengthAt)
  return { record, metaStart, headStart, headEnd: headStart + detailStart }
}

function match(
  { record, metaStart, headStart, headEnd }: View,
  { flags, meta, head, hasSubject }: Known<unknown>,
): HeadSpans | undefined {
  if (record[STORED_HEADER.flagsAt] !== flags) return undefined
  const idStart = headStart + HEAD_START.length
  const idEnd = textEnd(record, idStart)
  if (idEnd === -1 || !startsWith(record, head[0]!, idEnd)) return undefined
  const envelopeTime = idEnd + head[0]!.length
  const envelopeTimeEnd = record.indexOf(QUOTE, envelopeTime)
  if (!startsWith(record, head[1]!, envelopeTimeEnd)) return undefined
  const subjectStart = envelopeTimeEnd + head[1]!.length
  const subjectEnd = hasSubject ? textEnd(record, subjectStart) : subjectStart
  if (subjectEnd === -1 || subjectEnd + head[2]!.length !== headEnd) return undefined
  if (!startsWith(record, head[2]!, subjectEnd)) return undefined
  if (!startsWith(record, meta[0]!, metaStart)) return undefined
  const [before, after] = meta
  const timeStart = after === undefined ? envelopeTime : metaStart + before!.length
  const timeEnd = after === undefined ? envelopeTimeEnd : record.indexOf(QUOTE, timeStart)
  const metaEnd = after === undefined ? metaStart + before!.length : timeEnd + after.length
  if (metaEnd !== headStart) return undefined
  if (after !== undefined && !startsWith(record, after, timeEnd)) return undefined
  return {
    record,
    idStart,
    idEnd,
    timeStart,
    timeEnd,
    subjectStart: hasSubject ? subjectStart : 0,
    subjectEnd: hasSubject ? subjectEnd : 0,
  }
}

/** Where the quote behind a text stands; -1 when something in the text is escaped. */
function textEnd(record: Buffer, start: number): number {
  const end = record.indexOf(QUOTE, start)
  for (let at = start; at < end; at += 1) if (record[at] === BACKSLASH) return -1
  return end
}

function startsWith(record: Buffer, bytes: Buffer, at: number): boolean {
  const end = at + bytes.length
  return end <= record.length && record.compare(bytes, 0, bytes.length, at, end) === 0
}
