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
  /** JSON text of a JSON schema. */
  readonly schema: string
}

export type CompatibilityDirection = 'backward' | 'forward' | 'full'

export interface ConfluentSettings {
  readonly compatibility?: string
  readonly mode?: string
}

/** One registry of one account. */
export interface ConfluentRegistry {
  /** By name. */
  subjects(): Promise<readonly string[]>
  /** Oldest first; undefined when there is no such subject. */
  versions(subject: string): Promise<readonly ConfluentVersion[] | undefined>
  /** Adds a version. Rejects `SCHEMA_INVALID`, and as names are refused. */
  register(subject: string, schema: string): Promise<ConfluentVersion>
  /** The schema as it would be kept. Throws `SCHEMA_INVALID`. */
  normalize(subject: string, schema: string): string
  isSame(schema: string, other: string): boolean
  /** Why going from one to the other breaks a direction; empty when it does not. */
  faults(
    direction: CompatibilityDirection,
    change: { readonly subject: string; readonly before: string; readonly after: string },
  ): readonly string[]
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
