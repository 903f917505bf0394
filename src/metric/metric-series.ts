// Time series of metrics, as CloudWatch keeps them: by account, region, namespace, name and dimensions, what came in
// each minute for some hours and in each hour for some days, folded to sum, count, minimum, maximum and a histogram.
//
// Invariant: the number of series, of periods in each, and of buckets in all histograms is bounded whatever is put.

import { Histogram } from './histogram.ts'
import {
  HISTOGRAM_BUCKETS_MAX,
  HISTOGRAM_BUCKETS_TOTAL_MAX,
  HOURS_KEPT,
  METRIC_SERIES_MAX,
  MINUTES_KEPT,
} from './limits.ts'

export interface MetricId {
  readonly account: string
  readonly region: string
  readonly namespace: string
  readonly name: string
  /** Sorted by name when it is kept. */
  readonly dimensions: readonly Dimension[]
}

export interface Dimension {
  readonly name: string
  readonly value: string
}

/** Any number of samples, folded. */
export interface Samples {
  readonly sum: number
  readonly count: number
  readonly min: number
  readonly max: number
  /** Absent where values are negative, or came folded to sum and count only (as with AWS). */
  readonly histogram?: Histogram
}

export interface Datapoint extends Samples {
  /** When its period begins, milliseconds. */
  readonly at: number
}

export interface SeriesQuery {
  /** Inclusive. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  readonly periodMs: number
}

export interface SeriesFilter {
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  /** Each must be there, with this value where one is given. */
  readonly dimensions?: readonly { readonly name: string; readonly value?: string | undefined }[]
}

