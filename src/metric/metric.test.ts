import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channels } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { parseEmf } from './emf.ts'
import { EVENTS_NAMESPACE, openEventMetrics } from './event-metrics.ts'
import { METRIC_SERIES_MAX, MINUTES_KEPT } from './limits.ts'
import {
  type MetricId,
  MetricSeries,
  oneSample,
  samplesOfValues,
  type SeriesQuery,
} from './metric-series.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1)
const SCOPE = { account: '000000000000', region: 'us-east-1' }

/** A query whose histograms are left out. */
function readPlain(series: MetricSeries, id: MetricId, query: SeriesQuery): object {
  const { unit, datapoints } = series.query(id, query)
  return {
    unit,
    datapoints: datapoints.map(({ at, sum, count, min, max }) => ({ at, sum, count, min, max })),
  }
}

function idOf(name: string, dimensions: MetricId['dimensions'] = []): MetricId {
  return { ...SCOPE, namespace: 'Shop', name, dimensions }
}

test('samples are folded by period, in the order of time', () => {
  const series = new MetricSeries()
  const id = idOf('orders')
  for (const [minute, value] of [
    [0, 1],
    [0, 3],
    [1, 5],
    [6, 2],
  ] as const) {
    series.put(id, START + minute * MINUTE + 7, oneSample(value), 'Count')
  }
  const read = (fromMs: number, periodMs: number) =>
    series.query(id, { fromMs, toMs: START + HOUR, periodMs })
  const query = { fromMs: START, toMs: START + HOUR, periodMs: 5 * MINUTE }
  assert.deepEqual(readPlain(series, id, query), {
    unit: 'Count',
    datapoints: [
      { at: START, sum: 9, count: 3, min: 1, max: 5 },
      { at: START + 5 * MINUTE, sum: 2, count: 1, min: 2, max: 2 },
    ],
  })
  assert.deepEqual(
    read(START + MINUTE, MINUTE).datapoints.map(({ sum }) => sum),
    [5, 2],
  )
})

test('what is older than the minutes kept is still known by the hour', () => {
  const series = new MetricSeries()
  const id = idOf('orders')
  const minutes = MINUTES_KEPT * 2
  for (let minute = 0; minute < minutes; minute += 1) {
    series.put(id, START + minute * MINUTE, oneSample(1))
  }
  const query = { fromMs: START, toMs: START + minutes * MINUTE }
  const byMinute = series.query(id, { ...query, periodMs: MINUTE }).datapoints
  assert.equal(byMinute.length, MINUTES_KEPT)
  const byHour = series.query(id, { ...query, periodMs: HOUR }).datapoints
  assert.deepEqual(
    byHour.map(({ sum }) => sum),
    Array.from({ length: minutes / 60 }, () => 60),
  )
})

test('dimensions tell metrics apart in whatever order they come; the number of series is bounded', () => {
  const series = new MetricSeries()
  const a = { name: 'a', value: '1' }
  const b = { name: 'b', value: '2' }
  series.put(idOf('x', [b, a]), START, oneSample(1))
  series.put(idOf('x', [a, b]), START, oneSample(1))
  series.put(idOf('x', [a]), START, oneSample(1))
  assert.equal(series.list(SCOPE, { name: 'x' }).length, 2)
  assert.equal(series.list(SCOPE, { dimensions: [{ name: 'b' }] }).length, 1)
  assert.equal(series.list(SCOPE, { dimensions: [{ name: 'a', value: '2' }] }).length, 0)
  assert.equal(series.list({ ...SCOPE, account: '1' }, {}).length, 0)
  for (let index = 2; index < METRIC_SERIES_MAX; index += 1) {
    assert.ok(series.put(idOf(`y${index}`), START, oneSample(1)))
  }
  assert.ok(!series.put(idOf('one too many'), START, oneSample(1)))
  assert.ok(series.put(idOf('x', [a]), START, oneSample(1)), 'a known one goes on')
})

test('a snapshot brings everything back, and is made only when something came', () => {
  const series = new MetricSeries()
  assert.equal(series.takeSnapshot(), undefined)
  series.put(idOf('x'), START, oneSample(4), 'Bytes')
  const snapshot = series.takeSnapshot()!
  assert.equal(series.takeSnapshot(), undefined)
  const restored = new MetricSeries()
  restored.restore(snapshot)
  const query = { fromMs: START, toMs: START + HOUR, periodMs: HOUR }
  assert.deepEqual(restored.query(idOf('x'), query), series.query(idOf('x'), query))
})

function idOfEvents(name: string): MetricId {
  return { ...SCOPE, namespace: EVENTS_NAMESPACE, name, dimensions: [] }
}

function put(count: number, sizeBytes: number): void {
  channels.eventsAccepted.publish({
    dialect: 'aws',
    busKey: '000000000000/us-east-1/orders',
    count,
    sizeBytes,
    durationMs: 1,
  })
}

