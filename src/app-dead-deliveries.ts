// Dead deliveries that people want tried again, or gone.

import type { DeadDeliveryChange, DeadDeliveryQuery, OwnApiDeps } from './api/index.ts'
import type { Delivery } from './app-delivery.ts'
import { busKeyOf } from './app-own-api.ts'
import type { DeliveryRow, Store } from './store/index.ts'

export function createDeadDeliveries(
  store: Pick<Store, 'deliveries'>,
  { deliverer }: Pick<Delivery, 'deliverer'>,
): OwnApiDeps['deadDeliveries'] {
  async function change(
    { bus, rule, limit, after }: DeadDeliveryQuery,
    act: (rows: readonly DeliveryRow[]) => Promise<number>,
  ): Promise<DeadDeliveryChange> {
    const rows = await store.deliveries.list({
      state: 'dead',
      limit,
      ...(bus === undefined ? {} : { busKey: busKeyOf(bus) }),
      ...(rule === undefined ? {} : { ruleName: rule }),
      ...(after === undefined ? {} : { after }),
    })
    const changed = await act(rows)
    const last = rows.length === limit ? rows.at(-1) : undefined
    return { seen: rows.length, changed, ...(last === undefined ? {} : { after: last.id }) }
  }
  return {
    redrive: (query) => change(query, (rows) => deliverer.redrive(rows)),
    purge: (query) => change(query, (rows) => deliverer.purge(rows)),
  }
}
