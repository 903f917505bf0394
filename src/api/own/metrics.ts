// What the process counts: fed by the diagnostics channels alone, so that no room knows that anybody counts.
// State that a room holds (how much is pending, how large the log is) is read when asked for.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import {
  type BreakerChanged,
  channels,
  type DeliveriesSettled,
  type DeliveryAttempted,
  type EventChecked,
  type EventsAccepted,
  type EventsRefused,
  type EventsRouted,
  type LogSynced,
  type PipeExecuted,
  type RequestAnswered,
  type ScheduleFired,
  type SchedulesMissed,
} from '../../base/index.ts'
import { SERIES_MAX } from './limits.ts'
import { Counter, formatReadings, Histogram, type MetricText } from './registry.ts'
import { openSourceMetrics } from './source-metrics.ts'

/** What rooms hold at this moment. */
export interface StateReading {
  /** Deliveries that wait for their next attempt, and those given up. */
  readonly pending: number
  readonly dead: number
  /** Records of the log that the router has not settled yet. */
  readonly lagRecords: number
  readonly logSizeBytes: number
  readonly logSegments: number
  readonly logQuarantined: number
  readonly storeSizeBytes: number
  /** What fires by the clock, and how much of it should have fired by now. */
  readonly schedules: number
  readonly schedulesDue: number
}

/** Totals since the start, for people rather than for Prometheus. */
export interface Totals {
  readonly received: number
  readonly refused: number
  readonly matched: number
  readonly delivered: number
  readonly failed: number
  readonly retried: number
  readonly dead: number
  readonly breakersOpen: number
  /** Bounds under which half and 99 of 100 lie; absent while there were none. */
  readonly latencyMsP50?: number
  readonly latencyMsP99?: number
}

export interface Metrics {
  totals(): Totals
  /** The whole page for a scrape. */
  format(state: StateReading): string
  close(): void
}

const SECONDS_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600,
]

const LOOP_RESOLUTION_MS = 10

export function openMetrics(): Metrics {
  return new ChannelMetrics()
}

type Tap = readonly [
  channel: (typeof channels)[keyof typeof channels],
  listener: (message: unknown) => void,
]

