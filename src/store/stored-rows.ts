// Rows as drivers keep them, with value and labels as JSON text, and what every driver does alike: checking
// writes, undoing changes to show an older revision, and cutting pages.
//
//   state at revision N = the current rows, with every change after N undone

import { AppError } from '../base/index.ts'
import {
  checkKey,
  comparePlaces,
  formatContinueToken,
  keyText,
  parseContinueToken,
  type ContinuePoint,
  type RowPlace,
} from './keys.ts'
import { matchesLabels } from './labels.ts'
import { ROW_PAGE_LIMIT_MAX, ROW_VALUE_SIZE_BYTES_MAX, ROW_WRITES_MAX } from './limits.ts'
import type { Row, RowChange, RowKey, RowPage, RowQuery, RowTextPage, RowWrite } from './rows.ts'

export interface StoredRow extends RowKey {
  readonly value: string
  readonly labels: string
  readonly revision: number
  readonly createdRevision: number
}

export interface StoredWrite extends RowKey {
  /** Undefined deletes. */
  readonly value: string | undefined
  readonly labels: string
  readonly expect: number | 'none' | undefined
}

/** At least one of `before` and `after` is there; without `after` it is a delete. */
export interface StoredChange {
  readonly revision: number
  readonly before: StoredRow | undefined
  readonly after: StoredRow | undefined
}

/** What is kept: changes after `compacted`, up to `newest`. */
export interface RevisionSpan {
  readonly compacted: number
  readonly newest: number
}

export function storeWrites(writes: readonly RowWrite[]): readonly StoredWrite[] {
  if (writes.length > ROW_WRITES_MAX)
    throw new AppError(
      'REQUEST_TOO_LARGE',
      `expected at most ${ROW_WRITES_MAX} rows in one write, got \`${writes.length}\``,
    )
  const seen = new Set<string>()
  return writes.map((write) => {
    checkKey(write)
    const text = keyText(write)
    if (seen.has(text))
      throw new AppError(
        'REQUEST_INVALID',
        `row \`${nameOf(write)}\` is written twice in one write`,
      )
    seen.add(text)
    return storeWrite(write)
  })
}

function storeWrite(write: RowWrite): StoredWrite {
  const value = write.value === undefined ? undefined : JSON.stringify(write.value)
  if (value === undefined && write.value !== undefined)
    throw new AppError('RESOURCE_INVALID', `the value of \`${nameOf(write)}\` is not JSON`)
  if (value !== undefined && Buffer.byteLength(value) > ROW_VALUE_SIZE_BYTES_MAX)
    throw new AppError(
      'REQUEST_TOO_LARGE',
      `the value of \`${nameOf(write)}\` is larger than ${ROW_VALUE_SIZE_BYTES_MAX} bytes`,
    )
  return {
    kind: write.kind,
    namespace: write.namespace,
    name: write.name,
    value,
    labels: JSON.stringify(write.labels ?? {}),
    expect: write.expect,
  }
}

/** Throws `RESOURCE_CONFLICT` unless the row that is there is the one expected. */
export function checkExpectation(write: StoredWrite, found: StoredRow | undefined): void {
  if (write.expect === undefined) return
  if (write.expect === 'none' ? found === undefined : found?.revision === write.expect) return
  const foundText = found === undefined ? 'none' : String(found.revision)
  throw new AppError(
    'RESOURCE_CONFLICT',
    `expected \`${nameOf(write)}\` at revision \`${write.expect}\`, found \`${foundText}\``,
    {
      details: {
        kind: write.kind,
        namespace: write.namespace,
        name: write.name,
        expected: write.expect,
        found: found?.revision ?? 'none',
      },
    },
  )
}

/** What a write does to the row that is there; undefined when it deletes nothing. */
export function changeOf(
  write: StoredWrite,
  before: StoredRow | undefined,
  revision: number,
): StoredChange | undefined {
  const { kind, namespace, name, value, labels } = write
  if (value === undefined) {
    return before === undefined ? undefined : { revision, before, after: undefined }
  }
  const createdRevision = before?.createdRevision ?? revision
  const after = { kind, namespace, name, value, labels, revision, createdRevision }
  return { revision, before, after }
}

export function toRow(stored: StoredRow): Row {
  return {
    kind: stored.kind,
    namespace: stored.namespace,
    name: stored.name,
    value: JSON.parse(stored.value) as unknown,
    labels: JSON.parse(stored.labels) as Readonly<Record<string, string>>,
    revision: stored.revision,
    createdRevision: stored.createdRevision,
  }
}

