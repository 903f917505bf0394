// The use cases of replays. A replay runs in the archive room; its resource holds what was asked, and its status how
// far it came, so that the next process goes on with it.

import {
  REPLAYS_ACTIVE_MAX,
  type ReplayPlan,
  type ReplayProgress,
  type Replays,
} from '../archive/index.ts'
import { isAppError } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import {
  archiveArn,
  busArn,
  encodeName,
  namespaceOf,
  parseArn,
  replayArn,
  type ReplaySpec,
  type ResourceOf,
  type Scope,
} from '../model/index.ts'
import { archivedAfter, findArchive } from './archives.ts'
import type { Buses } from './buses.ts'
import { fault, faultOf } from './faults.ts'
import { REPLAYS_KEPT_MS } from './limits.ts'
import { resolveArn, type ResourceKey } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { type ControlParts, listAll, modifiedNow, retryConflicts } from './resources.ts'
import { Serial } from './serial.ts'

export interface ReplayView {
  readonly arn: string
  readonly archiveArn: string
  readonly busArn: string
  readonly spec: ReplaySpec
  readonly progress: ReplayProgress
}

export interface NewReplay {
  readonly name: string
  readonly description?: string | undefined
  readonly archiveArn: string
  /** Event times, seconds since the epoch, both included. */
  readonly earliest: number
  readonly latest: number
  /** ARN of the bus; where AWS need not be followed to the letter, of the one rule that gets the events. */
  readonly destinationArn: string
  /** ARNs of the only rules that get the events. */
  readonly ruleArns?: readonly string[] | undefined
  readonly ratePerSecond?: number | undefined
  /** Who asks for it, as the audit log calls them. */
  readonly who?: string | undefined
}

export interface ReplayFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  readonly archiveArn?: string | undefined
  readonly state?: string | undefined
}

export interface ReplayUses {
  start(scope: Scope, replay: NewReplay): Promise<ReplayView>
  get(scope: Scope, name: string): Promise<ReplayView>
  list(scope: Scope, filter: ReplayFilter): Promise<Page<ReplayView>>
  /** Those of every account and region. */
  listEverywhere(): Promise<readonly ReplayView[]>
  /** Answers at once, as `CANCELLING`. */
  cancel(scope: Scope, name: string): Promise<ReplayView>
  /** Goes on with what another process left under way. */
  resume(): Promise<void>
  /** Forgets replays that ended long ago; their names may be used again. */
  prune(): Promise<void>
}

export interface ReplayParts extends Pick<ControlParts, 'resources' | 'clock' | 'strict'> {
  readonly buses: Pick<Buses, 'get'>
  readonly replays: Pick<Replays, 'start' | 'cancel' | 'progress'>
  /** The keys of those of a bus's live rules that these ARNs name. */
  readonly ruleKeys: (busKey: string, arns: readonly string[]) => readonly string[]
  /** Allows a replay into another bus than the archive's, which AWS refuses. */
  readonly allowCrossBus: boolean
}

interface Parts extends ReplayParts {
  readonly serial: Serial
}

type ReplayResource = ResourceOf<'Replay'>

export function createReplayUses(options: ReplayParts): ReplayUses {
  const parts: Parts = { ...options, serial: new Serial() }
  return {
    start: (scope, replay) => startReplay(parts, scope, replay),
    async get(scope, name) {
      return toView(parts, await findReplay(parts, scope, name))
    },
    list: (scope, filter) => listReplays(parts, scope, filter),
    async listEverywhere() {
      return (await allReplays(parts)).map((replay) => toView(parts, replay))
    },
    cancel: (scope, name) => cancelReplay(parts, scope, name),
    async resume() {
      for (const replay of await allReplays(parts)) await resumeOne(parts, replay)
    },
    async prune() {
      const before = parts.clock.now() - REPLAYS_KEPT_MS
      for (const replay of await allReplays(parts)) {
        const { endedAt } = progressOf(replay)
        if (endedAt !== undefined && endedAt < before) {
          await parts.resources.delete('Replay', replay.metadata)
        }
      }
    },
  }
}

