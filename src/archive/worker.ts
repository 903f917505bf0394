// The thread that keeps the archives: one request after the other, against the real disk.

import { parentPort, workerData } from 'node:worker_threads'
import { assertNever, type LogFields, systemClock, systemRandom } from '../base/index.ts'
import { nodeDisk } from '../log/index.ts'
import { OPEN_SERIES_MAX, SEGMENT_AGE_MS_MAX, SEGMENT_SIZE_BYTES_MAX } from './limits.ts'
import type { ShelfAnswer, ShelfMessage, ShelfRequest, WorkerSettings } from './messages.ts'
import { Shelf } from './shelf.ts'

const port = parentPort
if (port === null) throw new Error('expected the archives to be kept in a worker thread')

const { directory } = workerData as WorkerSettings
const shelf = new Shelf({
  directory,
  disk: nodeDisk,
  clock: systemClock,
  random: systemRandom,
  logger: { info: line('info'), warn: line('warn'), error: line('error') },
  segmentSizeBytesMax: SEGMENT_SIZE_BYTES_MAX,
  segmentAgeMsMax: SEGMENT_AGE_MS_MAX,
  seriesMax: OPEN_SERIES_MAX,
})
port.on('message', (request: ShelfRequest) => send(answerSafely(request)))

function answerSafely(request: ShelfRequest): ShelfAnswer {
  try {
    return answer(request)
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error))
    return {
      kind: 'failed',
      message,
      cause: cause === undefined ? undefined : cause instanceof Error ? cause.message : 'unknown',
    }
  } finally {
    if (request.kind === 'close') port?.unref()
  }
}

function answer(request: ShelfRequest): ShelfAnswer {
  switch (request.kind) {
    case 'append': {
      const isKept = shelf.append(request.uid, request.draft, request.timestamp)
      return { kind: 'appended', isKept }
    }
    case 'stats':
      return { kind: 'stats', stats: shelf.stats(request.uid) }
    case 'read':
      return { kind: 'events', events: shelf.read(request.uid, request.read) }
    case 'drop':
      shelf.drop(request.uid, request.timestamp)
      return { kind: 'done' }
    case 'remove':
      shelf.remove(request.uid)
      return { kind: 'done' }
    case 'keep':
      shelf.keep(request.uids)
      return { kind: 'done' }
    case 'close':
      shelf.close()
      return { kind: 'done' }
    default:
      return assertNever(request)
  }
}

function line(level: 'info' | 'warn' | 'error'): (message: string, fields?: LogFields) => void {
  return (message, fields = {}) => send({ kind: 'line', level, message, fields })
}

/** Buffers are handed over, not copied. */
function send(message: ShelfMessage): void {
  const buffers =
    message.kind === 'events' ? [message.events.bytes.buffer, message.events.ends.buffer] : []
  port?.postMessage(message, buffers)
}
