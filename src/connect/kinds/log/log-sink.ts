// The `log` kind: what reaches `log:NAME` is printed, one line of JSON per event. For looking at events, and for
// rules that need a target before there is one.

import type { Logger } from '../../../base/index.ts'
import { LOG_BATCH_MAX } from '../../limits.ts'
import type { Sink, SinkKind, SinkMessage } from '../../sink.ts'

export interface LogLine {
  readonly target: string
  readonly event: string
  readonly attempt: number
  /** The message as JSON where it is JSON, else its text. */
  readonly body: unknown
}

/** Takes one line; the logger when absent. */
export type WriteLogLine = (line: LogLine) => void

export function createLogKind(options: {
  readonly logger: Logger
  readonly write?: WriteLogLine
}): SinkKind {
  const write: WriteLogLine = options.write ?? ((line) => options.logger.info('event', { ...line }))
  return {
    name: 'log',
    serves: (address) => address.startsWith('log:'),
    open: (address) => openLogSink(address, write),
  }
}

function openLogSink(address: string, write: WriteLogLine): Sink {
  return {
    batchMax: LOG_BATCH_MAX,
    concurrencyMax: 1,
    async send(batch) {
      for (const message of batch) write(lineOf(address, message))
      return batch.map(() => ({ kind: 'delivered' }))
    },
    close: async () => {},
  }
}

function lineOf(address: string, message: SinkMessage): LogLine {
  const text = Buffer.from(message.body).toString()
  return { target: address, event: message.eventId, attempt: message.attempt, body: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // A text template need not make JSON.
    return text
  }
}
