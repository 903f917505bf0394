// CreateSchema, DescribeSchema, ListSchemas, ListSchemaVersions, UpdateSchema, DeleteSchema, DeleteSchemaVersion,
// SearchSchemas, ExportSchema, GetDiscoveredSchema.

import type { SchemaUses, SchemaVersionView, SchemaView } from '../../control/index.ts'
import type { SchemaType, Tags } from '../../model/index.ts'
import { type AwsOperation, operation } from './operation.ts'
import { decodePage, type PageInput } from './schemas-page.ts'

interface RegistryInput {
  readonly RegistryName: string
}

interface SchemaInput extends RegistryInput {
  readonly SchemaName: string
}

interface VersionInput extends SchemaInput {
  readonly SchemaVersion?: string
}

interface CreateInput extends SchemaInput {
  readonly Type: SchemaType
  readonly Content: string
  readonly Description?: string
  readonly Tags?: Tags
}

type UpdateInput = SchemaInput & Partial<Omit<CreateInput, 'Tags'>>

interface ListInput extends RegistryInput, PageInput {
  readonly SchemaNamePrefix?: string
}

interface SearchInput extends RegistryInput, PageInput {
  readonly Keywords: string
}

interface DiscoverInput {
  readonly Events: readonly string[]
  readonly Type: SchemaType
}

export function schemaOperations(schemas: SchemaUses): readonly AwsOperation[] {
  return [...writeOperations(schemas), ...readOperations(schemas)]
}

function writeOperations(schemas: SchemaUses): readonly AwsOperation[] {
  return [
    operation<CreateInput>('schemas', 'CreateSchema', async (input, scope) => {
      const { Type: type, Content: content, Description: description, Tags: tags } = input
      const schema = { type, content, description, tags }
      return encodeVersion(await schemas.create(scope, decodeName(input), schema))
    }),
    operation<UpdateInput>('schemas', 'UpdateSchema', async (input, scope) => {
      const { Type: type, Content: content, Description: description } = input
      const update = { type, content, description }
      return encodeVersion(await schemas.update(scope, decodeName(input), update))
    }),
    operation<SchemaInput>('schemas', 'DeleteSchema', async (input, scope) => {
      await schemas.delete(scope, decodeName(input))
      return {}
    }),
    operation<Required<VersionInput>>('schemas', 'DeleteSchemaVersion', async (input, scope) => {
      await schemas.deleteVersion(scope, decodeName(input), input.SchemaVersion)
      return {}
    }),
  ]
}

function readOperations(schemas: SchemaUses): readonly AwsOperation[] {
  return [
    operation<VersionInput>('schemas', 'DescribeSchema', async (input, scope) => {
      const view = await schemas.get(scope, decodeVersion(input))
      return { ...encodeVersion(view), Content: view.content }
    }),
    operation<ListInput>('schemas', 'ListSchemas', async (input, scope) => {
      const filter = { namePrefix: input.SchemaNamePrefix, ...decodePage(input) }
      const page = await schemas.list(scope, input.RegistryName, filter)
      return { Schemas: page.items.map(encodeListed), NextToken: page.nextToken }
    }),
    operation<SchemaInput & PageInput>('schemas', 'ListSchemaVersions', async (input, scope) => {
      const page = await schemas.listVersions(scope, decodeName(input), decodePage(input))
      const versions = page.items.map(({ number, type }) => ({
        SchemaArn: page.arn,
        SchemaName: page.spec.name,
        SchemaVersion: number,
        Type: type,
      }))
      return { SchemaVersions: versions, NextToken: page.nextToken }
    }),
    operation<SearchInput>('schemas', 'SearchSchemas', async (input, scope) => {
      const request = { keywords: input.Keywords, ...decodePage(input) }
      const page = await schemas.search(scope, input.RegistryName, request)
      return { Schemas: page.items.map(encodeFound), NextToken: page.nextToken }
    }),
    operation<VersionInput & { readonly Type: string }>(
      'schemas',
      'ExportSchema',
      async (input, scope) => {
        const view = await schemas.export(scope, decodeVersion(input), input.Type)
        const { arn, spec, version, content } = view
        return {
          Content: content,
          SchemaArn: arn,
          SchemaName: spec.name,
          SchemaVersion: version.number,
          Type: version.type,
        }
      },
    ),
    operation<DiscoverInput>('schemas', 'GetDiscoveredSchema', (input) => ({
      Content: schemas.discover(input.Events, input.Type),
    })),
  ]
}

function decodeName({ RegistryName: registry, SchemaName: schema }: SchemaInput): {
  readonly registry: string
  readonly schema: string
} {
  return { registry, schema }
}

function decodeVersion(input: VersionInput): ReturnType<typeof decodeName> & {
  readonly number: string | undefined
} {
  return { ...decodeName(input), number: input.SchemaVersion }
}

function encodeVersion({ arn, spec, version }: SchemaVersionView): object {
  return {
    Description: spec.description,
    LastModified: spec.modifiedAt,
    SchemaArn: arn,
    SchemaName: spec.name,
    SchemaVersion: version.number,
    tags: spec.tags ?? {},
    Type: version.type,
    VersionCreatedDate: version.createdAt,
  }
}

function encodeListed({ arn, spec }: SchemaView): object {
  return {
    LastModified: spec.modifiedAt,
    SchemaArn: arn,
    SchemaName: spec.name,
    tags: spec.tags ?? {},
    VersionCount: spec.versions.length,
  }
}

function encodeFound({ arn, spec }: SchemaView): object {
  return {
    RegistryName: spec.registry,
    SchemaArn: arn,
    SchemaName: spec.name,
    SchemaVersions: spec.versions.map(({ number, type, createdAt }) => ({
      CreatedDate: createdAt,
      SchemaVersion: number,
      Type: type,
    })),
  }
}
