// Opens the log of a directory: takes its lock, recovers it in the writer's thread, wires the parts.

import path from 'node:path'
import { AppError, systemClock, type Clock, type Logger } from '../../../base/index.ts'
import {
  SEGMENT_SIZE_BYTES_MAX_CEILING,
  SEGMENT_SIZE_BYTES_MAX_DEFAULT,
  TAIL_CACHE_SIZE_BYTES_DEFAULT,
} from '../../limits.ts'
import { lockDirectory } from './directory-lock.ts'
import { SegmentLog, type FileLog, type Writer } from './file-log.ts'
import { startReader, startWriter } from './worker-link.ts'

export interface FileLogOptions {
  /** Made when it is not there; one process at a time. */
  readonly directory: string
  readonly logger: Logger
  /**
   * The disk failed in a way after which nothing may be acknowledged: end the process, with exit code 70.
   * Called once; every waiting and later append rejects `STORAGE_FAILED`.
   */
  readonly onFatal: (error: AppError) => void
  readonly clock?: Clock
  readonly segmentSizeBytesMax?: number
  readonly tailCacheSizeBytesMax?: number
  /** Below so many free bytes appends are refused; by default 512 MiB or 5 % of the disk. */
  readonly freeBytesMin?: number
  /** Records below this offset are known to have been durable, by a cursor say; its thread starts meanwhile. */
  readonly knownDurable?: number | Promise<number>
  /** Reads and checks every record at open, not only those of the newest segment. */
  readonly verify?: boolean
}

/** Rejects `DATA_DIR_LOCKED` while another process has the directory open. */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const directory = path.resolve(options.directory)
  const segmentSizeBytesMax = options.segmentSizeBytesMax ?? SEGMENT_SIZE_BYTES_MAX_DEFAULT
  if (!(segmentSizeBytesMax > 0 && segmentSizeBytesMax <= SEGMENT_SIZE_BYTES_MAX_CEILING)) {
    throw new AppError(
      'CONFIG_INVALID',
      `expected \`segmentSizeBytesMax\` to be from 1 to ${SEGMENT_SIZE_BYTES_MAX_CEILING}, got \`${segmentSizeBytesMax}\``,
    )
  }
  const lock = lockDirectory(directory)
  try {
    const { writer, state } = await startWriter(
      {
        directory,
        segmentSizeBytesMax,
        verify: options.verify ?? false,
        freeBytesMin: options.freeBytesMin,
      },
      options.knownDurable ?? 0,
      options.logger,
    )
    return new SegmentLog({
      writer: releasing(writer, () => lock.release()),
      reader: startReader(directory, options.logger, state.nextOffset > 0),
      state,
      clock: options.clock ?? systemClock,
      logger: options.logger,
      tailCacheSizeBytesMax: options.tailCacheSizeBytesMax ?? TAIL_CACHE_SIZE_BYTES_DEFAULT,
      schedule: (callback) => void setImmediate(callback),
      onFatal: options.onFatal,
    })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The lock goes with the writer: nobody else may write before it ended. */
function releasing(writer: Writer, release: () => void): Writer {
  return {
    ...writer,
    async close() {
      await writer.close()
      release()
    },
  }
}
