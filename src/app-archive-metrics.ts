// What a scrape says of archives and replays.

import { formatReadings, type Metrics } from './api/index.ts'
import type { ArchiveRoom } from './app-archives.ts'

/** The page for a scrape, with archives and replays at its end. */
export function extendWithArchives(
  metrics: Metrics,
  { keeper, replays }: Pick<ArchiveRoom, 'keeper' | 'replays'>,
): Metrics {
  const { archives } = keeper
  return {
    totals: () => metrics.totals(),
    format: (state) =>
      metrics.format(state) +
      gauge('lag_records', 'Durable records that no archive has seen yet.', archives.lag()) +
      gauge('replays_active', 'Replays under way.', replays.active) +
      counter('events_total', 'Events archived since the start.', archives.archived()) +
      counter('replayed_events_total', 'Events brought back since the start.', replays.replayed),
    close: () => metrics.close(),
  }
}

function gauge(name: string, help: string, value: number): string {
  return formatReadings({ name: `signalbox_archive_${name}`, help }, 'gauge', [{ value }])
}

function counter(name: string, help: string, value: number): string {
  return formatReadings({ name: `signalbox_archive_${name}`, help }, 'counter', [{ value }])
}
