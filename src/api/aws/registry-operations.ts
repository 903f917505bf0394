// CreateRegistry, DescribeRegistry, ListRegistries, UpdateRegistry, DeleteRegistry.

import type { RegistryView, SchemaUses } from '../../control/index.ts'
import type { Tags } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodePage, type PageInput } from './schemas-page.ts'

interface RegistryInput {
  readonly RegistryName: string
}

interface WriteInput extends RegistryInput {
  readonly Description?: string
  readonly Tags?: Tags
}

interface ListInput extends PageInput {
  readonly RegistryNamePrefix?: string
  readonly Scope?: string
}

export function registryOperations({ registries }: SchemaUses): readonly AwsOperation[] {
  return [
    operation<WriteInput>('schemas', 'CreateRegistry', async (input, scope) => {
      const { RegistryName: name, Description: description, Tags: tags } = input
      return encodeRegistry(await registries.create(scope, { name, description, tags }))
    }),
    operation<RegistryInput>('schemas', 'DescribeRegistry', async (input, scope) =>
      encodeRegistry(await registries.get(scope, input.RegistryName)),
    ),
    operation<ListInput>('schemas', 'ListRegistries', async (input, scope) => {
      const { RegistryNamePrefix: namePrefix, Scope: owned } = input
      const owner =
        owned === undefined ? undefined : owned.toUpperCase() === 'AWS' ? 'aws' : 'local'
      const page = await registries.list(scope, { namePrefix, owner, ...decodePage(input) })
      return { Registries: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<WriteInput>('schemas', 'UpdateRegistry', async (input, scope) =>
      encodeRegistry(await registries.update(scope, input.RegistryName, input.Description)),
    ),
    operation<RegistryInput>('schemas', 'DeleteRegistry', async (input, scope) => {
      await registries.delete(scope, input.RegistryName)
      return {}
    }),
  ]
}

function encodeListed({ arn, spec }: RegistryView): object {
  return { RegistryArn: arn, RegistryName: spec.name, tags: spec.tags ?? {} }
}

function encodeRegistry(registry: RegistryView): object {
  return { ...encodeListed(registry), Description: registry.spec.description }
}
