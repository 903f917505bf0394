// The kinds of the schema registry: registries, schemas with their versions, discoverers and code bindings.

import type { FaultList, Fields, TextRule } from './fault-list.ts'
import type { Scope, Tags } from './kinds.ts'

export type SchemaType = 'OpenApi3' | 'JSONSchemaDraft4'

export interface SchemaRegistrySpec extends Scope {
  readonly name: string
  readonly description?: string
  /** The resource policy, a JSON text, and the id of its revision. */
  readonly policy?: { readonly json: string; readonly revisionId: string }
  readonly tags?: Tags
}

export interface SchemaVersionEntry {
  /** As AWS counts: `1`, `2`, … */
  readonly number: string
  /** What the change meant: breaking, an addition, or neither. */
  readonly semantic: string
  readonly type: SchemaType
  /** RFC 3339. */
  readonly createdAt: string
}

export interface SchemaSpec extends Scope {
  readonly registry: string
  readonly name: string
  readonly description?: string
  /** Oldest first, never empty; a version is there once it stands here. */
  readonly versions: readonly SchemaVersionEntry[]
  /** RFC 3339. */
  readonly modifiedAt: string
  readonly tags?: Tags
}

/** The content of one version, apart from its schema: it never changes. */
export interface SchemaVersionSpec extends Scope {
  readonly registry: string
  readonly schema: string
  readonly number: string
  readonly type: SchemaType
  readonly content: string
}

export interface SchemaDiscovererSpec extends Scope {
  readonly id: string
  readonly bus: string
  readonly description?: string
  readonly state: 'STARTED' | 'STOPPED'
  /** Whether events of other accounts are learnt from too. */
  readonly crossAccount: boolean
  readonly tags?: Tags
}

/** That code was asked for; the code follows from the version's content. */
export interface CodeBindingSpec extends Scope {
  readonly registry: string
  readonly schema: string
  readonly number: string
  readonly language: string
  /** RFC 3339. */
  readonly createdAt: string
}

export const SCHEMA_VERSIONS_MAX = 100

const SCHEMA_TYPES: readonly SchemaType[] = ['OpenApi3', 'JSONSchemaDraft4']
const REGISTRY_NAME: TextRule = { lengthMax: 64, pattern: /^[.\-_A-Za-z0-9]+$/ }
const SCHEMA_NAME: TextRule = { lengthMax: 385, pattern: /^[.\-_@A-Za-z0-9]+$/ }
const DESCRIPTION: TextRule = { lengthMin: 0, lengthMax: 256, isOptional: true }
const VERSION_NUMBER: TextRule = { lengthMax: 9, pattern: /^[1-9]\d*$/ }
const SEMANTIC: TextRule = { lengthMax: 32, pattern: /^\d+\.\d+\.\d+$/ }
const TIME: TextRule = { lengthMax: 32 }
const BUS_NAME: TextRule = { lengthMax: 256 }

export function checkSchemaRegistry(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], REGISTRY_NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  if (spec['policy'] === undefined) return
  const policy = faults.fields('spec.policy', spec['policy'])
  faults.text('spec.policy.json', policy?.['json'], { lengthMax: 20_480 })
  faults.text('spec.policy.revisionId', policy?.['revisionId'], { lengthMax: 64 })
}

export function checkSchema(faults: FaultList, spec: Fields): void {
  faults.text('spec.registry', spec['registry'], REGISTRY_NAME)
  faults.text('spec.name', spec['name'], SCHEMA_NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  faults.text('spec.modifiedAt', spec['modifiedAt'], TIME)
  const versions = faults.items('spec.versions', spec['versions'], SCHEMA_VERSIONS_MAX)
  if (versions.length === 0) faults.add('spec.versions', 'at least one version', versions)
  for (const [index, value] of versions.entries()) {
    const path = `spec.versions[${index}]`
    const entry = faults.fields(path, value)
    if (entry === undefined) continue
    faults.text(`${path}.number`, entry['number'], VERSION_NUMBER)
    faults.text(`${path}.semantic`, entry['semantic'], SEMANTIC)
    faults.oneOf(`${path}.type`, entry['type'], SCHEMA_TYPES)
    faults.text(`${path}.createdAt`, entry['createdAt'], TIME)
  }
}

export function checkSchemaVersion(faults: FaultList, spec: Fields): void {
  faults.text('spec.registry', spec['registry'], REGISTRY_NAME)
  faults.text('spec.schema', spec['schema'], SCHEMA_NAME)
  faults.text('spec.number', spec['number'], VERSION_NUMBER)
  faults.oneOf('spec.type', spec['type'], SCHEMA_TYPES)
  faults.text('spec.content', spec['content'], { lengthMax: 100_000 })
}

export function checkSchemaDiscoverer(faults: FaultList, spec: Fields): void {
  faults.text('spec.id', spec['id'], { lengthMax: 300 })
  faults.text('spec.bus', spec['bus'], BUS_NAME)
  faults.text('spec.description', spec['description'], DESCRIPTION)
  faults.oneOf('spec.state', spec['state'], ['STARTED', 'STOPPED'])
  if (typeof spec['crossAccount'] !== 'boolean') {
    faults.add('spec.crossAccount', '`true` or `false`', spec['crossAccount'])
  }
}

export function checkCodeBinding(faults: FaultList, spec: Fields): void {
  faults.text('spec.registry', spec['registry'], REGISTRY_NAME)
  faults.text('spec.schema', spec['schema'], SCHEMA_NAME)
  faults.text('spec.number', spec['number'], VERSION_NUMBER)
  faults.text('spec.language', spec['language'], { lengthMax: 64 })
  faults.text('spec.createdAt', spec['createdAt'], TIME)
}
