// Every diagnostics channel of the process, in one file. They are the only tap: metrics, traces, the live
// tail and tests subscribe here, so that no room knows an exporter. A publisher asks `hasSubscribers`
// first where building the message costs something.

import { channel, type Channel } from 'node:diagnostics_channel'

export type Outcome = 'delivered' | 'dead' | 'expired' | 'cancelled'

/** By which way events came in. */
export type IngressDialect = 'aws' | 'cloudevents' | 'kafka' | 'nats' | 'internal'

export interface EventsAccepted {
  readonly dialect: IngressDialect
  /** Of the first of them. */
  readonly busKey?: string
  readonly count: number
  readonly sizeBytes: number
  /** From request decoded to durable. */
  readonly durationMs: number
}

export interface EventsRefused {
  readonly dialect: IngressDialect
  /** Of the first of them, where it is known. */
  readonly busKey?: string
  readonly code: string
  readonly count: number
}

export interface EventsRouted {
  readonly events: number
  readonly matched: number
  readonly deliveries: number
}

export interface DeliveryAttempted {
  readonly busKey: string
  readonly rule: string
  readonly targetId: string
  readonly kind: string
  readonly eventId: string
  readonly attempt: number
  readonly result: 'delivered' | 'retry' | 'dead'
  readonly durationMs: number
  readonly errorCode?: string
  readonly error?: string
  readonly retryAt?: number
  /** Whether it is the rule's first target: its deliveries are as many as the rule's matches. */
  readonly isLeading: boolean
}

export interface DeliveriesSettled {
  readonly busKey: string
  readonly rule: string
  /** Whether it is the rule's first target. */
  readonly isLeading: boolean
  readonly outcome: Outcome
  readonly kind: string
  readonly count: number
  /** From durable in the log to settled, of the oldest in this batch. */
  readonly latencyMs: number
}

export interface DeadLetterSent {
  readonly busKey: string
  readonly rule: string
  /** False where its queue does not exist. */
  readonly isSent: boolean
}

export interface BreakerChanged {
  readonly targetKey: string
  readonly state: 'closed' | 'open' | 'half-open'
  readonly reason: string
}

/** An event was held against the schema of its type. */
export interface EventChecked {
  readonly busKey: string
  readonly result: 'valid' | 'faulty' | 'unknown'
}

export interface RequestAnswered {
  readonly dialect: string
  readonly operation: string
  readonly status: number
  readonly durationMs: number
}

export interface PipeExecuted {
  readonly pipe: string
  readonly outcome: 'succeeded' | 'partially-failed' | 'failed'
  /** Records read, of which so many no filter wanted, and so many were not taken. */
  readonly records: number
  readonly filtered: number
  readonly failed: number
  readonly sizeBytes: number
  readonly durationMs: number
}

export interface LogSynced {
  readonly records: number
  readonly sizeBytes: number
  readonly durationMs: number
}

export interface ScheduleFired {
  readonly kind: 'rule' | 'schedule'
  readonly arn: string
  /** From when it was due to durable in the log. */
  readonly lateMs: number
  /** By hand rather than by the clock. */
  readonly isTriggered: boolean
}

export interface SchedulesMissed {
  readonly kind: 'rule' | 'schedule'
  readonly arn: string
  /** Occurrences passed over. */
  readonly count: number
}

/** Records that a source took in, durably. */
export interface SourceRead {
  readonly source: string
  readonly records: number
  readonly sizeBytes: number
  /** Of them, those that were no events. */
  readonly rejected: number
}

/** How many records of one place (topic and partition, stream, subject) a source has not read yet. */
export interface SourceLagged {
  readonly source: string
  readonly place: string
  readonly records: number
}

export interface SourceChanged {
  readonly source: string
  /** `gone` is one that is no longer there. */
  readonly state: 'connected' | 'lost' | 'stopped' | 'gone'
}

/** What became of one event at ingress or in route; told only while somebody listens. */
export type EventStep = {
  readonly busKey: string
  /** As it lies in the log. */
  readonly record: Uint8Array
} & (
  | { readonly kind: 'received' | 'stored' }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'routed'; readonly rules: readonly RuleRef[] }
)

