// The schema registry as our own API answers it.

export interface SchemaSummary {
  readonly registry: string
  readonly name: string
  readonly description?: string
  readonly semantic: string
  readonly versions: number
}

export interface Schema extends SchemaSummary {
  readonly version: string
  readonly type: string
  readonly content: string
  readonly detailType: string
  readonly source?: string
  readonly history: readonly { readonly version: string; readonly semantic: string }[]
  readonly example: unknown
  readonly rules: readonly { readonly bus: string; readonly rule: string }[]
}

export interface SchemaName {
  readonly registry: string
  readonly name: string
  readonly version?: string
}
