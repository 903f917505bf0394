// Delivery state in memory.

import type {
  AttemptRow,
  DeliveryCommit,
  DeliveryQuery,
  DeliveryRow,
  DeliveryStore,
  DueQuery,
  PendingTarget,
  ReaderCursor,
} from '../../deliveries.ts'
import { checkEpoch } from '../../fencing.ts'
import { compareText } from '../../keys.ts'
import type { MemoryCommits } from './commits.ts'
import type { MemoryStoreState } from './state.ts'

export class MemoryDeliveries implements DeliveryStore {
  readonly #state: MemoryStoreState
  readonly #commits: MemoryCommits

  constructor(state: MemoryStoreState, commits: MemoryCommits) {
    this.#state = state
    this.#commits = commits
  }

  commit(commit: DeliveryCommit): Promise<void> {
    const put = commit.put.map((row) => copyRow(row))
    return this.#commits.commit(() => this.#apply({ ...commit, put }))
  }

  #apply(commit: DeliveryCommit): void {
    const { cursor } = commit
    if (cursor !== undefined) {
      const stored = this.#state.cursors.get(cursor.reader)
      checkEpoch(cursor, stored?.epoch)
      this.#state.cursors.set(cursor.reader, cursor)
    }
    for (const id of commit.remove) this.#state.deliveries.delete(id)
    for (const row of commit.put) this.#state.deliveries.set(row.id, row)
    this.#state.attempts.push(...commit.attempts)
  }

  cursor(reader: string): Promise<ReaderCursor | undefined> {
    return this.#commits.read(() => this.#state.cursors.get(reader))
  }

  cursors(): Promise<readonly ReaderCursor[]> {
    return this.#commits.read(() => [...this.#state.cursors.values()])
  }

  due(query: DueQuery): Promise<readonly DeliveryRow[]> {
    return this.#commits.read(() =>
      this.#rows('pending')
        .filter((row) => row.ruleKey === query.ruleKey && row.targetId === query.targetId)
        .filter((row) => row.dueAt <= query.dueBefore && !query.except.has(row.id))
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, query.limit),
    )
  }

  pendingTargets(): Promise<readonly PendingTarget[]> {
    return this.#commits.read(() => {
      const targets = new Map<string, PendingTarget>()
      for (const { ruleKey, targetId, dueAt } of this.#rows('pending')) {
        const key = `${ruleKey}\0${targetId}`
        const known = targets.get(key)
        const pending = (known?.pending ?? 0) + 1
        const nextDueAt = Math.min(known?.nextDueAt ?? dueAt, dueAt)
        targets.set(key, { ruleKey, targetId, pending, nextDueAt })
      }
      return [...targets.values()]
    })
  }

  list(query: DeliveryQuery): Promise<readonly DeliveryRow[]> {
    return this.#commits.read(() =>
      [...this.#state.deliveries.values()]
        .filter((row) => isWanted(query, row))
        .sort((a, b) => compareText(a.id, b.id))
        .slice(0, query.limit),
    )
  }

  counts(): Promise<{ readonly pending: number; readonly dead: number }> {
    return this.#commits.read(() => ({
      pending: this.#rows('pending').length,
      dead: this.#rows('dead').length,
    }))
  }

  idsFrom(partition: number, offset: number): Promise<readonly string[]> {
    return this.#commits.read(() =>
      Array.from(this.#state.deliveries.values())
        .filter((row) => row.partition === partition && row.offset >= offset)
        .map((row) => row.id),
    )
  }

  attempts(eventId: string, limit: number): Promise<readonly AttemptRow[]> {
    return this.#commits.read(() =>
      this.#state.attempts.filter((attempt) => attempt.eventId === eventId).slice(-limit),
    )
  }

  pruneAttempts(before: number): Promise<void> {
    return this.#commits.commit(() => {
      this.#state.attempts = this.#state.attempts.filter((attempt) => attempt.at >= before)
    })
  }

  #rows(state: DeliveryRow['state']): DeliveryRow[] {
    return [...this.#state.deliveries.values()].filter((row) => row.state === state)
  }
}

function copyRow(row: DeliveryRow): DeliveryRow {
  return row.record === undefined ? row : { ...row, record: new Uint8Array(row.record) }
}

function isWanted(query: DeliveryQuery, row: DeliveryRow): boolean {
  if (query.state !== undefined && row.state !== query.state) return false
  if (query.busKey !== undefined && row.busKey !== query.busKey) return false
  if (query.ruleName !== undefined && row.ruleName !== query.ruleName) return false
  if (query.targetId !== undefined && row.targetId !== query.targetId) return false
  return query.after === undefined || compareText(row.id, query.after) > 0
}
