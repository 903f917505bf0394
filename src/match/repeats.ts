// An event without the members that a later one of the same name replaces: of names that come twice in an object the
// last counts. Few events have any, so this may take its time: linear in the event.

import { EVENT_DEPTH_MAX } from './limits.ts'
import { findStringEnd, unescapeText } from './text.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

/** The JSON of `bytes`, which are valid, with every name once in its object. */
export function withoutRepeats({ buffer, byteOffset, length }: Uint8Array): Buffer {
  const walk = new Walk(Buffer.from(buffer, byteOffset, length).toString('latin1'))
  return Buffer.from(walk.value(1), 'latin1')
}

class Walk {
  readonly #text: string
  readonly #bytes: Buffer
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#bytes = Buffer.from(text, 'latin1')
  }

  value(depth: number): string {
    this.#skipSpace()
    const first = this.#bytes[this.#at]
    if (first === OPEN_OBJECT && depth <= EVENT_DEPTH_MAX) return this.#object(depth)
    if (first === OPEN_ARRAY && depth <= EVENT_DEPTH_MAX) return this.#array(depth)
    const start = this.#at
    this.#skipValue()
    return this.#text.slice(start, this.#at)
  }

  #object(depth: number): string {
    const members = new Map<string, string>()
    this.#at += 1
    for (;;) {
      this.#skipSpace()
      if (this.#bytes[this.#at] !== QUOTE) break
      const start = this.#at
      const end = findStringEnd(this.#bytes, start, this.#bytes.length)
      this.#at = end + 1
      this.#skipSpace()
      // The colon.
      this.#at += 1
      const name = unescapeText(this.#text.slice(start + 1, end))
      members.set(name, `${this.#text.slice(start, end + 1)}:${this.value(depth + 1)}`)
      this.#skipSpace()
      if (this.#bytes[this.#at] !== COMMA) break
      this.#at += 1
    }
    this.#at += 1
    return `{${[...members.values()].join(',')}}`
  }

  #array(depth: number): string {
    const elements: string[] = []
    this.#at += 1
    for (;;) {
      const start = this.#at
      const element = this.value(depth + 1)
      if (element !== '') elements.push(element)
      this.#skipSpace()
      if (this.#bytes[this.#at] !== COMMA || this.#at === start) break
      this.#at += 1
    }
    this.#at += 1
    return `[${elements.join(',')}]`
  }

  #skipValue(): void {
    const bytes = this.#bytes
    let depth = 0
    for (; this.#at < bytes.length; this.#at += 1) {
      const byte = bytes[this.#at]!
      if (byte === QUOTE) this.#at = findStringEnd(bytes, this.#at, bytes.length)
      else if ((byte | 0x20) === OPEN_OBJECT) depth += 1
      else if ((byte | 0x20) === 0x7d) {
        depth -= 1
        if (depth < 0) return
      } else if (byte === COMMA && depth === 0) return
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#bytes.length && this.#bytes[this.#at]! <= 0x20) this.#at += 1
  }
}