class ChannelMetrics implements Metrics {
  readonly #sources = openSourceMetrics()
  readonly #all: MetricText[] = [this.#sources]
  readonly #breakers = new Map<string, BreakerChanged['state']>()
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  readonly #received = this.#counter(
    'events_received_total',
    'Events accepted, durably.',
    'dialect',
  )
  readonly #receivedBytes = this.#counter(
    'events_received_bytes_total',
    'Bytes of events accepted.',
    'dialect',
  )
  readonly #refused = this.#counter('events_refused_total', 'Events refused.', 'dialect', 'code')
  readonly #checked = this.#counter(
    'events_checked_total',
    'Events held against the schema of their type.',
    'bus',
    'result',
  )
  readonly #routed = this.#counter('events_routed_total', 'Events that the router has looked at.')
  readonly #matched = this.#counter(
    'events_matched_total',
    'Events that matched at least one rule.',
  )
  readonly #created = this.#counter('deliveries_created_total', 'Deliveries that rules asked for.')
  readonly #delivered = this.#counter(
    'deliveries_delivered_total',
    'Deliveries that a target took.',
    'kind',
  )
  readonly #dead = this.#counter('deliveries_dead_total', 'Deliveries given up.', 'kind')
  readonly #expired = this.#counter(
    'deliveries_expired_total',
    'Deliveries given up for their age.',
    'kind',
  )
  readonly #cancelled = this.#counter(
    'deliveries_cancelled_total',
    'Deliveries whose target went away.',
    'kind',
  )
  readonly #failed = this.#counter(
    'deliveries_failed_total',
    'Attempts that failed.',
    'kind',
    'code',
  )
  readonly #retried = this.#counter(
    'deliveries_retried_total',
    'Attempts that failed and will be repeated.',
    'kind',
  )
  readonly #latency = this.#histogram(
    'delivery_latency_seconds',
    'From acknowledged to delivered.',
    'kind',
  )
  readonly #attempt = this.#histogram(
    'delivery_attempt_seconds',
    'How long an attempt took.',
    'kind',
    'result',
  )
  readonly #ack = this.#histogram('ack_seconds', 'From request decoded to durable.', 'dialect')
  readonly #sync = this.#histogram('log_sync_seconds', 'How long one write to stable storage took.')
  readonly #pipeExecutions = this.#counter(
    'pipe_executions_total',
    'Batches that pipes sent on their way.',
    'pipe',
    'outcome',
  )
  readonly #pipeRecords = this.#counter(
    'pipe_records_total',
    'Records that pipes read, by what became of them.',
    'pipe',
    'outcome',
  )
  readonly #pipeExecution = this.#histogram(
    'pipe_execution_seconds',
    'How long a batch of a pipe took.',
  )
  readonly #synced = this.#counter('log_synced_records_total', 'Records written to stable storage.')
  readonly #requests = this.#counter(
    'http_requests_total',
    'Requests answered.',
    'dialect',
    'operation',
    'status',
  )
  readonly #requestTime = this.#histogram(
    'http_request_seconds',
    'How long a request took.',
    'dialect',
  )
  readonly #scheduleFired = this.#counter(
    'schedule_fired_total',
    'Occurrences of schedules fired, by the clock or by hand.',
    'kind',
    'by',
  )
  readonly #scheduleLate = this.#histogram(
    'schedule_late_seconds',
    'From when an occurrence was due to durable.',
    'kind',
  )
  readonly #scheduleMissed = this.#counter(
    'schedule_missed_total',
    'Occurrences passed over because they were missed for long.',
    'kind',
  )
  readonly #taps: readonly Tap[]

  constructor() {
    this.#taps = this.#createTaps()
    for (const [channel, listener] of this.#taps) channel.subscribe(listener)
    this.#loopDelay.enable()
  }

  close(): void {
    this.#sources.close()
    for (const [channel, listener] of this.#taps) channel.unsubscribe(listener)
    this.#loopDelay.disable()
  }

  totals(): Totals {
    const p50 = this.#latency.quantile(0.5)
    const p99 = this.#latency.quantile(0.99)
    return {
      received: this.#received.total,
      refused: this.#refused.total,
      matched: this.#matched.total,
      delivered: this.#delivered.total,
      failed: this.#failed.total,
      retried: this.#retried.total,
      dead: this.#dead.total + this.#expired.total,
      breakersOpen: [...this.#breakers.values()].filter((state) => state !== 'closed').length,
      ...(p50 === undefined ? {} : { latencyMsP50: p50 * 1000 }),
      ...(p99 === undefined ? {} : { latencyMsP99: p99 * 1000 }),
    }
  }

  format(state: StateReading): string {
    const own = this.#all.map((metric) => metric.format()).join('')
    return own + formatState(state) + this.#formatBreakers() + this.#formatProcess()
  }

  #counter(name: string, help: string, ...labels: readonly string[]): Counter {
    const counter = new Counter({ name: `signalbox_${name}`, help, labels })
    this.#all.push(counter)
    return counter
  }

  #histogram(name: string, help: string, ...labels: readonly string[]): Histogram {
    const histogram = new Histogram({
      name: `signalbox_${name}`,
      help,
      labels,
      bounds: SECONDS_BOUNDS,
    })
    this.#all.push(histogram)
    return histogram
  }

  #createTaps(): readonly Tap[] {
    return [
      [channels.eventsAccepted, (message) => this.#onAccepted(message as EventsAccepted)],
      [channels.eventsRefused, (message) => this.#onRefused(message as EventsRefused)],
      [channels.eventsRouted, (message) => this.#onRouted(message as EventsRouted)],
      [channels.deliveryAttempted, (message) => this.#onAttempted(message as DeliveryAttempted)],
      [channels.deliveriesSettled, (message) => this.#onSettled(message as DeliveriesSettled)],
      [channels.breakerChanged, (message) => this.#onBreaker(message as BreakerChanged)],
      [
        channels.eventChecked,
        (message) => {
          const { busKey, result } = message as EventChecked
          this.#checked.add(1, busKey, result)
        },
      ],
      [channels.requestAnswered, (message) => this.#onAnswered(message as RequestAnswered)],
      [channels.pipeExecuted, (message) => this.#onPiped(message as PipeExecuted)],
      [channels.scheduleFired, (message) => this.#onFired(message as ScheduleFired)],
      [channels.schedulesMissed, (message) => this.#onMissed(message as SchedulesMissed)],
      [channels.logSynced, (message) => this.#onSynced(message as LogSynced)],
    ]
  }

  #onAccepted({ dialect, count, sizeBytes, durationMs }: EventsAccepted): void {
    this.#received.add(count, dialect)
    this.#receivedBytes.add(sizeBytes, dialect)
    this.#ack.observe(durationMs / 1000, 1, dialect)
  }

  #onRefused({ dialect, code, count }: EventsRefused): void {
    this.#refused.add(count, dialect, code)
  }

  #onRouted({ events, matched, deliveries }: EventsRouted): void {
    this.#routed.add(events)
    this.#matched.add(matched)
    this.#created.add(deliveries)
  }

  #onAttempted({ kind, result, durationMs, errorCode = '' }: DeliveryAttempted): void {
    this.#attempt.observe(durationMs / 1000, 1, kind, result)
    if (result === 'delivered') return
    this.#failed.add(1, kind, errorCode)
    if (result === 'retry') this.#retried.add(1, kind)
  }

  #onSettled({ outcome, kind, count, latencyMs }: DeliveriesSettled): void {
    const counters = {
      delivered: this.#delivered,
      dead: this.#dead,
      expired: this.#expired,
      cancelled: this.#cancelled,
    }
    counters[outcome].add(count, kind)
    if (outcome === 'delivered') this.#latency.observe(latencyMs / 1000, count, kind)
  }

  #onBreaker({ targetKey, state }: BreakerChanged): void {
    if (this.#breakers.size < SERIES_MAX || this.#breakers.has(targetKey)) {
      this.#breakers.set(targetKey, state)
    }
  }

  #onAnswered({ dialect, operation, status, durationMs }: RequestAnswered): void {
    this.#requests.add(1, dialect, operation, String(status))
    this.#requestTime.observe(durationMs / 1000, 1, dialect)
  }

  #onPiped({ pipe, outcome, records, filtered, failed, durationMs }: PipeExecuted): void {
    this.#pipeExecutions.add(1, pipe, outcome)
    this.#pipeRecords.add(records - filtered - failed, pipe, 'taken')
    this.#pipeRecords.add(filtered, pipe, 'filtered')
    this.#pipeRecords.add(failed, pipe, 'failed')
    this.#pipeExecution.observe(durationMs / 1000, 1)
  }

  #onFired({ kind, lateMs, isTriggered }: ScheduleFired): void {
    this.#scheduleFired.add(1, kind, isTriggered ? 'hand' : 'clock')
    if (!isTriggered) this.#scheduleLate.observe(lateMs / 1000, 1, kind)
  }

  #onMissed({ kind, count }: SchedulesMissed): void {
    this.#scheduleMissed.add(count, kind)
  }

  #onSynced({ records, durationMs }: LogSynced): void {
    this.#synced.add(records)
    this.#sync.observe(durationMs / 1000, 1)
  }

  #formatBreakers(): string {
    const states = ['closed', 'half-open', 'open'] as const
    const readings = [...this.#breakers].map(([target, state]) => ({
      value: states.indexOf(state),
      labels: [target],
    }))
    const help = 'State of the breaker of a target: 0 closed, 1 half-open, 2 open.'
    return formatReadings(
      { name: 'signalbox_breaker_state', help, labels: ['target'] },
      'gauge',
      readings,
    )
  }

  // What is measured is the time between two ticks, of which the resolution is no delay.
  #loopDelaySeconds(percentile: number): number {
    return Math.max(0, this.#loopDelay.percentile(percentile) / 1e9 - LOOP_RESOLUTION_MS / 1000)
  }

  #formatProcess(): string {
    const { user, system } = process.cpuUsage()
    const text =
      gauge(
        'signalbox_event_loop_delay_p50_seconds',
        'Delay of the event loop since the last scrape.',
        this.#loopDelaySeconds(50),
      ) +
      gauge(
        'signalbox_event_loop_delay_p99_seconds',
        'Delay of the event loop since the last scrape.',
        this.#loopDelaySeconds(99),
      ) +
      gauge(
        'process_resident_memory_bytes',
        'Resident memory size in bytes.',
        process.memoryUsage.rss(),
      ) +
      formatReadings(
        { name: 'process_cpu_seconds_total', help: 'User and system CPU time spent, in seconds.' },
        'counter',
        [{ value: (user + system) / 1e6 }],
      )
    this.#loopDelay.reset()
    return text
  }
}

function formatState(state: StateReading): string {
  return (
    gauge(
      'signalbox_deliveries_pending',
      'Deliveries that wait for their next attempt.',
      state.pending,
    ) +
    gauge('signalbox_deliveries_dead', 'Dead deliveries kept.', state.dead) +
    gauge('signalbox_router_lag_records', 'Records of the log not settled yet.', state.lagRecords) +
    gauge('signalbox_log_size_bytes', 'Size of the log on disk.', state.logSizeBytes) +
    gauge('signalbox_log_segments', 'Segments of the log.', state.logSegments) +
    gauge('signalbox_log_quarantined_ranges', 'Damaged ranges of the log.', state.logQuarantined) +
    gauge('signalbox_store_size_bytes', 'Size of the store on disk.', state.storeSizeBytes) +
    gauge('signalbox_schedules', 'Rules and schedules that fire by the clock.', state.schedules) +
    gauge('signalbox_schedule_due', 'Schedules that should have fired by now.', state.schedulesDue)
  )
}

function gauge(name: string, help: string, value: number): string {
  return formatReadings({ name, help }, 'gauge', [{ value }])
}
