// The way of records from a source into the log: decoded, accepted, and waited for while the server is full. What
// is no event goes to the source's dead-letter place, or becomes an event that says so, and never stops the rest.

import { AppError, channels, type Clock, isAppError, type Logger, wait } from '../base/index.ts'
import {
  type BusRef,
  cloudEventKey,
  decodeStoredEvent,
  type Event,
  formatBusKey,
  storeEvent,
} from '../event/index.ts'
import type { BrokerSpec, SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { REJECTED_DATA_BYTES_MAX, SOURCE_EVENT_BYTES_MAX, SOURCE_RETRY_MS } from './limits.ts'
import type { Sink } from './sink.ts'
import { decodeMessage, recordId } from './source-event.ts'

export interface DoorEvent {
  readonly id: string
  readonly busKey: string
  readonly record: Uint8Array
  readonly dedupeKey?: string
}

/** Ingress, as far as sources need it; durable when it resolves. */
export type AcceptEvents = (
  dialect: BrokerSpec['type'] | 'internal',
  events: readonly DoorEvent[],
) => Promise<
  readonly (
    | { readonly kind: 'accepted' | 'duplicate' | 'clash' }
    | { readonly kind: 'refused'; readonly faults: readonly string[] }
  )[]
>

export interface IntakeOptions {
  readonly accept: AcceptEvents
  readonly hasBus: (busKey: string) => boolean
  readonly sinkAt: (address: string) => Sink | undefined
  readonly clock: Clock
  readonly logger: Logger
}

interface Rejected {
  readonly message: SourceMessage
  readonly reason: string
}

export class Intake {
  readonly #options: IntakeOptions
  readonly #source: SourceSpec
  readonly #dialect: BrokerSpec['type']
  readonly #bus: BusRef
  /** Resolves when the messages handed over before are in. */
  #before: Promise<void> = Promise.resolve()

  constructor(options: IntakeOptions, source: SourceSpec, dialect: BrokerSpec['type']) {
    this.#options = options
    this.#source = source
    this.#dialect = dialect
    this.#bus = busOf(source)
  }

  /**
   * Resolves when nothing of the messages can be lost any more; rejects `BUS_NOT_FOUND`. May be called again before that:
   * what comes later is put later, and not at all where something before it was not.
   */
  async accept(messages: readonly SourceMessage[], signal: AbortSignal): Promise<void> {
    const accepting = this.#accept(messages, this.#before, signal)
    this.#before = accepting
    // Whoever called is told; what comes behind it is told the same.
    accepting.catch(() => {})
    await accepting
  }

  async #accept(
    messages: readonly SourceMessage[],
    before: Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const busKey = formatBusKey(this.#bus)
    if (!this.#options.hasBus(busKey))
      throw new AppError('BUS_NOT_FOUND', `bus \`${this.#bus.name}\` does not exist`)
    const rejected: Rejected[] = []
    const taken: { readonly message: SourceMessage; readonly event: DoorEvent }[] = []
    for (const message of messages) {
      const event = this.#decode(message)
      if (typeof event === 'string') rejected.push({ message, reason: event })
      else taken.push({ message, event })
    }
    await before
    if (taken.length > 0) {
      const results = await this.#put(
        this.#dialect,
        taken.map(({ event }) => event),
        signal,
      )
      for (const [index, result] of results.entries()) {
        const { message } = taken[index]!
        if (result.kind === 'clash')
          rejected.push({ message, reason: 'another event with this source and id came before' })
        else if (result.kind === 'refused')
          rejected.push({ message, reason: result.faults.join('; ') })
      }
    }
    for (const each of rejected) await this.#reject(each, signal)
    this.#tell(messages, rejected.length)
  }

  /** Text says why it is no event. */
  #decode(message: SourceMessage): DoorEvent | string {
    const { clock } = this.#options
    if (message.body.length > SOURCE_EVENT_BYTES_MAX)
      return `expected at most ${SOURCE_EVENT_BYTES_MAX} bytes, got \`${message.body.length}\``
    const decoded = decodeMessage(message, {
      source: this.#source,
      bus: this.#bus,
      now: clock.now(),
    })
    if (decoded.kind === 'fault') return decoded.reason
    try {
      return doorEvent(decoded.event, this.#dialect === 'nats' ? { topic: message.topic } : {})
    } catch (error) {
      if (!isAppError(error, 'EVENT_INVALID')) throw error
      return error.message
    }
  }

  /** Again and again while the server has no room. */
  async #put(
    dialect: BrokerSpec['type'] | 'internal',
    events: readonly DoorEvent[],
    signal: AbortSignal,
  ): ReturnType<AcceptEvents> {
    for (;;) {
      try {
        return await this.#options.accept(dialect, events)
      } catch (error) {
        const isFull = isAppError(error, 'OVERLOADED') || isAppError(error, 'LOG_FULL')
        if (!isFull || signal.aborted) throw error
        const afterMs = error.details['retryAfterMs']
        const delayMs = typeof afterMs === 'number' ? afterMs : SOURCE_RETRY_MS
        await wait(this.#options.clock, delayMs, signal)
      }
    }
  }

  async #reject({ message, reason }: Rejected, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options
    const { name, deadLetter } = this.#source
    logger.warn('a record is no event', { source: name, place: message.place, reason })
    const event = this.#rejection(message, reason)
    if (deadLetter === undefined) await this.#put('internal', [doorEvent(event)], signal)
    else await this.#bury(deadLetter, event, { message, signal })
  }

  /** Rejects when the place does not take it: the record is then read again. */
  async #bury(
    address: string,
    event: Event,
    { message, signal }: { readonly message: SourceMessage; readonly signal: AbortSignal },
  ): Promise<void> {
    const sink = this.#options.sinkAt(address)
    const target = { id: 'dead-letter', address }
    const stored = decodeStoredEvent(storeEvent(event))
    const letter = {
      deliveryId: event.id,
      event: stored,
      eventId: event.id,
      body: message.body,
      target,
      attempt: 1,
    }
    const [result] = (await sink?.send([letter], signal)) ?? []
    if (result?.kind === 'delivered') return
    const why = result === undefined ? 'nothing serves it' : result.failure.message
    throw new AppError('BROKER_LOST', `the dead-letter place \`${address}\` takes nothing: ${why}`)
  }

  #rejection(message: SourceMessage, reason: string): Event {
    const { name, broker } = this.#source
    const { topic, place, key, headers, body } = message
    const isShown = body.length <= REJECTED_DATA_BYTES_MAX
    const data = {
      source: name,
      broker,
      topic,
      place,
      reason,
      ...(key === undefined ? {} : { key }),
      headers: Object.fromEntries(headers),
      sizeBytes: body.length,
      ...(isShown ? { data_base64: Buffer.from(body).toString('base64') } : {}),
    }
    return this.report({
      type: 'rejected',
      id: `${name}/${recordId(message)}`,
      subject: name,
      data,
    })
  }

  /** An event of the source about itself. */
  report({ type, id, subject, data }: Report): Event {
    return {
      id,
      source: 'signalbox/sources',
      type: `io.signalbox.source.${type}`,
      time: new Date(this.#options.clock.now()).toISOString(),
      subject,
      extensions: {},
      data: Buffer.from(JSON.stringify(data)),
      bus: this.#bus,
      resources: [],
    }
  }

  /** Puts such an event on the source's bus. */
  async tell(report: Report, signal: AbortSignal): Promise<void> {
    if (!this.#options.hasBus(formatBusKey(this.#bus))) return
    await this.#put('internal', [doorEvent(this.report(report))], signal)
  }

  #tell(messages: readonly SourceMessage[], rejected: number): void {
    if (!channels.sourceRead.hasSubscribers) return
    let sizeBytes = 0
    for (const { body } of messages) sizeBytes += body.length
    const source = this.#source.name
    channels.sourceRead.publish({ source, records: messages.length, sizeBytes, rejected })
  }
}

export interface Report {
  readonly type: 'rejected' | 'lost' | 'recovered'
  readonly id: string
  readonly subject: string
  readonly data: object
}

function busOf({ account, region, bus = 'default' }: SourceSpec): BusRef {
  return { account, region, name: bus }
}

function doorEvent(event: Event, came: { readonly topic?: string } = {}): DoorEvent {
  return {
    id: event.id,
    busKey: formatBusKey(event.bus),
    record: storeEvent(event, came),
    dedupeKey: cloudEventKey(event.source, event.id),
  }
}
