// The log's control records: from its position on, this generation of the ruleset is live.

import { AppError } from '../base/index.ts'

export interface ControlRecord {
  readonly generation: number
}

export function encodeControlRecord(record: ControlRecord): Buffer {
  return Buffer.from(JSON.stringify(record))
}

export function decodeControlRecord(payload: Uint8Array): ControlRecord {
  const value: unknown = JSON.parse(Buffer.from(payload).toString())
  if (typeof value === 'object' && value !== null && 'generation' in value) {
    const { generation } = value
    if (Number.isSafeInteger(generation)) return { generation: generation as number }
  }
  throw new AppError(
    'LOG_CORRUPT',
    `expected a control record with an integer generation, got \`${JSON.stringify(value)}\``,
  )
}
