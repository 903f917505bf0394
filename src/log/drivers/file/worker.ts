// The thread that does a log's file calls, synchronously, so that nothing else in the process delays a sync
// and no sync delays anything else. One serves as the writer, another as the reader.

import { parentPort, workerData } from 'node:worker_threads'
import { assertNever, systemClock, systemRandom, type LogFields } from '../../../base/index.ts'
import type {
  ReaderRequest,
  WorkerAnswer,
  WorkerLine,
  WorkerMessage,
  WorkerSettings,
  WriterRequest,
} from './messages.ts'
import { nodeDisk } from './node-disk.ts'
import { SegmentReader } from './segment-reader.ts'
import { SegmentStore } from './segment-store.ts'

const port = parentPort
if (port === null) throw new Error('expected the log worker to be started as a worker thread')

const settings = workerData as WorkerSettings
const answer = settings.role === 'writer' ? writer(settings) : reader(settings)
port.on('message', (request: WriterRequest & ReaderRequest) => send(answerSafely(request)))

function answerSafely(request: WriterRequest & ReaderRequest): WorkerAnswer {
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

function writer({
  settings,
}: WorkerSettings & { role: 'writer' }): (request: WriterRequest) => WorkerAnswer {
  let store: SegmentStore | undefined
  return (request) => {
    switch (request.kind) {
      case 'open': {
        const logger = { info: line('info'), warn: line('warn'), error: line('error') }
        const seams = { disk: nodeDisk, clock: systemClock, random: systemRandom, logger }
        store = new SegmentStore({ ...settings, ...seams, knownDurable: request.knownDurable })
        return { kind: 'opened', state: store.opened }
      }
      case 'commit': {
        const { buffer, sizeBytes } = request
        const result = store!.write(new Uint8Array(buffer, 0, sizeBytes))
        if (result.kind === 'written') store!.sync()
        return { kind: 'commit', result, buffer }
      }
      case 'remove':
        store!.remove(request.bases)
        return { kind: 'done' }
      case 'close':
        store?.close()
        return { kind: 'done' }
      default:
        return assertNever(request)
    }
  }
}

function reader({
  directory,
}: WorkerSettings & { role: 'reader' }): (request: ReaderRequest) => WorkerAnswer {
  const segments = new SegmentReader({ disk: nodeDisk, directory })
  return (request) => {
    switch (request.kind) {
      case 'read':
        return { kind: 'read', answer: segments.read(request.request) }
      case 'offsetAt':
        return { kind: 'offsetAt', offset: segments.offsetAt(request.segment, request.timestamp) }
      case 'forget':
        segments.forget(request.bases)
        return { kind: 'done' }
      case 'close':
        return { kind: 'done' }
      default:
        return assertNever(request)
    }
  }
}

function line(level: WorkerLine['level']): (message: string, fields?: LogFields) => void {
  return (message, fields = {}) => send({ kind: 'line', level, message, fields })
}

function send(message: WorkerMessage): void {
  port?.postMessage(message, buffersOf(message))
}

/** Buffers are handed over, not copied. */
function buffersOf(message: WorkerMessage): ArrayBuffer[] {
  if (message.kind === 'commit') return [message.buffer]
  if (message.kind === 'read' && message.answer.kind === 'records') {
    return [message.answer.bytes.buffer as ArrayBuffer]
  }
  return []
}
