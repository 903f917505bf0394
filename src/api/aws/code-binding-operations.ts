// PutCodeBinding, DescribeCodeBinding, GetCodeBindingSource. The code of a binding is there as soon as it was asked
// for; the answer to the asking says what AWS says then.

import type { SchemaUses } from '../../control/index.ts'
import type { CodeBindingSpec } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface BindingInput {
  readonly RegistryName: string
  readonly SchemaName: string
  readonly SchemaVersion?: string
  readonly Language: string
}

export function codeBindingOperations({ bindings }: SchemaUses): readonly AwsOperation[] {
  return [
    operation<BindingInput>('schemas', 'PutCodeBinding', async (input, scope) => {
      const binding = await bindings.put(scope, decodeVersion(input), input.Language)
      return encodeBinding(binding, 'CREATE_IN_PROGRESS')
    }),
    operation<BindingInput>('schemas', 'DescribeCodeBinding', async (input, scope) => {
      const binding = await bindings.get(scope, decodeVersion(input), input.Language)
      return encodeBinding(binding, 'CREATE_COMPLETE')
    }),
    operation<BindingInput>('schemas', 'GetCodeBindingSource', (input, scope) =>
      bindings.source(scope, decodeVersion(input), input.Language),
    ),
  ]
}

function decodeVersion(input: BindingInput): {
  readonly registry: string
  readonly schema: string
  readonly number: string | undefined
} {
  const { RegistryName: registry, SchemaName: schema, SchemaVersion: number } = input
  return { registry, schema, number }
}

function encodeBinding({ number, createdAt }: CodeBindingSpec, status: string): object {
  return { CreationDate: createdAt, LastModified: createdAt, SchemaVersion: number, Status: status }
}
