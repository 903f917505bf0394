// The Connector contract: what brings events of one type of broker in. A connector reads and says how far it is;
// what a record means, where it is put, and that reading goes on for ever is the supervisor's.
//
// Invariant: a record is let go of (its offset committed, its message acknowledged) only when `accept` resolved.

import type { Clock, Logger, Random } from '../base/index.ts'
import type { BrokerSpec, SourceSpec } from '../model/index.ts'
import type { BrokerAccess } from './broker-access.ts'
import type { SourceDoor } from './source-door.ts'

/** One record of a broker, before anybody knows what it means. */
export interface SourceMessage {
  /** The topic or subject. */
  readonly topic: string
  /** Names the record in its broker: `orders/0/42`. With its time the event's id, where the record brings none. */
  readonly place: string
  readonly key?: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** When it was written, wall milliseconds, where the broker says. */
  readonly timestamp?: number
}

export interface ConnectorContext extends Pick<BrokerAccess, 'reveal' | 'checkServer'> {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Reading has begun. */
  connected(): void
  /** Every record is an event in the log, or rejected for good, when it resolves. Waits while the server is full. */
  accept(messages: readonly SourceMessage[], signal: AbortSignal): Promise<void>
  /** The steps of `accept`, for a connector that makes events of records elsewhere. */
  readonly door: SourceDoor
  /** So many records of a place wait to be read. */
  readonly lagged: (place: string, records: number) => void
}

export interface ConnectorRun {
  readonly source: SourceSpec
  readonly broker: BrokerSpec
  /** That the source reads as: its own, or `signalbox-NAME`. */
  readonly group: string
  /** 0 is the first of the source's instances. */
  readonly instance: number
  readonly context: ConnectorContext
}

export interface Connector {
  readonly type: BrokerSpec['type']
  /** Reads until the signal aborts; rejects when the broker is lost, and is then called again. */
  run(run: ConnectorRun, signal: AbortSignal): Promise<void>
}
