// Everything of one kind, page by page, as one state of the store.

import { LIST_ALL_PAGE_LIMIT } from './limits.ts'
import type { Row, RowStore } from './rows.ts'

export interface AllRows {
  readonly rows: readonly Row[]
  /** The one revision that all of them show. */
  readonly revision: number
}

/** At `revision`, or the newest state; later pages keep to the first one's revision. */
export async function listAllRows(
  store: Pick<RowStore, 'list'>,
  query: { readonly kind: string; readonly revision?: number },
): Promise<AllRows> {
  const { kind } = query
  const limit = LIST_ALL_PAGE_LIMIT
  let page = await store.list({ ...query, limit })
  const rows = [...page.rows]
  while (page.continueToken !== undefined) {
    page = await store.list({ kind, limit, continueToken: page.continueToken })
    rows.push(...page.rows)
  }
  return { rows, revision: page.revision }
}
