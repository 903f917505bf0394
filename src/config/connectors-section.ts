// The file's `brokers:` and `sources:` sections: mappings of a name to a mapping. What stands inside is held against
// the model by whoever makes resources of them. And its `events:` section, whose keys the roost keeper knows.

import { type ConfigFile, isMapping } from './config-file.ts'
import type { Faults } from './faults.ts'
import { CONNECTORS_MAX } from './limits.ts'

type Section = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export function parseConnectors(
  key: 'brokers' | 'sources',
  file: ConfigFile | undefined,
  faults: Faults,
): Section {
  const section = file?.values.get(key)
  if (section === undefined || section === null) return {}
  if (!isMapping(section)) {
    faults.add(`expected \`${key}\` to be a mapping of names to mappings`)
    return {}
  }
  const entries = Object.entries(section)
  if (entries.length > CONNECTORS_MAX) {
    faults.add(`expected at most ${CONNECTORS_MAX} \`${key}\`, got \`${entries.length}\``)
    return {}
  }
  const well: [string, Readonly<Record<string, unknown>>][] = []
  for (const [name, fields] of entries) {
    if (isMapping(fields)) well.push([name, fields])
    else faults.add(`expected \`${key}.${name}\` to be a mapping`)
  }
  return Object.fromEntries(well)
}

export function parseEvents(
  file: ConfigFile | undefined,
  faults: Faults,
): Readonly<Record<string, unknown>> | undefined {
  const section = file?.values.get('events')
  if (section === undefined || section === null) return undefined
  if (isMapping(section)) return section
  faults.add('expected `events` to be a mapping')
  return undefined
}
