// The records of a bus's log, in EventBridge's words: which step, at which level, and what it tells.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-logs-schema.html

import type { DeliveryStep, EventStep } from '../base/index.ts'
import { decodeStoredEvent, type Event, parseBusKey } from '../event/index.ts'
import { busArn } from '../model/index.ts'

export type BusLogLevel = 'ERROR' | 'INFO' | 'TRACE'

export interface BusLogRecord {
  readonly message_type: string
  readonly log_level: BusLogLevel
  readonly resource_arn: string
  readonly event_id: string
  readonly invocation_id?: string
  readonly message_timestamp_ms: number
  readonly details: Readonly<Record<string, unknown>>
  readonly error?: { readonly error_code?: string; readonly error_message: string }
}

export interface RecordOptions {
  /** Wall milliseconds. */
  readonly now: number
  /** Show what events and targets hold. */
  readonly withDetail: boolean
}

/** The records of one step of an event. */
export function recordsOfEvent(step: EventStep, options: RecordOptions): readonly BusLogRecord[] {
  const event = decodeStoredEvent(step.record)
  const about = { busKey: step.busKey, eventId: event.id, now: options.now }
  const details = eventDetails(event.toEvent(), options.withDetail)
  switch (step.kind) {
    case 'received':
      return [recordOf('EVENT_RECEIPT', 'TRACE', about, details)]
    case 'stored':
      return [recordOf('EVENT_INGEST_SUCCESS', 'INFO', about, details)]
    case 'refused': {
      const record = recordOf('EVENT_INGEST_FAILURE', 'ERROR', about, details)
      return [{ ...record, error: { error_message: step.error } }]
    }
    case 'routed': {
      const start = recordOf('RULE_MATCH_START', 'TRACE', about, details)
      const matches = step.rules.map((rule) =>
        recordOf('RULE_MATCH', 'INFO', about, { rule_name: rule.name, rule_arn: rule.arn }),
      )
      if (matches.length > 0) return [start, ...matches]
      return [start, recordOf('NO_STANDARD_RULES_MATCHED', 'INFO', about, {})]
    }
  }
}

/** The records of one step of a delivery. */
export function recordsOfDelivery(
  step: DeliveryStep,
  options: RecordOptions,
): readonly BusLogRecord[] {
  const about = {
    busKey: step.busKey,
    eventId: step.eventId,
    invocationId: step.deliveryId,
    now: options.now,
  }
  const details = {
    rule_arn: step.rule.arn,
    target_arn: step.targetAddress,
    attempt_count: step.attempt,
    ...(options.withDetail && step.body !== undefined
      ? { target_input: Buffer.from(step.body).toString() }
      : {}),
  }
  switch (step.kind) {
    case 'started': {
      const attempt = recordOf('INVOCATION_ATTEMPT_START', 'TRACE', about, details)
      if (step.attempt > 1) return [attempt]
      return [recordOf('INVOCATION_START', 'INFO', about, details), attempt]
    }
    case 'delivered':
      return [
        recordOf('INVOCATION_ATTEMPT_SUCCESS', 'TRACE', about, withDuration(details, step)),
        recordOf('INVOCATION_SUCCESS', 'INFO', about, withDuration(details, step)),
      ]
    case 'failed': {
      const name = failureName(step)
      return [failure(recordOf(name, 'ERROR', about, withDuration(details, step)), step)]
    }
    case 'buried': {
      const records = [failure(recordOf('INVOCATION_FAILURE', 'ERROR', about, details), step)]
      if (step.deadLetterArn === undefined) return records
      const dlq = { ...details, dlq_arn: step.deadLetterArn }
      return [...records, recordOf('INVOCATION_DLQ', 'ERROR', about, dlq)]
    }
  }
}

function failureName(step: DeliveryStep): string {
  if (step.errorCode === 'THROTTLING') return 'INVOCATION_ATTEMPT_THROTTLE'
  return step.isFinal === true
    ? 'INVOCATION_ATTEMPT_PERMANENT_FAILURE'
    : 'INVOCATION_ATTEMPT_RETRYABLE_FAILURE'
}

function failure(record: BusLogRecord, { errorCode, error = '' }: DeliveryStep): BusLogRecord {
  return {
    ...record,
    error: {
      ...(errorCode === undefined ? {} : { error_code: errorCode }),
      error_message: error,
    },
  }
}

function withDuration(details: object, { durationMs }: DeliveryStep): Record<string, unknown> {
  if (durationMs === undefined) return { ...details }
  return { ...details, target_duration_ms: Math.round(durationMs) }
}

interface About {
  readonly busKey: string
  readonly eventId: string
  readonly invocationId?: string
  readonly now: number
}

function recordOf(
  type: string,
  level: BusLogLevel,
  { busKey, eventId, invocationId, now }: About,
  details: Readonly<Record<string, unknown>>,
): BusLogRecord {
  const bus = parseBusKey(busKey)
  return {
    message_type: type,
    log_level: level,
    resource_arn: busArn(bus, bus.name),
    event_id: eventId,
    ...(invocationId === undefined ? {} : { invocation_id: invocationId }),
    message_timestamp_ms: now,
    details,
  }
}

function eventDetails(event: Event, withDetail: boolean): Readonly<Record<string, unknown>> {
  return {
    caller_account_id: event.bus.account,
    source_time_ms: Date.parse(event.time),
    source: event.source,
    detail_type: event.type,
    resources: event.resources,
    ...(withDetail && event.data !== undefined
      ? { event_detail: Buffer.from(event.data).toString() }
      : {}),
  }
}
