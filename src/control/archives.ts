// The use cases of archives. Each has a rule on its bus that it manages, so that whoever lists the bus's rules sees
// who listens; the rule routes nothing.

import { AppError } from '../base/index.ts'
import type { Archives, ArchivedEvents, ArchiveStats } from '../archive/index.ts'
import { parsePattern } from '../match/index.ts'
import {
  archiveArn,
  ARCHIVE_MANAGER,
  type ArchiveSpec,
  busArn,
  encodeName,
  namespaceOf,
  type ResourceOf,
  type Scope,
} from '../model/index.ts'
import type { Buses } from './buses.ts'
import { checkKey, type DeclaredUses, releaseMarked } from './declared.ts'
import { fault } from './faults.ts'
import { resolveBusName, type ResourceKey } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import {
  type ControlParts,
  type Declaration,
  declaredMetadata,
  listAll,
  modifiedNow,
  type ResourceClient,
  retryConflicts,
  withOwned,
  withSpec,
} from './resources.ts'
import type { Rules } from './rules.ts'
import { Serial } from './serial.ts'

export interface ArchiveView {
  readonly arn: string
  readonly busArn: string
  readonly spec: ArchiveSpec
  readonly uid: string
  /** Whole seconds since the epoch. */
  readonly createdAt: number
}

export interface ArchiveReport extends ArchiveView {
  readonly stats: ArchiveStats
}

export interface ArchiveSettings {
  readonly description?: string | undefined
  /** Absent or empty = every event of the bus. */
  readonly pattern?: string | undefined
  readonly retentionDays?: number | undefined
  readonly kmsKeyIdentifier?: string | undefined
}

export interface NewArchive extends ArchiveSettings {
  readonly name: string
  /** Name or ARN of the bus. */
  readonly bus: string
}

export interface ArchiveFilter extends PageRequest {
  readonly namePrefix?: string | undefined
  readonly busArn?: string | undefined
  readonly state?: string | undefined
}

export interface ArchiveEventsQuery {
  /** Event times, whole seconds since the epoch, both included. */
  readonly earliest: number
  readonly latest: number
  readonly limit: number
  /** Where an answer before said to go on. */
  readonly block: number
  readonly skip: number
}

export interface ArchiveUses {
  create(scope: Scope, archive: NewArchive): Promise<ArchiveView>
  get(scope: Scope, name: string): Promise<ArchiveReport>
  list(scope: Scope, filter: ArchiveFilter): Promise<Page<ArchiveReport>>
  /** Those of every account and region. */
  listEverywhere(): Promise<readonly ArchiveReport[]>
  /** Settings that are not given stay as they are. */
  update(scope: Scope, name: string, settings: ArchiveSettings): Promise<ArchiveView>
  delete(scope: Scope, name: string): Promise<void>
  /** An archive declared whole, the way of Kubernetes. */
  readonly declared: DeclaredUses<'Archive'>
  /** What an archive holds, oldest first; an answer may hold fewer than there are, or none. */
  events(
    scope: Scope,
    name: string,
    query: ArchiveEventsQuery,
  ): Promise<ArchivedEvents & { readonly isLast: boolean }>
}

/** Every archive is ready at once: the only state there is here. */
export const ARCHIVE_STATE = 'ENABLED'

export interface ArchiveParts extends Pick<ControlParts, 'resources' | 'clock'> {
  readonly buses: Pick<Buses, 'get'>
  readonly rules: Pick<Rules, 'putManaged' | 'deleteManaged'>
  readonly archives: Pick<Archives, 'settled' | 'stats' | 'read'>
  /** Resolves when every write made before the call holds for the next event. */
  readonly settled: () => Promise<void>
}

interface Parts extends ArchiveParts {
  /** Changes of one archive, one after the other. */
  readonly serial: Serial
}

export function createArchiveUses(options: ArchiveParts): ArchiveUses {
  const parts: Parts = { ...options, serial: new Serial() }
  return {
    create: (scope, archive) => createArchive(parts, scope, archive),
    async get(scope, name) {
      const view = toView(await findArchive(parts.resources, scope, name))
      await parts.archives.settled()
      return report(parts, view)
    },
    list: (scope, filter) => listArchives(parts, scope, filter),
    async listEverywhere() {
      const all = await listAll(parts.resources, 'Archive', { namePrefix: '' })
      await parts.archives.settled()
      return Promise.all(all.map((archive) => report(parts, toView(archive))))
    },
    update: (scope, name, settings) => updateArchive(parts, scope, { name, settings }),
    delete: (scope, name) => deleteArchive(parts, scope, name),
    declared: {
      put: (declaration) => declareArchive(parts, declaration),
      delete: ({ spec }) => deleteArchive(parts, spec, spec.name),
      async release(declaration) {
        await releaseMarked(parts, 'Archive', declaration)
        await parts.settled()
      },
    },
    events: (scope, name, query) => readEvents(parts, scope, { name, query }),
  }
}

