// Schemas as commands are given them: a file, whose name and form say what is not said, or a schema in a registry as
// `REGISTRY/NAME` or `REGISTRY/NAME@VERSION`.

import { basename } from 'node:path'
import type { Client, SchemaView } from '../client/index.ts'
import type { SchemaText } from '../schema/index.ts'
import type { CliIo } from './io.ts'
import { isReadable, readFileText } from './input.ts'
import { UsageError } from './usage-error.ts'

/** The schema in a file; it is named like the file when it has no other name. */
export async function readSchemaFile(io: CliIo, path: string, name?: string): Promise<SchemaText> {
  const content = (await readFileText(io, path)).trim()
  return { name: name ?? nameOfFile(path), type: typeOf(content), content }
}

/** The schema that an argument means: a file that is there, or one of the server. */
export async function readSchema(io: CliIo, client: Client, text: string): Promise<SchemaText> {
  if (await isReadable(io, text)) return readSchemaFile(io, text)
  const { name, type, content } = await client.getSchema(parseSchemaName(text))
  return { name, type, content }
}

export interface NamedVersion {
  readonly registry: string
  readonly name: string
  readonly version?: string
}

/** The parts of `REGISTRY/NAME` and `REGISTRY/NAME@VERSION`; a name may hold an `@` of its own. */
export function parseSchemaName(text: string): NamedVersion {
  const slash = text.indexOf('/')
  const registry = text.slice(0, Math.max(0, slash))
  const [, name, version] = /^(.+?)(?:@(\d+))?$/.exec(text.slice(slash + 1)) ?? []
  if (registry === '' || name === undefined) {
    throw new UsageError(`expected a file or \`REGISTRY/NAME\`, got \`${text}\``)
  }
  return version === undefined ? { registry, name } : { registry, name, version }
}

export function formatSchemaName({
  registry,
  name,
}: Pick<SchemaView, 'registry' | 'name'>): string {
  return `${registry}/${name}`
}

/** `orders/OrderCreated.schema.json` as `OrderCreated`. */
function nameOfFile(path: string): string {
  return path === '-' ? 'schema' : basename(path).replace(/(?:\.schema)?\.json$/, '')
}

/** What is no OpenAPI document is taken for JSON Schema; what is neither is told by its parser. */
function typeOf(content: string): SchemaText['type'] {
  try {
    const value: unknown = JSON.parse(content)
    const isOpenApi = typeof value === 'object' && value !== null && 'openapi' in value
    return isOpenApi ? 'OpenApi3' : 'JSONSchemaDraft4'
  } catch {
    return 'OpenApi3'
  }
}
