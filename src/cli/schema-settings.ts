// `signalbox schema validate` and `signalbox schema require`: what buses and rules ask of schemas.

import { type CommandContext, openClient, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface SchemaValidateOptions {
  readonly bus?: string
  readonly registry?: string
  readonly deadLetter?: string
  readonly unknown?: string
}

const MODES = ['off', 'warn', 'reject'] as const

export async function runSchemaValidate(
  context: CommandContext,
  options: SchemaValidateOptions,
  [text]: readonly string[],
): Promise<number> {
  const mode = MODES.find((known) => known === text)
  if (mode === undefined) {
    throw new UsageError(`expected one of ${MODES.join(', ')}, got \`${text ?? ''}\``)
  }
  const { bus, registry, deadLetter: deadLetterArn, unknown } = options
  if (mode !== 'off' && registry === undefined) throw new UsageError('expected `--registry`')
  const client = openClient(context)
  try {
    await client.setValidation({ bus, mode, registry, deadLetterArn, unknown })
  } finally {
    client.close()
  }
  if (context.form === 'json') await printJson(context, { bus: bus ?? 'default', mode })
  else await printLine(context, `${escapeControls(bus ?? 'default')}: ${mode}`)
  return EXIT_CODES.ok
}

export interface SchemaRequireOptions {
  readonly bus?: string
}

export async function runSchemaRequire(
  context: CommandContext,
  { bus }: SchemaRequireOptions,
  [rule, range]: readonly string[],
): Promise<number> {
  if (rule === undefined || range === undefined) {
    throw new UsageError('expected a rule and a range such as `^1`, or `any`')
  }
  const versions = range === 'any' ? undefined : range
  const client = openClient(context)
  try {
    await client.setRuleVersions({ bus, rule, versions })
  } finally {
    client.close()
  }
  if (context.form === 'json') await printJson(context, { rule, versions: versions ?? null })
  else await printLine(context, `${escapeControls(rule)}: ${escapeControls(range)}`)
  return EXIT_CODES.ok
}
