// The schema registry as our own API shows it.

import type { BusValidation, SchemaType, Scope } from '../../model/index.ts'

export interface RegistryView {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly schemas: number
}

export interface SchemaSummaryView {
  readonly registry: string
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly type: SchemaType
  /** The newest version, as AWS counts. */
  readonly version: string
  /** The same, as a semantic version. */
  readonly semantic: string
  readonly versions: number
  /** RFC 3339. */
  readonly modifiedAt: string
}

export interface SchemaView extends SchemaSummaryView {
  readonly content: string
  /** The type of event it speaks of; a source only when it names one. */
  readonly detailType: string
  readonly source?: string
  /** All versions, oldest first. */
  readonly history: readonly {
    readonly version: string
    readonly semantic: string
    readonly type: SchemaType
    readonly createdAt: string
  }[]
  /** A detail that it describes. */
  readonly example: unknown
  /** The rules that match an event with that detail. */
  readonly rules: readonly { readonly bus: string; readonly rule: string }[]
}

export interface SchemaName {
  readonly registry: string
  readonly name: string
}

export interface SchemaPush extends SchemaName {
  readonly type: SchemaType
  readonly content: string
  readonly description?: string
}

/** What our own API asks of the schema registry. */
export interface OwnSchemas {
  listRegistries(scope: Scope): Promise<readonly RegistryView[]>
  /** Of one registry, or of all. */
  listSchemas(scope: Scope, registry: string | undefined): Promise<readonly SchemaSummaryView[]>
  getSchema(scope: Scope, name: SchemaName & { readonly version?: string }): Promise<SchemaView>
  /** Creates the registry and the schema where they are not there; content that says the same changes nothing. */
  pushSchema(scope: Scope, push: SchemaPush): Promise<SchemaView>
  setValidation(
    scope: Scope,
    bus: string | undefined,
    validation: BusValidation | undefined,
  ): Promise<void>
  setRuleVersions(
    scope: Scope,
    rule: { readonly bus?: string; readonly rule: string },
    range: string | undefined,
  ): Promise<void>
}
