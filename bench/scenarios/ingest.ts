// PutEvents over 64 connections, every event matched by a rule and delivered to a local queue. What is
// acknowledged but not yet in the queue counts for nothing: the bar is on both rates.

import type { Bench } from '../rig/bench.ts'
import type { Figure, Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { messagesIn, startServer } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { startUsage, usageFigures, usageNotes } from '../rig/usage.ts'
import { CONNECTIONS, measureRaw } from './raw.ts'

const DELIVERED = 'signalbox_deliveries_delivered_total'
const DELIVERY_DEADLINE_MS = 60_000
const RAW_SHARE_MIN = 0.6

interface Bars {
  readonly scenario: string
  readonly entries: number
  readonly eventsPerSecondMin: number
}

const SINGLE: Bars = { scenario: 'ingest-single', entries: 1, eventsPerSecondMin: 15_000 }
const BATCH: Bars = { scenario: 'ingest-batch', entries: 10, eventsPerSecondMin: 60_000 }

export interface Ingested {
  readonly acknowledgedPerSecond: number
  readonly outcome: Outcome
}

export async function ingestSingle(bench: Bench): Promise<Outcome> {
  return (await measureIngest(bench)).outcome
}

export async function ingestBatch(bench: Bench): Promise<Outcome> {
  return (await measure(bench, BATCH)).outcome
}

/** Single entries; also what moto is compared with. */
export function measureIngest(bench: Bench): Promise<Ingested> {
  return bench.once(`ingest ${bench.profileFolder ?? ''}`, () => measure(bench, SINGLE))
}

async function measure(bench: Bench, bars: Bars): Promise<Ingested> {
  const { entries, eventsPerSecondMin } = bars
  const raw = await measureRaw(bench, entries)
  const server = await startServer(bench)
  try {
    const queue = await server.createQueue('bench')
    await server.route('bench.ingest', queue.arn)
    const load = startLoad({
      address: server.address,
      source: 'bench.ingest',
      entries,
      connections: CONNECTIONS,
      warmMs: bench.warmMs,
      measureMs: bench.measureMs,
    })
    await load.warm
    const usage = startUsage(server.pid)
    const deliveredBefore = await server.metric(DELIVERED)
    const startedAt = performance.now()
    const report = await load.report
    const used = usage()
    const isDelivered = async (): Promise<boolean> =>
      (await server.metric(DELIVERED)) >= report.acknowledged
    await until('all is delivered', DELIVERY_DEADLINE_MS, isDelivered)
    const deliveredMs = performance.now() - startedAt
    const inQueue = await messagesIn(server, queue)
    const acknowledged = ((report.requests * entries) / report.windowMs) * 1000
    const delivered = ((report.acknowledged - deliveredBefore) / deliveredMs) * 1000
    const bar = { kind: 'at least', value: eventsPerSecondMin } as const
    const figures: Figure[] = [
      { name: 'acknowledged', value: acknowledged, unit: 'events/s', bar },
      { name: 'delivered to the queue', value: delivered, unit: 'events/s', bar },
      {
        name: 'acknowledged, of raw',
        value: acknowledged / raw.eventsPerSecond,
        unit: 'ratio',
        bar: { kind: 'at least', value: RAW_SHARE_MIN },
      },
      { name: 'ack p50', value: report.latencyMs.p50, unit: 'ms' },
      { name: 'ack p99', value: report.latencyMs.p99, unit: 'ms' },
      {
        name: 'acknowledged but not in the queue',
        value: Math.max(0, report.acknowledged - inQueue),
        unit: 'count',
        bar: { kind: 'at most', value: 0 },
      },
      ...usageFigures(used, report.cpu, acknowledged),
    ]
    const notes = [...failureNotes(report), ...usageNotes(used)]
    const outcome = { scenario: bars.scenario, figures, notes }
    return { acknowledgedPerSecond: acknowledged, outcome }
  } finally {
    await server.end()
  }
}
