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

  /** Lets whoever waits go on with nothing. */
  wake(): void {
    this.#wake()
  }

  /** Waits for the first; empty when it was woken for another reason. */
  async take(countMax: number): Promise<readonly T[]> {
    if (this.#messages.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = () => {}
    }
    const taken = this.#messages.splice(0, countMax)
    for (const { data } of taken) this.#bytes -= data.length
    return taken
  }
}
