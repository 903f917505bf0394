// An ARN that names something of this server stays here; the same ARN goes to AWS when nothing here has that
// name and an endpoint of its service is configured. Which of the two it is is asked at each send, so that a
// queue that is made or deleted counts at once.

import { invokeSink, type InvokeRequest, type InvokeResult, type InvokingSink } from './invoke.ts'
import type { Sink, SinkKind } from './sink.ts'

export interface LocalFirstOptions {
  readonly local: SinkKind
  readonly remote: SinkKind & { isConfigured(address: string): boolean }
  /** Whether this server has what the address names. */
  readonly isHere: (address: string) => boolean
}

/** A kind that serves what both serve; addresses that only `local` serves are its alone. */
export function createLocalFirstKind({ local, remote, isHere }: LocalFirstOptions): SinkKind {
  return {
    name: local.name,
    serves: (address) => local.serves(address),
    open(address) {
      const here = local.open(address)
      if (!remote.isConfigured(address)) return here
      return new LocalFirstSink({
        address,
        local: here,
        remote: remote.open(address),
        isHere: () => isHere(address),
      })
    },
  }
}

interface Sides {
  readonly address: string
  readonly local: Sink
  readonly remote: Sink
  readonly isHere: () => boolean
}

class LocalFirstSink implements InvokingSink {
  readonly #sides: Sides

  constructor(sides: Sides) {
    this.#sides = sides
  }

  get batchMax(): number {
    return this.#current.batchMax
  }

  get concurrencyMax(): number {
    return this.#current.concurrencyMax
  }

  get isOwnStore(): boolean {
    return this.#current.isOwnStore === true
  }

  send(...parameters: Parameters<Sink['send']>): ReturnType<Sink['send']> {
    return this.#current.send(...parameters)
  }

  invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeResult> {
    return invokeSink(this.#current, this.#sides.address, request, signal)
  }

  async close(): Promise<void> {
    await Promise.all([this.#sides.local.close(), this.#sides.remote.close()])
  }

  get #current(): Sink {
    const { local, remote, isHere } = this.#sides
    return isHere() ? local : remote
  }
}
