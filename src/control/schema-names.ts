// Names of registries, schemas and discoverers: which are allowed, which are ours, and the keys of their rows.

import { encodeName, namespaceOf, type Scope } from '../model/index.ts'
import { fault } from './faults.ts'
import type { ResourceKey } from './names.ts'

/** What the discoverers learn; there by itself, and written by nobody else. */
export const DISCOVERED_REGISTRY = 'discovered-schemas'

/** The schemas of AWS's own events; there by itself, and never changed. */
export const AWS_REGISTRY = 'aws.events'

export interface SchemaName {
  readonly registry: string
  readonly schema: string
}

const REGISTRY_NAME = /^[.\-_A-Za-z0-9]{1,64}$/
const SCHEMA_NAME = /^[.\-_@A-Za-z0-9]{1,385}$/

/** Refuses the name of a registry that nobody can make. */
export function checkRegistryName(registry: string): void {
  if (!REGISTRY_NAME.test(registry)) throw fault('registry-name-invalid', { registry })
  if (isFixed(registry) || registry.startsWith('aws.'))
    throw fault('registry-is-fixed', { registry })
}

export function checkSchemaName({ registry, schema }: SchemaName): void {
  if (isFixed(registry)) throw fault('registry-is-fixed', { registry })
  if (!SCHEMA_NAME.test(schema)) throw fault('schema-name-invalid', { schema })
}

/** Whether a registry is there by itself. */
export function isFixed(registry: string): boolean {
  return registry === DISCOVERED_REGISTRY || registry === AWS_REGISTRY
}

export function registryKeyOf(scope: Scope, registry: string): ResourceKey {
  return keyOf(scope, [registry])
}

export function schemaKeyOf(scope: Scope, { registry, schema }: SchemaName): ResourceKey {
  return keyOf(scope, [registry, schema])
}

export function versionKeyOf(scope: Scope, name: SchemaName, number: string): ResourceKey {
  return keyOf(scope, [name.registry, name.schema, number])
}

export function discovererKeyOf(scope: Scope, id: string): ResourceKey {
  return keyOf(scope, [id])
}

export interface BindingName extends SchemaName {
  readonly number: string
  readonly language: string
}

export function bindingKeyOf(scope: Scope, name: BindingName): ResourceKey {
  return keyOf(scope, [name.registry, name.schema, name.number, name.language])
}

/** The rows of a region; a longer prefix would not hold for names that had to be shortened. */
export function regionPrefix(scope: Scope): {
  readonly namespace: string
  readonly namePrefix: string
} {
  return { namespace: namespaceOf(scope.account), namePrefix: `${encodeName([scope.region])}.` }
}

/** The name under which changes of a registry and its schemas follow one another. */
export function registrySerialKey(scope: Scope, registry: string): string {
  return `${scope.account}/${scope.region}/schemas/${registry}`
}

function keyOf(scope: Scope, parts: readonly string[]): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, ...parts]) }
}
