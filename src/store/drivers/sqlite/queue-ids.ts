// Small integers for queue names, so that a message row does not repeat a long key.

import type { DatabaseSync, StatementSync } from 'node:sqlite'

export class QueueIds {
  readonly #find: StatementSync
  readonly #add: StatementSync
  readonly #known = new Map<string, number>()

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT id FROM queues WHERE name = ?')
    this.#add = db.prepare('INSERT INTO queues (name) VALUES (?)')
  }

  idOf(name: string): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const found = this.#find.get(name)
    const id =
      found === undefined ? Number(this.#add.run(name).lastInsertRowid) : Number(found['id'])
    this.#known.set(name, id)
    return id
  }

  rolledBack(): void {
    this.#known.clear()
  }
}
