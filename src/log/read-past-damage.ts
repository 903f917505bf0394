// Reading on behind records that are lost, for readers to whom a gap is no reason to stop: the damage itself is
// in the log's stats and in its own log lines.

import { isAppError } from '../base/index.ts'
import type { Cursor, Log, ReadOptions, ReadResult } from './log.ts'

/** As `log.read`; at a damaged range it answers no records and the cursor behind the range. */
export async function readPastDamage(
  log: Pick<Log, 'read'>,
  cursor: Cursor,
  options: ReadOptions,
): Promise<ReadResult> {
  try {
    return await log.read(cursor, options)
  } catch (error) {
    if (!isAppError(error, 'LOG_CORRUPT')) throw error
    const { partition, to } = error.details
    // A failure that does not say where the damage ends leaves nowhere to go on.
    if (typeof partition !== 'number' || typeof to !== 'number') throw error
    const behind = cursor.map((one) =>
      one.partition === partition ? { partition, offset: to } : one,
    )
    return { records: [], cursor: behind }
  }
}