/** The archive, or `archive-not-found`. */
export async function findArchive(
  resources: Pick<ResourceClient, 'get'>,
  scope: Scope,
  name: string,
): Promise<ResourceOf<'Archive'>> {
  const found = await resources.get('Archive', archiveKeyOf(scope, name))
  if (found === undefined) throw fault('archive-not-found', { archive: name })
  return found
}

export function archiveKeyOf(scope: Scope, name: string): ResourceKey {
  return { namespace: namespaceOf(scope.account), name: encodeName([scope.region, name]) }
}

async function createArchive(
  parts: Parts,
  scope: Scope,
  archive: NewArchive,
): Promise<ArchiveView> {
  const { name, retentionDays = 0, ...settings } = archive
  const bus = resolveBusName(scope, archive.bus)
  await parts.buses.get(scope, bus)
  const spec: ArchiveSpec = {
    account: scope.account,
    region: scope.region,
    name,
    bus,
    retentionDays,
    ...given(settings),
  }
  if (spec.pattern !== undefined) parsePattern(spec.pattern)
  return parts.serial.run(serialKey(scope, name), async () => {
    const key = archiveKeyOf(scope, name)
    if ((await parts.resources.get('Archive', key)) !== undefined) {
      throw fault('archive-exists', { archive: name })
    }
    await putManagedRule(parts, scope, spec)
    await parts.archives.settled()
    const draft = { ...key, annotations: modifiedNow(parts), spec }
    const view = toView(await parts.resources.create('Archive', draft))
    await parts.settled()
    return view
  })
}

async function updateArchive(
  parts: Parts,
  scope: Scope,
  { name, settings }: { readonly name: string; readonly settings: ArchiveSettings },
): Promise<ArchiveView> {
  const { pattern, retentionDays, description, kmsKeyIdentifier } = settings
  const isEmpty = [pattern, retentionDays, description, kmsKeyIdentifier].every(
    (value) => value === undefined,
  )
  if (isEmpty) throw fault('archive-unchanged', { archive: name })
  if (pattern) parsePattern(pattern)
  return parts.serial.run(serialKey(scope, name), async () => {
    await findArchive(parts.resources, scope, name)
    // What came before is archived as it was asked for then.
    await parts.archives.settled()
    const view = await retryConflicts(async () => {
      const stored = await findArchive(parts.resources, scope, name)
      const spec = changed(stored.spec, settings)
      await putManagedRule(parts, scope, spec)
      return toView(await parts.resources.update('Archive', withSpec(parts, stored, spec)))
    })
    await parts.settled()
    return view
  })
}

async function declareArchive(
  parts: Parts,
  declaration: Declaration<'Archive'>,
): Promise<ResourceOf<'Archive'>> {
  const { spec } = declaration
  const key = archiveKeyOf(spec, spec.name)
  checkKey(declaration, key)
  if (spec.pattern) parsePattern(spec.pattern)
  await parts.buses.get(spec, spec.bus)
  return parts.serial.run(serialKey(spec, spec.name), async () => {
    const stored = await parts.resources.get('Archive', key)
    const owned = declaredMetadata(declaration, stored)
    if (stored !== undefined && stored.spec.bus !== spec.bus) {
      const message = `expected \`spec.bus\` to stay \`${stored.spec.bus}\`, got \`${spec.bus}\``
      throw new AppError('RESOURCE_INVALID', message, { details: { path: 'spec.bus' } })
    }
    // What came before is archived as it was asked for then.
    await parts.archives.settled()
    await putManagedRule(parts, spec, spec)
    const annotations = { ...owned.annotations, ...modifiedNow(parts) }
    const put =
      stored === undefined
        ? await parts.resources.create('Archive', { ...key, ...owned, annotations, spec })
        : await parts.resources.update('Archive', withSpec(parts, withOwned(stored, owned), spec))
    await parts.settled()
    return put
  })
}

