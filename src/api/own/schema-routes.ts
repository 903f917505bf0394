// The routes of the schema registry.

import type { Parameter } from './query.ts'
import type { OwnRoute } from './routes.ts'
import {
  getSchema,
  listRegistries,
  listSchemas,
  pushSchema,
  setRuleVersions,
  setValidation,
} from './schemas.ts'

const SCOPE: readonly Parameter[] = [
  { name: 'account', description: 'account; 000000000000 when absent', schema: { type: 'string' } },
  { name: 'region', description: 'region; us-east-1 when absent', schema: { type: 'string' } },
]
const REGISTRY: Parameter = {
  name: 'registry',
  description: 'name of a schema registry',
  schema: { type: 'string' },
}

export const SCHEMA_ROUTES: readonly OwnRoute[] = [
  {
    path: '/schemas/registries',
    operation: 'listRegistries',
    summary: 'All schema registries',
    parameters: SCOPE,
    answer: 'RegistryList',
    handle: listRegistries,
  },
  {
    path: '/schemas',
    operation: 'listSchemas',
    summary: 'All schemas, or those of one registry',
    parameters: [REGISTRY, ...SCOPE],
    answer: 'SchemaList',
    handle: listSchemas,
  },
  {
    path: '/schemas/schema',
    operation: 'getSchema',
    summary: 'A schema with its versions, an example, and the rules that match it',
    parameters: [
      REGISTRY,
      { name: 'name', description: 'name of a schema', schema: { type: 'string' } },
      {
        name: 'version',
        description: 'number of a version; the newest when absent',
        schema: { type: 'string' },
      },
      ...SCOPE,
    ],
    answer: 'Schema',
    handle: getSchema,
  },
  {
    path: '/schemas/push',
    method: 'POST',
    operation: 'pushSchema',
    summary: 'Creates a schema, or adds a version where its content says something else',
    parameters: SCOPE,
    body: 'SchemaPush',
    answer: 'Schema',
    handle: pushSchema,
  },
  {
    path: '/schemas/validation',
    method: 'POST',
    operation: 'setValidation',
    summary: 'How a bus holds its events against schemas',
    parameters: SCOPE,
    body: 'Validation',
    answer: 'Done',
    handle: setValidation,
  },
  {
    path: '/schemas/rule-versions',
    method: 'POST',
    operation: 'setRuleVersions',
    summary: 'Which schema versions a rule asks for',
    parameters: SCOPE,
    body: 'RuleVersions',
    answer: 'Done',
    handle: setRuleVersions,
  },
]
