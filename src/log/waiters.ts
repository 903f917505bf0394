// Readers that wait for the log to grow. One wake lets all of them look again; an aborted wait ends at
// once and leaves nothing behind.

export class Waiters {
  #waiting = new Set<() => void>()

  /** Resolves at the next `wake`, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  wake(): void {
    if (this.#waiting.size === 0) return
    for (const done of Array.from(this.#waiting)) done()
  }
}
