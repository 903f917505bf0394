// Which COMMIT waits for the disk. What follows from the log alone, deliveries into queues and the cursor that
// stands for them, may be done again after a power cut, as long as both are taken back together; SQLite's
// write-ahead log guarantees that, because a later commit never survives an earlier one. So such commits go
// without an fsync, and at the latest the next one that promises something, or a timer, makes them durable.
//
//   durable ──deferrable commit──▶ behind ──any other commit, or too much, or too long──▶ durable
//
// Invariant: a call that is not deferrable is answered only after an fsync that covers it and all before it.

import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../base/index.ts'
import { DEFERRED_EXPOSED_MAX, DEFERRED_MS_MAX } from '../../limits.ts'
import type { DeliveryCommit } from '../../deliveries.ts'
import type { Request } from './protocol.ts'

const DEFERRABLE: ReadonlySet<string> = new Set([
  'deliveries.commit',
  'messages.receive',
  'messages.sendPacked',
  'messages.sendReferences',
])

export class Durability {
  readonly #db: DatabaseSync
  readonly #clock: Clock
  #isFull = true
  #isSyncing = true
  #behindSince: number | undefined
  #exposed = 0

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  /** Before BEGIN: the setting cannot change inside a transaction. */
  prepare(requests: readonly Request[]): void {
    for (const request of requests) this.#exposed += exposedBy(request)
    this.#isSyncing =
      this.#exposed > DEFERRED_EXPOSED_MAX ||
      this.#isLate() ||
      requests.some(({ call }) => !DEFERRABLE.has(call))
    if (this.#isSyncing === this.#isFull) return
    this.#db.exec(`PRAGMA synchronous = ${this.#isSyncing ? 'FULL' : 'NORMAL'}`)
    this.#isFull = this.#isSyncing
  }

  committed(): void {
    if (this.#isSyncing) {
      this.#exposed = 0
      this.#behindSince = undefined
    } else this.#behindSince ??= this.#clock.monotonic()
  }

  /** Whether commits wait for an fsync that nothing may ever bring. */
  get isBehind(): boolean {
    return this.#behindSince !== undefined
  }

  /** Whether this commit makes earlier ones durable too: it must write something for that. */
  get isCatchingUp(): boolean {
    return this.#isSyncing && this.isBehind
  }

  #isLate(): boolean {
    const since = this.#behindSince
    return since !== undefined && this.#clock.monotonic() - since >= DEFERRED_MS_MAX
  }
}

/** How many deliveries to the outside a commit stands for: they would be made again. */
function exposedBy({ call, input }: Request): number {
  return call === 'deliveries.commit' ? ((input as DeliveryCommit).exposed ?? 0) : 0
}
