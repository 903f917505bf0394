// A first-in first-out queue with a named bound: what does not fit is refused, never silently kept.

/** Amortised O(1) push and shift; `push` answers false when the queue is full. */
export class BoundedQueue<T> {
  readonly #lengthMax: number
  #items: (T | undefined)[] = []
  #head = 0

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  get isFull(): boolean {
    return this.length >= this.#lengthMax
  }

  push(item: T): boolean {
    if (this.isFull) return false
    this.#items.push(item)
    return true
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
