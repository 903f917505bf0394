// `signalbox schema check` and `signalbox schema diff`: what changed between two versions, and whom it breaks.

import { type Client } from '../client/index.ts'
import {
  compareDocuments,
  type Comparison,
  COMPATIBILITY_MODES,
  type CompatibilityMode,
  faultsOf,
  parseDocument,
  type SchemaChange,
  type SchemaText,
} from '../schema/index.ts'
import { type CommandContext, openClient, printJson, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { readSchema } from './schema-files.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface SchemaCheckOptions {
  readonly against?: string
  readonly mode?: string
}

/** Fails when a schema cannot be used, or breaks what `--against` names. */
export async function runSchemaCheck(
  context: CommandContext,
  options: SchemaCheckOptions,
  [subject]: readonly string[],
): Promise<number> {
  if (subject === undefined) throw new UsageError('expected a schema: a file, or `REGISTRY/NAME`')
  const mode = parseMode(options.mode ?? 'full')
  const client = openClient(context)
  try {
    const after = await readSchema(context.io, client, subject)
    parseDocument(after)
    if (options.against === undefined) {
      if (context.form === 'json') await printJson(context, { valid: true, changes: [] })
      return EXIT_CODES.ok
    }
    const comparison = await compare(context, client, { before: options.against, after })
    const faults = faultsOf(mode, comparison)
    await print(context, { ...comparison, changes: faults })
    return faults.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
  } finally {
    client.close()
  }
}

/** Prints every change; 1 when there is one. */
export async function runSchemaDiff(
  context: CommandContext,
  [before, after]: readonly string[],
): Promise<number> {
  if (before === undefined || after === undefined) {
    throw new UsageError('expected two schemas: files, or `REGISTRY/NAME@VERSION`')
  }
  const client = openClient(context)
  try {
    const comparison = await compare(context, client, {
      before,
      after: await readSchema(context.io, client, after),
    })
    await print(context, comparison)
    return comparison.changes.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failed
  } finally {
    client.close()
  }
}

export function parseMode(text: string): CompatibilityMode {
  const mode = COMPATIBILITY_MODES.find((known) => known === text)
  if (mode !== undefined) return mode
  throw new UsageError(
    `expected \`--mode\` to be one of ${COMPATIBILITY_MODES.join(', ')}, got \`${text}\``,
  )
}

/** Prints the changes, one to a line. */
export async function printChanges(
  { paint, ...context }: CommandContext,
  changes: readonly SchemaChange[],
): Promise<void> {
  for (const { path, message, breaks } of changes) {
    const mark = breaks.length === 0 ? paint('green', '+') : paint('red', '!')
    const whom = breaks.length === 0 ? '' : paint('dim', ` (${breaks.join(', ')})`)
    await printLine({ paint, ...context }, `${mark} ${escapeControls(`${path} ${message}`)}${whom}`)
  }
}

// Both are named alike: what a file is called is not part of the contract.
async function compare(
  context: CommandContext,
  client: Client,
  { before, after }: { readonly before: string; readonly after: SchemaText },
): Promise<Comparison> {
  const old = await readSchema(context.io, client, before)
  return compareDocuments(parseDocument({ ...old, name: after.name }), parseDocument(after))
}

async function print(context: CommandContext, comparison: Comparison): Promise<void> {
  if (context.form === 'json') {
    await printJson(context, comparison)
    return
  }
  await printChanges(context, comparison.changes)
  say(context, `the next version is a ${comparison.level} one`)
}
