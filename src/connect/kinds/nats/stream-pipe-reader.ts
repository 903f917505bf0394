// A stream for a pipe: a durable consumer, whose messages are acknowledged when the target took them. The server gives
// again what is not; while it is in hand here the server is told that it is being worked on, so nothing is given twice
// because a target is slow.

import type { ConsumerMessages, JetStreamManager, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { AppError, type Clock, type Timer } from '../../../base/index.ts'
import { ACK_WAIT_MS, NAK_DELAY_MS, PIPE_BATCHES_OUT, REQUEST_TIMEOUT_MS } from './limits.ts'
import { type HeldMessage, type PipeReader, type PipeReading, whenClosed } from './pipe-reader.ts'
import { toPipeRecord } from './pipe-record.ts'
import { consume, ensureConsumer, whenMissing } from './stream-consumer.ts'
import { type TakeLimits, Waiting } from './waiting.ts'

export interface StreamReading extends PipeReading {
  readonly clock: Clock
}

/** Rejects `BROKER_LOST` where there is no such stream. */
export async function openStreamReader(
  connection: NatsConnection,
  reading: StreamReading,
): Promise<PipeReader> {
  const { address, group, batchMax, access } = reading
  const client = await import('@nats-io/jetstream')
  const timeout = access.broker.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const manager = await client.jetstreamManager(connection, { timeout })
  const stream = address.isSubject ? await streamOf(manager, address.place) : address.place
  const { name, config } = await ensureConsumer(manager, client, {
    stream,
    subjects: address.isSubject ? [address.place] : [],
    group,
    from: address.from,
    ackPendingMax: PIPE_BATCHES_OUT * batchMax,
  })
  const consumer = await client.jetstream(connection, { timeout }).consumers.get(stream, name)
  const waiting = new Waiting<HeldJsMessage>()
  const toHeld = (message: JsMsg): HeldJsMessage => ({
    data: message.data,
    message,
    record: recordOf(address.broker, stream, message),
  })
  const ackWaitMs = config.ack_wait === undefined ? ACK_WAIT_MS : config.ack_wait / 1e6
  const reader = new StreamPipeReader({ connection, reading, waiting, timeout, ackWaitMs })
  const messages = await consume(
    consumer,
    (message) => reader.add(toHeld(message)),
    connection.info?.max_payload ?? 0,
  )
  reader.follow(messages, stream)
  return reader
}

interface HeldJsMessage extends HeldMessage {
  readonly message: JsMsg
}

interface ReaderParts {
  readonly connection: NatsConnection
  readonly reading: StreamReading
  readonly waiting: Waiting<HeldJsMessage>
  readonly timeout: number
  readonly ackWaitMs: number
}

class StreamPipeReader implements PipeReader {
  readonly lost: Promise<never>
  readonly #parts: ReaderParts
  /** Given by the server and not settled. */
  readonly #held = new Set<JsMsg>()
  readonly #missing = Promise.withResolvers<never>()
  #messages: ConsumerMessages | undefined
  #timer: Timer | undefined

  constructor(parts: ReaderParts) {
    this.#parts = parts
    const { connection, reading } = parts
    const closed = whenClosed(connection, reading.address.broker)
    this.lost = Promise.race([this.#missing.promise, closed])
    this.lost.catch(() => {})
    this.#work()
  }

  add(held: HeldJsMessage): void {
    this.#held.add(held.message)
    this.#parts.waiting.add(held)
  }

  follow(messages: ConsumerMessages, stream: string): void {
    this.#messages = messages
    whenMissing(messages, stream).catch((error: unknown) => this.#missing.reject(error))
  }

  take(limits: TakeLimits): Promise<readonly HeldMessage[]> {
    return this.#parts.waiting.take(limits)
  }

  wake(): void {
    this.#parts.waiting.wake()
  }

  async settle(done: readonly HeldMessage[], others: readonly HeldMessage[]): Promise<void> {
    const { timeout } = this.#parts
    for (const message of messagesOf(others)) {
      this.#held.delete(message)
      if (!this.#parts.connection.isClosed()) message.nak(NAK_DELAY_MS)
    }
    const taken = messagesOf(done)
    for (const message of taken) this.#held.delete(message)
    const answers = await Promise.all(taken.map((message) => message.ackAck({ timeout })))
    const unheard = answers.filter((isHeard) => !isHeard).length
    if (unheard > 0)
      throw new AppError('BROKER_LOST', `${unheard} messages could not be acknowledged`)
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#messages?.close()
    const { connection } = this.#parts
    if (!connection.isClosed()) {
      for (const message of this.#held) message.nak()
      await connection.flush()
    }
    this.#held.clear()
    await connection.close()
  }

  #work(): void {
    const { reading, ackWaitMs } = this.#parts
    this.#timer = reading.clock.setTimer(ackWaitMs / 3, () => {
      for (const message of this.#held) message.working()
      this.#work()
    })
  }
}

function messagesOf(held: readonly HeldMessage[]): readonly JsMsg[] {
  return held.map((each) => (each as HeldJsMessage).message)
}

async function streamOf(manager: JetStreamManager, subject: string): Promise<string> {
  try {
    return await manager.streams.find(subject)
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'no stream matches subject') throw error
    throw new AppError('BROKER_LOST', `no stream has \`${subject}\``)
  }
}

function recordOf(broker: string, stream: string, message: JsMsg): HeldMessage['record'] {
  const { subject, headers, data, seq, timestampNanos, info } = message
  return toPipeRecord({
    id: `${stream}-${seq}`,
    broker,
    subject,
    headers,
    data,
    kept: {
      stream,
      sequence: seq,
      timestamp: Number(timestampNanos / 1_000_000n),
      deliveryCount: info.deliveryCount,
    },
  })
}
