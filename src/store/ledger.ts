// One writer for delivery state: what route and deliver have to say is gathered here and committed in one
// transaction at a time, in the order it was said, together with the cursor.
//
// Invariant: a change recorded before the cursor's owner is asked for its cursor is in the same commit or an
// earlier one; so a cursor is never ahead of the rows it stands for.

import { type Clock, isAppError, type Timer } from '../base/index.ts'
import type { AttemptRow, DeliveryCommit, DeliveryRow, ReaderCursor } from './deliveries.ts'

/** Changes that make the ledger commit without waiting for more. */
const CHANGES_COMMITTED_AT_ONCE = 250

/** How long a commit that found no room waits for some, milliseconds. */
const FULL_RETRY_MS = 1000

export interface CursorOwner {
  /** The cursor as of now, or undefined when it has not moved since the last one given. */
  takeCursor(): ReaderCursor | undefined
  /** What was taken last is durable. */
  cursorCommitted(): void
}

export interface LedgerOptions {
  readonly store: { commit(commit: DeliveryCommit): Promise<void> }
  readonly clock: Clock
  /** How long a change may wait for company, milliseconds. */
  readonly delayMs: number
  /** A commit failed: the process must not go on, because rows and cursor are now behind what was done. */
  readonly onFatal: (error: unknown) => void
}

export class Ledger {
  readonly #options: LedgerOptions
  #owner: CursorOwner | undefined
  /** By delivery id: the last word on it. */
  #rows = new Map<string, DeliveryRow | undefined>()
  #attempts: AttemptRow[] = []
  #exposed = 0
  #listeners: (() => void)[] = []
  #timer: Timer | undefined
  #isCommitting = false
  /** The last commit found no room; what it held waits here with what came since. */
  #isFull = false
  /** Taken from its owner and not yet durable. */
  #cursor: ReaderCursor | undefined
  /** Somebody wants another commit after the one under way. */
  #isWanted = false
  #committing: Promise<void> = Promise.resolve()
  #isDead = false

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  own(owner: CursorOwner): void {
    this.#owner = owner
  }

  get isCommitting(): boolean {
    return this.#isCommitting
  }

  /** Changes waiting to be committed; a bound on memory is the callers' to keep. */
  get waiting(): number {
    return this.#rows.size + this.#attempts.length
  }

  put(row: DeliveryRow): void {
    this.#rows.set(row.id, row)
    this.#changed()
  }

  remove(id: string): void {
    this.#rows.set(id, undefined)
    this.#changed()
  }

  /** So many deliveries went out that only the cursor, or a row that goes, will remember. */
  expose(deliveries: number): void {
    this.#exposed += deliveries
  }

  attempt(row: AttemptRow): void {
    this.#attempts.push(row)
    this.#changed()
  }

  /** Calls back once everything recorded so far is durable. */
  afterCommit(listener: () => void): void {
    this.#listeners.push(listener)
    this.#isWanted = true
  }

  /** Commits within the delay; call when the cursor moved. */
  schedule(): void {
    this.#isWanted = true
    if (this.#timer !== undefined || this.#isCommitting || this.#isDead) return
    this.#timer = this.#options.clock.setTimer(this.#options.delayMs, () => {
      this.#timer = undefined
      void this.flush()
    })
  }

  /** Commits what there is; resolves when that is durable. */
  async flush(): Promise<void> {
    while (this.#isCommitting) await this.#committing
    if (this.#isDead) return
    this.#committing = this.#commit()
    await this.#committing
  }

  /** Commits what there is, and nothing more: what is said later is for the next process to find out again. */
  async close(): Promise<void> {
    await this.flush()
    this.#isDead = true
    this.#timer?.cancel()
  }

  #changed(): void {
    if (this.#isDead) return
    const isDue = this.waiting >= CHANGES_COMMITTED_AT_ONCE && !this.#isFull
    if (isDue && !this.#isCommitting) {
      void this.flush()
    } else this.schedule()
  }

  async #commit(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isWanted = false
    // A newer cursor stands for all that the one left over from a full disk did.
    const cursor = this.#owner?.takeCursor() ?? this.#cursor
    this.#cursor = cursor
    const rows = this.#rows
    const attempts = this.#attempts
    if (cursor === undefined && rows.size === 0 && attempts.length === 0) {
      this.#tellListeners()
      return
    }
    this.#isCommitting = true
    const listeners = this.#listeners
    this.#rows = new Map()
    this.#attempts = []
    this.#listeners = []
    const exposed = this.#exposed
    this.#exposed = 0
    const put: DeliveryRow[] = []
    const remove: string[] = []
    for (const [id, row] of rows) {
      if (row === undefined) remove.push(id)
      else put.push(row)
    }
    const commit = { ...(cursor === undefined ? {} : { cursor }), put, remove, attempts, exposed }
    try {
      await this.#options.store.commit(commit)
    } catch (error) {
      this.#isCommitting = false
      if (isAppError(error, 'STORE_FULL')) {
        this.#takeBack({ rows, attempts, listeners, exposed })
        return
      }
      this.#isDead = true
      this.#options.onFatal(error)
      return
    }
    this.#isCommitting = false
    this.#isFull = false
    this.#cursor = undefined
    for (const listener of listeners) listener()
    if (cursor !== undefined) this.#owner?.cursorCommitted()
    // The cursor may have moved while this commit, which did not carry it, was under way.
    else this.schedule()
    if (this.waiting > 0) this.#changed()
    else if (this.#isWanted) this.schedule()
  }

  /** Nothing of the commit was written: it joins what was said meanwhile, which is newer, and is tried again. */
  #takeBack(refused: {
    readonly rows: Map<string, DeliveryRow | undefined>
    readonly attempts: AttemptRow[]
    readonly listeners: (() => void)[]
    readonly exposed: number
  }): void {
    for (const [id, row] of this.#rows) refused.rows.set(id, row)
    this.#rows = refused.rows
    this.#attempts = [...refused.attempts, ...this.#attempts]
    this.#listeners = [...refused.listeners, ...this.#listeners]
    this.#exposed += refused.exposed
    this.#isFull = true
    if (this.#isDead) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.setTimer(FULL_RETRY_MS, () => {
      this.#timer = undefined
      void this.flush()
    })
  }

  #tellListeners(): void {
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}
