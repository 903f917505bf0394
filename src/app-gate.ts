// The gate before the dialects: everything behind it can be replaced while the server goes on listening. Who comes
// meanwhile waits, and is served by what is there then.

import type { Dialect, HttpRequest, HttpResponse } from './api/index.ts'
import { type Clock, wait } from './base/index.ts'

/** How long requests that are under way may take to end before what serves them goes, milliseconds. */
const GRACE_MS = 2000
const POLL_MS = 5

export class DialectGate {
  readonly #clock: Clock
  #dialects: readonly Dialect[] = []
  #inFlight = 0
  /** Resolves when the gate opens again; undefined while it is open. */
  #closed: Promise<void> | undefined
  #replacing: Promise<void> = Promise.resolve()

  constructor(clock: Clock, dialects: readonly Dialect[]) {
    this.#clock = clock
    this.#dialects = dialects
  }

  /** What the server is opened with: the dialects of the moment, by their places. */
  doors(): readonly Dialect[] {
    return this.#dialects.map(({ name }, place) => ({
      name,
      accepts: (request: HttpRequest) => this.#dialects[place]!.accepts(request),
      takesGzip: (request: HttpRequest) => this.#dialects[place]!.takesGzip?.(request) === true,
      handle: (request: HttpRequest) => this.#handle(place, request),
    }))
  }

  /**
   * Closes the gate, waits for the requests under way, but for the one that asks, and opens it on the dialects
   * that `replace` answers, which are of the same names.
   */
  replace(replace: () => Promise<readonly Dialect[]>): Promise<void> {
    const replaced = this.#replacing.then(() => this.#replace(replace))
    this.#replacing = replaced.catch(() => {})
    return replaced
  }

  async #replace(replace: () => Promise<readonly Dialect[]>): Promise<void> {
    const gate = Promise.withResolvers<void>()
    this.#closed = gate.promise
    try {
      const deadline = this.#clock.monotonic() + GRACE_MS
      while (this.#inFlight > 1 && this.#clock.monotonic() < deadline) {
        await wait(this.#clock, POLL_MS, NEVER)
      }
      this.#dialects = await replace()
    } finally {
      this.#closed = undefined
      gate.resolve()
    }
  }

  #handle(place: number, request: HttpRequest): Promise<HttpResponse> {
    if (this.#closed !== undefined) {
      return this.#closed.then(() => this.#handle(place, request))
    }
    this.#inFlight += 1
    const handled = this.#dialects[place]!.handle(request)
    void handled.then(this.#left, this.#left)
    return handled
  }

  readonly #left = (): void => {
    this.#inFlight -= 1
  }
}

const NEVER = new AbortController().signal
