// Rows in memory, as JSON text, so that nobody shares a value with the store.

import { ChangeFeed, type ChangePage } from '../../change-feed.ts'
import { comparePlaces, keyText } from '../../keys.ts'
import type { RowChange, RowKey, RowPage, RowQuery, RowStore, RowWrite } from '../../rows.ts'
import type { Row, RowTextPage, WatchOptions } from '../../rows.ts'
import {
  changeOf,
  checkExpectation,
  checkRevision,
  cutPage,
  kindOf,
  planScan,
  storeWrites,
  toPage,
  toRow,
  toTextPage,
  undoChanges,
  type RevisionSpan,
  type StoredChange,
  type StoredPage,
  type StoredWrite,
} from '../../stored-rows.ts'
import type { MemoryCommits } from './commits.ts'
import type { MemoryStoreState } from './state.ts'

export class MemoryRows implements RowStore {
  readonly #state: MemoryStoreState
  readonly #commits: MemoryCommits
  readonly #feed: ChangeFeed

  constructor(state: MemoryStoreState, commits: MemoryCommits) {
    this.#state = state
    this.#commits = commits
    this.#feed = new ChangeFeed((after, kinds, limit) =>
      commits.read(() => this.#readChanges(after, kinds, limit)),
    )
  }

  get(key: RowKey): Promise<Row | undefined> {
    return this.#commits.read(() => {
      const stored = this.#state.rows.get(keyText(key))
      return stored === undefined ? undefined : toRow(stored)
    })
  }

  list(query: RowQuery): Promise<RowPage> {
    return this.#commits.read(() => toPage(this.#page(query)))
  }

  listTexts(query: RowQuery): Promise<RowTextPage> {
    return this.#commits.read(() => toTextPage(this.#page(query)))
  }

  async write(writes: readonly RowWrite[]): Promise<number> {
    const stored = storeWrites(writes)
    return this.#commits.commit(() => this.#apply(stored))
  }

  watch(options: WatchOptions): AsyncIterable<RowChange> {
    return this.#feed.watch(options)
  }

  revision(): number {
    return this.#state.revision
  }

  compact(revision: number): Promise<void> {
    return this.#commits.commit(() => {
      checkRevision(Math.max(revision, this.#state.compacted), this.#span())
      this.#state.compacted = Math.max(revision, this.#state.compacted)
      this.#state.changes = this.#changesAfter(this.#state.compacted)
    })
  }

  end(): void {
    this.#feed.end()
  }

  #page(query: RowQuery): StoredPage {
    const scan = planScan(query, this.#span())
    const current = [...this.#state.rows.values()].filter((row) => row.kind === query.kind)
    const undone = undoChanges(
      this.#changesAfter(scan.revision).filter((change) => kindOf(change) === query.kind),
    )
    return cutPage(scan, current.sort(comparePlaces), undone)
  }

  #apply(writes: readonly StoredWrite[]): number {
    const revision = this.#state.revision + 1
    const changes: StoredChange[] = []
    for (const write of writes) {
      const before = this.#state.rows.get(keyText(write))
      checkExpectation(write, before)
      const change = changeOf(write, before, revision)
      if (change !== undefined) changes.push(change)
    }
    if (changes.length === 0) return this.#state.revision
    for (const change of changes) {
      if (change.after === undefined) this.#state.rows.delete(keyText(change.before!))
      else this.#state.rows.set(keyText(change.after), change.after)
      this.#state.changes.push(change)
    }
    this.#state.revision = revision
    this.#feed.publish(changes)
    return revision
  }

  #readChanges(after: number, kinds: readonly string[] | undefined, limit: number): ChangePage {
    checkRevision(after, this.#span())
    const wanted = this.#changesAfter(after).filter(
      (change) => kinds === undefined || kinds.includes(kindOf(change)),
    )
    if (wanted.length <= limit)
      return { changes: wanted, through: this.#state.revision, isFull: false }
    const through = wanted[limit]!.revision
    const changes = wanted.filter((change) => change.revision <= through)
    return { changes, through, isFull: true }
  }

  #changesAfter(revision: number): StoredChange[] {
    const { changes } = this.#state
    const first = changes.findIndex((change) => change.revision > revision)
    return first === -1 ? [] : changes.slice(first)
  }

  #span(): RevisionSpan {
    return { compacted: this.#state.compacted, newest: this.#state.revision }
  }
}
