// The in-flight window of one partition: which positions past the committed cursor have settled, and how far
// the unbroken settled prefix reaches. A ring of counters, so that settling allocates nothing.
//
//   committed ──── settled prefix ────▶ prefix ──── some settled, some not ────▶ next
//
// Invariant: committed <= prefix <= next <= committed + capacity.

export class Window {
  readonly #outstanding: Int32Array
  readonly #mask: number
  readonly #capacity: number
  #committed: number
  #prefix: number
  #next: number

  /** `start` is the first offset to be begun; `capacity` positions may be past the committed one. */
  constructor(start: number, capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity))
    this.#outstanding = new Int32Array(size)
    this.#mask = size - 1
    this.#capacity = capacity
    this.#committed = start
    this.#prefix = start
    this.#next = start
  }

  /** Everything before this offset has settled. */
  get prefix(): number {
    return this.#prefix
  }

  get committed(): number {
    return this.#committed
  }

  /** Positions that may still begin. */
  get room(): number {
    return this.#capacity - (this.#next - this.#committed)
  }

  get isIdle(): boolean {
    return this.#prefix === this.#next
  }

  /** Takes up `offset`, the next one, with this many deliveries; none settles it at once. */
  begin(offset: number, deliveries: number): void {
    if (offset !== this.#next || this.room <= 0) {
      throw new Error(`offset ${offset} cannot begin: next is ${this.#next}, room ${this.room}`)
    }
    this.#outstanding[offset & this.#mask] = deliveries
    this.#next = offset + 1
    this.#advance()
  }

  /** Steps over offsets that hold nothing; only while nothing is under way. */
  jump(offset: number): void {
    if (!this.isIdle) throw new Error(`cannot jump to offset ${offset} with positions under way`)
    this.#committed = offset
    this.#prefix = offset
    this.#next = offset
  }

  /** One delivery of `offset` settled. */
  settle(offset: number): void {
    const slot = offset & this.#mask
    const outstanding = this.#outstanding[slot]!
    if (offset < this.#prefix || offset >= this.#next || outstanding <= 0) {
      throw new Error(`offset ${offset} settled once too often`)
    }
    this.#outstanding[slot] = outstanding - 1
    if (offset === this.#prefix) this.#advance()
  }

  /** The cursor is durable up to `offset`. */
  commit(offset: number): void {
    this.#committed = offset
  }

  #advance(): void {
    while (this.#prefix < this.#next && this.#outstanding[this.#prefix & this.#mask] === 0) {
      this.#prefix += 1
    }
  }
}
