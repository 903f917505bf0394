// Keeps the archive room as the store says which archives there are.

import {
  type ArchiveDefinition,
  type Archives,
  type ArchivesOptions,
  openArchives,
} from '../archive/index.ts'
import { describeError, isAppError, type Logger } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import { parsePattern } from '../match/index.ts'
import type { ResourceOf } from '../model/index.ts'
import { type KindKeeper, type KindKeeperOptions, openKindKeeper } from './kind-keeper.ts'
import type { ResourceKey } from './names.ts'

const DAY_MS = 86_400_000

export interface ArchiveKeeperOptions
  extends ArchivesOptions, Pick<KindKeeperOptions<'Archive'>, 'rows' | 'decode'> {}

export interface ArchiveKeeper extends KindKeeper {
  readonly archives: Archives
}

/** Opens the archives that the store knows, and follows it from there. */
export async function openArchiveKeeper(options: ArchiveKeeperOptions): Promise<ArchiveKeeper> {
  const { rows, decode, logger, onFatal } = options
  const definitions = new Map<string, ArchiveDefinition>()
  let archives: Archives | undefined
  const change = (key: ResourceKey, definition: ArchiveDefinition | undefined): void => {
    if (definition === undefined) definitions.delete(keyText(key))
    else definitions.set(keyText(key), definition)
    archives?.define([...definitions.values()])
  }
  const keeper = await openKindKeeper({
    kind: 'Archive',
    rows,
    decode,
    define: (resource) => change(resource.metadata, definitionOf(resource, logger)),
    forget: (key) => change(key, undefined),
    onFatal,
  })
  const opened = await openArchives(options, [...definitions.values()])
  archives = opened
  return {
    archives: opened,
    settled: () => keeper.settled(),
    async close() {
      await keeper.close()
      await opened.close()
    },
  }
}

/** Undefined for what no dialect let through: only a store changed by hand has it. */
function definitionOf(
  { metadata, spec }: ResourceOf<'Archive'>,
  logger: Logger,
): ArchiveDefinition | undefined {
  const { pattern, retentionDays, bus, account, region } = spec
  try {
    if (pattern !== undefined) parsePattern(pattern)
  } catch (error) {
    if (!isAppError(error, 'PATTERN_INVALID')) throw error
    const fields = { archive: spec.name, error: describeError(error) }
    logger.error('an archive has a pattern that cannot be used, and takes nothing', fields)
    return undefined
  }
  return {
    uid: metadata.uid,
    busKey: formatBusKey({ account, region, name: bus }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(retentionDays === 0 ? {} : { retentionMs: retentionDays * DAY_MS }),
  }
}

function keyText({ namespace, name }: ResourceKey): string {
  return `${namespace}/${name}`
}
