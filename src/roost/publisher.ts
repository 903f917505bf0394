// Events on their way to Kafka: checked, tried as often as the configuration says, and dead letters in the end. While
// the breaker is open they wait, or are refused where somebody waits for the answer.

import {
  AppError,
  type Clock,
  describeError,
  type Logger,
  type Random,
  wait,
  unlessAborted,
} from '../base/index.ts'
import type { KafkaProducer, ProducerRecord, RecordOutcome } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import { auditAct } from './audit-act.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { EventBreaker } from './event-breaker.ts'
import { recordOfEvent } from './lifecycle-event.ts'
import type { Recordings } from './recordings.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { RoostMetrics } from './roost-metrics.ts'
import type { EventCheck } from './event-check.ts'
import type { RoostSettings } from './settings.ts'
import { type OpenSpan, type Span, startSpan } from './span.ts'

export interface PublisherOptions {
  readonly settings: RoostSettings
  readonly producer: KafkaProducer
  readonly breaker: EventBreaker
  /** Absent: events are tried until they go. */
  readonly letters?: DeadLetters | undefined
  readonly recordings?: Recordings | undefined
  readonly check?: EventCheck | undefined
  readonly metrics: RoostMetrics
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onSpan: (span: Span) => void
}

export interface PublishOptions {
  readonly signal: AbortSignal
  readonly topic?: string
  /** What to do while the breaker is open. */
  readonly whenOpen: 'wait' | 'refuse'
}

export type Published = 'published' | 'dead'

type Attempt =
  | { readonly kind: 'written' }
  | { readonly kind: 'failed' | 'refused'; readonly error: AppError }

export class EventPublisher {
  readonly #options: PublisherOptions
  #isWell = true

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Whether the last attempt went. */
  get isWell(): boolean {
    return this.#isWell
  }

