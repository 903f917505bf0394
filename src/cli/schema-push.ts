// `signalbox schema push`: files into a registry, each checked against the version that is there.

import { isAppError } from '../base/index.ts'
import { type Client } from '../client/index.ts'
import {
  compareDocuments,
  type CompatibilityMode,
  faultsOf,
  parseDocument,
  type SchemaText,
} from '../schema/index.ts'
import { type CommandContext, openClient, printJson, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { parseMode, printChanges } from './schema-compare.ts'
import { formatSchemaName, readSchemaFile } from './schema-files.ts'
import { UsageError } from './usage-error.ts'

export interface SchemaPushOptions {
  readonly registry?: string
  readonly name?: string
  readonly description?: string
  /** Refuse what breaks this way; by default nothing is refused, and the major version rises. */
  readonly mode?: string
}

export async function runSchemaPush(
  context: CommandContext,
  options: SchemaPushOptions,
  files: readonly string[],
): Promise<number> {
  const { registry, name, description } = options
  if (registry === undefined) throw new UsageError('expected `--registry`')
  if (files.length === 0) throw new UsageError('expected the files of schemas')
  if (name !== undefined && files.length > 1) {
    throw new UsageError('expected one file where `--name` is given')
  }
  const mode = parseMode(options.mode ?? 'none')
  const client = openClient(context)
  let refused = 0
  try {
    for (const file of files) {
      const text = await readSchemaFile(context.io, file, name)
      const isRefused = !(await isAllowed(context, client, { registry, text, mode }))
      if (isRefused) refused += 1
      else await push(context, client, { registry, text, description })
    }
  } finally {
    client.close()
  }
  if (refused === 0) return EXIT_CODES.ok
  return refused === files.length ? EXIT_CODES.failed : EXIT_CODES.partial
}

interface Check {
  readonly registry: string
  readonly text: SchemaText
  readonly mode: CompatibilityMode
}

async function isAllowed(
  context: CommandContext,
  client: Client,
  { registry, text, mode }: Check,
): Promise<boolean> {
  const after = parseDocument(text)
  if (mode === 'none') return true
  const before = await find(client, { registry, name: text.name })
  if (before === undefined) return true
  const faults = faultsOf(mode, compareDocuments(parseDocument(before), after))
  if (faults.length === 0) return true
  say(context, `${registry}/${text.name} breaks the version that is there:`)
  if (context.form === 'json') await printJson(context, { name: text.name, faults })
  else await printChanges(context, faults)
  return false
}

async function find(
  client: Client,
  name: { readonly registry: string; readonly name: string },
): Promise<SchemaText | undefined> {
  try {
    return await client.getSchema(name)
  } catch (error) {
    if (isAppError(error, 'RESOURCE_NOT_FOUND')) return undefined
    throw error
  }
}

async function push(
  context: CommandContext,
  client: Client,
  given: {
    readonly registry: string
    readonly text: SchemaText
    readonly description: string | undefined
  },
): Promise<void> {
  const { registry, text, description } = given
  const schema = await client.pushSchema({ registry, ...text, description })
  if (context.form === 'json') await printJson(context, schema)
  else {
    const { version, semantic } = schema
    await printLine(context, `${formatSchemaName(schema)} ${semantic} (version ${version})`)
  }
}
