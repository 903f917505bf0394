// Rows whose values lie sealed: a view of a row store that seals what is written of some kinds and opens what is read. Who
// reads the disk sees kind, names and labels, and nothing of the value.
//
//   stored value:  { "sealed": "sb1.…" }     sealed for its kind, namespace and name: moved elsewhere it does not open
//
// A value that was stored before its kind was sealed reads as it is, until `sealAll` has been there.

import { AppError, describeError, isAppError } from '../base/index.ts'
import { listAllRows } from './list-all-rows.ts'
import type { Row, RowChange, RowKey, RowStore } from './rows.ts'

export interface SealedRowsOptions {
  readonly kinds: ReadonlySet<string>
  readonly sealer: Sealer
}

/** The keyring is one. */
export interface Sealer {
  seal(text: string, purpose: string): string
  /** Throws `SECRET_UNREADABLE`. */
  open(sealed: string, purpose: string): string
  /** Whether it was sealed with the key that seals now. */
  isCurrent(sealed: string): boolean
}

export function sealRows(rows: RowStore, { kinds, sealer }: SealedRowsOptions): RowStore {
  const open = (row: Row): Row =>
    kinds.has(row.kind) ? { ...row, value: openValue(sealer, row) } : row
  return {
    async get(key) {
      const row = await rows.get(key)
      return row === undefined ? undefined : open(row)
    },
    async list(query) {
      const page = await rows.list(query)
      return kinds.has(query.kind) ? { ...page, rows: page.rows.map((row) => open(row)) } : page
    },
    async listTexts(query) {
      if (!kinds.has(query.kind)) return rows.listTexts(query)
      const { rows: found, ...page } = await rows.list(query)
      return {
        ...page,
        texts: found.map((row) => JSON.stringify(openValue(sealer, row))),
        revisions: found.map(({ revision }) => revision),
      }
    },
    write: (writes) =>
      rows.write(
        writes.map((write) => {
          if (write.value === undefined || !kinds.has(write.kind)) return write
          return { ...write, value: sealValue(sealer, write, write.value) }
        }),
      ),
    async *watch(options): AsyncGenerator<RowChange, void> {
      for await (const { before, ...change } of rows.watch(options)) {
        const opened = { ...change, row: open(change.row) }
        yield before === undefined ? opened : { ...opened, before: open(before) }
      }
    },
    revision: () => rows.revision(),
    compact: (revision) => rows.compact(revision),
  }
}

/** Seals what is not sealed yet, and anew what another key sealed. Throws `SECRET_UNREADABLE` when that key is gone. */
export async function sealAll(rows: RowStore, { kinds, sealer }: SealedRowsOptions): Promise<void> {
  for (const kind of kinds) {
    for (const row of (await listAllRows(rows, { kind })).rows) {
      const sealed = sealedIn(row.value)
      if (sealed !== undefined && sealer.isCurrent(sealed)) continue
      await replace(rows, row, sealValue(sealer, row, openValue(sealer, row)))
    }
  }
}

async function replace(rows: RowStore, row: Row, value: unknown): Promise<void> {
  const { kind, namespace, name, labels, revision } = row
  try {
    await rows.write([{ kind, namespace, name, labels, value, expect: revision }])
  } catch (error) {
    // Another process has written it meanwhile, and sealed it with that.
    if (!isAppError(error, 'RESOURCE_CONFLICT')) throw error
  }
}

function sealValue(sealer: Sealer, key: RowKey, value: unknown): { readonly sealed: string } {
  return { sealed: sealer.seal(JSON.stringify(value), purposeOf(key)) }
}

/** The value itself where it is not sealed. */
function openValue(sealer: Sealer, row: Row): unknown {
  const sealed = sealedIn(row.value)
  if (sealed === undefined) return row.value
  try {
    return JSON.parse(sealer.open(sealed, purposeOf(row))) as unknown
  } catch (error) {
    const { kind, namespace, name } = row
    const message = `cannot open \`${kind}/${namespace}/${name}\`: ${describeError(error)}`
    throw new AppError('SECRET_UNREADABLE', message, { cause: error })
  }
}

function sealedIn(value: unknown): string | undefined {
  const { sealed } = (value ?? {}) as { readonly sealed?: unknown }
  return typeof sealed === 'string' ? sealed : undefined
}

function purposeOf({ kind, namespace, name }: RowKey): string {
  return JSON.stringify(['row', kind, namespace, name])
}
