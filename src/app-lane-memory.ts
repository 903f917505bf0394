// What deliver knows of targets and a restart must not forget, kept as rows: breakers that are not closed, so that a
// target that is down is not stormed, and targets that are disabled.

import { describeError, type Logger } from './base/index.ts'
import type { BreakerSnapshot, Disablement } from './deliver/index.ts'
import { listAllRows, type RowStore } from './store/index.ts'

const NAMESPACE = 'signalbox'

/** By lane. */
export interface LaneMemory<Snapshot> {
  readonly snapshots: ReadonlyMap<string, Snapshot>
  save(laneKey: string, snapshot: Snapshot | undefined): void
}

export function loadBreakers(rows: RowStore, logger: Logger): Promise<LaneMemory<BreakerSnapshot>> {
  return loadMemory(rows, logger, 'Breaker')
}

export function loadDisablements(rows: RowStore, logger: Logger): Promise<LaneMemory<Disablement>> {
  return loadMemory(rows, logger, 'DisabledTarget')
}

async function loadMemory<Snapshot>(
  rows: RowStore,
  logger: Logger,
  kind: string,
): Promise<LaneMemory<Snapshot>> {
  const { rows: stored } = await listAllRows(rows, { kind })
  const snapshots = new Map(stored.map((row) => [row.name, row.value as Snapshot]))
  return {
    snapshots,
    save(laneKey, snapshot) {
      const key = { kind, namespace: NAMESPACE, name: laneKey }
      if (snapshot === undefined) snapshots.delete(laneKey)
      else snapshots.set(laneKey, snapshot)
      const write = snapshot === undefined ? key : { ...key, value: snapshot }
      rows.write([write]).catch((error: unknown) => {
        // It holds all the same; only a restart would not remember it.
        const fields = { kind, target: laneKey, error: describeError(error) }
        logger.warn('the state of a target could not be kept', fields)
      })
    },
  }
}
