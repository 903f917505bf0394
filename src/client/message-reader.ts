// Bytes into server-sent events, by the parsing rules of the standard.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

import { StringDecoder } from 'node:string_decoder'
import { AppError } from '../base/index.ts'
import { MESSAGE_LENGTH_MAX } from './limits.ts'

export interface StreamMessage {
  readonly event: string
  readonly data: string
  /** The last id that came, also by an earlier message. */
  readonly lastEventId: string
}

/** Each message of the stream; what lacks its empty line at the end is left out. */
export async function* readMessages(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamMessage> {
  const parser = new MessageParser()
  for await (const line of splitLines(pieces)) {
    const message = parser.take(line)
    if (message !== undefined) yield message
  }
}

class MessageParser {
  #event = ''
  #data: string[] = []
  #lengthSum = 0
  #lastEventId = ''

  /** Takes one line; answers the message that it ends. */
  take(line: string): StreamMessage | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#addData(value)
    else if (field === 'id' && !value.includes('\0')) this.#lastEventId = value
    return undefined
  }

  #addData(value: string): void {
    this.#lengthSum += value.length
    refuseTooLong(this.#lengthSum)
    this.#data.push(value)
  }

  #dispatch(): StreamMessage | undefined {
    const event = this.#event === '' ? 'message' : this.#event
    const data = this.#data
    this.#event = ''
    this.#data = []
    this.#lengthSum = 0
    if (data.length === 0) return undefined
    return { event, data: data.join('\n'), lastEventId: this.#lastEventId }
  }
}

// A line ends with CR LF, LF or CR; a CR at the end of a piece may still be followed by its LF.
async function* splitLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const piece of pieces) {
    rest += decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
    const held = rest.endsWith('\r') ? 1 : 0
    const lines = rest.slice(0, rest.length - held).split(/\r\n|\n|\r/)
    rest = lines.pop()! + rest.slice(rest.length - held)
    refuseTooLong(rest.length)
    yield* lines
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1)
}

function refuseTooLong(length: number): void {
  if (length <= MESSAGE_LENGTH_MAX) return
  const message = `expected a message of at most ${MESSAGE_LENGTH_MAX} characters, got \`${length}\``
  throw new AppError('REQUEST_TOO_LARGE', message)
}
