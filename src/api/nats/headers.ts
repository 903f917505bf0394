// The header block of a message: a version line, then `Name: value` lines, then an empty one.
// https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-4.md

const VERSION = 'NATS/1.0'

/** The first value of each name; undefined when the block is none. */
export function parseHeaders(block: Uint8Array): ReadonlyMap<string, string> | undefined {
  const text = Buffer.from(block.buffer, block.byteOffset, block.length).toString()
  const [version = '', ...lines] = text.split('\r\n')
  if (!version.startsWith(VERSION) || !text.endsWith('\r\n\r\n')) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const name = line.slice(0, colon).trim()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}

/** Line ends in a value would be headers of their own, and so become spaces. */
export function encodeHeaders(headers: Iterable<readonly [name: string, value: string]>): Buffer {
  let text = `${VERSION}\r\n`
  for (const [name, value] of headers) text += `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`
  return Buffer.from(`${text}\r\n`)
}

/** What a request gets that nobody listens to. */
export const NO_RESPONDERS: Buffer = Buffer.from(`${VERSION} 503\r\n\r\n`)
