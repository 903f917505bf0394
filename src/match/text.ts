// Strings as the matcher compares them: the bytes of their UTF-8 form, held one byte a character
// (`latin1`), so that slices of an event need no decoding and every string method works on bytes.
// A lone surrogate, which UTF-8 has no form for, takes the three bytes its number would have.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Most texts of patterns are short, and a hundred thousand patterns have half a million of them. */
const scratch = Buffer.alloc(1024)
const BYTES_PER_UNIT_MAX = 3

/** The bytes of `text`, one a character. */
export function encodeText(text: string): string {
  if (text.isWellFormed()) {
    if (text.length * BYTES_PER_UNIT_MAX > scratch.length) {
      return Buffer.from(text, 'utf8').toString('latin1')
    }
    return scratch.toString('latin1', 0, scratch.write(text, 'utf8'))
  }
  let encoded = ''
  for (const character of text) encoded += encodeCodePoint(character.codePointAt(0)!)
  return encoded
}

export function encodeCodePoint(code: number): string {
  if (code < 0x80) return String.fromCharCode(code)
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63))
  if (code < 0x10000) {
    return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  }
  return String.fromCharCode(
    0xf0 | (code >> 18),
    0x80 | ((code >> 12) & 63),
    0x80 | ((code >> 6) & 63),
    0x80 | (code & 63),
  )
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** By the byte behind the backslash: what it stands for; itself where it stands for nothing else. */
const SIMPLE_ESCAPE_BYTES = Uint8Array.from(
  { length: 256 },
  (_, byte) => SIMPLE_ESCAPES[String.fromCharCode(byte)]?.charCodeAt(0) ?? byte,
)

/** The inside of a JSON string, given one byte a character, with its escapes resolved. */
export function unescapeText(raw: string): string {
  let text = ''
  let done = 0
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', done)) {
    text += raw.slice(done, at)
    const kind = raw[at + 1]
    if (kind === 'u') {
      let code = parseHex(raw, at + 2)
      done = at + 6
      if (code >= 0xd800 && code < 0xdc00 && raw[done] === '\\' && raw[done + 1] === 'u') {
        const low = parseHex(raw, done + 2)
        if (low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
          done += 6
        }
      }
      text += encodeCodePoint(code)
    } else {
      text += kind === undefined ? '' : (SIMPLE_ESCAPES[kind] ?? kind)
      done = at + 2
    }
  }
  return text + raw.slice(done)
}

/**
 * As `unescapeText`, from bytes into `target`, which has room for as many as there are; answers how many it wrote.
 * What is malformed gives something, too.
 */
export function unescapeBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
): number {
  let length = 0
  for (let at = start; at < end;) {
    const byte = bytes[at]!
    if (byte !== BACKSLASH || at + 1 >= end) {
      target[length] = byte
      length += 1
      at += 1
      continue
    }
    const kind = bytes[at + 1]!
    if (kind !== 0x75) {
      target[length] = SIMPLE_ESCAPE_BYTES[kind]!
      length += 1
      at += 2
      continue
    }
    let code = hexAt(bytes, at + 2, end)
    at = Math.min(at + 6, end)
    if (code >= 0xd800 && code < 0xdc00 && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75) {
      const low = hexAt(bytes, at + 2, end)
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        at = Math.min(at + 6, end)
      }
    }
    length = writeCodePoint(code, target, length)
  }
  return length
}

function writeCodePoint(code: number, target: Uint8Array, at: number): number {
  if (code < 0x80) {
    target[at] = code
    return at + 1
  }
  if (code < 0x800) {
    target[at] = 0xc0 | (code >> 6)
    target[at + 1] = 0x80 | (code & 63)
    return at + 2
  }
  if (code < 0x10000) {
    target[at] = 0xe0 | (code >> 12)
    target[at + 1] = 0x80 | ((code >> 6) & 63)
    target[at + 2] = 0x80 | (code & 63)
    return at + 3
  }
  target[at] = 0xf0 | (code >> 18)
  target[at + 1] = 0x80 | ((code >> 12) & 63)
  target[at + 2] = 0x80 | ((code >> 6) & 63)
  target[at + 3] = 0x80 | (code & 63)
  return at + 4
}

function hexAt(bytes: Uint8Array, start: number, end: number): number {
  let code = 0
  for (let at = start; at < start + 4 && at < end; at += 1) {
    const byte = bytes[at]!
    code = (code << 4) | (byte <= 0x39 ? byte & 15 : (byte & 15) + 9)
  }
  return code & 0xffff
}

// Malformed digits give some number, never a failure: the event was checked before it came here.
function parseHex(raw: string, start: number): number {
  return Number.parseInt(raw.slice(start, start + 4), 16) || 0
}

/** Where the string that opens at `quote` ends: the offset of its closing quote, or `end`. */
export function findStringEnd(bytes: Uint8Array, quote: number, end: number): number {
  let at = quote + 1
  while (at < end) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  return end
}
