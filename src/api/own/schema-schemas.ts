// The schema registry in the OpenAPI document of our own API.

type Json = Readonly<Record<string, unknown>>

const TEXT: Json = { type: 'string' }
const COUNT: Json = { type: 'integer', minimum: 0 }
const TIME: Json = { type: 'string', format: 'date-time' }
const TYPE: Json = { type: 'string', enum: ['OpenApi3', 'JSONSchemaDraft4'] }

const SUMMARY: Json = {
  registry: TEXT,
  name: TEXT,
  arn: TEXT,
  description: TEXT,
  type: TYPE,
  version: TEXT,
  semantic: TEXT,
  versions: COUNT,
  modifiedAt: TIME,
}

export const REGISTRY_SCHEMAS: Readonly<Record<string, Json>> = {
  Registry: object({ name: TEXT, arn: TEXT, description: TEXT, schemas: COUNT }, ['description']),
  RegistryList: object({ items: list('Registry') }),
  SchemaSummary: object(SUMMARY, ['description']),
  SchemaList: object({ items: list('SchemaSummary') }),
  Schema: object(
    {
      ...SUMMARY,
      content: TEXT,
      detailType: TEXT,
      source: TEXT,
      history: {
        type: 'array',
        items: object({ version: TEXT, semantic: TEXT, type: TYPE, createdAt: TIME }),
      },
      example: { description: 'a detail that the schema describes' },
      rules: { type: 'array', items: object({ bus: TEXT, rule: TEXT }) },
    },
    ['description', 'source'],
  ),
  SchemaPush: object({ registry: TEXT, name: TEXT, type: TYPE, content: TEXT, description: TEXT }, [
    'description',
  ]),
  Validation: object(
    {
      bus: TEXT,
      mode: { type: 'string', enum: ['off', 'warn', 'reject'] },
      registry: TEXT,
      deadLetterArn: TEXT,
      unknown: { type: 'string', enum: ['accept', 'reject'] },
    },
    ['bus', 'registry', 'deadLetterArn', 'unknown'],
  ),
  RuleVersions: object({ bus: TEXT, rule: TEXT, versions: TEXT }, ['bus', 'versions']),
  Done: object({ status: { type: 'string', enum: ['ok'] } }),
}

function object(properties: Json, optional: readonly string[] = []): Json {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

function list(name: string): Json {
  return { type: 'array', items: { $ref: `#/components/schemas/${name}` } }
}
