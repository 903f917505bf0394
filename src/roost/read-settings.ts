// The keeper's configuration: layers of YAML (a file, a ConfigMap), then the environment, each above the one before it.
// Every fault of every layer is found before anything is refused.

import { AppError, describeError, editDistance, parseYaml } from '../base/index.ts'
import { SETTINGS_BYTES_MAX, SETTINGS_FAULTS_MAX } from './limits.ts'
import type { RoostSettings } from './settings.ts'
import { contradictionsOf } from './settings-contradictions.ts'
import { isTree, migrateSettings, SETTINGS_VERSION } from './settings-migration.ts'
import { OPTIONAL_SECTIONS, type Setting, SETTINGS } from './settings-table.ts'
import { parseSetting, type SettingValue } from './setting-values.ts'

export interface SettingsLayer {
  /** How messages call it: `events in signalbox.yaml`. */
  readonly name: string
  /** YAML text, or what it stands for. `events:` may be around it all. */
  readonly content: unknown
}

export interface SettingsSources {
  /** The later stands above the earlier. */
  readonly layers: readonly SettingsLayer[]
  readonly env: Readonly<Record<string, string>>
}

export interface ReadSettings {
  readonly settings: RoostSettings
  /** What an older form was changed in. */
  readonly notes: readonly string[]
}

/** Throws `CONFIG_INVALID` naming every fault. */
export function readSettings({ layers, env }: SettingsSources): ReadSettings {
  const faults: string[] = []
  const notes: string[] = []
  const given = new Map<string, { readonly raw: unknown; readonly name: string }>()
  for (const layer of layers) {
    for (const [key, raw] of readLayer(layer, { faults, notes }))
      given.set(key, { raw, name: `\`${key}\` in ${layer.name}` })
  }
  for (const { key, env: variable, type } of SETTINGS) {
    const text = variable === undefined ? undefined : env[variable]
    if (text === undefined || text === '') continue
    const raw = type === 'servers' ? text.split(',').map((server) => server.trim()) : text
    given.set(key, { raw, name: `\`${variable}\`` })
  }
  const settings = build(given, env['KAFKA_PASSWORD'], faults)
  // Contradictions are read from values that are right by themselves.
  if (faults.length === 0) faults.push(...contradictionsOf(settings))
  if (faults.length > 0) throw invalid(faults)
  return { settings: deepFreeze(settings), notes }
}

interface Told {
  readonly faults: string[]
  readonly notes: string[]
}

/** What a layer says, by key; `undefined` and `null` say nothing. */
function readLayer(
  { name, content }: SettingsLayer,
  { faults, notes }: Told,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  const tree = treeOf(name, content, faults)
  if (tree === undefined) return values
  const migrated = migrateSettings(tree)
  if (migrated === undefined) {
    const got = JSON.stringify(tree['version'])
    faults.push(`expected \`version\` in ${name} to be 0 or ${SETTINGS_VERSION}, got \`${got}\``)
    return values
  }
  notes.push(...migrated.notes.map((note) => `${name}: ${note}`))
  walk(migrated.tree, '', (key, value) => {
    if (value === undefined || value === null) return
    if (BY_KEY.has(key)) values.set(key, value)
    else faults.push(`\`${key}\` in ${name} is no key${suggestion(key)}`)
  })
  return values
}

function treeOf(
  name: string,
  content: unknown,
  faults: string[],
): Readonly<Record<string, unknown>> | undefined {
  const value = typeof content === 'string' ? parseText(name, content, faults) : content
  if (value === undefined || value === null) return undefined
  if (!isTree(value)) {
    faults.push(`expected ${name} to be a mapping`)
    return undefined
  }
  const { events, ...rest } = value
  if (events === undefined) return value
  const strays = Object.keys(rest).filter((key) => key !== 'version')
  for (const stray of strays)
    faults.push(`\`${stray}\` in ${name} stands beside \`events\`, expected it within`)
  if (events === null) return rest
  if (isTree(events)) return { ...rest, ...events }
  faults.push(`expected \`events\` in ${name} to be a mapping`)
  return undefined
}

