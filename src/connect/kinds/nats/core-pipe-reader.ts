// Core NATS for a pipe: what is published while it listens. The server gives a message once, so one that was not taken
// is kept here until it is, and lost with the process.

import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { createUuid, type Logger, type Random } from '../../../base/index.ts'
import type { SourceRecord } from '../../source.ts'
import { CORE_WAITING_BYTES_MAX, CORE_WAITING_MAX } from './limits.ts'
import { type HeldMessage, type PipeReader, type PipeReading, whenClosed } from './pipe-reader.ts'
import { toPipeRecord } from './pipe-record.ts'
import { type TakeLimits, Waiting } from './waiting.ts'

export interface CoreReading extends PipeReading {
  readonly random: Random
  readonly logger: Logger
}

export async function openCoreReader(
  connection: NatsConnection,
  reading: CoreReading,
): Promise<PipeReader> {
  const reader = new CorePipeReader(connection, reading)
  // Answered when the server has the subscription.
  await connection.flush()
  return reader
}

class CorePipeReader implements PipeReader {
  readonly lost: Promise<never>
  readonly #connection: NatsConnection
  readonly #reading: CoreReading
  readonly #waiting = new Waiting<HeldMessage>()
  #fail: (error: Error) => void = () => {}
  #dropped = 0

  constructor(connection: NatsConnection, reading: CoreReading) {
    this.#connection = connection
    this.#reading = reading
    const refused = new Promise<never>((_, reject) => (this.#fail = reject))
    this.lost = Promise.race([refused, whenClosed(connection, reading.address.broker)])
    this.lost.catch(() => {})
    connection.subscribe(reading.address.place, {
      queue: reading.group,
      callback: (error, message) => {
        if (error === null) this.#add(message)
        else this.#fail(error)
      },
    })
  }

  take(limits: TakeLimits): Promise<readonly HeldMessage[]> {
    return this.#waiting.take(limits)
  }

  wake(): void {
    this.#waiting.wake()
  }

  async settle(_done: readonly HeldMessage[], others: readonly HeldMessage[]): Promise<void> {
    this.#waiting.putBack(others)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  #add(message: Msg): void {
    const { data } = message
    const isFull =
      this.#waiting.count >= CORE_WAITING_MAX ||
      this.#waiting.bytes + data.length > CORE_WAITING_BYTES_MAX
    if (!isFull) return this.#waiting.add({ record: this.#recordOf(message), data })
    this.#dropped += 1
    if (Number.isInteger(Math.log10(this.#dropped)))
      this.#reading.logger.warn('messages of core NATS came too fast and were lost', {
        broker: this.#reading.address.broker,
        subject: this.#reading.address.place,
        lost: this.#dropped,
      })
  }

  #recordOf({ subject, headers, data }: Msg): SourceRecord {
    const { address, random } = this.#reading
    return toPipeRecord({ id: createUuid(random), broker: address.broker, subject, headers, data })
  }
}
