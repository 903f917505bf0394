// Strings as the matcher compares them: the bytes of their UTF-8 form, held one byte a character
// (`latin1`), so that slices of an event need no decoding and every string method works on bytes.
// A lone surrogate, which UTF-8 has no form for, takes the three bytes its number would have.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The bytes of `text`, one a character. */
export function encodeText(text: string): string {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8').toString('latin1')
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
