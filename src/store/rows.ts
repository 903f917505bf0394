// Rows with revisions, and a watch: where every resource lives. One revision counter for the whole store,
// raised by each write, so that a revision names one state of everything (as etcd has it).

/** Kind, namespace and name; each non-empty, without NUL. */
export interface RowKey {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface Row extends RowKey {
  /** A JSON value; the store never looks inside, but for `labels`. */
  readonly value: unknown
  readonly labels: Readonly<Record<string, string>>
  /** The revision of this write. */
  readonly revision: number
  /** The revision at which the row came to be. */
  readonly createdRevision: number
}

export interface RowWrite extends RowKey {
  /** Absent deletes the row. */
  readonly value?: unknown
  readonly labels?: Readonly<Record<string, string>>
  /** What must be there now: a revision, `none` for no row; absent = whatever. */
  readonly expect?: number | 'none'
}

export interface LabelRequirement {
  readonly key: string
  readonly operator: 'in' | 'notin' | 'exists' | 'absent'
  readonly values: readonly string[]
}

export interface RowQuery {
  readonly kind: string
  readonly namespace?: string
  readonly namePrefix?: string
  readonly labels?: readonly LabelRequirement[]
  readonly limit?: number
  /** From a page before; it pins that page's revision. */
  readonly continueToken?: string
  /** The state at this revision rather than the newest; `REVISION_COMPACTED` when too old. */
  readonly revision?: number
}

export interface RowPage {
  /** In order of namespace, then name (by UTF-8 bytes). */
  readonly rows: readonly Row[]
  readonly revision: number
  readonly continueToken?: string
}

/** A page of values alone, as the JSON texts that they lie in. */
export interface RowTextPage {
  readonly texts: readonly string[]
  /** Of each text, the revision of its row. */
  readonly revisions: readonly number[]
  readonly revision: number
  readonly continueToken?: string
}

export interface RowChange {
  readonly type: 'put' | 'delete'
  /** For a delete: the row as it was, at the revision of its deletion. */
  readonly row: Row
  readonly before?: Row
}

export interface WatchOptions {
  readonly kinds?: readonly string[]
  /** Changes after this revision; `REVISION_COMPACTED` when they are no longer kept. */
  readonly after: number
  readonly signal: AbortSignal
}

export interface RowStore {
  get(key: RowKey): Promise<Row | undefined>
  list(query: RowQuery): Promise<RowPage>
  /** The same rows, for who passes them on: nothing is parsed. */
  listTexts(query: RowQuery): Promise<RowTextPage>
  /** All or nothing, at one new revision; `RESOURCE_CONFLICT` when an expectation fails. Durable when it resolves. */
  write(writes: readonly RowWrite[]): Promise<number>
  /** Every change once, in order; a consumer that falls behind is served from the store, not from memory. */
  watch(options: WatchOptions): AsyncIterable<RowChange>
  /** The newest revision. */
  revision(): number
  /** Forgets history up to and including `revision`. */
  compact(revision: number): Promise<void>
}
