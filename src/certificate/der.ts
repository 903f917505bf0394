// What a certificate is made of: the few types of ASN.1 that X.509 needs, as DER writes them. A value is its tag, its
// length and its content; what holds others holds their bytes one after the other.
// https://www.itu.int/rec/T-REC-X.690, section 8 to 10

export function sequence(...items: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...items)
}

export function setOf(...items: readonly Uint8Array[]): Buffer {
  return tagged(0x31, ...items)
}

/** A whole number that is not negative, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1
  const digits = bytes.subarray(from)
  // The first bit is the sign.
  const isNegative = digits.length === 0 || (digits[0]! & 0x80) !== 0
  return isNegative ? tagged(0x02, Buffer.of(0), digits) : tagged(0x02, digits)
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0))
}

/** `2.5.29.17`. */
export function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text))
}

export function octets(content: Uint8Array): Buffer {
  return tagged(0x04, content)
}

/** Bits that fill whole bytes, but for the last `unused`. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.of(unused), content)
}

/** Two digits of a year until 2049, four from then on, as RFC 5280 asks for (section 4.1.2.5). */
export function time(at: number): Buffer {
  const digits = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  const isNear = Number(digits.slice(0, 4)) < 2050
  return isNear ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

/** `[number]` in front of one value that keeps its own tag. */
export function explicit(number: number, item: Uint8Array): Buffer {
  return tagged(0xa0 | number, item)
}

/** `[number]` in the place of the tag of a value that holds no others. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return tagged(0x80 | number, content)
}

function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const digits: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256)
  return Buffer.from([0x80 | digits.length, ...digits])
}

/** Seven bits a byte, the first bit of all but the last set. */
function base128(value: number): readonly number[] {
  const digits = [value % 128]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift((left % 128) | 0x80)
  return digits
}
