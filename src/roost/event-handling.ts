// What becomes of a consumed record: whoever subscribed to its topic is given its event, again when that fails, and in
// the end it is a dead letter. A record that is no event is one at once.

import {
  AppError,
  type Clock,
  describeError,
  isAppError,
  type Logger,
  type Random,
  wait,
} from '../base/index.ts'
import type { KafkaRecord } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import { auditAct } from './audit-act.ts'
import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import { SUBSCRIPTIONS_MAX } from './limits.ts'
import { eventOfRecord } from './record-event.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { RoostMetrics } from './roost-metrics.ts'
import type { RoostSettings } from './settings.ts'
import { type Span, startSpan } from './span.ts'

/** Where an event came from, for who handles it. */
export interface EventPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the span of this consume. */
  readonly traceparent: string
  readonly signal: AbortSignal
}

/** Resolves when the event need not come again; what rejects is tried again. */
export type HandleEvent = (event: Event, place: EventPlace) => Promise<void> | void

export interface EventHandlingOptions {
  readonly settings: RoostSettings
  readonly letters?: DeadLetters | undefined
  readonly metrics: RoostMetrics
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onSpan: (span: Span) => void
}

export class EventHandling {
  readonly #options: EventHandlingOptions
  readonly #handlers = new Map<string, HandleEvent[]>()

  constructor(options: EventHandlingOptions) {
    this.#options = options
  }

  /** Answers how to unsubscribe. Throws `LIMIT_EXCEEDED`. */
  subscribe(topic: string, handle: HandleEvent): () => void {
    const handlers = this.#handlers.get(topic) ?? []
    if (handlers.length >= SUBSCRIPTIONS_MAX)
      throw new AppError(
        'LIMIT_EXCEEDED',
        `expected at most ${SUBSCRIPTIONS_MAX} handlers of topic \`${topic}\``,
      )
    handlers.push(handle)
    this.#handlers.set(topic, handlers)
    return () => {
      const at = handlers.indexOf(handle)
      if (at !== -1) handlers.splice(at, 1)
    }
  }

  get topics(): readonly string[] {
    return [...this.#handlers.keys()]
  }

  /** Resolves when its offset may be committed. Rejects when it could neither be handled nor kept. */
  async take(record: KafkaRecord, signal: AbortSignal): Promise<void> {
    const { maxRetries, retryBackoff } = this.#options.settings.deadLetterQueue
    const { clock, random } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#try(record, signal)
      if (failure === undefined || signal.aborted) return
      if (failure.isFinal || attempt > maxRetries) {
        await this.#bury(record, failure, attempt)
        return
      }
      await wait(clock, retryDelayMs(retryBackoff, attempt, random), signal)
      if (signal.aborted) return
    }
  }

  /** A dead letter once more; whether it was handled. */
  async again({ record, failedAt }: DeadLetter, signal: AbortSignal): Promise<boolean> {
    const again: KafkaRecord = {
      topic: record.topic,
      partition: 0,
      offset: 0n,
      key: record.key,
      value: record.value,
      headers: Object.entries(record.headers),
      timestamp: failedAt,
      leaderEpoch: 0,
    }
    return (await this.#try(again, signal)) === undefined && !signal.aborted
  }

  async #try(record: KafkaRecord, signal: AbortSignal): Promise<Failure | undefined> {
    const { clock, random, onSpan, metrics, logger } = this.#options
    const { topic, partition } = record
    const offset = Number(record.offset)
    const event = readEvent(record)
    const type = event instanceof Error ? '' : event.type
    const span = startSpan(
      { clock, random, onSpan },
      {
        name: `consume ${topic}`,
        kind: 'consumer',
        parent: traceparentOf(record),
        attributes: {
          'messaging.system': 'kafka',
          'messaging.destination.name': topic,
          'messaging.destination.partition.id': partition,
          'messaging.kafka.offset': offset,
        },
      },
    )
    const startedAt = clock.monotonic()
    const place = { topic, partition, offset, trace_id: span.traceId }
    try {
      if (event instanceof Error) throw event
      const { traceparent } = span
      await this.#handle(event, { topic, partition, offset, traceparent, signal })
      auditAct({ action: 'consume', topic, from: event.source, eventId: event.id })
      metrics.consumed(type, clock.monotonic() - startedAt)
      span.end({ 'cloudevents.event_id': event.id, 'cloudevents.event_type': type })
      logger.info('Event consumed', { event_id: event.id, event_type: type, ...place })
      return undefined
    } catch (error) {
      const id = event instanceof Error ? '' : event.id
      const isFinal = isAppError(error) && !error.retry
      const from = event instanceof Error ? `${topic}/${partition}/${offset}` : event.source
      auditAct({ action: 'consume', topic, from, eventId: id, error })
      metrics.consumeFailed(type === '' ? 'malformed' : type)
      span.end({ 'cloudevents.event_id': id, 'cloudevents.event_type': type }, describeError(error))
      logger.warn('Event was not handled', {
        event_id: id,
        event_type: type,
        ...place,
        error: describeError(error),
      })
      return { error, isFinal, eventId: id, eventType: type }
    }
  }

  async #handle(event: Event, place: EventPlace): Promise<void> {
    const { clock, settings } = this.#options
    const { maxProcessingTime } = settings.kafka.consumer
    const late = new AbortController()
    const timer = clock.setTimer(maxProcessingTime, () => late.abort())
    const tooLate = new Promise<never>((_, reject) => {
      late.signal.addEventListener('abort', () =>
        reject(
          new Error(
            `it took longer than \`kafka.consumer.maxProcessingTime\` (${maxProcessingTime} ms)`,
          ),
        ),
      )
    })
    const signal = AbortSignal.any([place.signal, late.signal])
    const handling = async (): Promise<void> => {
      for (const handle of this.#handlers.get(place.topic) ?? [])
        await handle(event, { ...place, signal })
    }
    try {
      await Promise.race([handling(), tooLate])
    } finally {
      timer.cancel()
    }
  }

  async #bury(record: KafkaRecord, failure: Failure, attempts: number): Promise<void> {
    const { letters, metrics, logger } = this.#options
    const { error, isFinal, eventId } = failure
    const eventType = failure.eventType === '' ? 'malformed' : failure.eventType
    const { topic, partition, key, value, headers } = record
    const fields = {
      event_id: eventId,
      event_type: eventType,
      topic,
      partition,
      offset: Number(record.offset),
    }
    const reason = describeError(error)
    if (letters === undefined) {
      logger.error('Event was given up: there is no dead letter queue', { ...fields, reason })
      return
    }
    const letter = await letters.add({
      way: 'in',
      isHeld: isFinal,
      eventId,
      eventType,
      reason,
      attempts,
      record: {
        topic,
        value,
        headers: Object.fromEntries(headers),
        ...(key === undefined ? {} : { key }),
      },
    })
    metrics.died(eventType)
    logger.error('Event became a dead letter', { ...fields, letter, reason })
  }
}

interface Failure {
  readonly error: unknown
  /** Nothing is gained by trying it again. */
  readonly isFinal: boolean
  /** Empty where there is no event. */
  readonly eventId: string
  readonly eventType: string
}

function readEvent(record: KafkaRecord): Event | Error {
  try {
    return eventOfRecord(record)
  } catch (error) {
    return error as Error
  }
}

/** The header of the record, else the extension of the event. */
function traceparentOf({ headers }: KafkaRecord): string | undefined {
  const at = (name: string): string | undefined => headers.find(([one]) => one === name)?.[1]
  return at('traceparent') ?? at('ce_traceparent')
}