test('what is put is counted in the minute in which it came, and its sizes are samples', (t) => {
  const series = new MetricSeries()
  const clock = new FakeClock(START + 59_000)
  const metrics = openEventMetrics(series, clock)
  t.after(() => metrics.close())
  put(2, 300)
  put(1, 50)
  clock.advance(2000)
  put(4, 700)
  const query = { fromMs: START, toMs: START + HOUR, periodMs: MINUTE }
  const read = (name: string) => series.query(idOfEvents(name), query)
  assert.deepEqual(readPlain(series, idOfEvents('PutEventsRequestSize'), query), {
    unit: 'Bytes',
    datapoints: [
      { at: START, sum: 350, count: 2, min: 50, max: 300 },
      { at: START + MINUTE, sum: 700, count: 1, min: 700, max: 700 },
    ],
  })
  const entries = read('PutEventsEntriesCount').datapoints.map(({ sum }) => sum)
  assert.deepEqual(entries, [3, 4])
})

test('AWS/Events counts deliveries once, attempts each, and matches by the first target', (t) => {
  const series = new MetricSeries()
  const metrics = openEventMetrics(series, new FakeClock(START))
  t.after(() => metrics.close())
  const busKey = '000000000000/us-east-1/orders'
  const about = { busKey, rule: 'all', targetId: 't', kind: 'sqs' }
  const settled = (outcome: 'delivered' | 'dead', count: number, isLeading = true): void =>
    channels.deliveriesSettled.publish({ ...about, outcome, count, latencyMs: 1, isLeading })
  const attempted = (
    attempt: number,
    result: 'delivered' | 'retry' | 'dead',
    errorCode?: string,
  ): void =>
    channels.deliveryAttempted.publish({
      ...about,
      eventId: 'e',
      attempt,
      result,
      durationMs: 1,
      isLeading: true,
      ...(errorCode === undefined ? {} : { errorCode }),
    })
  // Ten at once; one at its third try; one never.
  settled('delivered', 10)
  attempted(1, 'delivered')
  attempted(1, 'retry', 'THROTTLING')
  attempted(2, 'retry', 'TIMEOUT')
  attempted(3, 'delivered')
  settled('delivered', 1)
  attempted(1, 'retry', 'TIMEOUT')
  attempted(2, 'dead', 'NO_RESOURCE')
  settled('dead', 1)
  channels.deadLetterSent.publish({ busKey, rule: 'all', isSent: true })
  // Another target of the same rule.
  settled('delivered', 12, false)
  channels.eventsAccepted.publish({
    dialect: 'aws',
    busKey,
    count: 12,
    sizeBytes: 100,
    durationMs: 1,
  })
  const sumOf = (name: string, dimensions: MetricId['dimensions']): number => {
    const id = { ...SCOPE, namespace: EVENTS_NAMESPACE, name, dimensions }
    const query = { fromMs: START, toMs: START + MINUTE, periodMs: MINUTE }
    return series.query(id, query).datapoints.reduce((total, { sum }) => total + sum, 0)
  }
  const byRule = [{ name: 'RuleName', value: 'all' }]
  const byBus = [{ name: 'EventBusName', value: 'orders' }, ...byRule]
  for (const dimensions of [byRule, byBus]) {
    assert.deepEqual(
      [
        'Invocations',
        'FailedInvocations',
        'InvocationsCreated',
        'TriggeredRules',
        'MatchedEvents',
        'InvocationAttempts',
        'SuccessfulInvocationAttempts',
        'RetryInvocationAttempts',
        'ThrottledRules',
        'InvocationsSentToDlq',
        'DeadLetterInvocations',
      ].map((name) => sumOf(name, dimensions)),
      [24, 1, 24, 12, 12, 27, 23, 3, 1, 1, 1],
    )
  }
  assert.equal(sumOf('PutEventsEntriesCount', []), 12)
  const page = metrics.format()
  assert.match(page, /^# TYPE aws_events_failed_invocations_total counter$/m)
  assert.match(
    page,
    /^aws_events_invocations_total\{account="000000000000",region="us-east-1",event_bus_name="orders",rule_name="all"\} 24$/m,
  )
})

// The example of the specification, and what is no such line.
test('a line of a function is read as the metrics that it says it holds', () => {
  const line = JSON.stringify({
    _aws: {
      Timestamp: 1_574_109_732_004,
      CloudWatchMetrics: [
        {
          Namespace: 'lambda-function-metrics',
          Dimensions: [['functionVersion']],
          Metrics: [{ Name: 'time', Unit: 'Milliseconds' }, { Name: 'sizes' }, { Name: 'missing' }],
        },
      ],
    },
    functionVersion: '$LATEST',
    time: 100,
    sizes: [1, 5],
    requestId: '989ffbf8-9ace-4817-a57c-e4dd734019ee',
  })
  const common = {
    namespace: 'lambda-function-metrics',
    dimensions: [{ name: 'functionVersion', value: '$LATEST' }],
    at: 1_574_109_732_004,
  }
  assert.deepEqual(parseEmf(line), [
    { ...common, name: 'time', unit: 'Milliseconds', samples: oneSample(100) },
    { ...common, name: 'sizes', unit: 'None', samples: samplesOfValues([1, 5]) },
  ])
  for (const other of [
    '',
    'hello',
    '{"a":1}',
    '{"_aws":1}',
    '{"_aws":{"CloudWatchMetrics":3}}',
    '{"_aws"',
  ]) {
    assert.deepEqual(parseEmf(other), [], other)
  }
})
