// Identifiers made from a Random, so that a seed repeats them.

import { randomUUID } from 'node:crypto'
import { type Random, systemRandom } from './random.ts'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A version 4 UUID (RFC 9562), 122 random bits. */
export function createUuid(random: Random): string {
  // The same bits, made natively and in one piece.
  if (random === systemRandom) return randomUUID()
  const b = random.bytes(16)
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  let text = ''
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-'
    text += HEX[b[index]!]!
  }
  return text
}
