// Planted bugs: each breaks one promise at a seam, without touching the product. The simulator is only worth
// its time while it finds every one of them.

import type { Sink } from '../../src/connect/index.ts'
import type { Log } from '../../src/log/index.ts'
import type { RoutedRule, Target } from '../../src/model/index.ts'
import type { DeliveryCommit, DeliveryStore } from '../../src/store/index.ts'

export const BUGS = [
  /** Acknowledges before the sync: a power cut loses what was promised. */
  'ack-early',
  /** Tries a failed sync again and believes the success. */
  'fsync-retry',
  /** Commits the cursor where reading stands, not where settling stands. */
  'at-most-once',
  /** Commits the cursor first and the rows in a transaction of their own. */
  'cursor-before-rows',
  /** Takes a timeout for a delivery. */
  'timeout-ok',
  /** Forgets what an open breaker made wait. */
  'breaker-drop',
  /** Believes a dead letter sent before it is stored. */
  'dlq-volatile',
  /** Retries without waiting. */
  'hot-retry',
  /** Never gives up. */
  'no-expiry',
  /** Matches everything under the newest rules. */
  'newest-rules',
  /** Loses the dedupe window in a restart. */
  'dedupe-volatile',
  /** Does not remove the row of a delivery that succeeded at last. */
  'row-kept',
] as const

export type Bug = (typeof BUGS)[number]

export function withStoreBug(
  store: DeliveryStore,
  log: () => Log,
  bug: Bug | undefined,
): DeliveryStore {
  if (bug === 'at-most-once') {
    return override(store, {
      commit: (commit) => store.commit({ ...commit, ...cursorAtEnd(commit, log()) }),
    })
  }
  if (bug === 'cursor-before-rows') {
    return override(store, {
      async commit(commit) {
        await store.commit({ ...commit, put: [], remove: [], attempts: [] })
        const { put, remove, attempts } = commit
        await store.commit({ put, remove, attempts })
      },
    })
  }
  if (bug === 'breaker-drop') {
    return override(store, {
      commit: (commit) =>
        store.commit({
          ...commit,
          put: commit.put.filter((row) => row.errorMessage !== 'not attempted yet'),
        }),
    })
  }
  if (bug === 'row-kept') {
    return override(store, { commit: (commit) => store.commit({ ...commit, remove: [] }) })
  }
  return store
}

export function withSinkBug(sink: Sink, bug: Bug | undefined): Sink {
  if (bug !== 'timeout-ok') return sink
  return {
    batchMax: sink.batchMax,
    concurrencyMax: sink.concurrencyMax,
    close: () => sink.close(),
    async send(batch, signal) {
      const results = await sink.send(batch, signal)
      return results.map((result) =>
        result.kind === 'retry' && result.failure.code === 'TIMEOUT'
          ? { kind: 'delivered' }
          : result,
      )
    },
  }
}

export function withTargetBug<T extends { readonly rule: RoutedRule; readonly target: Target }>(
  found: T | undefined,
  bug: Bug | undefined,
): T | undefined {
  if (bug !== 'no-expiry' || found === undefined) return found
  return { ...found, target: withoutRetryPolicy(found.target) }
}

export function withoutRetryPolicy(target: Target): Target {
  return { ...target, retry: { attemptsMax: 185, ageSecondsMax: 86_400 } }
}

function override(store: DeliveryStore, changed: Partial<DeliveryStore>): DeliveryStore {
  return {
    commit: (commit) => store.commit(commit),
    cursor: (reader) => store.cursor(reader),
    cursors: () => store.cursors(),
    due: (query) => store.due(query),
    pendingTargets: () => store.pendingTargets(),
    list: (query) => store.list(query),
    counts: () => store.counts(),
    idsFrom: (partition, offset) => store.idsFrom(partition, offset),
    attempts: (eventId, limit) => store.attempts(eventId, limit),
    pruneAttempts: (before) => store.pruneAttempts(before),
    ...changed,
  }
}

function cursorAtEnd(commit: DeliveryCommit, log: Log): Partial<DeliveryCommit> {
  if (commit.cursor === undefined) return {}
  return { cursor: { ...commit.cursor, positions: log.end() } }
}
