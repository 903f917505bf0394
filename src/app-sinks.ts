// One sink per address, shared by all who send or ask there, opened when first used.

import {
  findSinkKind,
  invokeSink,
  type Invoker,
  type InvokeRequest,
  type InvokeResult,
  type Sink,
  type SinkKind,
} from './connect/index.ts'

export class Sinks implements Invoker {
  readonly #kinds: () => readonly SinkKind[]
  readonly #open = new Map<string, Sink>()
  /** Invocations under way, by address. */
  readonly #asked = new Map<string, number>()

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

  async invoke(
    address: string,
    request: InvokeRequest,
    signal: AbortSignal,
  ): Promise<InvokeResult> {
    this.#asked.set(address, (this.#asked.get(address) ?? 0) + 1)
    try {
      return await invokeSink(this.at(address), address, request, signal)
    } finally {
      const left = this.#asked.get(address)! - 1
      if (left === 0) this.#asked.delete(address)
      else this.#asked.set(address, left)
    }
  }

  /** Closes sinks whose address no target has any more, and that nobody asks just now. */
  async keep(addresses: ReadonlySet<string>): Promise<void> {
    for (const [address, sink] of this.#open) {
      if (addresses.has(address) || this.#asked.has(address)) continue
      this.#open.delete(address)
      await sink.close()
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#open.values(), (sink) => sink.close()))
    this.#open.clear()
  }
}
