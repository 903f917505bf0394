// Pieces of a record as bytes: integers, texts behind their length, and headers, which are how many there are, then each
// name and value.
// https://kafka.apache.org/documentation/#record

/** Of an integer as Kafka's records have it: zigzag, seven bits a byte. */
export function sizeOfVarint(value: number): number {
  let rest = zigzag(value)
  if (rest < 0x80) return 1
  if (rest < 0x40_00) return 2
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

/** With its length before it, which is -1 where there are none. */
export function sizeOfBytes(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 1 : sizeOfSpan(bytes.length)
}

/** Of so many bytes and their length before them. */
export function sizeOfSpan(length: number): number {
  return sizeOfVarint(length) + length
}

/** Answers where they end. */
export function putBytes(batch: Buffer, bytes: Uint8Array | undefined, at: number): number {
  if (bytes === undefined) return writeVarint(batch, -1, at)
  const start = writeVarint(batch, bytes.length, at)
  batch.set(bytes, start)
  return start + bytes.length
}

/** A length and the text behind it. */
export function encodeText(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(sizeOfSpan(size))
  bytes.write(text, writeVarint(bytes, size, 0))
  return bytes
}

export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers)
  const count = Buffer.allocUnsafe(sizeOfVarint(entries.length))
  writeVarint(count, entries.length, 0)
  return Buffer.concat([count, ...entries.flat().map(encodeText)])
}
