// The embedded metric format: a line of JSON that a function prints and that says of itself which of its members are
// metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import { DIMENSIONS_MAX, EMF_LINE_LENGTH_MAX, EMF_METRICS_MAX } from './limits.ts'
import { type Dimension, type Samples, samplesOfValues } from './metric-series.ts'

export interface EmfMetric {
  readonly namespace: string
  readonly name: string
  readonly unit: string
  readonly dimensions: readonly Dimension[]
  /** Milliseconds; absent means now. */
  readonly at?: number
  readonly samples: Samples
}

interface Directive {
  readonly Namespace?: unknown
  readonly Dimensions?: unknown
  readonly Metrics?: unknown
}

/** The metrics of a line; none for a line that is no embedded metric. */
export function parseEmf(line: string): readonly EmfMetric[] {
  if (!line.startsWith('{') || !line.includes('"_aws"') || line.length > EMF_LINE_LENGTH_MAX) {
    return []
  }
  const document = parseObject(line)
  const head = objectOf(document?.['_aws'])
  if (document === undefined || head === undefined) return []
  const at = typeof head['Timestamp'] === 'number' ? { at: head['Timestamp'] } : {}
  const found: EmfMetric[] = []
  for (const directive of listOf(head['CloudWatchMetrics'])) {
    for (const metric of metricsOf(objectOf(directive) ?? {}, document)) {
      if (found.length < EMF_METRICS_MAX) found.push({ ...metric, ...at })
    }
  }
  return found
}

function* metricsOf(
  { Namespace, Dimensions, Metrics }: Directive,
  document: Readonly<Record<string, unknown>>,
): Generator<EmfMetric> {
  if (typeof Namespace !== 'string' || Namespace === '') return
  const sets = listOf(Dimensions)
  for (const metric of listOf(Metrics)) {
    const { Name, Unit } = objectOf(metric) ?? {}
    const samples = typeof Name === 'string' ? samplesOf(document[Name]) : undefined
    if (typeof Name !== 'string' || samples === undefined) continue
    const unit = typeof Unit === 'string' ? Unit : 'None'
    for (const set of sets.length === 0 ? [[]] : sets) {
      const dimensions = dimensionsOf(listOf(set), document)
      if (dimensions !== undefined) {
        yield { namespace: Namespace, name: Name, unit, dimensions, samples }
      }
    }
  }
}

function dimensionsOf(
  names: readonly unknown[],
  document: Readonly<Record<string, unknown>>,
): readonly Dimension[] | undefined {
  if (names.length > DIMENSIONS_MAX) return undefined
  const dimensions: Dimension[] = []
  for (const name of names) {
    const value = typeof name === 'string' ? document[name] : undefined
    if (typeof name !== 'string' || typeof value !== 'string') return undefined
    dimensions.push({ name, value })
  }
  return dimensions
}

function samplesOf(value: unknown): Samples | undefined {
  const numbers = (Array.isArray(value) ? value : [value]).filter(
    (one): one is number => typeof one === 'number' && Number.isFinite(one),
  )
  if (numbers.length === 0 || numbers.length > EMF_METRICS_MAX) return undefined
  return samplesOfValues(numbers)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(line))
  } catch {
    // Something else that a function printed.
    return undefined
  }
}
