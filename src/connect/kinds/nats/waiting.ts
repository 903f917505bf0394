// Messages that came and were not taken in yet. A server of NATS sends them when it likes.

export class Waiting<T extends { readonly data: Uint8Array }> {
  #messages: T[] = []
  #bytes = 0
  #wake: () => void = () => {}

  get count(): number {
    return this.#messages.length
  }

  get bytes(): number {
    return this.#bytes
  }

  add(message: T): void {
    this.#messages.push(message)
    this.#bytes += message.data.length
    this.#wake()
  }

  /** Before all others: what was taken and is to be taken again. */
  putBack(messages: readonly T[]): void {
    this.#messages.unshift(...messages)
    for (const { data } of messages) this.#bytes += data.length
    this.#wake()
  }

  /** Lets whoever waits go on with nothing. */
  wake(): void {
    this.#wake()
  }

  /** Waits for the first; empty when it was woken for another reason. Ends with the message that reaches a bound. */
  async take({ countMax, bytesMax }: TakeLimits): Promise<readonly T[]> {
    if (this.#messages.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = () => {}
    }
    let count = 0
    let sizeBytes = 0
    while (count < this.#messages.length && count < countMax && sizeBytes < bytesMax) {
      sizeBytes += this.#messages[count]!.data.length
      count += 1
    }
    this.#bytes -= sizeBytes
    return this.#messages.splice(0, count)
  }
}

export interface TakeLimits {
  readonly countMax: number
  readonly bytesMax: number
}
