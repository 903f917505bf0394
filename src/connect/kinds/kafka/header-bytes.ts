// Headers of a record as bytes: how many there are, then each name and value behind its length.
// https://kafka.apache.org/documentation/#recordheader

/** Of an integer as Kafka's records have it: zigzag, seven bits a byte. */
export function sizeOfVarint(value: number): number {
  let rest = zigzag(value)
  let size = 1
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80)
    size += 1
  }
  return size
}

/** Answers where it ends. */
export function writeVarint(bytes: Uint8Array, value: number, at: number): number {
  let rest = zigzag(value)
  let next = at
  while (rest >= 0x80) {
    bytes[next] = (rest % 0x80) | 0x80
    next += 1
    rest = Math.floor(rest / 0x80)
  }
  bytes[next] = rest
  return next + 1
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

/** A length and the text behind it. */
export function encodeText(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(sizeOfVarint(size) + size)
  bytes.write(text, writeVarint(bytes, size, 0))
  return bytes
}

export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers)
  const count = Buffer.allocUnsafe(sizeOfVarint(entries.length))
  writeVarint(count, entries.length, 0)
  return Buffer.concat([count, ...entries.flat().map(encodeText)])
}
