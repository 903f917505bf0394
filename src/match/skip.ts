// Past what no rule looks at, byte by byte. It trusts that the bytes are JSON: where they are not it stops or reads
// on, always forward, up to `end`.

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

// Structure inside skipped arrays and objects: 1 a quote, 2 an opening bracket, 3 a closing one.
const STRUCTURE = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === QUOTE) return 1
  if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) return 2
  return byte === CLOSE_ARRAY || byte === CLOSE_OBJECT ? 3 : 0
})

/** From where a value begins to behind it. */
export function skipValue(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start]
  if (first === QUOTE) {
    let at = start + 1
    let byte = 0
    while (at < end && (byte = bytes[at]!) !== QUOTE) at += byte === BACKSLASH ? 2 : 1
    return at + 1
  }
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return skipRest(bytes, start + 1, end)
  const at = skipScalar(bytes, start, end)
  return at === start ? end : at
}

/** Numbers and literals: up to what may stand behind a value. */
export function skipScalar(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) break
    at += 1
  }
  return at
}

/** From inside an array or object, between its members, to behind it. */
export function skipRest(bytes: Uint8Array, start: number, end: number): number {
  let depth = 1
  let at = start
  while (at < end) {
    const structure = STRUCTURE[bytes[at]!]!
    at += 1
    if (structure === 0) continue
    if (structure === 1) {
      let byte = 0
      while (at < end && (byte = bytes[at]!) !== QUOTE) at += byte === BACKSLASH ? 2 : 1
      at += 1
    } else if (structure === 2) depth += 1
    else {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return end
}
