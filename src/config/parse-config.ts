// Flags, then environment, then file, then defaults, into one frozen Config. Every fault of every source is
// gathered before anything is refused.

import { dirname, resolve } from 'node:path'
import { readAccessKeys } from './access-keys.ts'
import type { ClientConfig, Config, Mode } from './config.ts'
import { type ConfigFile, findConfigFile, readConfigFile } from './config-file.ts'
import { findContradictions } from './contradictions.ts'
import { Faults } from './faults.ts'
import { parseConnectors, parseEvents } from './connectors-section.ts'
import { parseFunctions } from './functions-section.ts'
import { envNameOf, envNameOfOption, type Option, OPTIONS } from './options.ts'
import { parsePrograms } from './programs-section.ts'
import { findRunningServer } from './running-server.ts'
import type { Secret } from './secret.ts'
import type { Env } from './read-env.ts'
import { refuseLaterVersion, refuseUnknownEnv, refuseUnknownKeys } from './unknown.ts'
import { type OptionValue, parseValue } from './values.ts'

export interface ConfigSources {
  /** By option key (`port`, `dataDir`, …), and `config` for the file; undefined = not given. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Env
  /** Where relative paths of flags and environment start, and the search for the file. */
  readonly cwd: string
}

/** What the server runs with; throws `CONFIG_INVALID` naming every fault. */
export function parseConfig(mode: Mode, sources: ConfigSources): Config {
  const faults = new Faults()
  const file = openFile(sources, faults)
  const values = readOptions({ ...sources, file, faults })
  const functions = parseFunctions(file, faults)
  const brokers = parseConnectors('brokers', file, faults)
  const readFrom = parseConnectors('sources', file, faults)
  const events = parseEvents(file, faults)
  const programs = parsePrograms(file, faults)
  const keysFile = values.get('accessKeysFile')
  const accessKeys =
    mode === 'start' && typeof keysFile === 'string' ? readAccessKeys(keysFile, faults) : []
  const tree = toTree(values)
  const config = {
    ...tree,
    ...(file === undefined ? {} : { file: file.path }),
    mode,
    endpointUrl: endpointOf(values),
    functions,
    brokers,
    sources: readFrom,
    ...(events === undefined ? {} : { events }),
    programs,
    accessKeys,
  } as unknown as Config
  // Contradictions are read from values that are right by themselves.
  if (faults.isEmpty) for (const message of findContradictions(config)) faults.add(message)
  faults.throwIfAny()
  return deepFreeze(config)
}

/** What a command that calls a server runs with; blind to what only a server cares about. */
export function parseClientConfig(sources: ConfigSources): ClientConfig {
  const faults = new Faults()
  const file = openFile(sources, faults)
  const values = readOptions({ ...sources, file, faults })
  faults.throwIfAny()
  const isTold = ADDRESS_OPTIONS.some(
    (option) => findGiven(option, { ...sources, file }) !== undefined,
  )
  const running = isTold ? undefined : findRunningServer(values.get('dataDir') as string)
  return Object.freeze({
    host: values.get('host') as string,
    port: values.get('port') as number,
    endpointUrl: running?.url ?? endpointOf(values),
    ...(running?.httpsUrl === undefined ? {} : { httpsUrl: running.httpsUrl }),
    ...(running?.secured === undefined ? {} : { secured: running.secured }),
    ...(values.get('token') === undefined ? {} : { token: values.get('token') as Secret }),
    dataDir: values.get('dataDir') as string,
  })
}

function openFile({ flags, env, cwd }: ConfigSources, faults: Faults): ConfigFile | undefined {
  const named = flags['config'] ?? env[envNameOf('config')]
  const path = typeof named === 'string' ? resolve(cwd, named) : findConfigFile(cwd, faults)
  const file = path === undefined ? undefined : readConfigFile(path, env, faults)
  if (file !== undefined) {
    refuseUnknownKeys(file, faults)
    refuseLaterVersion(file, faults)
  }
  refuseUnknownEnv(env, faults)
  return file
}

interface GivenOptions extends ConfigSources {
  readonly file: ConfigFile | undefined
}

interface ReadOptions extends GivenOptions {
  readonly faults: Faults
}

interface Given {
  readonly raw: unknown
  /** How the source calls it. */
  readonly name: string
  /** Where its relative paths start. */
  readonly base: string
}

function readOptions(options: ReadOptions): ReadonlyMap<string, OptionValue> {
  const values = new Map<string, OptionValue>()
  for (const option of OPTIONS) {
    const given = findValue(option, options)
    if (given === undefined) continue
    const parsed = parseValue(option, given.raw)
    if (parsed.kind === 'fault') {
      const got = option.type === 'secret' ? '' : `, got \`${printRaw(given.raw)}\``
      options.faults.add(`expected ${given.name} to be ${parsed.expected}${got}`)
      continue
    }
    const isPath = option.type === 'path'
    values.set(option.key, isPath ? resolve(given.base, parsed.value as string) : parsed.value)
  }
  return values
}

function printRaw(raw: unknown): string {
  return typeof raw === 'string' ? raw : JSON.stringify(raw)
}

const ADDRESS_OPTIONS = OPTIONS.filter(({ key }) => ['host', 'port', 'endpointUrl'].includes(key))

function findValue(option: Option, options: ReadOptions): Given | undefined {
  const given = findGiven(option, options)
  if (given !== undefined || option.default === undefined) return given
  return { raw: option.default, name: `\`${option.key}\``, base: options.cwd }
}

/** What the first source that has it says; undefined where only a default is left. */
function findGiven(option: Option, { flags, env, cwd, file }: GivenOptions): Given | undefined {
  const { key, envAlso } = option
  const flag = flags[key]
  if (flag !== undefined) return { raw: flag, name: `\`${option.flag ?? key}\``, base: cwd }
  const envName = envNameOfOption(option)
  const fromEnv = env[envName]
  // An empty variable is how shells and compose files leave one out, and Kubernetes sets SIGNALBOX_PORT to
  // `tcp://…` in every pod beside a Service named signalbox.
  if (fromEnv !== undefined && fromEnv !== '' && !fromEnv.startsWith('tcp://')) {
    return { raw: fromEnv, name: `\`${envName}\``, base: cwd }
  }
  if (file !== undefined && file.values.has(key)) {
    const name = `\`${key}\` in \`${file.path}\``
    return { raw: file.values.get(key), name, base: dirname(file.path) }
  }
  const foreign = envAlso === undefined ? undefined : env[envAlso]
  if (foreign !== undefined && foreign !== '') {
    return { raw: foreign, name: `\`${envAlso}\``, base: cwd }
  }
  return undefined
}

function endpointOf(values: ReadonlyMap<string, OptionValue>): string {
  const given = values.get('endpointUrl')
  if (typeof given === 'string') return given
  return urlOf(values.get('host') as string, Number(values.get('port')))
}

/** Where a server that listens on `host` is called: a wildcard is called by loopback. */
function urlOf(host: string, port: number): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function toTree(values: ReadonlyMap<string, OptionValue>): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [key, value] of values) {
    const levels = key.split('.')
    const name = levels.pop()!
    let node = tree
    for (const level of levels) node = (node[level] ??= {}) as Record<string, unknown>
    node[name] = value
  }
  return tree
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
