// Where the members of a JSON object and the items of an array lie, over bytes that `checkJson` has passed:
// values are cut out as they were written, never parsed and written again.

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

/** A value's place in the bytes it was found in; `end` is exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Member {
  readonly name: string
  readonly value: Span
}

/** The members of the object that begins at `at`, in order, duplicates and all. */
export function objectMembers(bytes: Uint8Array, at: number): readonly Member[] {
  const members: Member[] = []
  let next = skipSpace(bytes, at + 1)
  while (bytes[next] === QUOTE) {
    const nameEnd = stringEnd(bytes, next)
    const colon = skipSpace(bytes, nameEnd)
    const start = skipSpace(bytes, colon + 1)
    const end = valueEnd(bytes, start)
    members.push({
      name: parseSpan(bytes, { start: next, end: nameEnd }) as string,
      value: { start, end },
    })
    next = skipSpace(bytes, end)
    if (bytes[next] === COMMA) next = skipSpace(bytes, next + 1)
  }
  return members
}

/** The items of the array that begins at `at`. */
export function arrayItems(bytes: Uint8Array, at: number): readonly Span[] {
  const items: Span[] = []
  let next = skipSpace(bytes, at + 1)
  while (bytes[next] !== 0x5d) {
    const end = valueEnd(bytes, next)
    items.push({ start: next, end })
    next = skipSpace(bytes, end)
    if (bytes[next] === COMMA) next = skipSpace(bytes, next + 1)
  }
  return items
}

/** The first byte that is not white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at
  while (isSpace(bytes[next])) next += 1
  return next
}

/** The value at a span, by JSON.parse. */
export function parseSpan(bytes: Uint8Array, { start, end }: Span): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString())
}

function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return stringEnd(bytes, start)
  if (first === 0x7b || first === 0x5b) return containerEnd(bytes, start)
  let at = start
  while (at < bytes.length && !isScalarEnd(bytes[at])) at += 1
  return at
}

function containerEnd(bytes: Uint8Array, start: number): number {
  let depth = 0
  let at = start
  for (;;) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      at = stringEnd(bytes, at)
      continue
    }
    at += 1
    // `{` and `[` differ from their closing brothers by two, and 0x20 apart from each other.
    if ((byte | 0x20) === 0x7b) depth += 1
    else if ((byte | 0x20) === 0x7d) depth -= 1
    if (depth === 0) return at
  }
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at + 1
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isScalarEnd(byte: number | undefined): boolean {
  return byte === COMMA || byte === 0x5d || byte === 0x7d || isSpace(byte)
}
