// What the machine gives an ingest loop that does nothing but receive, parse, append, sync and answer.

import { startChild } from '../rig/child.ts'
import type { Bench } from '../rig/bench.ts'
import type { Figure, Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'

export interface Raw {
  readonly eventsPerSecond: number
  readonly figures: readonly Figure[]
  readonly notes: readonly string[]
}

export const CONNECTIONS = 64

export async function raw(bench: Bench): Promise<Outcome> {
  const single = await measureRaw(bench, 1)
  const batch = await measureRaw(bench, 10)
  return {
    scenario: 'raw',
    figures: [...single.figures, ...batch.figures],
    notes: [...single.notes, ...batch.notes],
  }
}

export function measureRaw(bench: Bench, entries: number): Promise<Raw> {
  return bench.once(`raw ${entries}`, () => measure(bench, entries))
}

async function measure(bench: Bench, entries: number): Promise<Raw> {
  const options = { folder: bench.folder() }
  const server = startChild(new URL('../children/raw-ingest.ts', import.meta.url), options)
  try {
    const { port } = await server.message<{ port: number }>('listening')
    const load = startLoad({
      address: { host: '127.0.0.1', port },
      source: 'bench.raw',
      entries,
      connections: CONNECTIONS,
      warmMs: bench.warmMs / 2,
      measureMs: bench.measureMs,
    })
    await load.warm
    await server.ask('clear')
    const report = await load.report
    const { cpu } = await server.ask<{ cpu: number }>('cpu')
    const eventsPerSecond = ((report.requests * entries) / report.windowMs) * 1000
    const label = `${entries} ${entries === 1 ? 'entry' : 'entries'}`
    const figures: Figure[] = [
      { name: `${label}: events`, value: eventsPerSecond, unit: 'events/s' },
      { name: `${label}: p50`, value: report.latencyMs.p50, unit: 'ms' },
      { name: `${label}: p99`, value: report.latencyMs.p99, unit: 'ms' },
      { name: `${label}: server`, value: cpu, unit: 'cores' },
      { name: `${label}: server, an event`, value: (cpu / eventsPerSecond) * 1e6, unit: 'us' },
      { name: `${label}: load generator`, value: report.cpu, unit: 'cores' },
    ]
    return { eventsPerSecond, figures, notes: failureNotes(report) }
  } finally {
    await server.end()
  }
}
