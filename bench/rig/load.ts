// Running the load generator: its measured window as a promise, so that what happens at the server in the same
// window can be measured beside it.

import type { LoadOptions, LoadReport } from '../children/load.ts'
import { startChild } from './child.ts'

export interface Load {
  /** The warm-up is over. */
  readonly warm: Promise<unknown>
  readonly report: Promise<LoadReport>
  end(): Promise<void>
}

export function startLoad(options: LoadOptions): Load {
  const child = startChild(new URL('../children/load.ts', import.meta.url), options)
  const warm = child.message('warm')
  const report = warm.then(() => child.message<LoadReport>('report'))
  report.catch(() => {})
  return { warm, report, end: () => child.end() }
}

/** Acknowledged is what counts: a run in which the server refused is not the run that was asked for. */
export function failureNotes(report: LoadReport): string[] {
  if (report.failures === 0) return []
  return [`${report.failures} requests failed, the first: ${report.firstFailure}`]
}
