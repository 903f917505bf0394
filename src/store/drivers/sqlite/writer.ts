// The writer: the only handle that writes. It runs every request that waits as one transaction, and answers after
// COMMIT.

import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../../../base/index.ts'
import { DEFERRED_MS_MAX } from '../../limits.ts'
import { Counters } from './counters.ts'
import { openWritable } from './database.ts'
import { DedupeWrites } from './dedupe-calls.ts'
import { DeliveryWrites } from './delivery-writes.ts'
import { Inbox, post, postFatal, untyped } from './inbox.ts'
import { MessageWrites } from './message-writes.ts'
import type { ToWorker, WorkerOptions, WriteCalls } from './protocol.ts'
import { RowWrites } from './row-writes.ts'
import { migrate } from './schema.ts'
import { Transactions } from './transactions.ts'
import { WalCheckpoints } from './wal-checkpoints.ts'

/** The id of a request of our own, which has no asker. */
const NOBODY = -1

export function startWriter(port: MessagePort, options: WorkerOptions): void {
  const db = openWritable(options)
  migrate(db)
  const counters = new Counters(db)
  const rows = new RowWrites(db, counters)
  const deliveries = new DeliveryWrites(db, counters)
  const messages = new MessageWrites(db, counters)
  const dedupe = new DedupeWrites(db, counters)
  const calls: WriteCalls = {
    'rows.write': (writes) => rows.write(writes),
    'rows.compact': (revision) => rows.compact(revision),
    'deliveries.commit': (commit) => deliveries.commit(commit),
    'deliveries.pruneAttempts': (before) => deliveries.pruneAttempts(before),
    'messages.send': (writes) => messages.send(writes),
    'messages.sendPacked': (batch) => messages.sendPacked(batch),
    'messages.sendReferences': (batch) => messages.sendReferences(batch),
    'messages.receive': (query) => messages.receive(query),
    'messages.remove': (input) => messages.remove(input),
    'messages.changeVisibility': (changes) => messages.changeVisibility(changes),
    'messages.purge': (input) => messages.purge(input),
    'messages.expire': (now) => messages.expire(now),
    'dedupe.append': (packed) => dedupe.append(packed),
    'dedupe.prune': (before) => dedupe.prune(before),
    // Not deferrable, so that its commit covers all before it.
    sync: () => undefined,
  }
  const participants = [rows, deliveries, messages]
  const transactions = new Transactions(db, counters, participants, untyped(calls))
  const checkpoints = new WalCheckpoints(db)
  const inbox = new Inbox(port, (requests) => {
    try {
      const replies = transactions.run(requests)
      post(port, { kind: 'replies', replies, changes: rows.takeChanges() })
      checkpoints.afterCommit()
      if (transactions.isBehind) scheduleSync()
      return true
    } catch (error) {
      postFatal(port, error, false)
      return false
    }
  })
  let isSyncScheduled = false
  let isClosed = false
  function scheduleSync(): void {
    if (isSyncScheduled) return
    isSyncScheduled = true
    systemClock.setTimer(DEFERRED_MS_MAX, () => {
      isSyncScheduled = false
      if (isClosed || !transactions.isBehind) return
      try {
        transactions.run([{ id: NOBODY, call: 'sync', input: null }])
        // A full disk refuses this one too: what is behind stays behind until there is room.
        if (transactions.isBehind) scheduleSync()
      } catch (error) {
        postFatal(port, error, false)
      }
    })
  }
  function close(): void {
    isClosed = true
    db.close()
  }
  port.on('message', (message: ToWorker) => inbox.take(message, close))
  post(port, { kind: 'ready', revision: counters.values.revision })
}
