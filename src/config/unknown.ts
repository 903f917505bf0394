// Names that no option has: a slip in a key must not silently leave the default in force.

import type { ConfigFile } from './config-file.ts'
import type { Faults } from './faults.ts'
import { envNameOf, envNameOfOption, OPTIONS } from './options.ts'
import type { Env } from './read-env.ts'
import { suggestion } from './suggest.ts'

const SECTIONS = ['functions', 'brokers', 'sources', 'events', 'programs', 'version']
const KEYS = [...OPTIONS.map((option) => option.key), ...SECTIONS]
const ENV_NAMES = [...OPTIONS.map((option) => envNameOfOption(option)), envNameOf('config')]

// What Kubernetes sets in every pod beside a Service named signalbox.
const KUBERNETES_PATTERN = /^SIGNALBOX_(SERVICE_|PORT_\d+_)/

/** The form of the file that this release writes; 0 is a file without the key, which says the same. */
const VERSION = 1

/** A file of a later form may mean something else by the same keys. */
export function refuseLaterVersion(file: ConfigFile, faults: Faults): void {
  const version = file.values.get('version') ?? 0
  if (version === 0 || version === VERSION) return
  faults.add(
    `expected \`version\` in \`${file.path}\` to be 0 or ${VERSION}, which this release knows, got \`${JSON.stringify(version)}\``,
  )
}

export function refuseUnknownKeys(file: ConfigFile, faults: Faults): void {
  for (const key of file.values.keys()) {
    if (KEYS.includes(key)) continue
    const inner = KEYS.find((known) => known.startsWith(`${key}.`))
    if (inner === undefined) {
      faults.add(`unknown option \`${key}\` in \`${file.path}\`${suggestion(key, KEYS)}`)
    } else if (!isEmpty(file.values.get(key))) {
      faults.add(
        `expected \`${key}\` in \`${file.path}\` to be a mapping of options, such as \`${inner}\``,
      )
    }
  }
}

// `log:` with nothing behind it.
function isEmpty(value: unknown): boolean {
  return value === null
}

export function refuseUnknownEnv(env: Env, faults: Faults): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SIGNALBOX_') || KUBERNETES_PATTERN.test(name)) continue
    if (ENV_NAMES.includes(name)) continue
    faults.add(`unknown environment variable \`${name}\`${suggestion(name, ENV_NAMES)}`)
  }
}
