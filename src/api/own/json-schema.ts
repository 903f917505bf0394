// The words in which schemas of the OpenAPI document are said.
// https://json-schema.org/draft/2020-12/schema

export type Json = Readonly<Record<string, unknown>>

export const TEXT: Json = { type: 'string' }
export const COUNT: Json = { type: 'integer', minimum: 0 }
export const MILLISECONDS: Json = {
  type: 'number',
  description: 'milliseconds since the Unix epoch',
}

export function object(properties: Json, optional: readonly string[] = []): Json {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required }
}

export function list(name: string): Json {
  return object({ items: { type: 'array', items: reference(name) }, after: TEXT }, ['after'])
}

export function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}