export function toRowChange(change: StoredChange): RowChange {
  const before = change.before === undefined ? undefined : toRow(change.before)
  if (change.after !== undefined) {
    const row = toRow(change.after)
    return before === undefined ? { type: 'put', row } : { type: 'put', row, before }
  }
  if (before === undefined) throw new Error('a change has neither a row before nor after')
  return { type: 'delete', row: { ...before, revision: change.revision }, before }
}

export function kindOf(change: StoredChange): string {
  return (change.after ?? change.before)!.kind
}

/** A list query, checked, with its revision decided. */
export interface RowScan {
  readonly kind: string
  readonly namespace: string | undefined
  readonly query: RowQuery
  readonly limit: number
  readonly after: RowPlace | undefined
  readonly revision: number
}

export function planScan(query: RowQuery, span: RevisionSpan): RowScan {
  const point: ContinuePoint | undefined =
    query.continueToken === undefined ? undefined : parseContinueToken(query.continueToken)
  const revision = point?.revision ?? query.revision ?? span.newest
  checkRevision(revision, span)
  return {
    kind: query.kind,
    namespace: query.namespace,
    query,
    limit: query.limit === undefined ? Number.POSITIVE_INFINITY : checkLimit(query.limit),
    after: point,
    revision,
  }
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, ROW_PAGE_LIMIT_MAX)
  throw new AppError('REQUEST_INVALID', `expected limit to be a positive integer, got \`${limit}\``)
}

/** A revision can be shown, and watched from, unless changes after it are forgotten. */
export function checkRevision(revision: number, span: RevisionSpan): void {
  if (revision < span.compacted)
    throw new AppError(
      'REVISION_COMPACTED',
      `revision \`${revision}\` is no longer kept, the oldest is \`${span.compacted}\``,
      { details: { revision, oldest: span.compacted } },
    )
  if (!(revision <= span.newest))
    throw new AppError(
      'REQUEST_INVALID',
      `revision \`${revision}\` is not there yet, the newest is \`${span.newest}\``,
      { details: { revision, newest: span.newest } },
    )
}

/** From changes after a revision, in order: each changed key as it was at that revision. */
export function undoChanges(
  changes: Iterable<StoredChange>,
): ReadonlyMap<string, StoredRow | undefined> {
  const undone = new Map<string, StoredRow | undefined>()
  for (const change of changes) {
    const key = keyText((change.after ?? change.before)!)
    if (!undone.has(key)) undone.set(key, change.before)
  }
  return undone
}

export interface StoredPage {
  readonly rows: readonly StoredRow[]
  readonly revision: number
  readonly continueToken: string | undefined
}

/** Cuts one page from the current rows of a kind (in order) and those that must be undone. */
export function cutPage(
  scan: RowScan,
  current: Iterable<StoredRow>,
  undone: ReadonlyMap<string, StoredRow | undefined>,
): StoredPage {
  const rows: StoredRow[] = []
  for (const row of mergeUndone(current, undone)) {
    if (!isInScan(scan, row)) continue
    if (rows.length === scan.limit) {
      const { namespace, name } = rows.at(-1)!
      const continueToken = formatContinueToken({ revision: scan.revision, namespace, name })
      return { rows, revision: scan.revision, continueToken }
    }
    rows.push(row)
  }
  return { rows, revision: scan.revision, continueToken: undefined }
}

function* mergeUndone(
  current: Iterable<StoredRow>,
  undone: ReadonlyMap<string, StoredRow | undefined>,
): Generator<StoredRow> {
  const old = [...undone.values()].filter((row) => row !== undefined).sort(comparePlaces)
  let index = 0
  for (const row of current) {
    while (index < old.length && comparePlaces(old[index]!, row) < 0) {
      yield old[index]!
      index += 1
    }
    if (undone.size === 0 || !undone.has(keyText(row))) yield row
  }
  yield* old.slice(index)
}

function isInScan(scan: RowScan, row: StoredRow): boolean {
  const { namespace, namePrefix, labels } = scan.query
  if (namespace !== undefined && row.namespace !== namespace) return false
  if (namePrefix !== undefined && !row.name.startsWith(namePrefix)) return false
  if (scan.after !== undefined && comparePlaces(row, scan.after) <= 0) return false
  if (labels === undefined || labels.length === 0) return true
  return matchesLabels(JSON.parse(row.labels) as Record<string, string>, labels)
}

export function toPage(page: StoredPage): RowPage {
  const rows = page.rows.map((row) => toRow(row))
  if (page.continueToken === undefined) return { rows, revision: page.revision }
  return { rows, revision: page.revision, continueToken: page.continueToken }
}

function nameOf(key: RowKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`
}

export function toTextPage({ rows, revision, continueToken }: StoredPage): RowTextPage {
  return {
    texts: rows.map(({ value }) => value),
    revisions: rows.map((row) => row.revision),
    revision,
    ...(continueToken === undefined ? {} : { continueToken }),
  }
}
