// The headers of events in binary mode, as bytes. Of events that come one after the other most headers are alike: those are
// encoded once, and id, time and subject are written between them.

import {
  attributesOf,
  type Event,
  type HeadSpans,
  RepeatedHead,
  type StoredEvent,
} from '../../../event/index.ts'
import { encodeText, sizeOfVarint, writeVarint } from './header-bytes.ts'

const PREFIX = 'ce_'

/** As headers, by name. */
export function headersOf(event: Event): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of attributesOf(event)) {
    if (name === 'datacontenttype') headers['content-type'] = String(value)
    else headers[`${PREFIX}${name}`] = String(value)
  }
  if (event.data !== undefined) headers['content-type'] ??= 'application/json'
  return headers
}

/** What stands before the id, the time and the subject, and behind all of them. */
interface Template {
  readonly beforeId: Buffer
  readonly beforeTime: Buffer
  readonly beforeSubject: Buffer | undefined
  readonly after: Buffer
  /** Of the partitioning extension. */
  readonly partitionKey: string | undefined
}

export interface EventHeaders {
  readonly headerBytes: Buffer
  readonly partitionKey: string | undefined
}

export class EventHeaderEncoder {
  readonly #heads = new RepeatedHead(templateOf)

  /** Undefined for an event that has to be read as a whole. */
  encode(event: StoredEvent): EventHeaders | undefined {
    const read = this.#heads.read(event)
    if (read === undefined) return undefined
    return { headerBytes: fill(read.made, read.spans), partitionKey: read.made.partitionKey }
  }
}

function templateOf(event: Event): Template {
  const parts: Buffer[][] = [[]]
  const entries = Object.entries(headersOf(event))
  const count = Buffer.allocUnsafe(sizeOfVarint(entries.length))
  writeVarint(count, entries.length, 0)
  for (const [name, value] of entries) {
    parts.at(-1)!.push(encodeText(name))
    if (name === 'ce_id' || name === 'ce_time' || name === 'ce_subject') parts.push([])
    else parts.at(-1)!.push(encodeText(value))
  }
  const pieces = parts.map((part) => Buffer.concat(part))
  const hasSubject = event.subject !== undefined
  const { partitionkey } = event.extensions
  return {
    beforeId: Buffer.concat([count, pieces[0]!]),
    beforeTime: pieces[1]!,
    beforeSubject: hasSubject ? pieces[2] : undefined,
    after: pieces.at(-1)!,
    partitionKey: partitionkey === undefined ? undefined : String(partitionkey),
  }
}

function fill({ beforeId, beforeTime, beforeSubject, after }: Template, spans: HeadSpans): Buffer {
  const { record, idStart, idEnd, timeStart, timeEnd, subjectStart, subjectEnd } = spans
  const sizeBytes =
    beforeId.length +
    sizeOfText(idStart, idEnd) +
    beforeTime.length +
    sizeOfText(timeStart, timeEnd) +
    (beforeSubject === undefined
      ? 0
      : beforeSubject.length + sizeOfText(subjectStart, subjectEnd)) +
    after.length
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let at = put(bytes, beforeId, 0)
  at = putText(bytes, record, { at, start: idStart, end: idEnd })
  at = put(bytes, beforeTime, at)
  at = putText(bytes, record, { at, start: timeStart, end: timeEnd })
  if (beforeSubject !== undefined) {
    at = put(bytes, beforeSubject, at)
    at = putText(bytes, record, { at, start: subjectStart, end: subjectEnd })
  }
  put(bytes, after, at)
  return bytes
}

function sizeOfText(start: number, end: number): number {
  return sizeOfVarint(end - start) + end - start
}

function put(bytes: Buffer, piece: Buffer, at: number): number {
  bytes.set(piece, at)
  return at + piece.length
}

interface TextPlace {
  readonly at: number
  readonly start: number
  readonly end: number
}

function putText(bytes: Buffer, record: Buffer, { at, start, end }: TextPlace): number {
  const from = writeVarint(bytes, end - start, at)
  record.copy(bytes, from, start, end)
  return from + end - start
}