async function startReplay(parts: Parts, scope: Scope, replay: NewReplay): Promise<ReplayView> {
  const { name } = replay
  const destination = resolveDestination(parts, scope, replay)
  return parts.serial.run(`${scope.account}/${scope.region}`, async () => {
    const archive = await archiveOf(parts, scope, replay.archiveArn)
    if (archive.spec.bus !== destination.bus && !parts.allowCrossBus)
      throw fault('replay-cross-bus')
    if (replay.earliest >= replay.latest) throw fault('replay-range-empty')
    await parts.buses.get(scope, destination.bus)
    checkRules(parts, scope, destination)
    const key = replayKeyOf(scope, name)
    if ((await parts.resources.get('Replay', key)) !== undefined) {
      throw fault('replay-exists', { replay: name })
    }
    if ((await activeIn(parts, scope)) >= REPLAYS_ACTIVE_MAX) {
      throw fault('replays-too-many', { max: REPLAYS_ACTIVE_MAX })
    }
    const after = archivedAfter(parts, archive.spec)
    const spec: ReplaySpec = {
      account: scope.account,
      region: scope.region,
      name,
      archive: archive.spec.name,
      archiveUid: archive.metadata.uid,
      earliest: Math.floor(replay.earliest),
      latest: Math.floor(replay.latest),
      bus: destination.bus,
      ...(replay.description === undefined ? {} : { description: replay.description }),
      ...(destination.ruleArns.length === 0 ? {} : { ruleArns: destination.ruleArns }),
      ...(replay.ratePerSecond === undefined ? {} : { ratePerSecond: replay.ratePerSecond }),
      ...(after === undefined ? {} : { archivedAfter: after }),
      ...(replay.who === undefined ? {} : { who: replay.who }),
    }
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    const created = await parts.resources.create('Replay', draft)
    const progress = startingAt(parts.clock.now())
    await saveProgress(parts, created, progress)
    run(parts, created, progress)
    return { ...toView(parts, created), progress }
  })
}

interface Destination {
  readonly bus: string
  readonly ruleArns: readonly string[]
}

function resolveDestination(
  { strict }: Parts,
  scope: Scope,
  { destinationArn, ruleArns = [] }: NewReplay,
): Destination {
  const arn = parseArn(destinationArn)
  const isEvents = arn?.service === 'events'
  if (isEvents && arn.resource.startsWith('event-bus/')) {
    const bus = arn.resource.slice('event-bus/'.length)
    if (busArn(scope, bus) !== destinationArn) throw fault('replay-cross-bus')
    return { bus, ruleArns }
  }
  if (!strict && isEvents && arn.resource.startsWith('rule/')) {
    const named = resolveArn(scope, destinationArn)
    return { bus: named.bus, ruleArns: [...ruleArns, destinationArn] }
  }
  throw fault('replay-destination-invalid', { arn: destinationArn })
}

function checkRules(parts: Parts, scope: Scope, { bus, ruleArns }: Destination): void {
  const busKey = formatBusKey({ ...scope, name: bus })
  for (const arn of ruleArns) {
    if (parts.ruleKeys(busKey, [arn]).length === 0) throw fault('replay-rule-unknown', { arn, bus })
  }
}

