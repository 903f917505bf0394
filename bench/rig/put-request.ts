// A PutEvents request as bytes, made once; before it is sent again its events get new numbers and times in place.
// The detail is what people send: an order with names, amounts, a list and some text, 1 KiB of it.

import type { Address } from './connection.ts'

const DETAIL_BYTES = 1024
const NUMBER_DIGITS = 12
const TIME_DIGITS = 16
const NUMBER_MARK = '#'.repeat(NUMBER_DIGITS)
/** In front of the time, in microseconds of the machine's clock, wherever the event's bytes turn up. */
export const TIME_MARK = '@time@'
const TIME_BLANK = '0'.repeat(TIME_DIGITS)
/** As a real client sends it; in dev nobody verifies it, but it is read. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/events/aws4_request, ' +
  `SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`

export interface PutRequestOptions {
  readonly address: Address
  readonly entries: number
  readonly source: string
}

export class PutRequest {
  readonly bytes: Buffer
  readonly entries: number
  readonly #numbersAt: readonly number[]
  readonly #timesAt: readonly number[]

  constructor(options: PutRequestOptions) {
    this.entries = options.entries
    this.bytes = Buffer.from(textOf(options))
    this.#numbersAt = findAll(this.bytes, NUMBER_MARK)
    this.#timesAt = findAll(this.bytes, TIME_MARK).map((at) => at + TIME_MARK.length)
  }

  /** Numbers the events from `first` on; all of them say that they were due at `timeMs`. */
  stamp(first: number, timeMs: number): void {
    const time = Math.round(timeMs * 1000)
    for (let index = 0; index < this.entries; index += 1) {
      writeDigits(this.bytes, this.#numbersAt[index]!, NUMBER_DIGITS, first + index)
      writeDigits(this.bytes, this.#timesAt[index]!, TIME_DIGITS, time)
    }
  }
}

/** The time behind a mark, in milliseconds. */
export function readTime(bytes: Buffer, markAt: number): number {
  const start = markAt + TIME_MARK.length
  return Number(bytes.toString('latin1', start, start + TIME_DIGITS)) / 1000
}

export function detailText(): string {
  const order = {
    id: NUMBER_MARK,
    at: TIME_MARK + TIME_BLANK,
    status: 'created',
    customer: { id: 'c-20391', name: 'Marta Öberg', tier: 'gold', since: 2017, newsletter: false },
    total: 1284.5,
    currency: 'SEK',
    lines: [
      { sku: 'LAMP-0031', quantity: 2, price: 399.5, tags: ['fragile', 'indoor'] },
      { sku: 'DESK-1200', quantity: 1, price: 485.5, tags: ['oversize'] },
    ],
    address: { street: 'Strandvägen 14', city: 'Göteborg', zip: '41303', country: 'SE' },
    note: 'Leave it with the neighbour to the left, "Lindqvist", when nobody opens. ',
  }
  const missing = DETAIL_BYTES - Buffer.byteLength(JSON.stringify(order))
  const filling = 'Ring twice, the bell is faint. '.repeat(40).slice(0, missing)
  return JSON.stringify({ ...order, note: order.note + filling })
}

function textOf({ address, entries, source }: PutRequestOptions): string {
  const entry = { Source: source, DetailType: 'order created', Detail: detailText() }
  const body = JSON.stringify({ Entries: Array.from({ length: entries }, () => entry) })
  return requestText(address, 'AWSEvents.PutEvents', body)
}

/** A call in AWS's JSON protocol, head and body. */
export function requestText({ host, port }: Address, target: string, body: string): string {
  return (
    `POST / HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/x-amz-json-1.1\r\n` +
    `X-Amz-Target: ${target}\r\nX-Amz-Date: 20260101T000000Z\r\n` +
    `Authorization: ${AUTHORIZATION}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

function findAll(bytes: Buffer, text: string): number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) {
    found.push(at)
  }
  return found
}

function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const shorter = Math.floor(rest / 10)
    bytes[index] = 0x30 + rest - shorter * 10
    rest = shorter
  }
}
