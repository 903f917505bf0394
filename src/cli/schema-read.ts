// `signalbox schema ls` and `signalbox schema get`.

import { type SchemaSummaryView } from '../client/index.ts'
import { exportDraft4, parseDocument } from '../schema/index.ts'
import { type CommandContext, openClient, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { formatSchemaName, parseSchemaName } from './schema-files.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export async function runSchemaList(
  context: CommandContext,
  [registry]: readonly string[],
): Promise<number> {
  const client = openClient(context)
  try {
    const items = await client.listSchemas(registry)
    if (context.form === 'json') await printJson(context, { items })
    else for (const schema of items) await printLine(context, formatSchema(context, schema))
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

export interface SchemaGetOptions {
  readonly draft4?: boolean
}

export async function runSchemaGet(
  context: CommandContext,
  options: SchemaGetOptions,
  [text]: readonly string[],
): Promise<number> {
  if (text === undefined) throw new UsageError('expected the name of a schema, `REGISTRY/NAME`')
  const client = openClient(context)
  try {
    const schema = await client.getSchema(parseSchemaName(text))
    if (context.form === 'json') await printJson(context, schema)
    else {
      const content = options.draft4 === true ? exportDraft4(parseDocument(schema)) : schema.content
      // Raw, so that a file of it is the schema.
      await context.io.stdout.write(`${content}\n`)
    }
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

function formatSchema({ paint }: CommandContext, schema: SchemaSummaryView): string {
  const { semantic, versions, type, modifiedAt } = schema
  return [
    paint('cyan', escapeControls(formatSchemaName(schema))),
    semantic,
    `${versions} ${versions === 1 ? 'version' : 'versions'}`,
    type,
    paint('dim', modifiedAt),
  ].join('  ')
}
