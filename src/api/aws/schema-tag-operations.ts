// ListTagsForResource, TagResource, UntagResource of registries, schemas and discoverers.

import type { SchemaUses } from '../../control/index.ts'
import type { Tags } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'

interface ResourceInput {
  readonly ResourceArn: string
}

export function schemaTagOperations({ tags }: SchemaUses): readonly AwsOperation[] {
  return [
    operation<ResourceInput>('schemas', 'ListTagsForResource', async (input, scope) => ({
      tags: await tags.list(scope, input.ResourceArn),
    })),
    operation<ResourceInput & { readonly Tags: Tags }>(
      'schemas',
      'TagResource',
      async (input, scope) => {
        await tags.add(scope, input.ResourceArn, input.Tags)
        return {}
      },
    ),
    operation<ResourceInput & { readonly TagKeys: readonly string[] }>(
      'schemas',
      'UntagResource',
      async (input, scope) => {
        await tags.remove(scope, input.ResourceArn, input.TagKeys)
        return {}
      },
    ),
  ]
}