function parseText(name: string, text: string, faults: string[]): unknown {
  if (Buffer.byteLength(text) > SETTINGS_BYTES_MAX) {
    faults.push(`expected ${name} to have at most ${SETTINGS_BYTES_MAX} bytes`)
    return undefined
  }
  try {
    return parseYaml(text, { maxAliasCount: 100, uniqueKeys: true })
  } catch (error) {
    faults.push(`${name} is not valid YAML: ${describeError(error).split('\n')[0]}`)
    return undefined
  }
}

const BY_KEY: ReadonlyMap<string, Setting> = new Map(
  SETTINGS.map((setting) => [setting.key, setting]),
)
const SECTIONS: ReadonlySet<string> = new Set(
  SETTINGS.flatMap(({ key }) => {
    const levels = key.split('.')
    return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join('.'))
  }),
)

/** Into sections only, so that a mapping in the place of a value is a fault of that value. */
function walk(
  tree: Readonly<Record<string, unknown>>,
  at: string,
  visit: (key: string, value: unknown) => void,
): void {
  for (const [name, value] of Object.entries(tree)) {
    const key = at === '' ? name : `${at}.${name}`
    if (SECTIONS.has(key) && isTree(value)) walk(value, key, visit)
    else if (SECTIONS.has(key) && value === null) continue
    else visit(key, value)
  }
}

const SUGGESTION_MAX = 3

function suggestion(key: string): string {
  let best: { readonly key: string; readonly distance: number } | undefined
  for (const known of [...BY_KEY.keys(), ...SECTIONS]) {
    const distance = editDistance(key, known, SUGGESTION_MAX)
    if (distance <= SUGGESTION_MAX && distance < (best?.distance ?? Infinity))
      best = { key: known, distance }
  }
  if (SECTIONS.has(key)) return ': expected a mapping'
  return best === undefined ? '' : `; \`${best.key}\` is one`
}

function build(
  given: ReadonlyMap<string, { readonly raw: unknown; readonly name: string }>,
  password: string | undefined,
  faults: string[],
): RoostSettings {
  const tree: Record<string, unknown> = {}
  const absent = OPTIONAL_SECTIONS.filter(
    (section) => ![...given.keys()].some((key) => key.startsWith(`${section}.`)),
  )
  for (const setting of SETTINGS) {
    if (absent.some((section) => setting.key.startsWith(`${section}.`))) continue
    const { raw, name } = given.get(setting.key) ?? { raw: setting.default, name: '' }
    if (raw === undefined) {
      place(tree, setting.key, undefined)
      continue
    }
    const parsed = parseSetting(setting, raw)
    if (parsed.kind === 'value') place(tree, setting.key, parsed.value)
    else faults.push(`expected ${name} to be ${parsed.expected}${shown(setting, raw)}`)
  }
  if (password !== undefined && password !== '')
    place(tree, 'kafka.security.password', () => password)
  // The table and the type say the same, which a test holds.
  return tree as unknown as RoostSettings
}

/** What may hold a secret by mistake is not shown. */
function shown({ type }: Setting, raw: unknown): string {
  if (type === 'secret' || type === 'pem' || type === 'url') return ''
  return `, got \`${typeof raw === 'string' ? raw : JSON.stringify(raw)}\``
}

function place(
  tree: Record<string, unknown>,
  key: string,
  value: SettingValue | (() => string) | undefined,
): void {
  const levels = key.split('.')
  const name = levels.pop()!
  let node = tree
  for (const level of levels) node = (node[level] ??= {}) as Record<string, unknown>
  if (value !== undefined) node[name] = value
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

function invalid(all: readonly string[]): AppError {
  const faults = all.slice(0, SETTINGS_FAULTS_MAX)
  const head =
    faults.length === 1
      ? 'the events configuration has a fault: '
      : `the events configuration has ${all.length} faults:\n  - `
  return new AppError('CONFIG_INVALID', head + faults.join('\n  - '), { details: { faults } })
}
