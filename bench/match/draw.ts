// Chance that is the same on every machine and in every run.

export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 to 1 with all 53 bits of a double. */
  fraction(): number {
    return ((this.#next() >>> 5) * 67_108_864 + (this.#next() >>> 6)) / 9_007_199_254_740_992
  }

  below(count: number): number {
    return this.#next() % count
  }

  from<T>(list: ArrayLike<T>): T {
    return list[this.below(list.length)]!
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join('')
  }

  /** In place. */
  shuffle<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1)
      ;[list[last], list[other]] = [list[other]!, list[last]!]
    }
    return list
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
