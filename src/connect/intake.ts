// The way of records from a source into the log: accepted, and waited for while the server is full. What is no event
// goes to the source's dead-letter place, or becomes an event that says so, and never stops the rest.

import { AppError, channels, type Clock, isAppError, type Logger, wait } from '../base/index.ts'
import { decodeStoredEvent, type Event, formatBusKey, storeEvent } from '../event/index.ts'
import type { BrokerSpec, SourceSpec } from '../model/index.ts'
import type { SourceMessage } from './connector.ts'
import { REJECTED_DATA_BYTES_MAX, SOURCE_RETRY_MS } from './limits.ts'
import type { Sink } from './sink.ts'
import {
  busOf,
  type DoorEvent,
  doorEvent,
  passThrough,
  type ReadCount,
  type Refusal,
  type Rejected,
  type SourceDoor,
} from './source-door.ts'
import { recordId } from './source-event.ts'

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

export class Intake implements SourceDoor {
  readonly #options: IntakeOptions
  readonly #source: SourceSpec
  readonly #dialect: BrokerSpec['type']
  /** Resolves when the events handed over before are in. */
  #before: Promise<unknown> = Promise.resolve()

  constructor(options: IntakeOptions, source: SourceSpec, dialect: BrokerSpec['type']) {
    this.#options = options
    this.#source = source
    this.#dialect = dialect
  }

  /**
   * Resolves when nothing of the messages can be lost any more; rejects `BUS_NOT_FOUND`. May be called again before that:
   * what comes later is put later, and not at all where something before it was not.
   */
  async accept(messages: readonly SourceMessage[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const decoding = { source: this.#source, dialect: this.#dialect, now: clock.now() }
    await passThrough(this, messages, decoding, signal)
  }

  async put(events: readonly DoorEvent[], signal: AbortSignal): Promise<readonly Refusal[]> {
    const putting = this.#putBehind(this.#before, events, signal)
    this.#before = putting
    // Whoever called is told; what comes behind it is told the same.
    putting.catch(() => {})
    return putting
  }

  async reject(rejected: readonly Rejected[], signal: AbortSignal): Promise<void> {
    for (const each of rejected) await this.#reject(each, signal)
  }

  count(read: ReadCount): void {
    if (!channels.sourceRead.hasSubscribers) return
    channels.sourceRead.publish({ source: this.#source.name, ...read })
  }

  async #putBehind(
    before: Promise<unknown>,
    events: readonly DoorEvent[],
    signal: AbortSignal,
  ): Promise<readonly Refusal[]> {
    const bus = busOf(this.#source)
    if (!this.#options.hasBus(formatBusKey(bus)))
      throw new AppError('BUS_NOT_FOUND', `bus \`${bus.name}\` does not exist`)
    await before
    if (events.length === 0) return []
    const refusals: Refusal[] = []
    const results = await this.#put(this.#dialect, events, signal)
    for (const [index, result] of results.entries()) {
      if (result.kind === 'clash')
        refusals.push({ index, reason: 'another event with this source and id came before' })
      else if (result.kind === 'refused') refusals.push({ index, reason: result.faults.join('; ') })
    }
    return refusals
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
      bus: busOf(this.#source),
      resources: [],
    }
  }

  /** Puts such an event on the source's bus. */
  async tell(report: Report, signal: AbortSignal): Promise<void> {
    if (!this.#options.hasBus(formatBusKey(busOf(this.#source)))) return
    await this.#put('internal', [doorEvent(this.report(report))], signal)
  }
}

export interface Report {
  readonly type: 'rejected' | 'lost' | 'recovered'
  readonly id: string
  readonly subject: string
  readonly data: object
}
