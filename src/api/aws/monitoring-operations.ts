// The operations of CloudWatch on metrics: put, and read as statistics, as data, as a list.
// Service model: reference tables of monitoring, API version 2010-08-01.

import {
  type Datapoint,
  DIMENSIONS_MAX,
  type Dimension,
  type MetricId,
  type MetricSeries,
  parseStatistic,
  type Samples,
  samplesOfValues,
  type Statistic,
} from '../../metric/index.ts'
import type { Clock } from '../../base/index.ts'
import type { Scope } from '../../model/index.ts'
import { awsFault } from './faults.ts'
import { METRIC_DATAPOINTS_MAX, METRICS_PER_PAGE } from './limits.ts'
import { type AwsOperation, operation } from './operation.ts'

export interface MonitoringOptions {
  readonly series: MetricSeries
  readonly clock: Pick<Clock, 'now'>
}

interface AwsDimension {
  readonly Name: string
  readonly Value: string
}

interface Datum {
  readonly MetricName: string
  readonly Dimensions?: readonly AwsDimension[]
  readonly Timestamp?: number
  readonly Value?: number
  readonly StatisticValues?: {
    readonly SampleCount: number
    readonly Sum: number
    readonly Minimum: number
    readonly Maximum: number
  }
  readonly Values?: readonly number[]
  readonly Counts?: readonly number[]
  readonly Unit?: string
}

interface StatisticsInput {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: readonly AwsDimension[]
  readonly StartTime: number
  readonly EndTime: number
  readonly Period: number
  readonly Statistics?: readonly string[]
  readonly ExtendedStatistics?: readonly string[]
}

interface DataInput {
  readonly StartTime: number
  readonly EndTime: number
  readonly ScanBy?: string
  readonly MetricDataQueries: readonly DataQuery[]
}

interface DataQuery {
  readonly Id: string
  readonly Label?: string
  readonly ReturnData?: boolean
  readonly Expression?: string
  readonly MetricStat?: {
    readonly Metric: {
      readonly Namespace?: string
      readonly MetricName?: string
      readonly Dimensions?: readonly AwsDimension[]
    }
    readonly Period: number
    readonly Stat: string
  }
}

interface ListInput {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value?: string }[]
  readonly NextToken?: string
}

export function monitoringOperations(options: MonitoringOptions): readonly AwsOperation[] {
  const { series } = options
  return [
    operation<{ readonly Namespace: string; readonly MetricData?: readonly Datum[] }>(
      'monitoring',
      'PutMetricData',
      (input, scope) => {
        putData(options, scope, input.Namespace, input.MetricData ?? [])
        return {}
      },
    ),
    operation<StatisticsInput>('monitoring', 'GetMetricStatistics', (input, scope) => ({
      Label: input.MetricName,
      Datapoints: readStatistics(series, scope, input),
    })),
    operation<DataInput>('monitoring', 'GetMetricData', (input, scope) => ({
      MetricDataResults: input.MetricDataQueries.filter(
        ({ ReturnData: isWanted = true }) => isWanted,
      ).map((query) => readData(series, scope, { input, query })),
      Messages: [],
    })),
    operation<ListInput>('monitoring', 'ListMetrics', (input, scope) => {
      const dimensions = input.Dimensions?.map(({ Name: name, Value: value }) => ({ name, value }))
      const { Namespace: namespace, MetricName: name } = input
      const all = series.list(scope, {
        namespace,
        name,
        ...(dimensions === undefined ? {} : { dimensions }),
      })
      const start = input.NextToken === undefined ? 0 : Number.parseInt(input.NextToken, 10) || 0
      const page = all.slice(start, start + METRICS_PER_PAGE)
      const end = start + page.length
      return {
        Metrics: page.map(encodeMetric),
        ...(end < all.length ? { NextToken: String(end) } : {}),
      }
    }),
  ]
}

function putData(
  { series, clock }: MonitoringOptions,
  scope: Scope,
  namespace: string,
  data: readonly Datum[],
): void {
  if (namespace.startsWith('AWS/')) {
    throw invalid('The value AWS/ for parameter Namespace is invalid: it is kept for AWS services.')
  }
  // All or none: what is wrong with one is told before any is kept.
  const checked = data.map((datum) => ({ datum, samples: samplesOf(datum) }))
  for (const { datum, samples } of checked) {
    const at = datum.Timestamp === undefined ? clock.now() : datum.Timestamp * 1000
    const id = idOf(scope, { ...datum, Namespace: namespace })
    if (!series.put(id, at, samples, datum.Unit)) {
      throw awsFault('LimitExceededException', 'No more metrics are kept.', 400)
    }
  }
}

