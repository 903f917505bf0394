// Group commit: every request that waits when a transaction begins shares its COMMIT, and so its fsync. Each has
// a savepoint, so that one that fails does not fail the others. Nothing is answered before COMMIT returned.
//
// A transaction of nothing but deferrable calls leaves the fsync to a later one (see durability.ts): a power cut
// can take it back, but only together with everything after it, cursor included.
//
//   BEGIN ─► (SAVEPOINT ─► call ─► RELEASE | ROLLBACK TO)* ─► counters ─► COMMIT ─► answers
//                                                                 └─ disk full ─► ROLLBACK, all refused
//                                                                 └─ I/O error ─► fatal: no answer is safe

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { AppError, systemClock } from '../../../base/index.ts'
import type { Counters } from './counters.ts'
import { Durability } from './durability.ts'
import type { Call } from './inbox.ts'
import { toFailure, type Reply, type Request } from './protocol.ts'
import { classifyFailure } from './sqlite-errors.ts'

/** Something of the writer that holds in memory what a rollback undoes. */
export interface Participant {
  rolledBack(): void
}

export class Transactions {
  readonly #db: DatabaseSync
  readonly #counters: Counters
  readonly #participants: readonly Participant[]
  readonly #calls: Readonly<Record<string, Call>>
  readonly #durability: Durability
  readonly #statements: Readonly<
    Record<'begin' | 'commit' | 'savepoint' | 'release' | 'undo', StatementSync>
  >

  constructor(
    db: DatabaseSync,
    counters: Counters,
    participants: readonly Participant[],
    calls: Readonly<Record<string, Call>>,
  ) {
    this.#db = db
    this.#counters = counters
    this.#participants = participants
    this.#calls = calls
    this.#durability = new Durability(db, systemClock)
    this.#statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      savepoint: db.prepare('SAVEPOINT request'),
      release: db.prepare('RELEASE request'),
      undo: db.prepare('ROLLBACK TO request'),
    }
  }

  /** Answers once all that succeeded is committed; throws when nothing more may be answered. */
  run(requests: readonly Request[]): readonly Reply[] {
    try {
      this.#durability.prepare(requests)
      this.#statements.begin.run()
      const replies = requests.map((request) => this.#runOne(request))
      if (this.#durability.isCatchingUp) this.#counters.touch()
      this.#counters.flush()
      this.#statements.commit.run()
      this.#counters.committed()
      this.#durability.committed()
      return replies
    } catch (error) {
      return this.#refuseAll(requests, error)
    }
  }

  #runOne({ id, call, input }: Request): Reply {
    const counters = { ...this.#counters.values }
    this.#statements.savepoint.run()
    try {
      const value = this.#calls[call]!(input)
      this.#statements.release.run()
      return { id, value }
    } catch (error) {
      // After some errors SQLite has rolled back everything by itself.
      if (classifyFailure(error) !== 'request' || !this.#db.isTransaction) throw error
      this.#statements.undo.run()
      this.#statements.release.run()
      this.#counters.values = counters
      if (!(error instanceof AppError)) this.#forget()
      return { id, failure: toFailure(error) }
    }
  }

  #refuseAll(requests: readonly Request[], error: unknown): readonly Reply[] {
    if (classifyFailure(error) === 'fatal') throw error
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    this.#counters.rolledBack()
    this.#forget()
    const failure =
      classifyFailure(error) === 'full'
        ? toFailure(new AppError('STORE_FULL', 'no space left for the store: nothing was written'))
        : toFailure(error)
    return requests.map(({ id }) => ({ id, failure }))
  }

  get isBehind(): boolean {
    return this.#durability.isBehind
  }

  #forget(): void {
    for (const participant of this.#participants) participant.rolledBack()
  }
}
