// What can be asked of the samples of a period, by the names of CloudWatch: Sum and its like, percentiles (p99.9) and
// what is made of a part of the values (tm90, TM(10%:90%), PR(:300), IQM).
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html

import type { HistogramEntry } from './histogram.ts'
import type { Samples } from './metric-series.ts'

/** Undefined where the samples do not tell, for they were folded before they came or some are negative. */
export type Statistic = (samples: Samples) => number | undefined

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: ({ count }) => count,
  Average: ({ sum, count }) => (count === 0 ? 0 : sum / count),
  Sum: ({ sum }) => sum,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
}

/** Undefined for a text that names none. */
export function parseStatistic(text: string): Statistic | undefined {
  if (Object.hasOwn(SIMPLE, text)) return SIMPLE[text]
  const percentile = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(text)
  if (percentile !== null) {
    const percent = Number(percentile[1])
    return percent > 100 ? undefined : (samples) => percentileOf(samples, percent)
  }
  const part = parsePart(text)
  return part === undefined ? undefined : (samples) => statisticOfPart(samples, part)
}

interface Part {
  readonly operator: string
  /** Whether the bounds are percents of the values in their order, or values. */
  readonly isPercent: boolean
  readonly from: number
  readonly to: number
}

const NUMBER = '\\d{1,15}(?:\\.\\d{1,10})?'
const SHORT_PART = new RegExp(`^(tm|wm|tc|ts)(${NUMBER})$`)
const PERCENT_PART = new RegExp(`^(TM|WM|TC|TS)\\((?:(${NUMBER})%)?:(?:(${NUMBER})%)?\\)$`)
const VALUE_PART = new RegExp(`^(TM|WM|TC|TS|PR)\\((${NUMBER})?:(${NUMBER})?\\)$`)

function parsePart(text: string): Part | undefined {
  if (text === 'IQM') return { operator: 'TM', isPercent: true, from: 25, to: 75 }
  const short = SHORT_PART.exec(text)
  if (short !== null) {
    return checked({ operator: short[1]!.toUpperCase(), isPercent: true, from: 0, to: +short[2]! })
  }
  const percents = PERCENT_PART.exec(text)
  const [, operator, from, to] = percents ?? VALUE_PART.exec(text) ?? []
  if (operator === undefined || (from === undefined && to === undefined)) return undefined
  const isPercent = percents !== null
  const end = isPercent ? 100 : Infinity
  return checked({
    operator,
    isPercent,
    from: from === undefined ? (isPercent ? 0 : -Infinity) : Number(from),
    to: to === undefined ? end : Number(to),
  })
}

function checked(part: Part): Part | undefined {
  return part.from < part.to && (!part.isPercent || part.to <= 100) ? part : undefined
}

/** The value that so many percent of all do not exceed. */
function percentileOf(samples: Samples, percent: number): number | undefined {
  const entries = entriesOf(samples)
  if (entries === undefined) return undefined
  if (percent === 0) return samples.min
  if (percent === 100) return samples.max
  let left = (samples.count * percent) / 100
  for (const { value, count } of entries) {
    left -= count
    // A hair above zero is rounding: 99.9 % of 1000 are 999.
    if (left <= 1e-9 * samples.count) return value
  }
  return samples.max
}

function statisticOfPart(samples: Samples, part: Part): number | undefined {
  const entries = entriesOf(samples)
  if (entries === undefined) return undefined
  const kept = part.isPercent ? cutByRank(samples, entries, part) : cutByValue(entries, part)
  const count = kept.reduce((total, one) => total + one.count, 0)
  const sum = kept.reduce((total, one) => total + one.value * one.count, 0)
  switch (part.operator) {
    case 'TC':
      return count
    case 'TS':
      return sum
    case 'PR':
      return samples.count === 0 ? 0 : (count / samples.count) * 100
    case 'WM':
      return winsorized(samples, entries, part)
    default:
      return count === 0 ? undefined : sum / count
  }
}

/** The mean when each value outside of the range is as the bound next to it. */
function winsorized(
  samples: Samples,
  entries: readonly HistogramEntry[],
  { isPercent, from, to }: Part,
): number | undefined {
  const low = isPercent ? percentileOf(samples, from)! : from
  const high = isPercent ? percentileOf(samples, to)! : to
  const sum = entries.reduce(
    (total, { value, count }) => total + Math.min(Math.max(value, low), high) * count,
    0,
  )
  return samples.count === 0 ? undefined : sum / samples.count
}

function cutByRank(
  { count: total }: Samples,
  entries: readonly HistogramEntry[],
  { from, to }: Part,
): readonly HistogramEntry[] {
  const [first, last] = [(total * from) / 100, (total * to) / 100]
  let rank = 0
  return entries.map(({ value, count }) => {
    const start = rank
    rank += count
    return { value, count: Math.max(0, Math.min(rank, last) - Math.max(start, first)) }
  })
}

function cutByValue(
  entries: readonly HistogramEntry[],
  { from, to }: Part,
): readonly HistogramEntry[] {
  return entries.filter(({ value }) => value > from && value <= to)
}

/** No entry is below the least value that came, or above the greatest. */
function entriesOf({ histogram, count, min, max }: Samples): readonly HistogramEntry[] | undefined {
  if (histogram === undefined) return min === max ? [{ value: min, count }] : undefined
  return histogram
    .entries()
    .map((entry) => ({ ...entry, value: Math.min(Math.max(entry.value, min), max) }))
}
