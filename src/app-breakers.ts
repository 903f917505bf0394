// Breakers that are not closed, kept as rows so that a restart does not storm a target that is down.

import { describeError, type Logger } from './base/index.ts'
import type { BreakerSnapshot } from './deliver/index.ts'
import type { RowStore } from './store/index.ts'

const KIND = 'Breaker'
const NAMESPACE = 'signalbox'

export interface StoredBreakers {
  readonly snapshots: ReadonlyMap<string, BreakerSnapshot>
  save(laneKey: string, snapshot: BreakerSnapshot | undefined): void
}

export async function loadBreakers(rows: RowStore, logger: Logger): Promise<StoredBreakers> {
  const { rows: stored } = await rows.list({ kind: KIND, namespace: NAMESPACE })
  const snapshots = new Map(stored.map((row) => [row.name, row.value as BreakerSnapshot]))
  return {
    snapshots,
    save(laneKey, snapshot) {
      const key = { kind: KIND, namespace: NAMESPACE, name: laneKey }
      if (snapshot === undefined) snapshots.delete(laneKey)
      else snapshots.set(laneKey, snapshot)
      const write = snapshot === undefined ? key : { ...key, value: snapshot }
      rows.write([write]).catch((error: unknown) => {
        // The breaker works all the same; only a restart would not remember it.
        logger.warn('a breaker could not be kept', { target: laneKey, error: describeError(error) })
      })
    },
  }
}