export interface RuleRef {
  readonly name: string
  readonly arn: string
}

/** What became of one delivery; told only while somebody listens. */
export interface DeliveryStep {
  /** `failed` is an attempt, `buried` the delivery. */
  readonly kind: 'started' | 'delivered' | 'failed' | 'buried'
  readonly busKey: string
  readonly eventId: string
  readonly deliveryId: string
  readonly rule: RuleRef
  readonly targetAddress: string
  /** 1 is the first. */
  readonly attempt: number
  /** What is sent, of a start. */
  readonly body?: Uint8Array
  readonly durationMs?: number
  readonly errorCode?: string
  readonly error?: string
  /** No further attempt will be made. */
  readonly isFinal?: boolean
  /** The queue that has it now. */
  readonly deadLetterArn?: string
}

/** One step of the way of an event through Kafka, as tracing knows it. */
export interface SpanEnded {
  readonly name: string
  readonly kind: 'producer' | 'consumer'
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  /** Wall milliseconds. */
  readonly startedAt: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** What failed; the span is marked. */
  readonly error?: string
}

/** Something was asked of this server that changes it, or takes events in or out: one for each request or batch. */
export interface Audited {
  /** Events and messages, or what says how they go. */
  readonly plane: 'data' | 'control'
  /** `publish`, `consume`, `trigger`, `redrive`, `purge`, `replay`; else as the dialect calls it. */
  readonly action: string
  /** A user, an access key, or `system:` and the part of this server. */
  readonly who: string
  /** The address of the caller, or the name of the source. */
  readonly from: string
  /** What it was done to: a bus, an object, a path. Never content. */
  readonly on: string
  readonly result: 'ok' | 'denied' | 'failed'
  /** Why it was not done. */
  readonly code?: string
  /** Events, messages or deliveries, where there can be many. */
  readonly count?: number
  readonly requestId?: string
}

export const channels = {
  eventsAccepted: channel('signalbox:events.accepted') as Channel<unknown, EventsAccepted>,
  eventsRefused: channel('signalbox:events.refused') as Channel<unknown, EventsRefused>,
  eventsRouted: channel('signalbox:events.routed') as Channel<unknown, EventsRouted>,
  deliveryAttempted: channel('signalbox:delivery.attempted') as Channel<unknown, DeliveryAttempted>,
  deliveriesSettled: channel('signalbox:deliveries.settled') as Channel<unknown, DeliveriesSettled>,
  deadLetterSent: channel('signalbox:dead-letter.sent') as Channel<unknown, DeadLetterSent>,
  breakerChanged: channel('signalbox:breaker.changed') as Channel<unknown, BreakerChanged>,
  eventChecked: channel('signalbox:event.checked') as Channel<unknown, EventChecked>,
  requestAnswered: channel('signalbox:request.answered') as Channel<unknown, RequestAnswered>,
  pipeExecuted: channel('signalbox:pipe.executed') as Channel<unknown, PipeExecuted>,
  scheduleFired: channel('signalbox:schedule.fired') as Channel<unknown, ScheduleFired>,
  schedulesMissed: channel('signalbox:schedules.missed') as Channel<unknown, SchedulesMissed>,
  sourceRead: channel('signalbox:source.read') as Channel<unknown, SourceRead>,
  sourceLagged: channel('signalbox:source.lagged') as Channel<unknown, SourceLagged>,
  sourceChanged: channel('signalbox:source.changed') as Channel<unknown, SourceChanged>,
  eventSteps: channel('signalbox:event.steps') as Channel<unknown, EventStep>,
  deliverySteps: channel('signalbox:delivery.steps') as Channel<unknown, DeliveryStep>,
  spanEnded: channel('signalbox:span.ended') as Channel<unknown, SpanEnded>,
  audited: channel('signalbox:audited') as Channel<unknown, Audited>,
  logSynced: channel('signalbox:log.synced') as Channel<unknown, LogSynced>,
} as const
