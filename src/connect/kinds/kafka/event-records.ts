// Events that leave as records in binary mode, straight from the memory in which they came: of each there is a row that
// says where its id, time, subject and data lie, and the rest of its headers is bytes that it shares with others.

import type { HeadSpans } from '../../../event/index.ts'
import type { HeaderTemplate } from './event-headers.ts'
import { putBytes, sizeOfBytes, sizeOfSpan, writeVarint } from './header-bytes.ts'
import type { RecordList } from './record-list.ts'

const ID = 0
const TIME = 2
const SUBJECT = 4
const DATA = 6
const TAIL_SIZE = 8
const COLUMNS = 9

/** From here on a call copies faster than a loop. */
const CALL_BYTES_MIN = 64

/** Rows for so many events. */
export function createRows(count: number): Int32Array {
  return new Int32Array(count * COLUMNS)
}

export interface EventRecordsOptions {
  readonly topic: string
  /** In which all the events lie. */
  readonly bytes: Buffer
  readonly rows: Int32Array
  /** Of the first event. */
  readonly firstRow: number
}

export class EventRecords implements RecordList {
  readonly #topic: string
  readonly #bytes: Buffer
  readonly #rows: Int32Array
  readonly #firstRow: number
  readonly #templates: HeaderTemplate[] = []
  readonly #keys: (Buffer | undefined)[] = []

  constructor({ topic, bytes, rows, firstRow }: EventRecordsOptions) {
    this.#topic = topic
    this.#bytes = bytes
    this.#rows = rows
    this.#firstRow = firstRow
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  get length(): number {
    return this.#templates.length
  }

  add(spans: HeadSpans, template: HeaderTemplate, key: Buffer | undefined): void {
    const rows = this.#rows
    const row = this.#rowOf(this.#templates.length)
    rows[row + ID] = spans.idStart
    rows[row + ID + 1] = spans.idEnd
    rows[row + TIME] = spans.timeStart
    rows[row + TIME + 1] = spans.timeEnd
    rows[row + SUBJECT] = spans.subjectStart
    rows[row + SUBJECT + 1] = spans.subjectEnd
    rows[row + DATA] = spans.dataStart
    rows[row + DATA + 1] = spans.dataEnd
    rows[row + TAIL_SIZE] =
      sizeOfBytes(key) +
      sizeOfSpan(spans.dataEnd - spans.dataStart) +
      template.sizeBytes +
      sizeOfSpan(spans.idEnd - spans.idStart) +
      sizeOfSpan(spans.timeEnd - spans.timeStart) +
      (template.beforeSubject === undefined ? 0 : sizeOfSpan(spans.subjectEnd - spans.subjectStart))
    this.#templates.push(template)
    this.#keys.push(key)
  }

  topicOf(): string {
    return this.#topic
  }

  keyOf(index: number): Buffer | undefined {
    return this.#keys[index]
  }

  partitionOf(): undefined {}

  timestampOf(): undefined {}

  sizeOf(index: number): number {
    const row = this.#rowOf(index)
    const valueLength = this.#rows[row + DATA + 1]! - this.#rows[row + DATA]!
    return valueLength + (this.#keys[index]?.length ?? 0)
  }

  tailSizeOf(index: number): number {
    return this.#rows[this.#rowOf(index) + TAIL_SIZE]!
  }

  writeTail(index: number, batch: Buffer, at: number): number {
    const row = this.#rowOf(index)
    const { beforeId, beforeTime, beforeSubject, after } = this.#templates[index]!
    let next = putBytes(batch, this.#keys[index], at)
    next = this.#putSpan(row + DATA, batch, next)
    next = put(batch, beforeId, next)
    next = this.#putSpan(row + ID, batch, next)
    next = put(batch, beforeTime, next)
    next = this.#putSpan(row + TIME, batch, next)
    if (beforeSubject !== undefined) {
      next = put(batch, beforeSubject, next)
      next = this.#putSpan(row + SUBJECT, batch, next)
    }
    return put(batch, after, next)
  }

  #rowOf(index: number): number {
    return (this.#firstRow + index) * COLUMNS
  }

  #putSpan(column: number, batch: Buffer, at: number): number {
    const start = this.#rows[column]!
    const end = this.#rows[column + 1]!
    const to = writeVarint(batch, end - start, at)
    if (end - start >= CALL_BYTES_MIN) this.#bytes.copy(batch, to, start, end)
    else {
      const bytes = this.#bytes
      const shift = to - start
      for (let from = start; from < end; from += 1) batch[from + shift] = bytes[from]!
    }
    return to + end - start
  }
}

function put(batch: Buffer, piece: Buffer, at: number): number {
  if (piece.length >= CALL_BYTES_MIN) batch.set(piece, at)
  else for (let index = 0; index < piece.length; index += 1) batch[at + index] = piece[index]!
  return at + piece.length
}