async function archiveOf(parts: Parts, scope: Scope, arn: string): Promise<ResourceOf<'Archive'>> {
  const resource = parseArn(arn)?.resource ?? ''
  const name = resource.replace(/^archive\//, '')
  if (archiveArn(scope, name) !== arn) throw fault('replay-archive-unknown', { archive: name })
  try {
    return await findArchive(parts.resources, scope, name)
  } catch (error) {
    if (!isAppError(error) || faultOf(error) !== 'archive-not-found') throw error
    throw fault('replay-archive-unknown', { archive: name }, error)
  }
}

async function cancelReplay(parts: Parts, scope: Scope, name: string): Promise<ReplayView> {
  const replay = await findReplay(parts, scope, name)
  const { state } = toView(parts, replay).progress
  const isActive = state === 'STARTING' || state === 'RUNNING'
  if (!isActive || !parts.replays.cancel(replay.metadata.uid)) {
    throw fault('replay-not-active', { replay: name, state })
  }
  return toView(parts, replay)
}

async function listReplays(
  parts: Parts,
  scope: Scope,
  filter: ReplayFilter,
): Promise<Page<ReplayView>> {
  const { namePrefix, archiveArn: wanted, state } = filter
  const filters = [namePrefix, wanted, state].filter((one) => one !== undefined)
  if (filters.length > 1) throw fault('replay-filters')
  const views = (await replaysIn(parts, scope))
    .map((replay) => toView(parts, replay))
    .filter(
      (view) =>
        view.spec.name.startsWith(namePrefix ?? '') &&
        (wanted === undefined || view.archiveArn === wanted) &&
        (state === undefined || view.progress.state === state),
    )
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  return pageOf(views, ({ spec }) => spec.name, filter)
}

async function resumeOne(parts: Parts, replay: ReplayResource): Promise<void> {
  const progress = progressOf(replay)
  if (progress.state === 'STARTING' || progress.state === 'RUNNING') run(parts, replay, progress)
  else if (progress.state === 'CANCELLING') {
    const endedAt = parts.clock.now()
    await saveProgress(parts, replay, { ...progress, state: 'CANCELLED', endedAt })
  }
}

function run(parts: Parts, replay: ReplayResource, progress: ReplayProgress): void {
  parts.replays.start(planOf(parts, replay), progress, (newer) =>
    saveProgress(parts, replay, newer),
  )
}

function planOf(parts: Parts, { metadata, spec }: ReplayResource): ReplayPlan {
  const busKey = formatBusKey({ account: spec.account, region: spec.region, name: spec.bus })
  const { ruleArns } = spec
  return {
    uid: metadata.uid,
    name: spec.name,
    archive: spec.archiveUid,
    earliest: spec.earliest,
    latest: spec.latest,
    busKey,
    writtenAfter: spec.archivedAfter ?? -Infinity,
    ...(ruleArns === undefined ? {} : { rules: () => parts.ruleKeys(busKey, ruleArns) }),
    ...(spec.ratePerSecond === undefined ? {} : { ratePerSecond: spec.ratePerSecond }),
  }
}

/** Nothing happens when the replay is gone: then its progress is nobody's any more. */
async function saveProgress(
  { resources }: Parts,
  { metadata }: ReplayResource,
  progress: ReplayProgress,
): Promise<void> {
  await retryConflicts(async () => {
    const stored = await resources.get('Replay', metadata)
    if (stored?.metadata.uid !== metadata.uid) return
    await resources.updateStatus('Replay', { ...stored, status: progress })
  })
}

async function findReplay(
  { resources }: Parts,
  scope: Scope,
  name: string,
): Promise<ReplayResource> {
  const found = await resources.get('Replay', replayKeyOf(scope, name))
  if (found === undefined) throw fault('replay-not-found', { replay: name })
  return found
}

async function activeIn(parts: Parts, scope: Scope): Promise<number> {
  const replays = await replaysIn(parts, scope)
  return replays.filter((replay) => toView(parts, replay).progress.endedAt === undefined).length
}

async function replaysIn(parts: Parts, scope: Scope): Promise<readonly ReplayResource[]> {
  const found = await listAll(parts.resources, 'Replay', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  return found.filter(({ spec }) => spec.region === scope.region)
}

function allReplays({ resources }: Parts): Promise<readonly ReplayResource[]> {
  return listAll(resources, 'Replay', { namePrefix: '' })
}

function replayKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

function toView({ replays }: Parts, replay: ReplayResource): ReplayView {
  const { spec, metadata } = replay
  return {
    arn: replayArn(spec, spec.name),
    archiveArn: archiveArn(spec, spec.archive),
    busArn: busArn(spec, spec.bus),
    spec,
    progress: replays.progress(metadata.uid) ?? progressOf(replay),
  }
}

/** Without a status the process died between making the replay and starting it. */
function progressOf({ metadata, status }: ReplayResource): ReplayProgress {
  const startedAt = Date.parse(metadata.creationTimestamp)
  return (status as ReplayProgress | undefined) ?? startingAt(startedAt)
}

function startingAt(startedAt: number): ReplayProgress {
  return { state: 'STARTING', startedAt, events: 0, first: 0, block: 0, logOffset: 0 }
}
