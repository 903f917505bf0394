// Log records of events that differ in id, time, subject and data alone, as those of one source do: the rest is encoded
// once, and each record is a few copies.
//
// Invariant: a record is, byte for byte, what `storeEvent` makes of the same event.

import type { Event } from './event.ts'
import { storeEvent } from './eventbridge.ts'
import { arePlainNames, checkJson } from './json-check.ts'
import { EVENT_DEPTH_MAX } from './limits.ts'
import { ENVELOPE_START, STORED_HEADER } from './stored-event.ts'

/** What the events share. */
export type LikeEvents = Pick<Event, 'source' | 'type' | 'datacontenttype' | 'bus' | 'resources'>

export interface LikeEvent {
  readonly id: string
  /** Wall milliseconds. */
  readonly timeMs: number
  readonly subject: string | undefined
  readonly data: Uint8Array
}

/** Of one time: what stands before the id, and between it and the subject. */
interface Frame {
  readonly timeMs: number
  readonly before: Buffer
  readonly after: Buffer
}

const OPEN_ID = 'id'
const SUBJECT_NAME = Buffer.from(',"subject":"')
const DETAIL_NAME = Buffer.from(',"detail":')
const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSE_OBJECT = 0x7d
/** Far more than most ids and subjects have: beyond it a loop over characters is slower than what it replaces. */
const TEXT_LENGTH_MAX = 200

export class LikeRecords {
  readonly #shared: LikeEvents
  #frame: Frame | undefined

  constructor(shared: LikeEvents) {
    this.#shared = shared
  }

  /** Undefined for an event that has to be stored as others are: its data is no JSON, or a text has to be escaped. */
  encode(event: LikeEvent, allocate: (sizeBytes: number) => Buffer): Buffer | undefined {
    const { id, timeMs, subject = '', data } = event
    if (id.length > TEXT_LENGTH_MAX || subject.length > TEXT_LENGTH_MAX) return undefined
    const check = checkJson(data, { depthMax: EVENT_DEPTH_MAX })
    if (check.kind === 'fault' || !isPlainText(id) || !isPlainText(subject)) return undefined
    const { before, after } = this.#frameOf(timeMs)
    const subjectLength = subject === '' ? 0 : SUBJECT_NAME.length + subject.length + 1
    const headLength = id.length + after.length + subjectLength + DETAIL_NAME.length
    const record = allocate(before.length + headLength + data.length + 1)
    record.set(before)
    let at = writeText(record, id, before.length)
    record.set(after, at)
    at += after.length
    if (subject !== '') {
      record.set(SUBJECT_NAME, at)
      at = writeText(record, subject, at + SUBJECT_NAME.length)
      record[at] = QUOTE
      at += 1
    }
    record.set(DETAIL_NAME, at)
    at += DETAIL_NAME.length
    record.set(data, at)
    record[at + data.length] = CLOSE_OBJECT
    seal(record, at, arePlainNames(check))
    return record
  }

  #frameOf(timeMs: number): Frame {
    if (this.#frame?.timeMs !== timeMs) this.#frame = createFrame(this.#shared, timeMs)
    return this.#frame
  }
}

function createFrame(shared: LikeEvents, timeMs: number): Frame {
  const time = new Date(timeMs).toISOString()
  const record = storeEvent({
    ...shared,
    extensions: {},
    id: OPEN_ID,
    time,
    data: Buffer.from('0'),
  })
  const id = envelopeStart(record) + ENVELOPE_START.length
  const detail = record.length - DETAIL_NAME.length - '0}'.length
  return {
    timeMs,
    before: Buffer.from(record.subarray(0, id)),
    after: Buffer.from(record.subarray(id + OPEN_ID.length, detail)),
  }
}

function seal(record: Buffer, detail: number, hasPlainNames: boolean): void {
  const { flagsAt, envelopeLengthAt, detailStartAt, plainNamesFlag } = STORED_HEADER
  const envelope = envelopeStart(record)
  record.writeUInt32LE(record.length - envelope, envelopeLengthAt)
  record.writeUInt32LE(detail - envelope, detailStartAt)
  const flags = record[flagsAt]!
  record[flagsAt] = hasPlainNames ? flags | plainNamesFlag : flags & ~plainNamesFlag
}

function envelopeStart(record: Buffer): number {
  const { sizeBytes, busLengthAt, metaLengthAt } = STORED_HEADER
  return sizeBytes + record.readUInt16LE(busLengthAt) + record.readUInt32LE(metaLengthAt)
}

/** Printable ASCII without what JSON escapes. */
function isPlainText(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false
  }
  return true
}

/** Answers where it ends. */
function writeText(record: Buffer, text: string, at: number): number {
  for (let index = 0; index < text.length; index += 1) record[at + index] = text.charCodeAt(index)
  return at + text.length
}