  /**
   * Resolves when it is in the topic, or a dead letter. Rejects `BROKER_LOST` when the signal aborts, or the breaker is
   * open and that is to be refused; `EVENT_INVALID` where a schema refuses it and nobody keeps dead letters.
   */
  async publish(event: Event, { signal, topic, whenOpen }: PublishOptions): Promise<Published> {
    const { settings, check, letters } = this.#options
    const to = topic ?? settings.topics.lifecycle
    const record = this.#recordOf(event, to)
    const fault = await check?.faultOf(event)
    if (fault !== undefined)
      return this.#bury(event, record, { reason: fault, attempts: 0, isHeld: true })
    const { maxRetries, retryBackoff } = settings.deadLetterQueue
    for (let attempt = 1; ; attempt += 1) {
      const settle = await this.#turn(whenOpen, signal)
      const outcome = await this.#try(event, record, signal)
      settle(outcome.kind !== 'failed')
      if (signal.aborted && outcome.kind !== 'written') throw stopped()
      if (outcome.kind === 'written') {
        await this.#record(event, record)
        return 'published'
      }
      const isLast = outcome.kind === 'refused' || attempt > maxRetries
      if (isLast && letters !== undefined) {
        const reason = outcome.error.message
        return this.#bury(event, record, {
          reason,
          attempts: attempt,
          isHeld: outcome.kind === 'refused',
        })
      }
      if (isLast && outcome.kind === 'refused') throw outcome.error
      await wait(
        this.#options.clock,
        retryDelayMs(retryBackoff, attempt, this.#options.random),
        signal,
      )
      if (signal.aborted) throw stopped()
    }
  }

  /** It is in the topic: that it is not in the recordings too is no reason to send it again. */
  async #record(event: Event, record: ProducerRecord): Promise<void> {
    const { recordings, logger } = this.#options
    try {
      await recordings?.add(record)
    } catch (error) {
      logger.error('Event was not recorded', { event_id: event.id, error: describeError(error) })
    }
  }

  /** Once, a dead letter for instance; whether it went. */
  async send(event: Event, record: ProducerRecord, signal: AbortSignal): Promise<boolean> {
    const settle = this.#options.breaker.start()
    if (settle === undefined) return false
    const outcome = await this.#try(event, record, signal)
    settle(outcome.kind !== 'failed')
    return outcome.kind === 'written'
  }

  #recordOf(event: Event, topic: string): ProducerRecord {
    return recordOfEvent(event, topic, this.#options.settings.contentMode)
  }

  async #turn(
    whenOpen: PublishOptions['whenOpen'],
    signal: AbortSignal,
  ): Promise<(isSuccess: boolean) => void> {
    const { breaker, clock } = this.#options
    for (;;) {
      if (signal.aborted) throw stopped()
      const settle = breaker.start()
      if (settle !== undefined) return settle
      if (whenOpen === 'refuse') {
        const waitMs = Math.ceil(breaker.waitMs)
        const message = `the circuit breaker is ${breaker.state}; expected to be asked again in ${waitMs} ms, or after it was reset`
        throw new AppError('BROKER_LOST', message, { details: { waitMs } })
      }
      await waitForBreaker(breaker, clock, signal)
    }
  }

  async #try(event: Event, record: ProducerRecord, signal: AbortSignal): Promise<Attempt> {
    const { clock, random, onSpan, producer, metrics, settings, logger } = this.#options
    const { topic } = record
    const parent = event.extensions['traceparent']
    const span = startSpan(
      { clock, random, onSpan },
      {
        name: `publish ${topic}`,
        kind: 'producer',
        parent: typeof parent === 'string' ? parent : undefined,
        attributes: {
          'messaging.system': 'kafka',
          'messaging.destination.name': topic,
          'cloudevents.event_id': event.id,
          'cloudevents.event_type': event.type,
        },
      },
    )
    const startedAt = clock.monotonic()
    const refusal = sizeRefusal(record, settings.kafka.producer.maxMessageBytes)
    const outcome = refusal ?? (await sendUnless(signal, producer, withTrace(record, span)))
    const fields = { event_id: event.id, event_type: event.type, topic, trace_id: span.traceId }
    const act = { action: 'publish', topic, from: event.source, eventId: event.id } as const
    if (outcome.kind === 'written') {
      this.#isWell = true
      auditAct(act)
      metrics.published(event.type, clock.monotonic() - startedAt)
      const { partition, offset } = outcome
      const place = partition === undefined || offset === undefined ? {} : { partition, offset }
      span.end(
        offset === undefined
          ? {}
          : { 'messaging.kafka.offset': offset, 'messaging.destination.partition.id': partition! },
      )
      logger.info('Event published successfully', { ...fields, ...place })
      return { kind: 'written' }
    }
    if (outcome.kind === 'failed') this.#isWell = false
    auditAct({ ...act, error: outcome.error })
    metrics.publishFailed(event.type)
    span.end({}, outcome.error.message)
    logger.warn('Event was not published', { ...fields, error: outcome.error.message })
    return outcome
  }

  async #bury(
    event: Event,
    record: ProducerRecord,
    why: { readonly reason: string; readonly attempts: number; readonly isHeld: boolean },
  ): Promise<Published> {
    const { letters, metrics, logger } = this.#options
    if (letters === undefined) throw new AppError('EVENT_INVALID', why.reason)
    const letter = await letters.add({
      ...why,
      way: 'out',
      eventId: event.id,
      eventType: event.type,
      record: { ...record, headers: record.headers ?? {} },
    })
    metrics.died(event.type)
    const fields = { event_id: event.id, event_type: event.type, topic: record.topic, letter }
    logger.error('Event became a dead letter', { ...fields, reason: why.reason })
    return 'dead'
  }
}

/** Long waits are cut: somebody may reset it by hand. */
async function waitForBreaker(
  breaker: EventBreaker,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await wait(clock, Math.min(Math.max(breaker.waitMs, 10), 250), signal)
}

/** Whoever stops does not wait for a cluster that is gone; the record may still arrive. */
async function sendUnless(
  signal: AbortSignal,
  producer: KafkaProducer,
  record: ProducerRecord,
): Promise<RecordOutcome> {
  const outcomes = await unlessAborted(producer.send([record]), signal)
  return outcomes?.[0] ?? { kind: 'failed', error: stopped() }
}

function withTrace(record: ProducerRecord, { traceparent }: OpenSpan): ProducerRecord {
  return { ...record, headers: { ...record.headers, traceparent } }
}

function sizeRefusal(
  { topic, key, value }: ProducerRecord,
  bytesMax: number,
): { readonly kind: 'refused'; readonly error: AppError } | undefined {
  const size = value.length + (key?.length ?? 0)
  if (size <= bytesMax) return undefined
  const message = `expected a record for topic \`${topic}\` of at most \`kafka.producer.maxMessageBytes\` (${bytesMax}), got \`${size}\``
  return { kind: 'refused', error: new AppError('EVENT_TOO_LARGE', message) }
}

function stopped(): AppError {
  return new AppError('BROKER_LOST', 'the keeper stops')
}
