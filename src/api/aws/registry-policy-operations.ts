// GetResourcePolicy, PutResourcePolicy, DeleteResourcePolicy of a schema registry.

import type { SchemaUses } from '../../control/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface RegistryInput {
  readonly RegistryName?: string
}

interface PutInput extends RegistryInput {
  readonly Policy: string
  readonly RevisionId?: string
}

export function registryPolicyOperations({ policies }: SchemaUses): readonly AwsOperation[] {
  return [
    operation<RegistryInput>('schemas', 'GetResourcePolicy', async (input, scope) => {
      const { json, revisionId } = await policies.get(scope, input.RegistryName)
      return { Policy: json, RevisionId: revisionId }
    }),
    operation<PutInput>('schemas', 'PutResourcePolicy', async (input, scope) => {
      const { RegistryName: registry, Policy: json, RevisionId: revisionId } = input
      const policy = await policies.put(scope, registry, { json, revisionId })
      return { Policy: policy.json, RevisionId: policy.revisionId }
    }),
    operation<RegistryInput>('schemas', 'DeleteResourcePolicy', async (input, scope) => {
      await policies.delete(scope, input.RegistryName)
      return {}
    }),
  ]
}
