// IP addresses as patterns compare them: the bytes of the address, one a character, four or sixteen
// of them. What looks like an address is decided by its characters first, then by its parts.

const DOT = 0x2e
const BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))

/** Whether `text` is written in the characters of an address, well-formed or not. */
export function looksLikeIp(text: string): boolean {
  return looksLikeIpV4(text) || looksLikeIpV6(text)
}

/** The bytes of the address that `text` writes, or undefined. An IPv4-mapped IPv6 address is the IPv4 one. */
export function parseIp(text: string): string | undefined {
  const first = text.charCodeAt(0)
  // Most values are not addresses: a digit, a hex letter or a colon must come first.
  if (!(first >= 0x30 && first <= 0x3a) && !((first | 0x20) >= 0x61 && (first | 0x20) <= 0x66)) {
    return undefined
  }
  if (text.length > 64) return undefined
  if (looksLikeIpV4(text)) return parseIpV4(text)
  if (looksLikeIpV6(text)) return parseIpV6(text)
  return undefined
}

/** The highest address that shares the first `bits` bits of `address`. */
export function lastAddress(address: string, bits: number): string {
  let last = ''
  for (let index = 0; index < address.length; index += 1) {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    last += String.fromCharCode(address.charCodeAt(index) | (0xff >> kept))
  }
  return last
}

function looksLikeIpV4(text: string): boolean {
  return /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(text)
}

function looksLikeIpV6(text: string): boolean {
  return text.includes(':') && /^[0-9a-fA-F:]+$/.test(text)
}

// Digit by digit, as events may hold many addresses; that it looks like one is known.
function parseIpV4(text: string): string | undefined {
  let bytes = ''
  let value = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === DOT) {
      bytes += BYTES[value]!
      value = 0
    } else {
      value = value * 10 + code - 0x30
      if (value > 255) return undefined
    }
  }
  return bytes + BYTES[value]!
}

function parseIpV6(text: string): string | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!)
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : ''
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  const bytes = head + '\0'.repeat(missing) + tail
  return bytes.startsWith('\0'.repeat(10) + '\xff\xff') ? bytes.slice(12) : bytes
}

function parseGroups(text: string): string | undefined {
  if (text === '') return ''
  let bytes = ''
  for (const group of text.split(':')) {
    if (group === '' || group.length > 4) return undefined
    const value = Number.parseInt(group, 16)
    bytes += String.fromCharCode(value >> 8, value & 255)
  }
  return bytes
}
