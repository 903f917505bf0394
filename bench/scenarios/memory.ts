// Resident memory: idle, and with many deliveries pending because their target is down.

import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../rig/bench.ts'
import type { Outcome } from '../rig/figure.ts'
import { failureNotes, startLoad } from '../rig/load.ts'
import { startServer } from '../rig/server.ts'
import { until } from '../rig/until.ts'
import { residentMib } from '../rig/usage.ts'
import { freePort } from './moto.ts'

const PENDING = 100_000
const PENDING_FULL = 1_000_000
const PENDING_QUICK = 20_000
const RESIDENT_MIB_MAX = 512
const IDLE_MS = 2000
const PENDING_DEADLINE_MS = 600_000

export async function memory(bench: Bench): Promise<Outcome> {
  const pending = bench.isFull ? PENDING_FULL : bench.isQuick ? PENDING_QUICK : PENDING
  const server = await startServer(bench)
  try {
    await delay(IDLE_MS)
    const idle = residentMib(server.pid)
    await server.route('bench.memory', `http://127.0.0.1:${await freePort()}/`)
    const startedAt = performance.now()
    const load = startLoad({
      address: server.address,
      source: 'bench.memory',
      entries: 10,
      connections: 16,
      warmMs: 0,
      measureMs: 0,
      eventsMax: pending,
    })
    const report = await load.report
    const isPending = async (): Promise<boolean> =>
      (await server.metric('signalbox_deliveries_pending')) >= pending
    await until(`${pending} deliveries are pending`, PENDING_DEADLINE_MS, isPending)
    const pendingMs = performance.now() - startedAt
    await delay(IDLE_MS)
    const bar = { kind: 'at most', value: RESIDENT_MIB_MAX } as const
    return {
      scenario: 'memory',
      figures: [
        { name: 'idle', value: idle, unit: 'MiB' },
        { name: 'pending deliveries', value: pending, unit: 'count' },
        { name: 'with them', value: residentMib(server.pid), unit: 'MiB', bar },
        { name: 'at most, on the way', value: residentMib(server.pid, 'VmHWM'), unit: 'MiB' },
        { name: 'became pending', value: (pending / pendingMs) * 1000, unit: 'deliveries/s' },
      ],
      notes: failureNotes(report),
    }
  } finally {
    await server.end()
  }
}
