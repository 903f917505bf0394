// What a kind of connector is given of a broker.

import type { BrokerSpec, SecretRef } from '../model/index.ts'

/** What a reference to a secret stands for just now; rejects `SECRET_MISSING`. */
export type RevealSecret = (reference: SecretRef) => Promise<string>

export interface BrokerAccess {
  readonly broker: BrokerSpec
  readonly reveal: RevealSecret
  /** Throws, or rejects, for a server that must not be dialed. */
  readonly checkServer: (server: string) => void | Promise<void>
}

/** The broker of a name, with what it takes to reach it; another object once the broker, or a secret of it, changed. */
export type FindBroker = (name: string) => BrokerAccess | undefined
