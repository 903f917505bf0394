// Texts against bytes: the texts of patterns hold one byte a character (see `text.ts`), so that they compare with
// slices of an event as they lie there. The hash is the same from both sides, also where case is ignored.

const PRIME = 0x01000193
const SEED = 0x2f0b4a27

/** Bytes of ASCII capitals as their small letters, all others as themselves. */
export const ASCII_FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
)

/** A part of some bytes; `end` lies behind the last. */
export interface ByteRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

export function startHash(): number {
  return SEED
}

export function addToHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME)
}

export function hashText(text: string): number {
  let hash = SEED
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME)
  return hash
}

/** From the last character to the first. */
export function hashTextBackwards(text: string): number {
  let hash = SEED
  for (let at = text.length - 1; at >= 0; at -= 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), PRIME)
  }
  return hash
}

export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, PRIME)
  return hash
}

/** Whether the bytes from `start` on are those of `text`; the caller knows that there are enough. */
export function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false
  }
  return true
}

/** As `isAt`, for bytes that are folded first; `text` is folded. */
export function isFoldedAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (ASCII_FOLD[bytes[start + at]!] !== text.charCodeAt(at)) return false
  }
  return true
}
