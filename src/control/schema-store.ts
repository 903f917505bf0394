// Schemas as rows: one of the schema with the list of its versions, one of each version's content. A version is
// written before it is listed and taken from the list before it is deleted, so that a crash in between leaves at
// worst a content that nobody finds.

import {
  type ResourceOf,
  SCHEMA_VERSIONS_MAX,
  type SchemaSpec,
  type SchemaVersionEntry,
  schemasArn,
  type Scope,
} from '../model/index.ts'
import { isAppError } from '../base/index.ts'
import type { SchemaText } from '../schema/index.ts'
import { findAwsSchema, listAwsSchemas } from './aws-schemas.ts'
import { fault } from './faults.ts'
import { listAll, modifiedNow, withSpec } from './resources.ts'
import {
  AWS_REGISTRY,
  regionPrefix,
  schemaKeyOf,
  type SchemaName,
  versionKeyOf,
} from './schema-names.ts'
import type { SchemaParts } from './schema-parts.ts'

export interface SchemaView {
  readonly arn: string
  readonly spec: SchemaSpec
}

export interface SchemaVersionView extends SchemaView {
  readonly version: SchemaVersionEntry
  readonly content: string
}

/** The schema of a name, or `schema-not-found`. */
export async function findSchema(
  parts: SchemaParts,
  scope: Scope,
  name: SchemaName,
): Promise<ResourceOf<'Schema'>> {
  const stored = await parts.resources.get('Schema', schemaKeyOf(scope, name))
  if (stored === undefined) throw fault('schema-not-found', { ...name })
  return stored
}

/** The schema of a name, of AWS's registry too, or `schema-not-found`. */
export async function viewSchema(
  parts: SchemaParts,
  scope: Scope,
  name: SchemaName,
): Promise<SchemaView> {
  if (name.registry !== AWS_REGISTRY) return toView(await findSchema(parts, scope, name))
  const found = findAwsSchema(scope, name.schema)
  if (found === undefined) throw fault('schema-not-found', { ...name })
  return found
}

/** Every schema of a registry, by name. */
export async function listSchemas(
  parts: SchemaParts,
  scope: Scope,
  registry: string,
): Promise<readonly SchemaView[]> {
  if (registry === AWS_REGISTRY) return listAwsSchemas(scope)
  const resources = await listAll(parts.resources, 'Schema', regionPrefix(scope))
  return resources
    .filter(({ spec }) => spec.region === scope.region && spec.registry === registry)
    .map((resource) => toView(resource))
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
}

/** One version of a schema, the newest when none is named. */
export async function findVersion(
  parts: SchemaParts,
  scope: Scope,
  { number, ...name }: SchemaName & { readonly number?: string | undefined },
): Promise<SchemaVersionView> {
  const view = await viewSchema(parts, scope, name)
  const { versions } = view.spec
  const version =
    number === undefined ? versions.at(-1) : versions.find((one) => one.number === number)
  if (version === undefined) {
    throw fault('schema-version-not-found', { ...name, version: number ?? '' })
  }
  const ofAws = name.registry === AWS_REGISTRY ? findAwsSchema(scope, name.schema) : undefined
  if (ofAws !== undefined) return { ...view, version, content: ofAws.content }
  const key = versionKeyOf(scope, name, version.number)
  const stored = await parts.resources.get('SchemaVersion', key)
  // It went between the two reads.
  if (stored === undefined)
    throw fault('schema-version-not-found', { ...name, version: version.number })
  return { ...view, version, content: stored.spec.content }
}

export interface NewVersion {
  readonly text: SchemaText
  readonly semantic: string
}

/** Writes the content of a new version; it is there once `entry` stands in its schema. */
export async function writeVersion(
  parts: SchemaParts,
  scope: Scope,
  version: NewVersion & { readonly registry: string; readonly number: string },
): Promise<SchemaVersionEntry> {
  const { text, registry, number, semantic } = version
  const { account, region } = scope
  const name = { registry, schema: text.name }
  const { type, content } = text
  const spec = { account, region, ...name, number, type, content }
  const key = versionKeyOf(scope, name, number)
  try {
    await parts.resources.create('SchemaVersion', { ...key, annotations: {}, spec })
  } catch (error) {
    if (!isAppError(error, 'RESOURCE_EXISTS')) throw error
    // Left behind by a crash, or by a schema of the same name that was deleted.
    const stored = await parts.resources.get('SchemaVersion', key)
    if (stored === undefined) throw error
    await parts.resources.update('SchemaVersion', { ...stored, spec })
  }
  return { number, semantic, type, createdAt: nowText(parts) }
}

/** Stores a schema that is new. */
export async function storeSchema(parts: SchemaParts, spec: SchemaSpec): Promise<SchemaView> {
  const key = schemaKeyOf(spec, { registry: spec.registry, schema: spec.name })
  const draft = { ...key, annotations: modifiedNow(parts), spec }
  return toView(await parts.resources.create('Schema', draft))
}

/** Stores another state of a schema. */
export async function updateStored(
  parts: SchemaParts,
  stored: ResourceOf<'Schema'>,
  change: Partial<SchemaSpec>,
): Promise<SchemaView> {
  const spec = { ...stored.spec, ...change, modifiedAt: nowText(parts) }
  if (spec.versions.length > SCHEMA_VERSIONS_MAX) {
    throw fault('schema-versions-too-many', { schema: spec.name, max: SCHEMA_VERSIONS_MAX })
  }
  return toView(await parts.resources.update('Schema', withSpec(parts, stored, spec)))
}

export function nextNumber(spec: SchemaSpec): string {
  return String(Number(spec.versions.at(-1)!.number) + 1)
}

export function toView({ spec }: Pick<ResourceOf<'Schema'>, 'spec'>): SchemaView {
  return { arn: schemasArn(spec, `schema/${spec.registry}/${spec.name}`), spec }
}

export function nowText(parts: SchemaParts): string {
  return new Date(parts.clock.now()).toISOString()
}
