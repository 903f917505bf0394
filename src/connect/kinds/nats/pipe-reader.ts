// What a pipe reads of NATS: messages that wait here until they are taken, each named, and let go of or given back.

import type { NatsConnection } from '@nats-io/transport-node'
import { AppError } from '../../../base/index.ts'
import type { NatsSourceAddress } from '../../../model/index.ts'
import type { BrokerAccess } from '../../broker-access.ts'
import type { SourceRecord } from '../../source.ts'
import type { TakeLimits } from './waiting.ts'

export interface HeldMessage {
  readonly record: SourceRecord
  readonly data: Uint8Array
}

export interface PipeReader {
  /** Rejects when nothing is read any more. */
  readonly lost: Promise<never>
  /** The next that there are, waiting for the first; empty when it was woken for another reason. */
  take(limits: TakeLimits): Promise<readonly HeldMessage[]>
  wake(): void
  /** Of what was taken: these are done, the others come again. Durable, where the server keeps anything, when it resolves. */
  settle(done: readonly HeldMessage[], others: readonly HeldMessage[]): Promise<void>
  /** What was not settled is given back. */
  close(): Promise<void>
}

export interface PipeReading {
  readonly address: NatsSourceAddress
  readonly group: string
  readonly batchMax: number
  readonly access: BrokerAccess
}

/** Rejects when the connection ends. */
export async function whenClosed(connection: NatsConnection, broker: string): Promise<never> {
  const ended = await connection.closed()
  const why = ended === undefined ? '' : `: ${ended.message}`
  throw new AppError('BROKER_LOST', `broker \`${broker}\` closed the connection${why}`)
}
