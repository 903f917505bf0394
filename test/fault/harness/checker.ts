// Compares what producers were told with what is there afterwards.

import type { History } from './history.ts'
import { detailOf } from './producers.ts'

/** One event as it was found in the log or at a target. */
export interface Observed {
  readonly id: string
  /** The JSON text of its detail, byte for byte. */
  readonly detail: string
}

export interface Verdict {
  /** Acknowledged, and not there. */
  readonly lost: readonly string[]
  /** There, and never sent; or refused, and there all the same. */
  readonly phantom: readonly string[]
  /** There, with other bytes than were sent. */
  readonly altered: readonly string[]
  /** There more than once; every id is sent once. */
  readonly repeated: readonly string[]
  readonly acknowledged: number
  readonly observed: number
}

export function check(history: History, observed: Iterable<Observed>): Verdict {
  const counts = new Map<string, number>()
  const phantom: string[] = []
  const altered: string[] = []
  for (const { id, detail } of observed) {
    const count = (counts.get(id) ?? 0) + 1
    counts.set(id, count)
    const fate = history.fate(id)
    if (fate === undefined || fate === 'refused') phantom.push(id)
    else if (detail !== detailOf(id)) altered.push(id)
  }
  return {
    lost: history.ids('acknowledged').filter((id) => !counts.has(id)),
    phantom,
    altered,
    repeated: [...counts].filter(([, count]) => count > 1).map(([id]) => id),
    acknowledged: history.acknowledged,
    observed: counts.size,
  }
}

/** The faults of a verdict as one line each, shortened; empty when all is well. */
export function faultsOf(verdict: Verdict): string[] {
  const { lost, phantom, altered, repeated } = verdict
  return Object.entries({ lost, phantom, altered, repeated })
    .filter(([, ids]) => ids.length > 0)
    .map(([name, ids]) => `${ids.length} ${name}: ${ids.slice(0, 5).join(' ')}`)
}
