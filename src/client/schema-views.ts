// The schema registry as our own API answers it.

export interface SchemaSummaryView {
  readonly registry: string
  readonly name: string
  readonly description?: string
  readonly type: 'OpenApi3' | 'JSONSchemaDraft4'
  readonly version: string
  readonly semantic: string
  readonly versions: number
  readonly modifiedAt: string
}

export interface SchemaView extends SchemaSummaryView {
  readonly content: string
  readonly detailType: string
  readonly source?: string
  readonly history: readonly { readonly version: string; readonly semantic: string }[]
}
