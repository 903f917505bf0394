// Everything that can be done with schemas, as one value.

import { type CodeBindings, createCodeBindings } from './code-bindings.ts'
import { createDiscoverers, type Discoverers } from './schema-discoverers.ts'
import type { SchemaParts } from './schema-parts.ts'
import { createSchemaPolicies, type SchemaPolicies } from './schema-policies.ts'
import { createSchemaRegistries, type SchemaRegistries } from './schema-registries.ts'
import { createSchemaSearch, type SchemaSearch } from './schema-search.ts'
import { createSchemaTags, type SchemaTags } from './schema-tags.ts'
import { createSchemaValidation, type SchemaValidation } from './schema-validation.ts'
import { createSchemas, type Schemas } from './schemas.ts'

export interface SchemaUses extends Schemas, SchemaSearch {
  readonly registries: SchemaRegistries
  readonly policies: SchemaPolicies
  readonly discoverers: Discoverers
  readonly bindings: CodeBindings
  readonly tags: SchemaTags
  readonly validation: SchemaValidation
}

export function createSchemaUses(parts: SchemaParts): SchemaUses {
  return {
    ...createSchemas(parts),
    ...createSchemaSearch(parts),
    registries: createSchemaRegistries(parts),
    policies: createSchemaPolicies(parts),
    discoverers: createDiscoverers(parts),
    bindings: createCodeBindings(parts),
    tags: createSchemaTags(parts),
    validation: createSchemaValidation(parts),
  }
}
