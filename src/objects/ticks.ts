// The items of an iterator, or a tick when the next one takes longer than that. A wait that ends in a tick is gone on
// with by the next call, so that no item is lost.

import type { Clock } from '../base/index.ts'

export class Ticks<T> {
  readonly #items: AsyncIterator<T>
  readonly #clock: Clock
  #waiting: Promise<IteratorResult<T>> | undefined

  constructor(items: AsyncIterator<T>, clock: Clock) {
    this.#items = items
    this.#clock = clock
  }

  async next(tickMs: number | undefined): Promise<IteratorResult<T> | 'tick'> {
    this.#waiting ??= this.#items.next()
    const waiting = this.#waiting
    const result = tickMs === undefined ? await waiting : await this.#orTick(waiting, tickMs)
    if (result !== 'tick') this.#waiting = undefined
    return result
  }

  async close(): Promise<void> {
    // A generator that waits cannot be returned from before its wait ends; whoever closes has aborted that.
    this.#waiting?.catch(() => undefined)
    if (this.#waiting === undefined) await this.#items.return?.()
  }

  #orTick(
    waiting: Promise<IteratorResult<T>>,
    tickMs: number,
  ): Promise<IteratorResult<T> | 'tick'> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(tickMs, () => resolve('tick'))
      waiting.then(
        (result) => {
          timer.cancel()
          resolve(result)
        },
        (error: unknown) => {
          timer.cancel()
          reject(error)
        },
      )
    })
  }
}
