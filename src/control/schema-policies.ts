// The use cases of a registry's resource policy: one document, replaced as a whole by whoever knows its revision.

import { createUuid } from '../base/index.ts'
import type { Scope } from '../model/index.ts'
import { fault } from './faults.ts'
import type { SchemaParts } from './schema-parts.ts'
import { changeRegistry, findRegistry } from './schema-registries.ts'

export interface RegistryPolicy {
  readonly json: string
  readonly revisionId: string
}

export interface SchemaPolicies {
  get(scope: Scope, registry: string | undefined): Promise<RegistryPolicy>
  /** With a revision id only over that revision. */
  put(
    scope: Scope,
    registry: string | undefined,
    policy: { readonly json: string; readonly revisionId?: string | undefined },
  ): Promise<RegistryPolicy>
  delete(scope: Scope, registry: string | undefined): Promise<void>
}

export function createSchemaPolicies(parts: SchemaParts): SchemaPolicies {
  return {
    async get(scope, name) {
      const registry = given(name)
      const { policy } = (await findRegistry(parts, scope, registry)).spec
      if (policy === undefined) throw fault('registry-policy-missing', { registry })
      return policy
    },
    async put(scope, name, { json, revisionId }) {
      const registry = given(name)
      checkPolicy(json)
      const policy = { json, revisionId: createUuid(parts.random) }
      await changeRegistry(parts, scope, registry, (spec) => {
        const isStale = revisionId !== undefined && revisionId !== spec.policy?.revisionId
        if (isStale) throw fault('registry-policy-stale', { registry })
        return { ...spec, policy }
      })
      return policy
    },
    async delete(scope, name) {
      const registry = given(name)
      await changeRegistry(parts, scope, registry, ({ policy, ...spec }) => {
        if (policy === undefined) throw fault('registry-policy-missing', { registry })
        return spec
      })
    },
  }
}

function given(registry: string | undefined): string {
  if (registry === undefined) throw fault('registry-not-given')
  return registry
}

function checkPolicy(json: string): void {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw fault('policy-invalid', { reason: 'it is not JSON' }, error)
  }
  if (typeof value !== 'object' || value === null || !('Statement' in value)) {
    throw fault('policy-invalid', { reason: 'it has no statement' })
  }
}
