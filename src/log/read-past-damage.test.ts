import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/index.ts'
import type { Cursor, ReadResult } from './log.ts'
import { readPastDamage } from './read-past-damage.ts'

const CURSOR: Cursor = [
  { partition: 0, offset: 3 },
  { partition: 1, offset: 8 },
]
const OPTIONS = { recordsMax: 10, signal: new AbortController().signal }

function failing(error: AppError): { read(): Promise<ReadResult> } {
  return { read: () => Promise.reject(error) }
}

test('a damaged range is answered as nothing, with the cursor behind it', async () => {
  const details = { partition: 0, from: 3, to: 5 }
  const log = failing(new AppError('LOG_CORRUPT', 'damaged', { details }))
  assert.deepEqual(await readPastDamage(log, CURSOR, OPTIONS), {
    records: [],
    cursor: [
      { partition: 0, offset: 5 },
      { partition: 1, offset: 8 },
    ],
  })
})

test('damage that does not say where it ends is no gap to step over', async () => {
  const log = failing(new AppError('LOG_CORRUPT', 'damaged', { details: { from: 3 } }))
  await assert.rejects(readPastDamage(log, CURSOR, OPTIONS), { code: 'LOG_CORRUPT' })
})

test('any other failure is the caller’s', async () => {
  const log = failing(new AppError('LOG_CLOSED', 'closed'))
  await assert.rejects(readPastDamage(log, CURSOR, OPTIONS), { code: 'LOG_CLOSED' })
})
