export { parseEmf } from './emf.ts'
export { openEventMetrics, type EventMetrics } from './event-metrics.ts'
export { DIMENSIONS_MAX } from './limits.ts'
export {
  MetricSeries,
  type Datapoint,
  type Dimension,
  type MetricId,
  type Samples,
} from './metric-series.ts'
