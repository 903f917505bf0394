// One sink per address, shared by all targets there, opened when first sent to.

import { findSinkKind, type Sink, type SinkKind } from './connect/index.ts'

export class Sinks {
  readonly #kinds: () => readonly SinkKind[]
  readonly #open = new Map<string, Sink>()

  constructor(kinds: () => readonly SinkKind[]) {
    this.#kinds = kinds
  }

  /** Undefined when no kind serves the address. */
  at(address: string): Sink | undefined {
    const known = this.#open.get(address)
    if (known !== undefined) return known
    const sink = findSinkKind(this.#kinds(), address)?.open(address)
    if (sink !== undefined) this.#open.set(address, sink)
    return sink
  }

  /** Closes sinks whose address no target has any more. */
  async keep(addresses: ReadonlySet<string>): Promise<void> {
    for (const [address, sink] of this.#open) {
      if (addresses.has(address)) continue
      this.#open.delete(address)
      await sink.close()
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#open.values(), (sink) => sink.close()))
    this.#open.clear()
  }
}