function samplesOf(datum: Datum): Samples {
  const { MetricName: name, Value: value, Values: values, StatisticValues: set } = datum
  const given = [value, values, set].filter((one) => one !== undefined)
  if (given.length !== 1) {
    throw awsFault(
      'InvalidParameterCombinationException',
      `The parameters MetricData.member.Value, Values and StatisticValues are mutually exclusive, and metric ${name} must have one of them.`,
    )
  }
  if (set !== undefined) {
    const { Sum: sum, SampleCount: count, Minimum: min, Maximum: max } = set
    return { sum, count, min, max }
  }
  const numbers = values ?? [value!]
  const counts = datum.Counts ?? numbers.map(() => 1)
  if (counts.length !== numbers.length || numbers.length === 0) {
    throw awsFault(
      'InvalidParameterValueException',
      `The parameters Values and Counts of metric ${name} must have the same length.`,
    )
  }
  const bad =
    [...numbers, ...counts].find((one) => !Number.isFinite(one) || Math.abs(one) > 2 ** 360) ??
    counts.find((one) => one < 0)
  if (bad !== undefined) throw invalid(`The value ${bad} of metric ${name} is invalid.`)
  return samplesOfValues(numbers, counts)
}

function readStatistics(
  series: MetricSeries,
  scope: Scope,
  input: StatisticsInput,
): readonly object[] {
  const { Statistics: simple = [], ExtendedStatistics: extended = [] } = input
  if (simple.length === 0 && extended.length === 0) {
    throw awsFault(
      'InvalidParameterCombinationException',
      'Must specify either Statistics or ExtendedStatistics',
    )
  }
  const asked = extended.map((name) => [name, statisticNamed(name)] as const)
  const { unit, datapoints } = read(series, idOf(scope, input), {
    start: input.StartTime,
    end: input.EndTime,
    period: input.Period,
  })
  return datapoints.flatMap((datapoint) => {
    const values = asked.flatMap(([name, statistic]) => {
      const value = statistic(datapoint)
      return value === undefined ? [] : [[name, value] as const]
    })
    // Samples that tell no percentile are no datapoint where nothing else is asked for.
    if (simple.length === 0 && values.length === 0) return []
    return {
      Timestamp: datapoint.at / 1000,
      Unit: unit,
      ...Object.fromEntries(simple.map((name) => [name, statisticNamed(name)(datapoint)])),
      ...(values.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(values) }),
    }
  })
}

function readData(
  series: MetricSeries,
  scope: Scope,
  { input, query }: { readonly input: DataInput; readonly query: DataQuery },
): object {
  const { Id, Label, MetricStat: stat } = query
  if (stat === undefined) {
    throw invalid(`Query ${Id} must have a MetricStat: expressions are not computed here.`)
  }
  const statistic = statisticNamed(stat.Stat)
  const { Namespace = '', MetricName = '', Dimensions } = stat.Metric
  const metric = { Namespace, MetricName, ...(Dimensions === undefined ? {} : { Dimensions }) }
  const { datapoints } = read(series, idOf(scope, metric), {
    start: input.StartTime,
    end: input.EndTime,
    period: stat.Period,
  })
  const values = datapoints.flatMap((datapoint) => {
    const value = statistic(datapoint)
    return value === undefined ? [] : [{ at: datapoint.at, value }]
  })
  const ordered = input.ScanBy === 'TimestampAscending' ? values : values.toReversed()
  return {
    Id,
    Label: Label ?? MetricName,
    Timestamps: ordered.map(({ at }) => at / 1000),
    Values: ordered.map(({ value }) => value),
    StatusCode: 'Complete',
  }
}

function read(
  series: MetricSeries,
  id: MetricId,
  { start, end, period }: { readonly start: number; readonly end: number; readonly period: number },
): { readonly unit: string; readonly datapoints: readonly Datapoint[] } {
  if (start >= end) {
    throw invalid('The parameter StartTime must be less than the parameter EndTime.')
  }
  if (period < 60 || period % 60 !== 0) {
    throw invalid('The parameter Period must be a multiple of 60.')
  }
  if ((end - start) / period > METRIC_DATAPOINTS_MAX) {
    throw invalid(
      `You have requested up to ${Math.ceil((end - start) / period)} datapoints, which exceeds the limit of ${METRIC_DATAPOINTS_MAX}.`,
    )
  }
  return series.query(id, { fromMs: start * 1000, toMs: end * 1000, periodMs: period * 1000 })
}

function statisticNamed(name: string): Statistic {
  const statistic = parseStatistic(name)
  if (statistic !== undefined) return statistic
  throw invalid(
    `The value ${name} for parameter Stat is not supported: it is SampleCount, Average, Sum, Minimum, Maximum, a percentile (p99.9), or one of tm, wm, tc, ts, TM, WM, TC, TS, PR and IQM with its range.`,
  )
}

function idOf(
  { account, region }: Scope,
  metric: Pick<StatisticsInput, 'Namespace' | 'MetricName' | 'Dimensions'>,
): MetricId {
  const dimensions = metric.Dimensions ?? []
  if (dimensions.length > DIMENSIONS_MAX) throw invalid('A metric has at most 30 dimensions.')
  return {
    account,
    region,
    namespace: metric.Namespace,
    name: metric.MetricName,
    dimensions: dimensions.map(({ Name: name, Value: value }): Dimension => ({ name, value })),
  }
}

function encodeMetric({ namespace, name, dimensions }: MetricId): object {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: dimensions.map((one) => ({ Name: one.name, Value: one.value })),
  }
}

function invalid(message: string): Error {
  return awsFault('InvalidParameterValueException', message)
}
