// What the Confluent dialect asks of the schema registry. Versions count from 1 and are never given twice; an id names a
// content, wherever it stands.

import type { AppError } from '../../base/index.ts'
import type { Scope } from '../../model/index.ts'
import type { HttpRequest } from '../http/exchange.ts'

export interface ConfluentVersion {
  readonly subject: string
  readonly version: number
  /** The same for the same content. */
  readonly id: number
  /** JSON text of a JSON schema, as it was registered. */
  readonly schema: string
  readonly references: readonly ConfluentReference[]
  /** The same as it is kept, with what it refers to. */
  readonly content: string
  /** Softly: it is found by its id, and by who asks for what is deleted. */
  readonly isDeleted: boolean
}

/** Another version that a schema refers to, under the name that `$ref` says. */
export interface ConfluentReference {
  readonly name: string
  readonly subject: string
  readonly version: number
}

export type CompatibilityDirection = 'backward' | 'forward' | 'full'

export interface ConfluentSettings {
  readonly compatibility?: string
  readonly mode?: string
}

/** One registry of one account. */
export interface ConfluentRegistry {
  /** By name; deleted are those all of whose versions are. */
  subjects(): Promise<readonly { readonly subject: string; readonly isDeleted: boolean }[]>
  /** Oldest first, the deleted ones too; undefined when there is no such subject. */
  versions(subject: string): Promise<readonly ConfluentVersion[] | undefined>
  /** Adds a version; its content is as `normalize` made it. Rejects `SCHEMA_INVALID`, and as names are refused. */
  register(subject: string, content: string): Promise<ConfluentVersion>
  /** The content that would be kept of a schema. Throws `SCHEMA_INVALID`. */
  normalize(
    subject: string,
    schema: string,
    referenced: readonly (ConfluentReference & { readonly content: string })[],
  ): string
  isSame(schema: string, other: string): boolean
  /** Why going from one to the other breaks a direction; empty when it does not. */
  faults(
    direction: CompatibilityDirection,
    change: { readonly subject: string; readonly before: string; readonly after: string },
  ): readonly string[]
  /** From now on these versions are the softly deleted ones. */
  markDeleted(subject: string, versions: readonly number[]): Promise<void>
  /** For good, as the next. */
  deleteSubject(subject: string): Promise<void>
  deleteVersion(subject: string, version: number): Promise<void>
  /** Of a subject, or of all; undefined when there is no such subject. */
  settings(subject?: string): Promise<ConfluentSettings | undefined>
  /** A setting that is undefined is taken away. */
  set(
    subject: string | undefined,
    setting: 'compatibility' | 'mode',
    value: string | undefined,
  ): Promise<void>
  /** One change of a registry after the other. */
  alone<T>(change: () => Promise<T>): Promise<T>
}

export interface ConfluentDeps {
  /** Why a request is not answered. */
  readonly authorize: (request: HttpRequest) => Promise<AppError | undefined>
  /** Throws `REQUEST_INVALID`. */
  readonly scopeOf: (request: HttpRequest) => Scope
  readonly open: (scope: Scope, registry: string) => ConfluentRegistry
}
