// Where values lie inside JSON bytes that were checked before: nothing is parsed that nobody asks for, and
// a container is read once however many paths lead through it. Of equal keys the last counts, as it does
// for everyone who will parse the bytes behind us.

/** A value's place; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

export class JsonView {
  readonly bytes: Buffer
  readonly #members = new Map<number, ReadonlyMap<string, Span>>()
  readonly #elements = new Map<number, readonly Span[]>()

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get root(): Span {
    const start = skipSpace(this.bytes, 0)
    return { start, end: valueEnd(this.bytes, start) }
  }

  /** The members of an object; undefined of anything else. */
  members({ start }: Span): ReadonlyMap<string, Span> | undefined {
    if (this.bytes[start] !== OPEN_OBJECT) return undefined
    let members = this.#members.get(start)
    if (members === undefined) {
      members = readMembers(this.bytes, start)
      this.#members.set(start, members)
    }
    return members
  }

  /** The elements of an array; undefined of anything else. */
  elements({ start }: Span): readonly Span[] | undefined {
    if (this.bytes[start] !== OPEN_ARRAY) return undefined
    let elements = this.#elements.get(start)
    if (elements === undefined) {
      elements = readElements(this.bytes, start)
      this.#elements.set(start, elements)
    }
    return elements
  }

  /** The value as it was written. */
  source({ start, end }: Span): Buffer {
    return this.bytes.subarray(start, end)
  }

  isString({ start }: Span): boolean {
    return this.bytes[start] === QUOTE
  }

  isContainer({ start }: Span): boolean {
    return this.bytes[start] === OPEN_OBJECT || this.bytes[start] === OPEN_ARRAY
  }
}

/** The characters of the string that lies at `span`, quotes included. */
export function decodeString(bytes: Buffer, { start, end }: Span): string {
  const inner = bytes.toString('utf8', start + 1, end - 1)
  if (!inner.includes('\\')) return inner
  try {
    return JSON.parse(`"${inner}"`) as string
  } catch {
    // Only bytes that nobody checked come here; they stand for themselves.
    return inner
  }
}

function readMembers(bytes: Buffer, start: number): Map<string, Span> {
  const members = new Map<string, Span>()
  let at = skipSpace(bytes, start + 1)
  while (bytes[at] === QUOTE) {
    const keyEnd = stringEnd(bytes, at)
    const key = decodeString(bytes, { start: at, end: keyEnd })
    const valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    const end = valueEnd(bytes, valueStart)
    members.set(key, { start: valueStart, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1)
  }
  return members
}

function readElements(bytes: Buffer, start: number): Span[] {
  const elements: Span[] = []
  let at = skipSpace(bytes, start + 1)
  while (at < bytes.length && bytes[at] !== CLOSE_ARRAY) {
    const end = valueEnd(bytes, at)
    elements.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1)
  }
  return elements
}

function valueEnd(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return stringEnd(bytes, start)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return containerEnd(bytes, start)
  let at = start
  while (at < bytes.length && !isScalarEnd(bytes[at]!)) at += 1
  // Always forward, even where the bytes are not what they should be.
  return Math.max(at, start + 1)
}

function containerEnd(bytes: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]!
    if (byte === QUOTE) at = stringEnd(bytes, at) - 1
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return bytes.length
}

/** Behind the string that begins at `quote`. */
export function stringEnd(bytes: Buffer, quote: number): number {
  let at = quote + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return Math.min(at + 1, bytes.length)
}

function isScalarEnd(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length && bytes[at]! <= 0x20) at += 1
  return at
}
