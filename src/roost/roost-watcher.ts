// Follows the ManagedRoosts of the API and tells the book of each look, beginning with what changed while nobody did.

import type { Clock, Logger } from '../base/index.ts'
import { Informer, type KubeClient, type KubeObject } from '../objects/index.ts'
import { MANAGED_ROOST } from './managed-roost.ts'
import type { RoostBook } from './roost-book.ts'
import { keyOf, viewRoost } from './roost-view.ts'

export interface RoostWatcherOptions {
  readonly kube: KubeClient
  readonly book: RoostBook
  readonly clock: Clock
  readonly logger: Logger
}

export class RoostWatcher {
  readonly #informer: Informer
  readonly #book: RoostBook
  #isClosed = false

  constructor({ kube, book, clock, logger }: RoostWatcherOptions) {
    this.#book = book
    this.#informer = new Informer({
      client: kube,
      type: MANAGED_ROOST,
      clock,
      logger,
      onChange: (next, previous) => this.#look(next, previous),
    })
  }

  /** Resolves when everything that is there has been looked at. */
  async start(): Promise<void> {
    await this.#informer.start()
    // Closed before anything was listed: that nothing is known is no sign that all are gone.
    if (this.#isClosed) return
    const there = new Set(this.#informer.all().map((roost) => keyOf(viewRoost(roost))))
    for (const key of this.#book.known())
      if (!there.has(key)) this.#book.observe(key, undefined, 'gone')
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#informer.close()
  }

  #look(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    const roost = (next ?? previous)!
    const view = viewRoost(roost)
    const occasion = next === undefined ? 'gone' : (roost.metadata.resourceVersion ?? '')
    this.#book.observe(keyOf(view), next === undefined ? undefined : view, occasion)
  }
}
