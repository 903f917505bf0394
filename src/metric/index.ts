export { parseEmf } from './emf.ts'
export { openEventMetrics, type EventMetrics } from './event-metrics.ts'
export { parseStatistic, type Statistic } from './statistic.ts'
export { DIMENSIONS_MAX } from './limits.ts'
export {
  MetricSeries,
  type Datapoint,
  type Dimension,
  type MetricId,
  type Samples,
  samplesOfValues,
} from './metric-series.ts'
