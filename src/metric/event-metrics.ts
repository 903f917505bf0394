// What CloudWatch calls `AWS/Events`, counted from the diagnostics channels: per rule, and per bus and rule.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
//
// A first try that succeeds is told of on one channel alone, with its count; every other attempt on both. From the
// two it is worked out how many deliveries began.
//
// Counting is on the hot path: a minute is tallied by bus and rule, and becomes samples of the series when it is over
// or when somebody reads them.

import {
  channels,
  type Clock,
  type DeadLetterSent,
  type DeliveriesSettled,
  type DeliveryAttempted,
  type EventsAccepted,
  type EventsRefused,
} from '../base/index.ts'
import { Histogram } from './histogram.ts'
import type { Dimension, MetricSeries } from './metric-series.ts'

export const EVENTS_NAMESPACE = 'AWS/Events'

export interface EventMetrics {
  /** The totals in the text form of Prometheus. */
  format(): string
  close(): void
}

export function openEventMetrics(series: MetricSeries, clock: Pick<Clock, 'now'>): EventMetrics {
  const counts = new Counts(series, clock)
  const taps = [
    [
      channels.deliveriesSettled,
      (message: unknown) => counts.settled(message as DeliveriesSettled),
    ],
    [
      channels.deliveryAttempted,
      (message: unknown) => counts.attempted(message as DeliveryAttempted),
    ],
    [channels.deadLetterSent, (message: unknown) => counts.deadLetter(message as DeadLetterSent)],
    [channels.eventsAccepted, (message: unknown) => counts.accepted(message as EventsAccepted)],
    [channels.eventsRefused, (message: unknown) => counts.refused(message as EventsRefused)],
  ] as const
  for (const [channel, listener] of taps) channel.subscribe(listener)
  series.addGatherer(() => counts.flush())
  return {
    format: () => formatTotals(series),
    close() {
      for (const [channel, listener] of taps) channel.unsubscribe(listener)
    },
  }
}

/** Which rule a message is about. */
interface About {
  readonly busKey: string
  readonly rule?: string
}

/** Samples of one metric, not yet put. */
interface Tally {
  sum: number
  count: number
  min: number
  max: number
  /** Absent where each sample is 1. */
  histogram?: Histogram
}

type TalliesByName = Map<string, Tally>

const MINUTE_MS = 60_000
/** What stands for no rule; a rule's name is never empty. */
const NO_RULE = ''

class Counts {
  readonly #series: MetricSeries
  readonly #clock: Pick<Clock, 'now'>
  /** By bus key, then by rule. */
  #tallies = new Map<string, Map<string, TalliesByName>>()
  /** Of the tallies, milliseconds. */
  #minuteStart = 0

  constructor(series: MetricSeries, clock: Pick<Clock, 'now'>) {
    this.#series = series
    this.#clock = clock
  }

  /** Puts what was tallied into the series. */
  flush(): void {
    const tallies = this.#tallies
    if (tallies.size === 0) return
    this.#tallies = new Map()
    for (const [busKey, rules] of tallies) {
      const [account = '', region = '', ...bus] = busKey.split('/')
      for (const [rule, names] of rules) {
        for (const dimensions of dimensionsOf(bus.join('/'), rule)) {
          const of = { account, region, namespace: EVENTS_NAMESPACE, dimensions }
          for (const [name, samples] of names) {
            const histogram = samples.histogram ?? Histogram.of(1, samples.count)
            const folded = { ...samples, histogram }
            this.#series.put({ ...of, name }, this.#minuteStart, folded, unitOf(name))
          }
        }
      }
    }
  }

  settled(message: DeliveriesSettled): void {
    const { outcome, count, isLeading, latencyMs } = message
    if (outcome === 'cancelled') return
    this.#add(message, 'Invocations', count)
    if (outcome !== 'delivered') {
      this.#add(message, 'FailedInvocations', count)
      return
    }
    this.#add(message, 'SuccessfulInvocationAttempts', count)
    this.#add(message, 'InvocationAttempts', count)
    const tallies = this.#talliesOf(message.busKey, message.rule)
    sample(tallies, 'IngestionToInvocationSuccessLatency', latencyMs, count)
    this.#began(message, count, isLeading)
  }

  attempted(message: DeliveryAttempted): void {
    const { result, attempt, errorCode, isLeading } = message
    const isRetry = attempt > 1
    if (isRetry) this.#add(message, 'RetryInvocationAttempts', 1)
    if (result === 'delivered') {
      // It began earlier, and was counted then.
      if (isRetry) this.#began(message, -1, isLeading)
      return
    }
    this.#add(message, 'InvocationAttempts', 1)
    if (!isRetry) this.#began(message, 1, isLeading)
    if (errorCode === 'THROTTLING') this.#add(message, 'ThrottledRules', 1)
  }

