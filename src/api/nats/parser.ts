// What clients of NATS say, out of bytes as they come: a line, and for messages a payload whose length the line gives.
// https://docs.nats.io/reference/reference-protocols/nats-protocol
//
//   line ──PUB, HPUB──▶ payload ──CR LF──▶ line
//   a fault that cannot be read past ends it: nothing behind it means anything
//
// Invariant: nothing is set aside for a payload before its length was checked.

import { CONTROL_LINE_BYTES_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'

export interface ClientMessage {
  readonly subject: string
  readonly reply?: string
  /** The header block as it came, with its `NATS/1.0` line. */
  readonly headers?: Buffer
  readonly payload: Buffer
}

export type ClientOperation =
  | { readonly kind: 'connect'; readonly options: unknown }
  | { readonly kind: 'ping' | 'pong' }
  | ({ readonly kind: 'publish' } & ClientMessage)
  | {
      readonly kind: 'subscribe'
      readonly subject: string
      readonly queue?: string
      readonly sid: string
    }
  | { readonly kind: 'unsubscribe'; readonly sid: string; readonly messagesMax?: number }
  /** In the words of nats-server; the connection cannot go on. */
  | { readonly kind: 'fault'; readonly message: string }

const CR = 13
const LF = 10

interface Announced {
  readonly subject: string
  readonly reply?: string
  readonly headerBytes: number
  readonly hasHeaders: boolean
  readonly totalBytes: number
}

export class ClientParser {
  /** A line that is not whole yet. */
  #line: Buffer = Buffer.alloc(0)
  #payload: { readonly of: Announced; readonly bytes: Buffer; filled: number } | undefined
  #isBroken = false

  /** The operations that these bytes complete, in order. Payloads share memory with the bytes. */
  push(chunk: Buffer): Iterable<ClientOperation> {
    return this.#operations(chunk)
  }

  *#operations(chunk: Buffer): Generator<ClientOperation> {
    let rest = chunk
    while (rest.length > 0 && !this.#isBroken) {
      const step = this.#payload === undefined ? this.#readLine(rest) : this.#readPayload(rest)
      rest = step.rest
      if (step.operation === undefined) continue
      if (step.operation.kind === 'fault') this.#isBroken = true
      yield step.operation
    }
  }

  #readLine(bytes: Buffer): Step {
    const end = bytes.indexOf(LF)
    const length = this.#line.length + (end === -1 ? bytes.length : end)
    if (length > CONTROL_LINE_BYTES_MAX)
      return { rest: NOTHING, operation: fault('maximum control line exceeded') }
    const part = bytes.subarray(0, end === -1 ? bytes.length : end)
    const line = this.#line.length === 0 ? part : Buffer.concat([this.#line, part])
    if (end === -1) {
      // What cannot become an operation is not waited for.
      if (!couldBegin(line)) return { rest: NOTHING, operation: UNKNOWN }
      this.#line = Buffer.from(line)
      return { rest: NOTHING }
    }
    this.#line = NOTHING
    const rest = bytes.subarray(end + 1)
    const parsed = parseLine(line)
    if (!('totalBytes' in parsed)) return { rest, operation: parsed }
    const wanted = parsed.totalBytes + 2
    if (rest.length >= wanted) {
      return { rest: rest.subarray(wanted), operation: toMessage(parsed, rest.subarray(0, wanted)) }
    }
    this.#payload = { of: parsed, bytes: Buffer.allocUnsafe(wanted), filled: 0 }
    return { rest }
  }

  #readPayload(bytes: Buffer): Step {
    const payload = this.#payload!
    const copied = bytes.copy(payload.bytes, payload.filled)
    payload.filled += copied
    const rest = bytes.subarray(copied)
    if (payload.filled < payload.bytes.length) return { rest }
    this.#payload = undefined
    return { rest, operation: toMessage(payload.of, payload.bytes) }
  }
}

interface Step {
  readonly rest: Buffer
  readonly operation?: ClientOperation
}

