// The use cases of schema registries. `discovered-schemas` and `aws.events` are there without anybody making them.

import {
  type ResourceOf,
  type SchemaRegistrySpec,
  schemasArn,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { checkNotAws } from './aws-schemas.ts'
import { fault } from './faults.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { listAll, modifiedNow, retryConflicts, withSpec } from './resources.ts'
import {
  AWS_REGISTRY,
  checkRegistryName,
  DISCOVERED_REGISTRY,
  isFixed,
  registryKeyOf,
  registrySerialKey,
  regionPrefix,
} from './schema-names.ts'
import type { SchemaParts } from './schema-parts.ts'
import { checkTags } from './tag-set.ts'

export interface RegistryView {
  readonly arn: string
  readonly spec: SchemaRegistrySpec
}

export interface NewRegistry {
  readonly name: string
  readonly description?: string | undefined
  readonly tags?: Tags | undefined
}

export interface RegistryFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  /** Those of AWS, or the others; both when absent. */
  readonly owner?: 'aws' | 'local' | undefined
}

export interface SchemaRegistries {
  create(scope: Scope, registry: NewRegistry): Promise<RegistryView>
  get(scope: Scope, registry: string): Promise<RegistryView>
  list(scope: Scope, filter: RegistryFilter): Promise<Page<RegistryView>>
  update(scope: Scope, registry: string, description: string | undefined): Promise<RegistryView>
  delete(scope: Scope, registry: string): Promise<void>
}

export function createSchemaRegistries(parts: SchemaParts): SchemaRegistries {
  return {
    create: (scope, registry) => createRegistry(parts, scope, registry),
    get: (scope, registry) => findRegistry(parts, scope, registry),
    list: (scope, filter) => listRegistries(parts, scope, filter),
    async update(scope, registry, description) {
      if (isFixed(registry)) throw fault('registry-is-fixed', { registry })
      return changeRegistry(parts, scope, registry, (spec) =>
        description === undefined ? spec : { ...spec, description },
      )
    },
    delete: (scope, registry) => deleteRegistry(parts, scope, registry),
  }
}

/** The registry of a name, or `registry-not-found`. */
export async function findRegistry(
  parts: SchemaParts,
  scope: Scope,
  registry: string,
): Promise<RegistryView> {
  const stored = await parts.resources.get('SchemaRegistry', registryKeyOf(scope, registry))
  if (stored !== undefined) return toView(stored)
  const fixed = fixedRegistry(scope, registry)
  if (fixed === undefined) throw fault('registry-not-found', { registry })
  return fixed
}

/** Changes a registry; one that is there by itself is stored by its first change. */
export async function changeRegistry(
  parts: SchemaParts,
  scope: Scope,
  registry: string,
  change: (spec: SchemaRegistrySpec) => SchemaRegistrySpec,
): Promise<RegistryView> {
  checkNotAws(registry)
  return parts.serial.run(registrySerialKey(scope, registry), () =>
    retryConflicts(async () => {
      const key = registryKeyOf(scope, registry)
      const stored = await parts.resources.get('SchemaRegistry', key)
      if (stored !== undefined) {
        const changed = withSpec(parts, stored, change(stored.spec))
        return toView(await parts.resources.update('SchemaRegistry', changed))
      }
      const { spec } = await findRegistry(parts, scope, registry)
      const draft = { ...key, annotations: modifiedNow(parts), spec: change(spec) }
      return toView(await parts.resources.create('SchemaRegistry', draft))
    }),
  )
}

async function createRegistry(
  parts: SchemaParts,
  scope: Scope,
  { name, description, tags }: NewRegistry,
): Promise<RegistryView> {
  checkRegistryName(name)
  if (tags !== undefined) checkTags(tags, name)
  const key = registryKeyOf(scope, name)
  const spec: SchemaRegistrySpec = {
    account: scope.account,
    region: scope.region,
    name,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  }
  return parts.serial.run(registrySerialKey(scope, name), async () => {
    if ((await parts.resources.get('SchemaRegistry', key)) !== undefined) {
      throw fault('registry-exists', { registry: name })
    }
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    return toView(await parts.resources.create('SchemaRegistry', draft))
  })
}

async function listRegistries(
  parts: SchemaParts,
  scope: Scope,
  { namePrefix = '', owner, ...request }: RegistryFilter,
): Promise<Page<RegistryView>> {
  const resources = await listAll(parts.resources, 'SchemaRegistry', regionPrefix(scope))
  const byName = new Map(
    [DISCOVERED_REGISTRY, AWS_REGISTRY].map((name) => [name, fixedRegistry(scope, name)!]),
  )
  for (const resource of resources) {
    if (resource.spec.region === scope.region) byName.set(resource.spec.name, toView(resource))
  }
  const views = [...byName.values()]
    .filter(({ spec }) => spec.name.startsWith(namePrefix))
    .filter(({ spec }) => owner === undefined || (spec.name === AWS_REGISTRY) === (owner === 'aws'))
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  return pageOf(views, ({ spec }) => spec.name, request)
}

async function deleteRegistry(parts: SchemaParts, scope: Scope, registry: string): Promise<void> {
  if (isFixed(registry)) throw fault('registry-is-fixed', { registry })
  await parts.serial.run(registrySerialKey(scope, registry), async () => {
    await findRegistry(parts, scope, registry)
    const schemas = await listAll(parts.resources, 'Schema', regionPrefix(scope))
    if (schemas.some(({ spec }) => spec.registry === registry)) {
      throw fault('registry-not-empty', { registry })
    }
    await parts.resources.delete('SchemaRegistry', registryKeyOf(scope, registry))
  })
}

function fixedRegistry(scope: Scope, registry: string): RegistryView | undefined {
  if (!isFixed(registry)) return undefined
  const { account, region } = scope
  return {
    arn: schemasArn(scope, `registry/${registry}`),
    spec: { account, region, name: registry, description: FIXED_DESCRIPTIONS[registry] ?? '' },
  }
}

const FIXED_DESCRIPTIONS: Readonly<Record<string, string>> = {
  [DISCOVERED_REGISTRY]: 'Schemas learnt from the events of buses that have a discoverer',
  [AWS_REGISTRY]: 'Schemas of the events of AWS services',
}

function toView({ spec }: ResourceOf<'SchemaRegistry'>): RegistryView {
  return { arn: schemasArn(spec, `registry/${spec.name}`), spec }
}
