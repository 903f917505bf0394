// The wiring of archives and replays: what they are given of the other rooms.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Delivery } from './app-delivery.ts'
import type { AppOptions, Closers } from './app-options.ts'
import type { State } from './app-state.ts'
import { Replays } from './archive/index.ts'
import {
  type ArchiveKeeper,
  type ArchiveUses,
  createArchiveUses,
  createReplayUses,
  openArchiveKeeper,
  type ReplayUses,
} from './control/index.ts'
import { decodeResource, Objects } from './objects/index.ts'

/** The reader of the log that fills the archives. */
const READER = 'archive'

export interface ArchiveRoom {
  readonly keeper: ArchiveKeeper
  readonly replays: Replays
  readonly archiveUses: ArchiveUses
  readonly replayUses: ReplayUses
}

export async function openArchiveRoom(
  options: AppOptions,
  { state, delivery }: { readonly state: State; readonly delivery: Delivery },
  closers: Closers,
): Promise<ArchiveRoom> {
  const { config, clock, random, onFatal } = options
  const { store, log, publisher, control } = state
  const logger = options.logger.child({ room: 'archive' })
  const directory = join(config.dataDir, 'archives')
  const keeper = await openArchiveKeeper({
    directory,
    hasFiles: existsSync(directory),
    reader: READER,
    rows: store.rows,
    decode: decodeResource,
    log,
    cursors: store.deliveries,
    clock,
    logger,
    onFatal,
  })
  closers.add(() => keeper.close())
  const { archives } = keeper
  const replays = new Replays({
    log,
    ingress: delivery.ingress,
    archives,
    unread: () => delivery.router.unread(),
    pending: () => delivery.deliverer.pending(),
    clock,
    logger,
    onFatal,
  })
  closers.add(() => replays.close())
  const resources = new Objects({ rows: store.rows, clock, random })
  const { buses, rules } = control
  const settled = (): Promise<void> => keeper.settled()
  const archiveUses = createArchiveUses({ resources, clock, buses, rules, archives, settled })
  const replayUses = createReplayUses({
    resources,
    clock,
    buses,
    replays,
    strict: config.compat.strict,
    allowCrossBus: config.compat.crossBusReplay,
    ruleKeys: (busKey, arns) => publisher.ruleKeys(busKey, arns),
  })
  await replayUses.resume()
  return { keeper, replays, archiveUses, replayUses }
}
