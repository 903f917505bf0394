// The brokers that there are, by name, each with what it takes to reach it. Who holds on to one is told when it is
// another: its spec was changed, it is gone, or a secret of it was rotated.

import type { BrokerSpec } from '../model/index.ts'
import type { BrokerAccess, FindBroker } from './broker-access.ts'
import type { BrokerSecrets } from './broker-secrets.ts'

export interface BrokerDirectoryOptions {
  readonly secrets: BrokerSecrets
  /** Throws for a server that the broker must not lead to. */
  readonly checkServer: (broker: BrokerSpec, server: string) => void
}

interface Entry {
  readonly access: BrokerAccess
  readonly stopWatching: () => void
}

export class BrokerDirectory {
  readonly #options: BrokerDirectoryOptions
  readonly #entries = new Map<string, Entry>()
  readonly #listeners: ((name: string) => void)[] = []

  constructor(options: BrokerDirectoryOptions) {
    this.#options = options
  }

  readonly find: FindBroker = (name) => this.#entries.get(name)?.access

  /** Calls back with the name of each broker that is another than before. */
  onChange(listener: (name: string) => void): void {
    this.#listeners.push(listener)
  }

  define(broker: BrokerSpec): void {
    this.#entries.get(broker.name)?.stopWatching()
    const stopWatching = this.#options.secrets.watch(broker, () => this.define(broker))
    this.#entries.set(broker.name, { access: this.accessTo(broker), stopWatching })
    this.#tell(broker.name)
  }

  forget(name: string): void {
    this.#entries.get(name)?.stopWatching()
    if (this.#entries.delete(name)) this.#tell(name)
  }

  close(): void {
    for (const { stopWatching } of this.#entries.values()) stopWatching()
    this.#entries.clear()
  }

  /** What it takes to reach a broker, also one that is not among these. */
  accessTo(broker: BrokerSpec): BrokerAccess {
    const { secrets, checkServer } = this.#options
    return {
      broker,
      reveal: (reference) => secrets.reveal(broker, reference),
      checkServer: (server) => checkServer(broker, server),
    }
  }

  #tell(name: string): void {
    for (const listener of this.#listeners) listener(name)
  }
}
