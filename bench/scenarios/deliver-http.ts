// Deliveries a second to a webhook that answers at once, while events come in batches of ten; counted at the
// webhook.

import type { RawDeliverReport } from '../children/raw-deliver.ts'
import type { TargetReport } from '../children/target.ts'
import type { Bench } from '../rig/bench.ts'
import { startChild, type Child } from '../rig/child.ts'
import type { Figure, Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { startServer } from '../rig/server.ts'
import { startUsage, usageFigures, usageNotes } from '../rig/usage.ts'

const DELIVERIES_PER_SECOND_MIN = 25_000
const LOAD_CONNECTIONS = 32
/** As many as the http kind opens to one URL. */
const RAW_CONNECTIONS = 64

export async function deliverHttp(bench: Bench): Promise<Outcome> {
  const options = { isTimed: false }
  const target = startChild(new URL('../children/target.ts', import.meta.url), options)
  try {
    const { port } = await target.message<{ port: number }>('listening')
    const url = `http://127.0.0.1:${port}/`
    const raw = await bench.once('raw deliver', () => measureRaw(bench, url))
    const measured = await measure(bench, target, url)
    const ofRaw = measured.perSecond / raw.perSecond
    return {
      scenario: 'deliver-http',
      figures: [
        {
          name: 'delivered',
          value: measured.perSecond,
          unit: 'deliveries/s',
          bar: { kind: 'at least', value: DELIVERIES_PER_SECOND_MIN },
        },
        { name: 'undici alone', value: raw.perSecond, unit: 'requests/s' },
        { name: 'delivered, of undici alone', value: ofRaw, unit: 'ratio' },
        ...measured.figures,
      ],
      notes: measured.notes,
    }
  } finally {
    await target.end()
  }
}

async function measureRaw(bench: Bench, url: string): Promise<RawDeliverReport> {
  const options = {
    url,
    connections: RAW_CONNECTIONS,
    warmMs: bench.warmMs / 2,
    measureMs: bench.measureMs / 2,
  }
  const child = startChild(new URL('../children/raw-deliver.ts', import.meta.url), options)
  try {
    return await child.message<RawDeliverReport>('report')
  } finally {
    await child.end()
  }
}

interface Measured {
  readonly perSecond: number
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

async function measure(bench: Bench, target: Child, url: string): Promise<Measured> {
  const server = await startServer(bench)
  try {
    await server.route('bench.deliver', url)
    const load = startLoad({
      address: server.address,
      source: 'bench.deliver',
      entries: 10,
      connections: LOAD_CONNECTIONS,
      warmMs: bench.warmMs,
      measureMs: bench.measureMs,
    })
    await load.warm
    const usage = startUsage(server.pid)
    const first = await target.ask<TargetReport>('clear')
    const report = await load.report
    const last = await target.ask<TargetReport>('count')
    const used = usage()
    const perSecond = ((last.count - first.count) / (last.at - first.at)) * 1000
    const figures: Figure[] = [
      ...usageFigures(used, report.cpu, perSecond),
      { name: 'target', value: last.cpu, unit: 'cores' },
    ]
    return { perSecond, figures, notes: [...failureNotes(report), ...usageNotes(used)] }
  } finally {
    await server.end()
  }
}
