// Counters, histograms and gauges, and their text form for Prometheus.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
//
// Counting is on the hot path: a series is found by its raw label values, which are escaped only for a scrape.
//
// Invariant: the number of series of a metric is bounded, whatever labels come: the rest is `other`.

import { LABEL_LENGTH_MAX, SERIES_MAX } from './limits.ts'

export interface MetricText {
  /** The metric's lines, `# HELP` first, each ended by a line feed. */
  format(): string
}

export interface MetricOptions {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export class Counter implements MetricText {
  readonly #options: MetricOptions
  readonly #series = new Map<string, number>()

  constructor(options: MetricOptions) {
    this.#options = options
  }

  /** `values` in the order of the labels. */
  add(count: number, ...values: readonly string[]): void {
    const key = seriesKey(this.#series, values)
    this.#series.set(key, (this.#series.get(key) ?? 0) + count)
  }

  get total(): number {
    return [...this.#series.values()].reduce((sum, count) => sum + count, 0)
  }

  format(): string {
    const { name, labels = [] } = this.#options
    // A counter that nothing has labelled yet is still there to alert on.
    const series =
      labels.length === 0 && this.#series.size === 0 ? [['', 0] as const] : this.#series
    let text = head(this.#options, 'counter')
    for (const [key, count] of series) {
      text += `${name}${braces(formatLabels(labels, splitKey(key)))} ${count}\n`
    }
    return text
  }
}

interface HistogramSeries {
  /** One count per bound, then one for what is above all. */
  readonly counts: number[]
  sum: number
}

export interface HistogramOptions extends MetricOptions {
  /** Upper bounds in rising order, in the metric's unit. */
  readonly bounds: readonly number[]
}

export class Histogram implements MetricText {
  readonly #options: HistogramOptions
  readonly #series = new Map<string, HistogramSeries>()

  constructor(options: HistogramOptions) {
    this.#options = options
  }

  observe(value: number, count: number, ...values: readonly string[]): void {
    const { bounds } = this.#options
    const key = seriesKey(this.#series, values)
    let series = this.#series.get(key)
    if (series === undefined) {
      series = { counts: Array<number>(bounds.length + 1).fill(0), sum: 0 }
      this.#series.set(key, series)
    }
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1
    series.counts[bucket]! += count
    series.sum += value * count
  }

  /** The bound under which `quantile` of all observations lie; undefined when there are none. */
  quantile(quantile: number): number | undefined {
    const { bounds } = this.#options
    const totals = Array<number>(bounds.length + 1).fill(0)
    for (const { counts } of this.#series.values()) {
      for (const [index, count] of counts.entries()) totals[index]! += count
    }
    const wanted = totals.reduce((sum, count) => sum + count, 0) * quantile
    if (wanted === 0) return undefined
    let seen = 0
    for (const [index, count] of totals.entries()) {
      seen += count
      if (seen >= wanted) return bounds[index] ?? bounds.at(-1)
    }
    return undefined
  }

  format(): string {
    let text = head(this.#options, 'histogram')
    for (const [key, series] of this.#series) text += this.#formatSeries(key, series)
    return text
  }

  #formatSeries(key: string, { counts, sum }: HistogramSeries): string {
    const { name, bounds, labels = [] } = this.#options
    const own = formatLabels(labels, splitKey(key))
    const prefix = own === '' ? '' : `${own},`
    let text = ''
    let seen = 0
    for (const [index, count] of counts.entries()) {
      seen += count
      const bound = bounds[index] === undefined ? '+Inf' : String(bounds[index])
      text += `${name}_bucket{${prefix}le="${bound}"} ${seen}\n`
    }
    return `${text}${name}_sum${braces(own)} ${sum}\n${name}_count${braces(own)} ${seen}\n`
  }
}

export interface Reading {
  readonly value: number
  /** In the order of the metric's labels. */
  readonly labels?: readonly string[]
}

/** Lines of values that are read, not kept. */
export function formatReadings(
  options: MetricOptions,
  type: 'gauge' | 'counter',
  readings: readonly Reading[],
): string {
  let text = head(options, type)
  for (const { value, labels = [] } of readings.slice(0, SERIES_MAX)) {
    text += `${options.name}${braces(formatLabels(options.labels ?? [], labels))} ${value}\n`
  }
  return text
}

function head({ name, help }: MetricOptions, type: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
}

// No label of ours holds it.
const SEPARATOR = '\u0000'

function seriesKey(series: ReadonlyMap<string, unknown>, values: readonly string[]): string {
  const key = values.length === 1 ? values[0]! : values.join(SEPARATOR)
  if (series.has(key) || series.size < SERIES_MAX) return key
  return values.map(() => 'other').join(SEPARATOR)
}

function splitKey(key: string): readonly string[] {
  return key.split(SEPARATOR)
}

function formatLabels(labels: readonly string[], values: readonly string[]): string {
  return labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`).join(',')
}

function escapeLabel(value: string): string {
  const short = value.length > LABEL_LENGTH_MAX ? value.slice(0, LABEL_LENGTH_MAX) : value
  return short.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function braces(key: string): string {
  return key === '' ? '' : `{${key}}`
}
