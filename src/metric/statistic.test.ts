import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { Histogram } from './histogram.ts'
import { HISTOGRAM_BUCKETS_MAX, MINUTES_KEPT } from './limits.ts'
import { type MetricId, MetricSeries, type Samples, samplesOfValues } from './metric-series.ts'
import { parseStatistic } from './statistic.ts'

const ID: MetricId = {
  account: '000000000000',
  region: 'us-east-1',
  namespace: 'Shop',
  name: 'latency',
  dimensions: [],
}
const MINUTE = 60_000

function valueOf(samples: Samples, name: string): number | undefined {
  const statistic = parseStatistic(name)
  assert.ok(statistic !== undefined, name)
  return statistic(samples)
}

/** The smallest value that so many percent of all do not exceed. */
function truePercentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((values.length * percent) / 100 - 1e-9) - 1)]!
}

// The errors that the docstring of the histogram tells.
for (const { spread, error } of [
  { spread: 20, error: 0.01 },
  { spread: 500, error: 0.02 },
  { spread: 250_000, error: 0.041 },
  { spread: 1e10, error: 0.083 },
]) {
  test(`percentiles of values that differ ${spread}-fold are within ${(error * 100).toFixed(1)} % of the true ones`, () => {
    const random = seededRandom(spread)
    const values = Array.from({ length: 20_000 }, () => 3 * spread ** random.next())
    const histogram = new Histogram()
    for (const value of values) histogram.add(value)
    assert.ok(histogram.bucketCount <= HISTOGRAM_BUCKETS_MAX)
    const samples = { ...samplesOfValues(values), histogram }
    for (const percent of [0, 0.1, 1, 10, 50, 90, 99, 99.9, 100]) {
      const [seen, known] = [valueOf(samples, `p${percent}`)!, truePercentile(values, percent)]
      assert.ok(Math.abs(seen - known) <= error * known, `p${percent}: ${seen} for ${known}`)
    }
  })
}

test('whatever values come, of any size, a histogram keeps its bound and its count', () => {
  const extremes = [0, 5e-324, 1e-300, 0.5, 1, 2, 1e5, 2 ** 360]
  const histogram = new Histogram()
  for (const value of extremes) histogram.add(value, 3)
  for (let power = -1000; power < 360; power += 1) histogram.add(2 ** power)
  assert.ok(histogram.bucketCount <= HISTOGRAM_BUCKETS_MAX)
  const entries = histogram.entries()
  assert.equal(
    entries.reduce((sum, { count }) => sum + count, 0),
    extremes.length * 3 + 1360,
  )
  assert.ok(entries.every(({ value }) => Number.isFinite(value)))
  const restored = Histogram.restore(JSON.parse(JSON.stringify(histogram)))
  assert.deepEqual(restored.entries(), entries)
  const coarse = new Histogram()
  coarse.merge(histogram, 2)
  assert.equal(coarse.bucketCount, 2)
})

test('histograms of minutes fold into that of an hour, and come back from a snapshot', () => {
  const series = new MetricSeries()
  const values: number[] = []
  for (let minute = 0; minute < 60; minute += 1) {
    const some = Array.from({ length: 50 }, (_, index) => 10 + minute + index * 3)
    values.push(...some)
    series.put(ID, minute * MINUTE, samplesOfValues(some))
  }
  const restored = new MetricSeries()
  restored.restore(series.takeSnapshot()!)
  for (const one of [series, restored]) {
    const query = { fromMs: 0, toMs: 60 * MINUTE, periodMs: 60 * MINUTE }
    const [hour] = one.query(ID, query).datapoints
    const known = truePercentile(values, 95)
    assert.ok(Math.abs(valueOf(hour!, 'p95')! - known) <= 0.01 * known)
  }
})

test('when all histograms together are at their bound, further ones are coarse and the rest stays right', () => {
  const max = 400
  const series = new MetricSeries(max)
  const spread = Array.from({ length: 100 }, (_, index) => 1.05 ** (index + 1))
  const minutes = MINUTES_KEPT + 20
  for (let minute = 0; minute < minutes; minute += 1) {
    series.put(ID, minute * MINUTE, samplesOfValues(spread))
  }
  const query = { fromMs: 0, toMs: minutes * MINUTE, periodMs: MINUTE }
  const { datapoints } = series.query(ID, query)
  const total = datapoints.reduce((sum, { histogram }) => sum + histogram!.bucketCount, 0)
  // One may pass the bound; each period beyond has two.
  assert.ok(total <= max + HISTOGRAM_BUCKETS_MAX + 2 * minutes, `${total}`)
  const last = datapoints.at(-1)!
  assert.equal(valueOf(last, 'p100'), last.max)
  assert.equal(valueOf(last, 'SampleCount'), 100)
})

test('what was folded before it came, or is negative, tells no percentile but where all values are one', () => {
  const folded = { sum: 10, count: 2, min: 4, max: 6 }
  assert.equal(valueOf(folded, 'p50'), undefined)
  assert.equal(valueOf(folded, 'tm90'), undefined)
  assert.equal(valueOf({ sum: 10, count: 2, min: 5, max: 5 }, 'p50'), 5)
  assert.equal(valueOf(samplesOfValues([-1, 4]), 'p50'), undefined)
  const series = new MetricSeries()
  series.put(ID, 0, samplesOfValues([1, 2, 3]))
  series.put(ID, 0, folded)
  const [point] = series.query(ID, { fromMs: 0, toMs: MINUTE, periodMs: MINUTE }).datapoints
  assert.equal(valueOf(point!, 'p50'), undefined)
  assert.equal(valueOf(point!, 'Sum'), 16)
})

test('a part of the values is trimmed, winsorized, counted, summed and ranked', () => {
  const samples = samplesOfValues(Array.from({ length: 100 }, (_, index) => index + 1))
  for (const [name, known] of [
    ['p50', 50],
    ['p99', 99],
    ['p0', 1],
    ['tm90', 45.5],
    ['TM(10%:90%)', 50.5],
    ['TM(80:)', 90.5],
    ['IQM', 50.5],
    ['wm98', (98 * 99) / 200 + 1.96],
    ['WM(:50)', (50 * 51) / 200 + 25],
    ['tc25', 25],
    ['TC(10:20)', 10],
    ['ts10', 55],
    ['TS(90%:)', 955],
    ['PR(:30)', 30],
    ['PR(95:)', 5],
  ] as const) {
    const seen = valueOf(samples, name)!
    assert.ok(Math.abs(seen - known) <= 0.011 * known + 1, `${name}: ${seen} for ${known}`)
  }
})

test('names of no statistic are none', () => {
  for (const name of [
    'p',
    'p101',
    'p-1',
    'P99',
    'p99%',
    'tm',
    'tm101',
    'TM()',
    'TM(:)',
    'TM(9%:5)',
  ]) {
    assert.equal(parseStatistic(name), undefined, name)
  }
  for (const name of ['PR(1%:2%)', 'PR(3:2)', 'IQM50', 'sum', '__proto__', 'toString', '']) {
    assert.equal(parseStatistic(name), undefined, name)
  }
})
