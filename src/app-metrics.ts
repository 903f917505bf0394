// Metrics in the way of CloudWatch: their series, what feeds them, and the file that carries them over to the next
// process. They are for looking at: what came in the last minute may be lost with the process.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metrics } from './api/index.ts'
import type { AppOptions, Closers } from './app-options.ts'
import { type Clock, describeError, type Logger, type Timer } from './base/index.ts'
import { type EventMetrics, MetricSeries, openEventMetrics, parseEmf } from './metric/index.ts'
import type { FunctionSpec } from './model/index.ts'

const FILE = 'metrics.json'
const SAVE_MS = 60_000

export interface CloudMetrics {
  readonly series: MetricSeries
  /** Takes the metrics that a line of a function's output holds. */
  readonly takeLine: (spec: FunctionSpec, line: string) => void
  /** The page for a scrape, with those of `AWS/Events` at its end. */
  readonly extend: (metrics: Metrics) => Metrics
}

export function openCloudMetrics(
  { config, clock, logger }: AppOptions,
  closers: Closers,
): CloudMetrics {
  const series = new MetricSeries()
  const path = join(config.dataDir, FILE)
  restore(series, path, logger)
  const events = openEventMetrics(series, clock)
  const saving = startSaving(clock, () => save(series, path, logger))
  closers.add(() => {
    saving.cancel()
    events.close()
    save(series, path, logger)
  })
  return {
    series,
    takeLine({ account, region }, line) {
      for (const { namespace, name, dimensions, samples, unit, at } of parseEmf(line)) {
        const id = { account, region, namespace, name, dimensions }
        series.put(id, at ?? clock.now(), samples, unit)
      }
    },
    extend: (metrics) => extend(metrics, events),
  }
}

function extend(metrics: Metrics, events: EventMetrics): Metrics {
  return {
    totals: () => metrics.totals(),
    format: (state) => metrics.format(state) + events.format(),
    close: () => metrics.close(),
  }
}

function restore(series: MetricSeries, path: string, logger: Logger): void {
  try {
    series.restore(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    logger.warn('the metrics of before could not be read', { path, error: describeError(error) })
  }
}

function save(series: MetricSeries, path: string, logger: Logger): void {
  const snapshot = series.takeSnapshot()
  if (snapshot === undefined) return
  try {
    writeFileSync(`${path}.new`, snapshot, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  } catch (error) {
    logger.warn('the metrics could not be saved', { path, error: describeError(error) })
  }
}

function startSaving(clock: Clock, saveAll: () => void): Timer {
  let timer: Timer | undefined
  function schedule(): void {
    timer = clock.setTimer(SAVE_MS, () => {
      saveAll()
      schedule()
    })
  }
  schedule()
  return { cancel: () => timer?.cancel() }
}
