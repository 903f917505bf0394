// Measured values, kept whole: a run has at most some hundred thousand, and percentiles of buckets would lie.

export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export class Samples {
  #values = new Float64Array(4096)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count] = value
    this.#count += 1
  }

  clear(): void {
    this.#count = 0
  }

  percentiles(): Percentiles {
    const sorted = this.#values.slice(0, this.#count).sort()
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
    return { count: this.#count, p50: at(0.5), p99: at(0.99), max: at(1) }
  }
}
