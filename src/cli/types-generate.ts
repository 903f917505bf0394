// `signalbox types generate`: TypeScript of the schemas in registries or files, once or again with each change.

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describeError, wait } from '../base/index.ts'
import { type Client, type SchemaSummaryView } from '../client/index.ts'
import {
  eventTypeKey,
  formatTypeScriptModule,
  parseDocument,
  PUBLISH_CLIENTS,
  type PublishClient,
  type SchemaText,
} from '../schema/index.ts'
import { type CommandContext, openClient, printJson, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { GENERATED_EVENTS_MAX, TYPES_WATCH_MS } from './limits.ts'
import { readSchemaFile } from './schema-files.ts'
import { UsageError } from './usage-error.ts'

export interface TypesGenerateOptions {
  readonly registry?: readonly string[]
  readonly out?: string
  readonly client?: string
  readonly bus?: string
  readonly watch?: boolean
}

export async function runTypesGenerate(
  context: CommandContext,
  options: TypesGenerateOptions,
  files: readonly string[],
): Promise<number> {
  if (options.watch === true && options.out === undefined) {
    throw new UsageError('expected `--out` where `--watch` is given')
  }
  const form = { client: parsePublisher(options.client ?? 'fetch'), bus: options.bus ?? 'default' }
  const client = openClient(context)
  const { signal, clock } = context.io
  let before: string | undefined
  try {
    do {
      const texts = await readTexts(context, client, { options, files })
      const module = formatTypeScriptModule(texts, form)
      if (module !== before) await write(context, options, { module, events: texts.length })
      before = module
      if (options.watch === true) await wait(clock, TYPES_WATCH_MS, signal)
    } while (options.watch === true && !signal.aborted)
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

interface Sources {
  readonly options: TypesGenerateOptions
  readonly files: readonly string[]
}

/** Of the files given; else of the registries named; else of all. */
async function readTexts(
  { io }: CommandContext,
  client: Client,
  { options, files }: Sources,
): Promise<readonly SchemaText[]> {
  if (files.length > 0) return Promise.all(files.map((file) => readSchemaFile(io, file)))
  const lists = (options.registry ?? [undefined]).map((registry) => client.listSchemas(registry))
  const schemas = (await Promise.all(lists)).flat()
  if (schemas.length > GENERATED_EVENTS_MAX) {
    throw new UsageError(`expected at most ${GENERATED_EVENTS_MAX} schemas, got ${schemas.length}`)
  }
  // A type that somebody wrote down is not also taken as it was learnt.
  const byType = new Map<string, SchemaText>()
  for (const { registry, name } of [...schemas].sort(discoveredLast)) {
    const text = await client.getSchema({ registry, name })
    const { source, detailType } = parseDocument(text)
    const key = eventTypeKey(source, detailType)
    if (!byType.has(key)) byType.set(key, text)
  }
  return [...byType.values()]
}

function discoveredLast(a: SchemaSummaryView, b: SchemaSummaryView): number {
  return Number(a.registry === DISCOVERED) - Number(b.registry === DISCOVERED)
}

const DISCOVERED = 'discovered-schemas'

async function write(
  context: CommandContext,
  { out }: TypesGenerateOptions,
  { module, events }: { readonly module: string; readonly events: number },
): Promise<void> {
  if (out === undefined) {
    if (context.form === 'json') await printJson(context, { events, module })
    else await context.io.stdout.write(module)
    return
  }
  const path = resolve(context.io.cwd, out)
  try {
    await writeFile(path, module)
  } catch (error) {
    throw new UsageError(`cannot write \`${path}\`: ${describeError(error)}`)
  }
  if (context.form === 'json') await printJson(context, { events, out: path })
  else say(context, `${events} ${events === 1 ? 'type' : 'types'} of events in ${out}`)
}

function parsePublisher(text: string): PublishClient {
  const client = PUBLISH_CLIENTS.find((known) => known === text)
  if (client !== undefined) return client
  throw new UsageError(
    `expected \`--client\` to be one of ${PUBLISH_CLIENTS.join(', ')}, got \`${text}\``,
  )
}
