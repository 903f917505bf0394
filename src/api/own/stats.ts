// The totals and the state of this moment as one value, for the console's health strip and `GET /stats`.

import type { OwnApiDeps } from './deps.ts'
import type { StateReading, Totals } from './metrics.ts'

export interface Stats {
  /** Wall milliseconds of the reading. */
  readonly at: number
  readonly uptimeMs: number
  readonly totals: Totals
  readonly state: StateReading
  readonly residentBytes: number
}

export async function readStats(deps: OwnApiDeps): Promise<Stats> {
  const at = deps.clock.now()
  return {
    at,
    uptimeMs: at - deps.about.startedAt,
    totals: deps.metrics.totals(),
    state: await deps.readState(),
    residentBytes: process.memoryUsage.rss(),
  }
}