interface Series {
  readonly id: MetricId
  unit: string
  /** Of everything that was ever put. */
  total: number
  readonly minutes: Map<number, Samples>
  readonly hours: Map<number, Samples>
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export class MetricSeries {
  readonly #series = new Map<string, Series>()
  readonly #gatherers: (() => void)[] = []
  readonly #histogramBucketsMax: number
  #isChanged = false
  /** Of all histograms. */
  #bucketCount = 0

  constructor(histogramBucketsMax: number = HISTOGRAM_BUCKETS_TOTAL_MAX) {
    this.#histogramBucketsMax = histogramBucketsMax
  }

  /** Before anything is read, `gather` is called, which puts what it has counted by itself. */
  addGatherer(gather: () => void): void {
    this.#gatherers.push(gather)
  }

  /** Adds samples of one moment. Answers false when there is no room for another series. */
  put(id: MetricId, at: number, samples: Samples, unit = 'None'): boolean {
    const key = keyOf(id)
    let series = this.#series.get(key)
    if (series === undefined) {
      if (this.#series.size >= METRIC_SERIES_MAX) return false
      const dimensions = sorted(id.dimensions)
      series = { id: { ...id, dimensions }, unit, total: 0, minutes: new Map(), hours: new Map() }
      this.#series.set(key, series)
    }
    if (unit !== 'None') series.unit = unit
    series.total += samples.sum
    this.#add(series.minutes, at - (at % MINUTE_MS), samples, MINUTES_KEPT)
    this.#add(series.hours, at - (at % HOUR_MS), samples, HOURS_KEPT)
    this.#isChanged = true
    return true
  }

  /** Datapoints that are not empty, in order; the unit that the samples came in. */
  query(
    id: MetricId,
    { fromMs, toMs, periodMs }: SeriesQuery,
  ): { readonly unit: string; readonly datapoints: readonly Datapoint[] } {
    this.#gather()
    const series = this.#series.get(keyOf(id))
    if (series === undefined) return { unit: 'None', datapoints: [] }
    // What is older than the minutes are is known by the hour.
    const oldestMinute = Math.min(...series.minutes.keys())
    const byHour = periodMs % HOUR_MS === 0 && fromMs < oldestMinute
    const folded = new Map<number, Samples>()
    for (const [start, samples] of byHour ? series.hours : series.minutes) {
      if (start < fromMs - (fromMs % (byHour ? HOUR_MS : MINUTE_MS)) || start >= toMs) continue
      const at = start - (start % periodMs)
      folded.set(at, fold(folded.get(at), samples))
    }
    const datapoints = Array.from(folded, ([at, samples]) => ({ at, ...samples }))
    return { unit: series.unit, datapoints: datapoints.sort((a, b) => a.at - b.at) }
  }

  /** Those that there are, by namespace, name and dimensions. */
  list(
    { account, region }: Pick<MetricId, 'account' | 'region'>,
    filter: SeriesFilter,
  ): readonly MetricId[] {
    this.#gather()
    const found = Array.from(this.#series.values(), ({ id }) => id).filter(
      (id) => id.account === account && id.region === region && isWanted(id, filter),
    )
    return found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  /** What was put in all, of one namespace. */
  totals(namespace: string): readonly { readonly id: MetricId; readonly total: number }[] {
    this.#gather()
    return Array.from(this.#series.values()).filter(({ id }) => id.namespace === namespace)
  }

  /** JSON of everything, for the next process; undefined when nothing came since the last. */
  takeSnapshot(): string | undefined {
    this.#gather()
    if (!this.#isChanged) return undefined
    this.#isChanged = false
    return JSON.stringify(
      Array.from(this.#series.values(), ({ id, unit, total, minutes, hours }) => ({
        id,
        unit,
        total,
        minutes: [...minutes],
        hours: [...hours],
      })),
    )
  }

  /** Throws for what `takeSnapshot` did not make. */
  restore(snapshot: string): void {
    const all = JSON.parse(snapshot) as readonly (Omit<Series, 'minutes' | 'hours'> & {
      readonly minutes: SavedPeriods
      readonly hours: SavedPeriods
    })[]
    for (const { id, unit, total, minutes, hours } of all.slice(0, METRIC_SERIES_MAX)) {
      const series = { id, unit, total, minutes: restored(minutes), hours: restored(hours) }
      this.#series.set(keyOf(id), series)
      for (const { histogram } of [...series.minutes.values(), ...series.hours.values()]) {
        this.#bucketCount += histogram?.bucketCount ?? 0
      }
    }
  }

  #add(periods: Map<number, Samples>, start: number, samples: Samples, max: number): void {
    const known = periods.get(start)
    const knownCount = known?.histogram?.bucketCount ?? 0
    const room = this.#histogramBucketsMax - this.#bucketCount
    const folded = fold(known, samples, room > 0 ? HISTOGRAM_BUCKETS_MAX : knownCount)
    periods.set(start, folded)
    this.#bucketCount += (folded.histogram?.bucketCount ?? 0) - knownCount
    if (periods.size <= max) return
    const oldest = Math.min(...periods.keys())
    this.#bucketCount -= periods.get(oldest)!.histogram?.bucketCount ?? 0
    periods.delete(oldest)
  }

  #gather(): void {
    for (const gather of this.#gatherers) gather()
  }
}

/** Samples of one value each. `counts` says how often each came; once when absent. */
export function samplesOfValues(values: readonly number[], counts?: readonly number[]): Samples {
  const histogram = values.some((value) => value < 0) ? undefined : new Histogram()
  let [sum, count] = [0, 0]
  for (const [index, value] of values.entries()) {
    const times = counts?.[index] ?? 1
    sum += value * times
    count += times
    histogram?.add(value, times)
  }
  const [min, max] = [Math.min(...values), Math.max(...values)]
  return { sum, count, min, max, ...(histogram === undefined ? {} : { histogram }) }
}

export function oneSample(value: number): Samples {
  return samplesOfValues([value])
}

/** Makes a histogram of its own, so that what was put may change and be put again. */
function fold(one: Samples | undefined, other: Samples, bucketsMax?: number): Samples {
  const histogram = foldHistograms(one, other, bucketsMax)
  const known = histogram === undefined ? {} : { histogram }
  const { sum, count, min, max } = other
  if (one === undefined) return { sum, count, min, max, ...known }
  return {
    sum: one.sum + sum,
    count: one.count + count,
    min: Math.min(one.min, min),
    max: Math.max(one.max, max),
    ...known,
  }
}

/** None when one of them has none: a percentile of a part of the values would mislead. */
function foldHistograms(
  one: Samples | undefined,
  other: Samples,
  bucketsMax?: number,
): Histogram | undefined {
  if (other.histogram === undefined) return undefined
  if (one !== undefined && one.histogram === undefined) return undefined
  const folded = one?.histogram?.copy() ?? new Histogram()
  folded.merge(other.histogram, bucketsMax)
  return folded
}

type SavedPeriods = readonly (readonly [
  number,
  Omit<Samples, 'histogram'> & { readonly histogram?: readonly number[] },
])[]

function restored(periods: SavedPeriods): Map<number, Samples> {
  return new Map(
    periods.map(([start, { histogram, ...samples }]) => [
      start,
      histogram === undefined ? samples : { ...samples, histogram: Histogram.restore(histogram) },
    ]),
  )
}

function isWanted({ namespace, name, dimensions }: MetricId, filter: SeriesFilter): boolean {
  if (filter.namespace !== undefined && filter.namespace !== namespace) return false
  if (filter.name !== undefined && filter.name !== name) return false
  return (filter.dimensions ?? []).every((wanted) =>
    dimensions.some((one) => one.name === wanted.name && (wanted.value ?? one.value) === one.value),
  )
}

function sorted(dimensions: readonly Dimension[]): readonly Dimension[] {
  return dimensions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function keyOf({ account, region, namespace, name, dimensions }: MetricId): string {
  const pairs = sorted(dimensions).map((dimension) => [dimension.name, dimension.value])
  return JSON.stringify([account, region, namespace, name, pairs])
}