async function deleteArchive(parts: Parts, scope: Scope, name: string): Promise<void> {
  await parts.serial.run(serialKey(scope, name), async () => {
    const { spec } = await findArchive(parts.resources, scope, name)
    await parts.resources.delete('Archive', archiveKeyOf(scope, name))
    await parts.settled()
    await parts.rules.deleteManaged(scope, { bus: spec.bus, rule: managedRuleName(name) })
  })
}

async function listArchives(
  parts: Parts,
  scope: Scope,
  filter: ArchiveFilter,
): Promise<Page<ArchiveReport>> {
  const { namePrefix, busArn: wantedBus, state } = filter
  const filters = [namePrefix, wantedBus, state].filter((one) => one !== undefined)
  if (filters.length > 1) throw fault('archive-filters', {})
  const resources = await listAll(parts.resources, 'Archive', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  const views = resources
    .filter(({ spec }) => spec.region === scope.region)
    .map(toView)
    .filter(({ spec, busArn: arn }) => {
      if (state !== undefined && state !== ARCHIVE_STATE) return false
      return (
        (wantedBus === undefined || arn === wantedBus) && spec.name.startsWith(namePrefix ?? '')
      )
    })
    .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  const page = pageOf(views, ({ spec }) => spec.name, filter)
  if (page.items.length > 0) await parts.archives.settled()
  const items = await Promise.all(page.items.map((view) => report(parts, view)))
  return { ...page, items }
}

async function readEvents(
  parts: Parts,
  scope: Scope,
  { name, query }: { readonly name: string; readonly query: ArchiveEventsQuery },
): Promise<ArchivedEvents & { readonly isLast: boolean }> {
  const { metadata, spec } = await findArchive(parts.resources, scope, name)
  await parts.archives.settled()
  const { end } = await parts.archives.stats(metadata.uid)
  const events = await parts.archives.read(metadata.uid, {
    from: query.block,
    until: end,
    earliest: query.earliest,
    latest: query.latest,
    writtenAfter: archivedAfter(parts, spec) ?? -Infinity,
    skip: query.skip,
    eventsMax: query.limit,
  })
  return { ...events, isLast: events.next >= end }
}

/** Events archived before this, wall milliseconds, are past the retention; undefined when none ever is. */
export function archivedAfter(
  { clock }: Pick<ControlParts, 'clock'>,
  { retentionDays }: ArchiveSpec,
): number | undefined {
  return retentionDays === 0 ? undefined : clock.now() - retentionDays * 86_400_000
}

async function report(parts: Parts, view: ArchiveView): Promise<ArchiveReport> {
  return { ...view, stats: await parts.archives.stats(view.uid) }
}

async function putManagedRule(parts: Parts, scope: Scope, spec: ArchiveSpec): Promise<void> {
  const pattern = spec.pattern === undefined ? {} : (JSON.parse(spec.pattern) as object)
  await parts.rules.putManaged(scope, {
    bus: spec.bus,
    rule: managedRuleName(spec.name),
    pattern: JSON.stringify({ ...pattern, 'replay-name': [{ exists: false }] }),
    managedBy: ARCHIVE_MANAGER,
  })
}

function managedRuleName(archive: string): string {
  return `Events-Archive-${archive}`
}

function serialKey(scope: Scope, name: string): string {
  return `${scope.account}/${scope.region}/${name}`
}

function changed(spec: ArchiveSpec, settings: ArchiveSettings): ArchiveSpec {
  const { pattern: _, ...rest } = spec
  const { retentionDays = spec.retentionDays } = settings
  const base = settings.pattern === undefined ? spec : rest
  return { ...base, retentionDays, ...given(settings) }
}

function given(settings: ArchiveSettings): Partial<ArchiveSpec> {
  const { description, pattern, kmsKeyIdentifier } = settings
  return {
    ...(description === undefined ? {} : { description }),
    ...(pattern ? { pattern } : {}),
    ...(kmsKeyIdentifier === undefined ? {} : { kmsKeyIdentifier }),
  }
}

function toView({ metadata, spec }: ResourceOf<'Archive'>): ArchiveView {
  return {
    arn: archiveArn(spec, spec.name),
    busArn: busArn(spec, spec.bus),
    spec,
    uid: metadata.uid,
    createdAt: Math.floor(Date.parse(metadata.creationTimestamp) / 1000),
  }
}
