// Entries as 32 bytes each, so that many are one blob: 16 of the key's hash, 8 of the content's, 8 of the time
// (a big-endian double).

import type { DedupeEntry } from './dedupe.ts'

const ENTRY_SIZE_BYTES = 32
const KEY_HASH = /^[0-9a-f]{32}$/
const CONTENT_HASH = /^[0-9a-f]{16}$/

export function packDedupeEntries(entries: readonly DedupeEntry[]): Uint8Array {
  const bytes = Buffer.alloc(entries.length * ENTRY_SIZE_BYTES)
  for (const [index, { keyHash, contentHash, at }] of entries.entries()) {
    if (!KEY_HASH.test(keyHash) || !CONTENT_HASH.test(contentHash))
      throw new Error(`expected 32 and 16 hex digits, got \`${keyHash}\` and \`${contentHash}\``)
    const start = index * ENTRY_SIZE_BYTES
    bytes.write(keyHash, start, 'hex')
    bytes.write(contentHash, start + 16, 'hex')
    bytes.writeDoubleBE(at, start + 24)
  }
  return bytes
}

export function unpackDedupeEntries(packed: Uint8Array): DedupeEntry[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  const entries: DedupeEntry[] = []
  for (let start = 0; start < bytes.length; start += ENTRY_SIZE_BYTES) {
    entries.push({
      keyHash: bytes.toString('hex', start, start + 16),
      contentHash: bytes.toString('hex', start + 16, start + 24),
      at: bytes.readDoubleBE(start + 24),
    })
  }
  return entries
}
