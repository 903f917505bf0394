// Schemas for tests: the two forms that users write, and values made at random of random schemas.

import {
  array,
  boolean,
  constantFrom,
  dictionary,
  double,
  integer,
  letrec,
  oneof,
  option,
  record,
  string,
  type Arbitrary,
} from 'fast-check'
import type { JsonSchema } from './json-schema.ts'

/** The document that the learning platform of the guides registers. */
export const REGISTRATION: string = JSON.stringify({
  openapi: '3.0.0',
  info: { version: '1.0.0', title: 'UserRegistrationEvent' },
  paths: {},
  components: {
    schemas: {
      UserRegistrationEvent: {
        type: 'object',
        required: ['user_id', 'email', 'registration_type', 'timestamp'],
        properties: {
          user_id: { type: 'string' },
          email: { type: 'string', format: 'email' },
          registration_type: { type: 'string', enum: ['free', 'premium', 'enterprise'] },
          course_interests: { type: 'array', items: { type: 'string' } },
          referral_source: { type: 'string' },
          timestamp: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
})

/** A document of the detail alone, with this schema in it. */
export function openApiOf(title: string, schema: JsonSchema, others: JsonSchema = {}): string {
  const components = { schemas: { [title]: schema, ...others } }
  return JSON.stringify({ openapi: '3.0.0', info: { version: '1', title }, paths: {}, components })
}

const NAMES = ['a', 'b', 'c', 'd-e']

/** Details of events as they come: some names, some types, a little depth. */
export const anyDetail: Arbitrary<Record<string, unknown>> = letrec<{
  value: unknown
  object: Record<string, unknown>
}>((tie) => ({
  value: oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    constantFrom<unknown>(
      null,
      true,
      false,
      '',
      'text',
      '2026-01-31T12:00:00Z',
      '2026-02-31T12:00:00Z',
      '2026-01-31T12:00:00.123+02:00',
    ),
    integer(),
    double({ noNaN: true, noDefaultInfinity: true }),
    string({ maxLength: 5 }),
    array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: dictionary(
    oneof(constantFrom(...NAMES), constantFrom('__proto__', 'constructor', 'AWSEvent')),
    tie('value'),
    { maxKeys: 4 },
  ),
})).object

const numbers: Arbitrary<JsonSchema> = record(
  {
    type: constantFrom('integer', 'number'),
    minimum: integer({ min: -3, max: 0 }),
    maximum: integer({ min: 1, max: 4 }),
    exclusiveMinimum: boolean(),
  },
  { requiredKeys: ['type', 'minimum'] },
)
const texts: Arbitrary<JsonSchema> = record(
  {
    type: constantFrom('string'),
    minLength: integer({ min: 0, max: 2 }),
    maxLength: integer({ min: 2, max: 4 }),
  },
  { requiredKeys: ['type'] },
)
const choices: Arbitrary<JsonSchema> = array(constantFrom<unknown>('x', 'y', 1, null), {
  minLength: 1,
  maxLength: 3,
}).map((values) => ({ enum: [...new Set(values)] }))

/** Schemas of single values with bounds. */
export const anyBounds: Arbitrary<JsonSchema> = oneof(numbers, texts, choices)

/** Schemas of objects, of draft 4, closed or open. */
export const anySchema: Arbitrary<JsonSchema> = letrec<{ schema: JsonSchema; object: JsonSchema }>(
  (tie) => ({
    schema: oneof(
      { depthSize: 'small', maxDepth: 3 },
      numbers,
      texts,
      choices,
      constantFrom<JsonSchema>({ type: 'boolean' }, { type: ['string', 'null'] }, {}),
      tie('schema').map((items) => ({ type: 'array', items })),
      array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      tie('object'),
    ),
    object: record({
      properties: dictionary(constantFrom(...NAMES), tie('schema'), { maxKeys: 3 }),
      isClosed: boolean(),
      others: option(tie('schema'), { nil: undefined }),
      required: array(constantFrom(...NAMES), { maxLength: 2 }),
    }).map(({ properties, isClosed, others, required }) => {
      const names = Object.keys(properties)
      const kept = [...new Set(required)].filter((name) => names.includes(name))
      return {
        type: 'object',
        properties: { ...properties },
        ...(kept.length === 0 ? {} : { required: kept }),
        ...(isClosed
          ? { additionalProperties: false }
          : others === undefined
            ? {}
            : { additionalProperties: others }),
      }
    }),
  }),
).object

/** Values that a schema may describe: of each type, at each bound, with and without what is optional. */
export function valuesOf(schema: JsonSchema, depth: number = 0): readonly unknown[] {
  if (Array.isArray(schema['enum'])) return schema['enum'] as readonly unknown[]
  if (Array.isArray(schema['anyOf'])) {
    return (schema['anyOf'] as readonly JsonSchema[]).flatMap((branch) =>
      valuesOf(branch, depth + 1),
    )
  }
  const isObject = schema['properties'] !== undefined
  const types = [schema['type'] ?? (isObject ? 'object' : ['string', 'null'])].flat()
  return types.flatMap((type): readonly unknown[] => {
    if (type === 'object') return objectsOf(schema, depth)
    if (type === 'array')
      return [[], ...valuesOf(schema['items'] as JsonSchema, depth + 1).map((item) => [item])]
    if (type === 'string') return ['', 'a', 'bb', 'ccc', 'dddd']
    if (type === 'boolean') return [true, false]
    if (type === 'null') return [null]
    return type === 'integer' ? [-3, 0, 1, 4] : [-3, -0.5, 0, 1.5, 4]
  })
}

function objectsOf(schema: JsonSchema, depth: number): readonly unknown[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  const required = (schema['required'] ?? []) as readonly string[]
  const choices = properties.map(
    ([name, part]) => [name, depth > 4 ? [] : valuesOf(part, depth + 1)] as const,
  )
  const objects: Record<string, unknown>[] = [{}]
  for (let turn = 0; turn < 6; turn += 1) {
    const given = choices.filter(([, values]) => values.length > 0)
    objects.push(
      Object.fromEntries(given.map(([name, values]) => [name, values[turn % values.length]])),
    )
    const least = given.filter(([name]) => required.includes(name))
    objects.push(
      Object.fromEntries(least.map(([name, values]) => [name, values[turn % values.length]])),
    )
  }
  return objects
}
