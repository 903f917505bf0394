// The keeper's metrics, under the names that its dashboards know, in the text form of Prometheus.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

import { LIFECYCLE_TYPES, shortType, TRIGGER_TYPES } from './event-types.ts'
import { METRIC_TYPES_MAX } from './limits.ts'

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const OTHER = 'other'

/** What is read when asked for. */
export interface RoostGauges {
  readonly lag: ReadonlyMap<string, number>
  readonly isProducerWell: boolean
  readonly isConsumerWell: boolean
  readonly deadLetters: number
}

export class RoostMetrics {
  readonly #published = new ByType(
    'roost_keeper_events_published_total',
    'Events published.',
    LIFECYCLE,
  )
  readonly #publishErrors = new ByType(
    'roost_keeper_event_publish_errors_total',
    'Attempts to publish that failed.',
    LIFECYCLE,
  )
  readonly #publishSeconds = new Seconds(
    'roost_keeper_event_publish_duration_seconds',
    'How long publishing an event took.',
    LIFECYCLE,
  )
  readonly #consumed = new ByType(
    'roost_keeper_events_consumed_total',
    'Events consumed.',
    TRIGGERS,
  )
  readonly #consumeErrors = new ByType(
    'roost_keeper_event_consume_errors_total',
    'Attempts to handle a consumed event that failed.',
    TRIGGERS,
  )
  readonly #consumeSeconds = new Seconds(
    'roost_keeper_event_consume_duration_seconds',
    'How long handling a consumed event took.',
    TRIGGERS,
  )
  readonly #dead = new ByType(
    'roost_keeper_dlq_messages_total',
    'Events that became dead letters.',
    [...LIFECYCLE, ...TRIGGERS],
  )

  published(type: string, durationMs: number): void {
    this.#published.add(shortType(type))
    this.#publishSeconds.observe(shortType(type), durationMs / 1000)
  }

  publishFailed(type: string): void {
    this.#publishErrors.add(shortType(type))
  }

  consumed(type: string, durationMs: number): void {
    this.#consumed.add(shortType(type))
    this.#consumeSeconds.observe(shortType(type), durationMs / 1000)
  }

  consumeFailed(type: string): void {
    this.#consumeErrors.add(shortType(type))
  }

  died(type: string): void {
    this.#dead.add(shortType(type))
  }

  format({ lag, isProducerWell, isConsumerWell, deadLetters }: RoostGauges): string {
    return [
      this.#published,
      this.#publishSeconds,
      this.#publishErrors,
      this.#consumed,
      this.#consumeSeconds,
      this.#consumeErrors,
      this.#dead,
    ]
      .map((metric) => metric.format())
      .concat(
        gauge('roost_keeper_consumer_lag', 'Records not read yet.', 'topic', [...lag]),
        gauge(
          'roost_keeper_producer_health_status',
          '1 when events can be published.',
          'component',
          [['producer', Number(isProducerWell)]],
        ),
        gauge('roost_keeper_consumer_health_status', '1 when topics are read.', 'component', [
          ['consumer', Number(isConsumerWell)],
        ]),
        head('roost_keeper_dlq_current_size', 'Dead letters that are kept.', 'gauge') +
          `roost_keeper_dlq_current_size ${deadLetters}\n`,
      )
      .join('')
  }
}

const LIFECYCLE: readonly string[] = Object.values(LIFECYCLE_TYPES).map((type) => shortType(type))
const TRIGGERS: readonly string[] = Object.values(TRIGGER_TYPES).map((type) => shortType(type))

/** Known types are there from the start, so that one can alert on them. */
class ByType {
  readonly #name: string
  readonly #help: string
  readonly #counts: Map<string, number>

  constructor(name: string, help: string, known: readonly string[]) {
    this.#name = name
    this.#help = help
    this.#counts = new Map(known.map((type) => [type, 0]))
  }

  add(type: string): void {
    const key = boundedKey(this.#counts, type)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  format(): string {
    const lines = [...this.#counts].map(
      ([type, count]) => `${this.#name}{event_type="${escapeLabel(type)}"} ${count}\n`,
    )
    return head(this.#name, this.#help, 'counter') + lines.join('')
  }
}

interface Series {
  readonly buckets: number[]
  sum: number
  count: number
}

class Seconds {
  readonly #name: string
  readonly #help: string
  readonly #series: Map<string, Series>

  constructor(name: string, help: string, known: readonly string[]) {
    this.#name = name
    this.#help = help
    this.#series = new Map(known.map((type) => [type, emptySeries()]))
  }

  observe(type: string, seconds: number): void {
    const key = boundedKey(this.#series, type)
    const series = this.#series.get(key) ?? emptySeries()
    this.#series.set(key, series)
    for (const [index, bound] of SECONDS.entries())
      if (seconds <= bound) series.buckets[index]! += 1
    series.sum += seconds
    series.count += 1
  }

  format(): string {
    let text = head(this.#name, this.#help, 'histogram')
    for (const [type, { buckets, sum, count }] of this.#series) {
      const label = `event_type="${escapeLabel(type)}"`
      for (const [index, bound] of SECONDS.entries())
        text += `${this.#name}_bucket{${label},le="${bound}"} ${buckets[index]}\n`
      text += `${this.#name}_bucket{${label},le="+Inf"} ${count}\n`
      text += `${this.#name}_sum{${label}} ${sum}\n${this.#name}_count{${label}} ${count}\n`
    }
    return text
  }
}

function emptySeries(): Series {
  return { buckets: SECONDS.map(() => 0), sum: 0, count: 0 }
}

function boundedKey(known: ReadonlyMap<string, unknown>, type: string): string {
  return known.has(type) || known.size < METRIC_TYPES_MAX ? type : OTHER
}

function gauge(
  name: string,
  help: string,
  label: string,
  values: readonly (readonly [string, number])[],
): string {
  const lines = values.map(([key, value]) => `${name}{${label}="${escapeLabel(key)}"} ${value}\n`)
  return head(name, help, 'gauge') + lines.join('')
}

function head(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function escapeLabel(value: string): string {
  return value.slice(0, 128).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
