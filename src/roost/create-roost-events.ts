// The doors of the keeper: for the server, and for programs.

import { Keeper } from './keeper.ts'
import { readSettings, type SettingsLayer } from './read-settings.ts'
import type { EventManagerOptions, RoostEvents } from './roost-events.ts'

/** Throws `CONFIG_INVALID` naming every fault. `config` is YAML text or what it stands for, with or without `events`. */
export function createEventManager(config: unknown, options: EventManagerOptions): RoostEvents {
  return createRoostEvents([{ name: 'the configuration', content: config }], options)
}

/** The same of several layers, the later above the earlier. */
export function createRoostEvents(
  layers: readonly SettingsLayer[],
  options: EventManagerOptions,
): RoostEvents {
  const { settings, notes } = readSettings({ layers, env: options.env ?? {} })
  const keeper = new Keeper(settings, options)
  for (const note of notes) keeper.logger.info('events configuration of an older form', { note })
  return keeper
}
