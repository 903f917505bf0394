// The log alone, beside a loop that writes and syncs.

import { benchLog } from '../log.ts'
import type { Figure, Outcome } from '../rig/figure.ts'

export async function log(): Promise<Outcome> {
  const figures: Figure[] = []
  for (const { name, recordsPerSecond, p50Ms, p99Ms } of await benchLog()) {
    figures.push({ name, value: recordsPerSecond, unit: 'records/s' })
    figures.push({ name: `${name}: p50`, value: p50Ms, unit: 'ms' })
    figures.push({ name: `${name}: p99`, value: p99Ms, unit: 'ms' })
  }
  return { scenario: 'log', figures, notes: [] }
}
