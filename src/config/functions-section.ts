// The file's `functions:` section: name → handler file and how to run it.

import { dirname, extname, resolve } from 'node:path'
import type { FunctionConfig } from './config.ts'
import { type ConfigFile, isMapping } from './config-file.ts'
import type { Faults } from './faults.ts'
import { FUNCTIONS_MAX } from './limits.ts'
import type { Option } from './options.ts'
import { suggestion } from './suggest.ts'
import { parseValue } from './values.ts'

// What AWS allows as a function's name.
const NAME_PATTERN = /^[a-zA-Z0-9-_]{1,64}$/
const ENV_NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The keys of one function; the table also makes their part of the reference. */
export const FUNCTION_OPTIONS: readonly Option[] = [
  {
    key: 'handler',
    type: 'text',
    doc: 'source file, and behind a colon the exported name where it is not `handler`',
  },
  {
    key: 'runtime',
    type: 'choice',
    choices: ['node', 'python'],
    doc: 'told by the file name when absent: `.py` is python, all else node',
  },
  { key: 'env', type: 'text', doc: 'a mapping of environment variables' },
  {
    key: 'timeoutMs',
    type: 'duration',
    default: '30s',
    min: 100,
    max: 900_000,
    doc: 'time one invocation may take',
  },
  {
    key: 'memoryMb',
    type: 'integer',
    default: '512',
    min: 32,
    max: 10_240,
    doc: 'memory one process may use',
  },
  {
    key: 'concurrency',
    type: 'integer',
    default: '4',
    min: 1,
    max: 1000,
    doc: 'invocations that may run at once, each in a process of its own',
  },
]

/** What a function has of which nothing is said, in the configuration or in the functions folder. */
export const FUNCTION_DEFAULTS: Pick<FunctionConfig, 'timeoutMs' | 'memoryMb' | 'concurrency'> = {
  timeoutMs: defaultOf('timeoutMs'),
  memoryMb: defaultOf('memoryMb'),
  concurrency: defaultOf('concurrency'),
}

function defaultOf(name: string): number {
  const option = optionNamed(name)
  const parsed = parseValue(option, option.default)
  if (parsed.kind === 'fault') throw new Error(`the default of \`${name}\` does not fit it`)
  return parsed.value as number
}

function optionNamed(name: string): Option {
  return FUNCTION_OPTIONS.find((candidate) => candidate.key === name)!
}

export function parseFunctions(
  file: ConfigFile | undefined,
  faults: Faults,
): readonly FunctionConfig[] {
  const section = file?.values.get('functions')
  if (file === undefined || section === undefined || section === null) return []
  if (!isMapping(section)) {
    faults.add('expected `functions` to be a mapping of names to functions')
    return []
  }
  const entries = Object.entries(section)
  if (entries.length > FUNCTIONS_MAX) {
    faults.add(`expected at most ${FUNCTIONS_MAX} \`functions\`, got \`${entries.length}\``)
    return []
  }
  return entries.flatMap(([name, fields]) => parseFunction({ name, fields, file, faults }))
}

interface ParseOptions {
  readonly name: string
  readonly fields: unknown
  readonly file: ConfigFile
  readonly faults: Faults
}

function parseFunction({ name, fields, file, faults }: ParseOptions): readonly FunctionConfig[] {
  const key = `functions.${name}`
  if (!NAME_PATTERN.test(name)) {
    faults.add(
      `expected a function's name of 1 to 64 letters, digits, \`-\` and \`_\`, got \`${name}\``,
    )
  }
  if (!isMapping(fields) || typeof fields['handler'] !== 'string') {
    faults.add(`expected \`${key}\` to have a \`handler\`, the path of its source file`)
    return []
  }
  const read = (option: string): unknown => readField(key, fields, option, faults)
  refuseUnknownFields(key, fields, faults)
  const handler = absoluteHandler(dirname(file.path), fields['handler'])
  return [
    {
      name,
      handler,
      runtime: (read('runtime') as FunctionConfig['runtime'] | undefined) ?? runtimeOf(handler),
      env: parseEnv(key, fields['env'], faults),
      timeoutMs: read('timeoutMs') as number,
      memoryMb: read('memoryMb') as number,
      concurrency: read('concurrency') as number,
    },
  ]
}

function refuseUnknownFields(key: string, fields: Record<string, unknown>, faults: Faults): void {
  const known = FUNCTION_OPTIONS.map((option) => option.key)
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) {
      faults.add(`unknown option \`${key}.${name}\`${suggestion(name, known)}`)
    }
  }
}

function readField(
  key: string,
  fields: Record<string, unknown>,
  name: string,
  faults: Faults,
): unknown {
  const option = optionNamed(name)
  const raw = fields[name] ?? option.default
  if (raw === undefined) return undefined
  const parsed = parseValue(option, raw)
  if (parsed.kind === 'value') return parsed.value
  faults.add(`expected \`${key}.${name}\` to be ${parsed.expected}, got \`${JSON.stringify(raw)}\``)
  return undefined
}

function parseEnv(key: string, env: unknown, faults: Faults): Readonly<Record<string, string>> {
  if (env === undefined || env === null) return {}
  if (!isMapping(env)) {
    faults.add(`expected \`${key}.env\` to be a mapping of names to texts`)
    return {}
  }
  const entries: [string, string][] = []
  for (const [name, value] of Object.entries(env)) {
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value)
    if (isPlain && ENV_NAME_PATTERN.test(name)) entries.push([name, String(value)])
    // The value is not shown: it may be a secret.
    else faults.add(`expected \`${key}.env.${name}\` to be a variable's name with a text`)
  }
  return Object.fromEntries(entries)
}

/** `./resize.js:main` beside the file, absolute, the export kept. */
function absoluteHandler(directory: string, handler: string): string {
  const [, path, exported] = /^(.*?)(:[A-Za-z_$][\w$]*)?$/.exec(handler)!
  return resolve(directory, path!) + (exported ?? '')
}

function runtimeOf(handler: string): FunctionConfig['runtime'] {
  return extname(handler.replace(/:[\w$]*$/, '')) === '.py' ? 'python' : 'node'
}
