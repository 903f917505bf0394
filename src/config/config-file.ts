// The configuration file: found, read, parsed as YAML (of which JSON is a part) and flattened to the dotted
// keys of the option table. `${env:NAME}` and `${file:PATH}` in its texts stand for what they name.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describeError, parseYamlDocument } from '../base/index.ts'
import type { Faults } from './faults.ts'
import { CONFIG_FILE_SIZE_BYTES_MAX } from './limits.ts'
import type { Env } from './read-env.ts'

const FILE_NAMES = ['signalbox.yaml', 'signalbox.yml', 'signalbox.json']

// Values that are one thing although they are mappings.
const WHOLE_SECTIONS = new Set([
  'functions',
  'targets.aws.endpoints',
  'brokers',
  'sources',
  'events',
  'programs',
])

// Members of brokers that name a secret: what they stand for is read when it is used, and again when it changes.
const SECRET_MEMBERS = new Set([
  'password',
  'token',
  'nkey',
  'credentials',
  'ca',
  'certificate',
  'key',
])

export interface ConfigFile {
  /** Absolute. */
  readonly path: string
  readonly values: ReadonlyMap<string, unknown>
}

/** The project's file: in `cwd`, else upwards to the directory that holds `.git`. */
export function findConfigFile(cwd: string, faults: Faults): string | undefined {
  for (const directory of searchPath(resolve(cwd))) {
    const found = FILE_NAMES.map((name) => join(directory, name)).filter((path) => existsSync(path))
    if (found.length > 1) {
      faults.add(`found ${found.map((path) => `\`${path}\``).join(' and ')}, keep one of them`)
    }
    if (found[0] !== undefined) return found[0]
  }
  return undefined
}

function searchPath(cwd: string): readonly string[] {
  const directories = [cwd]
  for (let directory = cwd; !existsSync(join(directory, '.git'));) {
    const parent = dirname(directory)
    // Outside a repository a file further up belongs to something else.
    if (parent === directory) return [cwd]
    directory = parent
    directories.push(directory)
  }
  return directories
}

export function readConfigFile(path: string, env: Env, faults: Faults): ConfigFile | undefined {
  const text = readBounded(path, faults)
  if (text === undefined) return undefined
  const document = parseYamlDocument(text, { prettyErrors: true, uniqueKeys: true })
  for (const error of document.errors) {
    faults.add(`\`${path}\` is not valid YAML: ${error.message.split('\n')[0]}`)
  }
  if (document.errors.length > 0) return undefined
  return flatten(path, document, env, faults)
}

function flatten(
  path: string,
  document: ReturnType<typeof parseYamlDocument>,
  env: Env,
  faults: Faults,
): ConfigFile | undefined {
  const values = new Map<string, unknown>()
  const content = toPlain(path, document, faults)
  if (content === null || content === undefined) return { path, values }
  if (!isMapping(content)) {
    faults.add(`expected \`${path}\` to hold a mapping of options`)
    return undefined
  }
  const expand: Expand = (text) => interpolate(text, { path, env, faults })
  const expandOpen: Expand = (text, name) =>
    SECRET_MEMBERS.has(name) ? absoluteReference(text, path) : expand(text, name)
  walk(content, '', (key, value) =>
    values.set(key, expandDeep(value, key === 'brokers' ? expandOpen : expand)),
  )
  return { path, values }
}

// An alias bomb is refused by the library with an exception.
function toPlain(
  path: string,
  document: ReturnType<typeof parseYamlDocument>,
  faults: Faults,
): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    faults.add(`\`${path}\` cannot be used: ${describeError(error)}`)
    return undefined
  }
}

function readBounded(path: string, faults: Faults): string | undefined {
  try {
    if (statSync(path).size > CONFIG_FILE_SIZE_BYTES_MAX) {
      faults.add(`expected \`${path}\` to have at most ${CONFIG_FILE_SIZE_BYTES_MAX} bytes`)
      return undefined
    }
    return readFileSync(path, 'utf8')
  } catch (error) {
    faults.add(`cannot read \`${path}\`: ${describeError(error)}`)
    return undefined
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function walk(
  node: Record<string, unknown>,
  prefix: string,
  visit: (key: string, value: unknown) => void,
): void {
  for (const [name, value] of Object.entries(node)) {
    const key = prefix === '' ? name : `${prefix}.${name}`
    if (isMapping(value) && !WHOLE_SECTIONS.has(key)) walk(value, key, visit)
    else visit(key, value)
  }
}

/** `name` is the member that the text stands in. */
type Expand = (text: string, name: string) => string

function expandDeep(value: unknown, expand: Expand, name = ''): unknown {
  if (typeof value === 'string') return expand(value, name)
  if (Array.isArray(value)) return value.map((item) => expandDeep(item, expand, name))
  if (!isMapping(value)) return value
  const entries = Object.entries(value).map(([inner, item]) => [
    inner,
    expandDeep(item, expand, inner),
  ])
  return Object.fromEntries(entries)
}

/** A file that a reference names stands beside the configuration. */
function absoluteReference(text: string, path: string): string {
  const file = /^\$\{file:([^{}]+)\}$/.exec(text)?.[1]
  return file === undefined ? text : `\${file:${resolve(dirname(path), file)}}`
}

interface InterpolateOptions {
  readonly path: string
  readonly env: Env
  readonly faults: Faults
}

function interpolate(text: string, { path, env, faults }: InterpolateOptions): string {
  return text.replace(/\$\{(env|file):([^}]*)\}/g, (whole, kind: string, name: string) => {
    if (kind === 'file') {
      return readBounded(resolve(dirname(path), name), faults)?.replace(/\r?\n$/, '') ?? whole
    }
    if (Object.hasOwn(env, name)) return env[name]!
    faults.add(`\`${whole}\` in \`${path}\` names an environment variable that is not set`)
    return whole
  })
}
