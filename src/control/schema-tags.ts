// The use cases of tags on registries, schemas and discoverers, by ARN.

import { assertNever } from '../base/index.ts'
import { parseArn, type Scope, type Tags } from '../model/index.ts'
import { checkNotAws } from './aws-schemas.ts'
import { fault } from './faults.ts'
import { retryConflicts } from './resources.ts'
import { changeDiscoverer, createDiscoverers } from './schema-discoverers.ts'
import type { SchemaParts } from './schema-parts.ts'
import { changeRegistry, findRegistry } from './schema-registries.ts'
import { findSchema, updateStored, viewSchema } from './schema-store.ts'
import { checkTags } from './tag-set.ts'

export interface SchemaTags {
  list(scope: Scope, arn: string): Promise<Tags>
  /** Adds tags; one of a key that is there replaces it. */
  add(scope: Scope, arn: string, tags: Tags): Promise<void>
  remove(scope: Scope, arn: string, keys: readonly string[]): Promise<void>
}

export function createSchemaTags(parts: SchemaParts): SchemaTags {
  return {
    list: (scope, arn) => listTags(parts, scope, arn),
    add: (scope, arn, tags) =>
      changeTags(parts, scope, arn, (before) => {
        const after = { ...before, ...tags }
        checkTags(after, arn)
        return after
      }),
    remove: (scope, arn, keys) =>
      changeTags(parts, scope, arn, (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key))),
      ),
  }
}

type Named =
  | { readonly kind: 'registry'; readonly registry: string }
  | { readonly kind: 'schema'; readonly registry: string; readonly schema: string }
  | { readonly kind: 'discoverer'; readonly id: string }

async function listTags(parts: SchemaParts, scope: Scope, arn: string): Promise<Tags> {
  const named = resolveSchemasArn(scope, arn)
  switch (named.kind) {
    case 'registry':
      return (await findRegistry(parts, scope, named.registry)).spec.tags ?? {}
    case 'schema':
      return (await viewSchema(parts, scope, named)).spec.tags ?? {}
    case 'discoverer':
      return (await createDiscoverers(parts).get(scope, named.id)).spec.tags ?? {}
    default:
      return assertNever(named)
  }
}

async function changeTags(
  parts: SchemaParts,
  scope: Scope,
  arn: string,
  change: (tags: Tags) => Tags,
): Promise<void> {
  const named = resolveSchemasArn(scope, arn)
  const changed = <T extends { readonly tags?: Tags }>(spec: T): T => ({
    ...spec,
    tags: change(spec.tags ?? {}),
  })
  if (named.kind === 'registry') await changeRegistry(parts, scope, named.registry, changed)
  else if (named.kind === 'discoverer') await changeDiscoverer(parts, scope, named.id, changed)
  else {
    checkNotAws(named.registry)
    await retryConflicts(async () => {
      const stored = await findSchema(parts, scope, named)
      await updateStored(parts, stored, { tags: change(stored.spec.tags ?? {}) })
    })
  }
}

function resolveSchemasArn(scope: Scope, arn: string): Named {
  const parsed = parseArn(arn)
  const isOwn =
    parsed?.service === 'schemas' &&
    parsed.account === scope.account &&
    parsed.region === scope.region
  const [kind, name = '', schema] = isOwn ? parsed.resource.split('/') : []
  if (kind === 'registry' && name !== '') return { kind, registry: name }
  if (kind === 'schema' && schema !== undefined) return { kind, registry: name, schema }
  if (kind === 'discoverer' && name !== '') return { kind, id: name }
  throw fault('resource-not-found', { arn })
}