const NOTHING = Buffer.alloc(0)
const UNKNOWN = fault('Unknown Protocol Operation')

function fault(message: string): ClientOperation {
  return { kind: 'fault', message }
}

const VERBS = ['CONNECT', 'PING', 'PONG', 'PUB', 'HPUB', 'SUB', 'UNSUB', 'INFO', '+OK', '-ERR']

/** Whether a line that begins so may still turn out to be an operation. */
function couldBegin(line: Buffer): boolean {
  const start = line.subarray(0, 7).toString('latin1').toUpperCase()
  const [verb = ''] = start.split(/[ \t\r]/)
  return VERBS.some((known) => (verb === start ? known.startsWith(verb) : known === verb))
}

function parseLine(line: Buffer): ClientOperation | Announced {
  const end = line.at(-1) === CR ? line.length - 1 : line.length
  const text = line.toString('utf8', 0, end)
  const verb = /^[^ \t]*/.exec(text)![0]
  const rest = text.slice(verb.length).trim()
  const args = rest === '' ? [] : rest.split(/[ \t]+/)
  switch (verb.toUpperCase()) {
    case 'PUB':
      return announced(args, false)
    case 'HPUB':
      return announced(args, true)
    case 'SUB':
      return subscribe(args)
    case 'UNSUB':
      return unsubscribe(args)
    case 'PING':
      return { kind: 'ping' }
    case 'PONG':
      return { kind: 'pong' }
    case 'CONNECT':
      return connect(rest)
    default:
      return UNKNOWN
  }
}

function connect(json: string): ClientOperation {
  try {
    return { kind: 'connect', options: JSON.parse(json) as unknown }
  } catch {
    return fault('Parser Error')
  }
}

function announced(args: readonly string[], hasHeaders: boolean): ClientOperation | Announced {
  const sizes = args.slice(hasHeaders ? -2 : -1).map(sizeOf)
  const names = args.slice(0, args.length - sizes.length)
  const [subject, reply, ...others] = names
  if (subject === undefined || others.length > 0 || sizes.includes(undefined))
    return fault('Parser Error')
  const totalBytes = sizes.at(-1)!
  const headerBytes = hasHeaders ? sizes[0]! : 0
  if (headerBytes > totalBytes) return fault('Parser Error')
  if (totalBytes > PAYLOAD_BYTES_MAX) return fault('Maximum Payload Violation')
  return { subject, ...(reply === undefined ? {} : { reply }), headerBytes, hasHeaders, totalBytes }
}

/** Nine digits are more than any maximum. */
function sizeOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

function subscribe(args: readonly string[]): ClientOperation {
  const [subject, middle, last, ...others] = args
  if (subject === undefined || middle === undefined || others.length > 0)
    return fault('Parser Error')
  if (last === undefined) return { kind: 'subscribe', subject, sid: middle }
  return { kind: 'subscribe', subject, queue: middle, sid: last }
}

function unsubscribe(args: readonly string[]): ClientOperation {
  const [sid, count, ...others] = args
  const messagesMax = count === undefined ? undefined : sizeOf(count)
  const isMalformed = count !== undefined && messagesMax === undefined
  if (sid === undefined || isMalformed || others.length > 0) return fault('Parser Error')
  return { kind: 'unsubscribe', sid, ...(messagesMax === undefined ? {} : { messagesMax }) }
}

/** `bytes` end with the CR LF that must follow a payload. */
function toMessage(of: Announced, bytes: Buffer): ClientOperation {
  const { subject, reply, headerBytes, hasHeaders, totalBytes } = of
  if (bytes[totalBytes] !== CR || bytes[totalBytes + 1] !== LF) return UNKNOWN
  return {
    kind: 'publish',
    subject,
    ...(reply === undefined ? {} : { reply }),
    ...(hasHeaders ? { headers: bytes.subarray(0, headerBytes) } : {}),
    payload: bytes.subarray(headerBytes, totalBytes),
  }
}
