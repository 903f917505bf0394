// The BrokerBrowser contract: what there is on a broker, who reads it and how far behind they are, and what lies there.
// Nothing is taken, and nobody's offsets move.

import type { BrokerSpec } from '../model/index.ts'
import type { BrokerAccess } from './broker-access.ts'

/** A topic of Kafka, or a stream of NATS. */
export interface BrokerPlace {
  readonly name: string
  /** Of Kafka. */
  readonly partitions?: number
  /** Of a stream. */
  readonly subjects?: readonly string[]
  /** That lie there now. */
  readonly records: number
  /** Consumer groups, or consumers of the stream. */
  readonly readers: readonly BrokerReader[]
}

export interface BrokerReader {
  readonly name: string
  /** Records that it has not read, or not acknowledged. */
  readonly behind: number
}

export interface PeekedRecord {
  /** `orders/0/42`, or `ORDERS/42`. */
  readonly place: string
  /** The topic or subject. */
  readonly topic: string
  /** Wall milliseconds, where the broker says. */
  readonly timestamp?: number
  readonly key?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface PeekQuery {
  /** A topic, a stream, or a subject of core NATS: that is listened to for a moment. */
  readonly place: string
  readonly limit: number
}

export interface BrokerBrowser {
  readonly type: BrokerSpec['type']
  /** By name. Rejects `BROKER_LOST`. */
  places(access: BrokerAccess): Promise<readonly BrokerPlace[]>
  /** The newest records, the oldest of them first. Rejects `BROKER_LOST`, `RESOURCE_NOT_FOUND`. */
  peek(
    access: BrokerAccess,
    query: PeekQuery,
    signal: AbortSignal,
  ): Promise<readonly PeekedRecord[]>
}
