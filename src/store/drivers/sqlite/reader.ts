// The reader: answers one query at a time from a read-only handle, so that a long list never holds up a commit.

import type { MessagePort } from 'node:worker_threads'
import { AppError } from '../../../base/index.ts'
import { readCounters } from './counters.ts'
import { openReadOnly, sizeBytesOf } from './database.ts'
import { DedupeReads } from './dedupe-calls.ts'
import { DeliveryReads } from './delivery-reads.ts'
import { Inbox, post, untyped, type Call } from './inbox.ts'
import { MessageLooks } from './message-looks.ts'
import { MessageReads } from './message-reads.ts'
import {
  toFailure,
  type ReadCalls,
  type Reply,
  type Request,
  type ToWorker,
  type WorkerOptions,
} from './protocol.ts'
import { RowReads } from './row-reads.ts'
import { classifyFailure } from './sqlite-errors.ts'
import { toTextPage } from '../../stored-rows.ts'

export function startReader(port: MessagePort, options: WorkerOptions): void {
  const db = openReadOnly(options.path)
  const rows = new RowReads(db)
  const deliveries = new DeliveryReads(db)
  const messages = new MessageReads(db)
  const looks = new MessageLooks(db)
  const dedupe = new DedupeReads(db)
  const calls: ReadCalls = {
    'rows.get': (key) => rows.get(key),
    'rows.list': (query) => rows.list(query),
    'rows.listTexts': (query) => toTextPage(rows.list(query)),
    'rows.changes': (input) => rows.changes(input),
    'deliveries.cursors': (reader) => deliveries.cursors(reader),
    'deliveries.due': (query) => deliveries.due(query),
    'deliveries.pendingTargets': () => deliveries.pendingTargets(),
    'deliveries.list': (query) => deliveries.list(query),
    'deliveries.counts': () => deliveries.counts(),
    'deliveries.idsFrom': (input) => deliveries.idsFrom(input),
    'deliveries.attempts': (input) => deliveries.attempts(input),
    'messages.look': (query) => looks.look(query),
    'messages.counts': (input) => messages.counts(input),
    'messages.oldestReference': (partition) => messages.oldestReference(partition),
    'messages.nextVisibleAt': (input) => messages.nextVisibleAt(input),
    'dedupe.load': (since) => dedupe.load(since),
    stats: () => ({ sizeBytes: sizeBytesOf(db), revision: readCounters(db).revision }),
  }
  const inbox = new Inbox(port, (requests) => {
    const replies = requests.map((request) => answer(untyped(calls), request))
    post(port, { kind: 'replies', replies, changes: [] })
    return true
  })
  port.on('message', (message: ToWorker) => inbox.take(message, () => db.close()))
  post(port, { kind: 'ready', revision: readCounters(db).revision })
}

function answer(calls: Readonly<Record<string, Call>>, { id, call, input }: Request): Reply {
  try {
    return { id, value: calls[call]!(input) }
  } catch (error) {
    if (error instanceof AppError || classifyFailure(error) === 'request')
      return { id, failure: toFailure(error) }
    const { message } = toFailure(error)
    return {
      id,
      failure: {
        code: 'STORAGE_FAILED',
        message: `the store cannot be read: ${message}`,
        details: {},
      },
    }
  }
}
