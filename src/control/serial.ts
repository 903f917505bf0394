// Work that must not overlap, one queue per key: changes of one bus and its rules follow one another, so that
// what one of them checked still holds when it writes.

export class Serial {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Runs `work` after everything given for this key before has ended, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const turn = before === undefined ? work() : before.then(work, work)
    this.#tails.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#tails.get(key) === turn) this.#tails.delete(key)
    }
  }
}
