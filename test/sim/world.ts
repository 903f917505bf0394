// The simulated world: one heap of things to come, ordered by time and then by when they were set, and clocks
// for the processes that live in it. A killed process's timers never fire. The same seed gives the same run.

import type { Clock, Random, Timer } from '../../src/base/index.ts'

interface Happening {
  readonly at: number
  readonly order: number
  readonly callback: () => void
  isCancelled: boolean
}

export interface ProcessClock extends Clock {
  /** Drops everything this process had set. */
  kill(): void
}

const START_MS = Date.UTC(2026, 0, 1)

export class World {
  readonly random: Random
  #now = 0
  #order = 0
  readonly #heap: Happening[] = []
  #hash = 17
  happened = 0

  constructor(random: Random) {
    this.random = random
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now
  }

  /** Wall milliseconds. */
  get wall(): number {
    return START_MS + this.#now
  }

  /** A digest of the order in which everything happened: equal for equal seeds. */
  get traceHash(): number {
    return this.#hash >>> 0
  }

  trace(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193)
  }

  at(delayMs: number, callback: () => void): Timer {
    const happening = {
      at: this.#now + Math.max(0, delayMs),
      order: this.#order,
      callback,
      isCancelled: false,
    }
    this.#order += 1
    push(this.#heap, happening)
    return {
      cancel: () => {
        happening.isCancelled = true
      },
    }
  }

  openClock(): ProcessClock {
    let isAlive = true
    return {
      now: () => START_MS + this.#now,
      monotonic: () => this.#now,
      setTimer: (delayMs, callback) =>
        this.at(delayMs, () => {
          if (isAlive) callback()
        }),
      kill: () => {
        isAlive = false
      },
    }
  }

  /** Lets things happen until the time is up or nothing is left; promises settle in between. */
  async run(untilMs: number): Promise<void> {
    await settle()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > untilMs) break
      pop(this.#heap)
      if (next.isCancelled) continue
      this.#now = next.at
      this.happened += 1
      this.trace(Math.floor(next.at) ^ (next.order << 7))
      next.callback()
      await settle()
    }
    this.#now = Math.max(this.#now, untilMs)
  }

  /** An integer in [min, max]. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.random.next() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.random.next() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random.next() * values.length)]!
  }
}

/** All microtasks, however long their chains, are done when the next immediate runs. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Happening[], item: Happening): void {
  let index = heap.length
  heap.push(item)
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!isBefore(item, heap[parent]!)) break
    heap[index] = heap[parent]!
    index = parent
  }
  heap[index] = item
}

function pop(heap: Happening[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let index = 0
  for (;;) {
    let child = index * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
    if (!isBefore(heap[child]!, last)) break
    heap[index] = heap[child]!
    index = child
  }
  heap[index] = last
}