  deadLetter({ busKey, rule, isSent }: DeadLetterSent): void {
    const about = { busKey, rule }
    this.#add(about, isSent ? 'InvocationsSentToDlq' : 'InvocationsFailedToBeSentToDlq', 1)
    if (isSent) this.#add(about, 'DeadLetterInvocations', 1)
  }

  accepted({ dialect, busKey, count, sizeBytes }: EventsAccepted): void {
    if (dialect !== 'aws' || busKey === undefined || isOurs(busKey)) return
    const tallies = this.#talliesOf(busKey, NO_RULE)
    tally(tallies, 'PutEventsEntriesCount', count)
    tally(tallies, 'PutEventsApproximateCallCount', 1)
    tally(tallies, 'PutEventsApproximateSuccessCount', 1)
    sample(tallies, 'PutEventsRequestSize', sizeBytes)
  }

  refused({ dialect, busKey, count }: EventsRefused): void {
    if (dialect !== 'aws' || busKey === undefined || isOurs(busKey)) return
    this.#add({ busKey }, 'PutEventsFailedEntriesCount', count)
    this.#add({ busKey }, 'PutEventsApproximateCallCount', 1)
    this.#add({ busKey }, 'PutEventsApproximateFailedCount', 1)
  }

  /** A rule matched an event when its first target began. */
  #began(about: About, count: number, isLeading: boolean): void {
    this.#add(about, 'InvocationsCreated', count)
    if (!isLeading) return
    this.#add(about, 'TriggeredRules', count)
    this.#add(about, 'MatchedEvents', count)
  }

  #add({ busKey, rule = NO_RULE }: About, name: string, count: number): void {
    tally(this.#talliesOf(busKey, rule), name, count)
  }

  #talliesOf(busKey: string, rule: string): TalliesByName {
    const now = this.#clock.now()
    const minuteStart = now - (now % MINUTE_MS)
    if (minuteStart !== this.#minuteStart) {
      this.flush()
      this.#minuteStart = minuteStart
    }
    let rules = this.#tallies.get(busKey)
    if (rules === undefined) this.#tallies.set(busKey, (rules = new Map()))
    let names = rules.get(rule)
    if (names === undefined) rules.set(rule, (names = new Map()))
    return names
  }
}

/** `count` samples of 1; a negative count takes back. */
function tally(tallies: TalliesByName, name: string, count: number): void {
  const known = tallies.get(name)
  if (known === undefined) tallies.set(name, { sum: count, count: Math.abs(count), min: 1, max: 1 })
  else {
    known.sum += count
    known.count += Math.abs(count)
  }
}

/** `count` samples of one value. */
function sample(tallies: TalliesByName, name: string, value: number, count = 1): void {
  const known = tallies.get(name)
  if (known === undefined) {
    const histogram = Histogram.of(value, count)
    tallies.set(name, { sum: value * count, count, min: value, max: value, histogram })
    return
  }
  known.sum += value * count
  known.count += count
  known.min = Math.min(known.min, value)
  known.max = Math.max(known.max, value)
  known.histogram?.add(value, count)
}

function unitOf(name: string): string {
  if (name.endsWith('Latency')) return 'Milliseconds'
  return name.endsWith('Size') ? 'Bytes' : 'Count'
}

function dimensionsOf(bus: string, rule: string): readonly (readonly Dimension[])[] {
  if (rule === NO_RULE) return [[]]
  const byRule = { name: 'RuleName', value: rule }
  return [[byRule], [{ name: 'EventBusName', value: bus }, byRule]]
}

/** Buses that stand for topics and the like are not put to. */
function isOurs(busKey: string): boolean {
  return busKey.includes('/$')
}

function formatTotals(series: MetricSeries): string {
  const lines = new Map<string, string[]>()
  for (const { id, total } of series.totals(EVENTS_NAMESPACE)) {
    const isOfBus = id.dimensions.some(({ name }) => name === 'EventBusName')
    // A rule's own total is the sum over its buses.
    if (id.dimensions.length > 0 && !isOfBus) continue
    const name = `aws_events_${snake(id.name)}_total`
    const labels = [
      ['account', id.account],
      ['region', id.region],
      ...id.dimensions.map((dimension) => [snake(dimension.name), dimension.value]),
    ]
    const shown = labels.map(([label, value]) => `${label}="${escapeLabel(value!)}"`).join(',')
    lines.set(name, [...(lines.get(name) ?? []), `${name}{${shown}} ${total}`])
  }
  const texts = Array.from(lines, ([name, of]) => {
    const help = `# HELP ${name} As CloudWatch has it in ${EVENTS_NAMESPACE}.\n# TYPE ${name} counter\n`
    return `${help}${of.join('\n')}\n`
  })
  return texts.join('')
}

function snake(name: string): string {
  return name.replace(/[a-z](?=[A-Z])/g, '$&_').toLowerCase()
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
