// The rule of reader cursors: an older epoch may not move one.

import { AppError } from '../base/index.ts'
import type { ReaderCursor } from './deliveries.ts'

export function checkEpoch(cursor: ReaderCursor, storedEpoch: number | undefined): void {
  if (storedEpoch === undefined || storedEpoch <= cursor.epoch) return
  throw new AppError(
    'RESOURCE_CONFLICT',
    `the cursor of reader \`${cursor.reader}\` was taken over at epoch \`${storedEpoch}\`, epoch \`${cursor.epoch}\` may not move it`,
    { details: { reader: cursor.reader, epoch: storedEpoch } },
  )
}
