// NATS as the source of a pipe: `nats://BROKER/STREAM`, or a subject of core NATS. AWS has no parameters for it, so the
// address says how to read.

import {
  AppError,
  type Clock,
  describeError,
  type Logger,
  type Random,
} from '../../../base/index.ts'
import { LOCAL_BROKER, type NatsSourceAddress, parseNatsSource } from '../../../model/index.ts'
import type { BrokerAccess, FindBroker } from '../../broker-access.ts'
import { groupOfPipe } from '../../pipe-group.ts'
import type { Source, SourceBatch, SourceKind } from '../../source.ts'
import { openCoreReader } from './core-pipe-reader.ts'
import { PIPE_BYTES_MAX, PIPE_IDLE_MS, PIPE_MESSAGES_DEFAULT } from './limits.ts'
import { brokerLost, connectNats } from './nats-client.ts'
import type { HeldMessage, PipeReader } from './pipe-reader.ts'
import { EVENT_SOURCE } from './pipe-record.ts'
import { openStreamReader } from './stream-pipe-reader.ts'

export interface NatsSourceOptions {
  readonly findBroker: FindBroker
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export function createNatsSourceKind(options: NatsSourceOptions): SourceKind {
  return {
    name: 'nats',
    serves: (text) => parseNatsSource(text) !== undefined,
    open(text, _parameters, reader) {
      const address = parseNatsSource(text)!
      return new NatsSource(options, address, address.group ?? groupOfPipe(reader))
    },
  }
}

interface Opened {
  /** The broker as it was when the reader was opened. */
  readonly access: BrokerAccess
  readonly reader: PipeReader
}

class NatsSource implements Source {
  readonly eventSource: string = EVENT_SOURCE
  readonly #options: NatsSourceOptions
  readonly #address: NatsSourceAddress
  readonly #group: string
  readonly #batchMax: number
  #opened: Opened | undefined
  #problem: string | undefined

  constructor(options: NatsSourceOptions, address: NatsSourceAddress, group: string) {
    this.#options = options
    this.#address = address
    this.#group = group
    this.#batchMax = address.batch ?? PIPE_MESSAGES_DEFAULT
  }

  problem(): string | undefined {
    return this.#problem
  }

  async read(signal: AbortSignal): Promise<SourceBatch> {
    try {
      const { reader } = await this.#open()
      this.#problem = undefined
      const held = await Promise.race([this.#take(reader, signal), reader.lost])
      return held.length === 0 ? EMPTY : toBatch(reader, held)
    } catch (error) {
      const lost = brokerLost(this.#address.broker, error)
      this.#problem = describeError(lost)
      await this.#forget()
      throw lost
    }
  }

  async close(): Promise<void> {
    await this.#forget()
  }

  /** Up to the batch's size, or the end of its window; none when there was nothing for a while. */
  async #take(reader: PipeReader, signal: AbortSignal): Promise<readonly HeldMessage[]> {
    const windowMs = (this.#address.windowSeconds ?? 0) * 1000
    const limits = { countMax: this.#batchMax, bytesMax: PIPE_BYTES_MAX }
    const first = await this.#takeWithin(reader, PIPE_IDLE_MS, [limits, signal])
    if (first.length === 0 || windowMs === 0) return first
    const held = [...first]
    const until = this.#options.clock.monotonic() + windowMs
    while (held.length < limits.countMax && !signal.aborted) {
      const sizeBytes = held.reduce((sum, { data }) => sum + data.length, 0)
      const leftMs = until - this.#options.clock.monotonic()
      if (leftMs <= 0 || sizeBytes >= limits.bytesMax) break
      const room = {
        countMax: limits.countMax - held.length,
        bytesMax: limits.bytesMax - sizeBytes,
      }
      held.push(...(await this.#takeWithin(reader, leftMs, [room, signal])))
    }
    return held
  }

  async #takeWithin(
    reader: PipeReader,
    timeMs: number,
    [limits, signal]: readonly [Parameters<PipeReader['take']>[0], AbortSignal],
  ): Promise<readonly HeldMessage[]> {
    if (signal.aborted) return []
    const wake = (): void => reader.wake()
    const timer = this.#options.clock.setTimer(timeMs, wake)
    signal.addEventListener('abort', wake, { once: true })
    try {
      return await reader.take(limits)
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', wake)
    }
  }

  async #open(): Promise<Opened> {
    const { broker } = this.#address
    const access = this.#options.findBroker(broker)
    if (access?.broker.type !== 'nats') throw new AppError('BROKER_LOST', whyNone(broker))
    if (this.#opened?.access === access) return this.#opened
    await this.#forget()
    this.#opened = { access, reader: await this.#openReader(access) }
    return this.#opened
  }

  async #openReader(access: BrokerAccess): Promise<PipeReader> {
    const { clock, random, logger } = this.#options
    const reading = {
      address: this.#address,
      group: this.#group,
      batchMax: this.#batchMax,
      access,
    }
    const connection = await connectNats(access)
    try {
      return this.#address.isJetStream
        ? await openStreamReader(connection, { ...reading, clock })
        : await openCoreReader(connection, { ...reading, random, logger })
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async #forget(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.reader.close()
  }
}

const EMPTY: SourceBatch = { records: [], acknowledge: async () => {} }

function toBatch(reader: PipeReader, held: readonly HeldMessage[]): SourceBatch {
  return {
    records: held.map(({ record }) => record),
    async acknowledge(records) {
      const ids = new Set(records.map(({ id }) => id))
      const isDone = ({ record }: HeldMessage): boolean => ids.has(record.id)
      await reader.settle(
        held.filter(isDone),
        held.filter((one) => !isDone(one)),
      )
    },
  }
}

function whyNone(broker: string): string {
  return broker === LOCAL_BROKER
    ? `\`${broker}\` is the listener of this server, whose messages are events: expected a rule to take them, or the name of another broker`
    : `broker \`${broker}\` does not exist, or is none of NATS`
}
