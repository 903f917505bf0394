// Chance behind a seam: the system's for work, a seeded one for simulations and properties.

import { randomFillSync } from 'node:crypto'

export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}

// Filling 4 KiB at a time makes one id cost tens of nanoseconds rather than a system call.
const POOL_SIZE_BYTES = 4096
const pool = Buffer.alloc(POOL_SIZE_BYTES)
let poolOffset = POOL_SIZE_BYTES

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes(length) {
    if (length > POOL_SIZE_BYTES) return randomFillSync(Buffer.alloc(length))
    if (poolOffset + length > POOL_SIZE_BYTES) {
      randomFillSync(pool)
      poolOffset = 0
    }
    const bytes = Uint8Array.prototype.slice.call(pool, poolOffset, poolOffset + length)
    poolOffset += length
    return bytes
  },
}

/** A repeatable Random (mulberry32); the same seed gives the same sequence everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  }
}
