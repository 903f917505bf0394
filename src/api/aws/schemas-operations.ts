// The operations of EventBridge Schemas, all of them.

import type { Control } from '../../control/index.ts'
import { codeBindingOperations } from './code-binding-operations.ts'
import { discovererOperations } from './discoverer-operations.ts'
import type { AwsOperation } from './operation.ts'
import { registryOperations } from './registry-operations.ts'
import { registryPolicyOperations } from './registry-policy-operations.ts'
import { schemaOperations } from './schema-operations.ts'
import { schemaTagOperations } from './schema-tag-operations.ts'

export function schemasOperations({ schemas }: Pick<Control, 'schemas'>): readonly AwsOperation[] {
  return [
    ...registryOperations(schemas),
    ...registryPolicyOperations(schemas),
    ...schemaOperations(schemas),
    ...discovererOperations(schemas),
    ...codeBindingOperations(schemas),
    ...schemaTagOperations(schemas),
  ]
}
