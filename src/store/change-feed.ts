// Fans committed changes out to watchers, each with a bounded buffer, and serves those that are behind from
// the store. A watcher is in one of two states:
//
//   behind ──(buffering on, then read the store until a page is not full)──► live
//   live   ──(its buffer overflows: drop it all)──────────────────────────► behind
//
// Buffering begins before the last read, and a revision at or below the cursor is skipped: no gap, no double.

import { WATCH_BUFFER_LENGTH_MAX, WATCH_PAGE_LIMIT } from './limits.ts'
import type { RowChange, WatchOptions } from './rows.ts'
import { kindOf, toRowChange, type StoredChange } from './stored-rows.ts'

export interface ChangePage {
  /** Whole revisions, in order. */
  readonly changes: readonly StoredChange[]
  /** Every change up to this revision is in this page or before it. */
  readonly through: number
  /** More are there already. */
  readonly isFull: boolean
}

/** Reads changes after a revision; throws `REVISION_COMPACTED` when they are forgotten. */
export type ReadChanges = (
  after: number,
  kinds: readonly string[] | undefined,
  limit: number,
) => Promise<ChangePage>

interface Watcher {
  readonly kinds: ReadonlySet<string> | undefined
  cursor: number
  isLive: boolean
  buffer: RowChange[]
  /** Set while the consumer waits with an empty buffer. */
  wake: (() => void) | undefined
}

export class ChangeFeed {
  readonly #read: ReadChanges
  readonly #watchers = new Set<Watcher>()
  #isEnded = false
  #failure: unknown

  constructor(read: ReadChanges) {
    this.#read = read
  }

  /** Takes the changes of one revision, in order of revisions, once they are durable. */
  publish(changes: readonly StoredChange[]): void {
    if (this.#watchers.size === 0 || changes.length === 0) return
    const revision = changes[0]!.revision
    // Parsed once, however many watch.
    const parsed = changes.map((change) => ({ kind: kindOf(change), row: toRowChange(change) }))
    for (const watcher of this.#watchers) offer(watcher, revision, parsed)
  }

  /** Ends every watch: with an error, or quietly when the store closes. */
  end(failure?: unknown): void {
    this.#isEnded = true
    this.#failure ??= failure
    for (const watcher of this.#watchers) wake(watcher)
  }

  async *watch(options: WatchOptions): AsyncGenerator<RowChange, void, undefined> {
    const watcher = createWatcher(options)
    const onAbort = (): void => wake(watcher)
    options.signal.addEventListener('abort', onAbort)
    this.#watchers.add(watcher)
    try {
      while (!this.#isOver(options.signal)) {
        if (!watcher.isLive) yield* this.#catchUp(watcher, options)
        else yield* this.#drain(watcher, options.signal)
        if (watcher.isLive && watcher.buffer.length === 0 && !this.#isOver(options.signal))
          await idle(watcher)
      }
    } finally {
      this.#watchers.delete(watcher)
      options.signal.removeEventListener('abort', onAbort)
    }
  }

  #isOver(signal: AbortSignal): boolean {
    if (signal.aborted) return true
    if (this.#failure !== undefined) throw this.#failure
    return this.#isEnded
  }

  async *#catchUp(watcher: Watcher, options: WatchOptions): AsyncGenerator<RowChange, void> {
    watcher.buffer = []
    watcher.isLive = true
    for (;;) {
      const page = await this.#read(watcher.cursor, options.kinds, WATCH_PAGE_LIMIT)
      for (const change of page.changes) {
        if (this.#isOver(options.signal)) return
        yield toRowChange(change)
      }
      watcher.cursor = page.through
      if (!page.isFull || !watcher.isLive) return
    }
  }

  *#drain(watcher: Watcher, signal: AbortSignal): Generator<RowChange, void> {
    const batch = watcher.buffer
    watcher.buffer = []
    let last = watcher.cursor
    for (const change of batch) {
      if (change.row.revision <= watcher.cursor) continue
      if (this.#isOver(signal)) return
      last = change.row.revision
      yield change
    }
    // Only now: several changes share a revision, and a watcher that overflowed reads from here on.
    watcher.cursor = last
  }
}

function createWatcher(options: WatchOptions): Watcher {
  return {
    kinds: options.kinds === undefined ? undefined : new Set(options.kinds),
    cursor: options.after,
    isLive: false,
    buffer: [],
    wake: undefined,
  }
}

function offer(
  watcher: Watcher,
  revision: number,
  changes: readonly { readonly kind: string; readonly row: RowChange }[],
): void {
  if (!watcher.isLive) return
  const wanted = changes.filter(({ kind }) => watcher.kinds?.has(kind) ?? true)
  if (wanted.length === 0) {
    // An idle watcher of a quiet kind moves on, so that compaction does not pass it.
    if (watcher.wake !== undefined && watcher.cursor < revision) watcher.cursor = revision
    return
  }
  if (watcher.buffer.length + wanted.length > WATCH_BUFFER_LENGTH_MAX) {
    watcher.buffer = []
    watcher.isLive = false
  } else {
    for (const { row } of wanted) watcher.buffer.push(row)
  }
  wake(watcher)
}

function idle(watcher: Watcher): Promise<void> {
  return new Promise((resolve) => {
    watcher.wake = resolve
  })
}

function wake(watcher: Watcher): void {
  watcher.wake?.()
  watcher.wake = undefined
}
