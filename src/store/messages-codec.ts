// Receipts, sequence numbers and packed batches: the forms that every driver gives messages outside.

import { createHash } from 'node:crypto'
import type { MessageWrite, PackedMessages } from './messages.ts'

export interface Receipt {
  readonly sequence: number
  /** Which receive it came from. */
  readonly receiveCount: number
}

const RECEIPT = /^([0-9a-f]{16})-([0-9a-z]{1,11})-([0-9a-z]{1,11})$/
const SEQUENCE_DIGITS = 20

export function formatReceipt(queue: string, receipt: Receipt): string {
  return `${queueHash(queue)}-${receipt.sequence.toString(36)}-${receipt.receiveCount.toString(36)}`
}

/** Undefined for what was never a receipt of this queue. */
export function parseReceipt(queue: string, text: string): Receipt | undefined {
  const match = RECEIPT.exec(text)
  if (match === null || match[1] !== queueHash(queue)) return undefined
  const sequence = Number.parseInt(match[2]!, 36)
  const receiveCount = Number.parseInt(match[3]!, 36)
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(receiveCount)) return undefined
  return { sequence, receiveCount }
}

function queueHash(queue: string): string {
  return createHash('sha256').update(queue).digest('hex').slice(0, 16)
}

export function formatSequence(sequence: number): string {
  return String(sequence).padStart(SEQUENCE_DIGITS, '0')
}

/** The messages of a packed batch; their bodies are views of it. */
export function unpackMessages(batch: PackedMessages): readonly MessageWrite[] {
  const { queue, idPrefix, bodies, ends, sentAt, visibleAt, expiresAt, sender } = batch
  checkEnds(batch)
  return Array.from(ends, (end, index) => ({
    queue,
    id: idPrefix + index.toString(36),
    body: bodies.subarray(index === 0 ? 0 : ends[index - 1], end),
    sentAt,
    visibleAt,
    expiresAt,
    sender,
  }))
}

/** A batch whose ends do not cover its bodies in order is a bug of the caller. */
export function checkEnds({ bodies, ends }: PackedMessages): void {
  let previous = 0
  for (const end of ends) {
    if (end < previous) throw new Error(`message end \`${end}\` lies before \`${previous}\``)
    previous = end
  }
  if (previous !== bodies.length)
    throw new Error(`message ends stop at \`${previous}\` of \`${bodies.length}\` bytes`)
}
