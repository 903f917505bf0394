// The use cases of schedule groups. The group `default` is there in every account and region without being made.
//
//   ACTIVE ─▶ DELETING (its schedules go, one by one, also over a restart) ─▶ gone

import { describeError, type Logger } from '../base/index.ts'
import {
  encodeName,
  namespaceOf,
  parseArn,
  type ResourceOf,
  scheduleGroupArn,
  type ScheduleGroupSpec,
  type Scope,
  type Tags,
} from '../model/index.ts'
import { fault } from './faults.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { RecentTokens } from './recent-tokens.ts'
import {
  type ControlParts,
  listAll,
  MODIFIED_ANNOTATION,
  modifiedNow,
  retryConflicts,
  withSpec,
} from './resources.ts'
import {
  DEFAULT_GROUP,
  groupKeyOf,
  groupSerialKey,
  scheduleKeyOf,
  schedulesOf,
} from './schedule-store.ts'
import { checkTags, type Tag, tagSet } from './tag-set.ts'

export interface ScheduleGroupView {
  readonly arn: string
  readonly name: string
  readonly state: ScheduleGroupSpec['state']
  readonly tags: Tags
  /** Whole seconds since the epoch; absent of `default`. */
  readonly createdAt?: number
  readonly modifiedAt?: number
}

export interface NewScheduleGroup {
  readonly name: string
  readonly tags?: Tags | undefined
  /** Repeating a request with its token answers the same. */
  readonly token?: string | undefined
}

export interface ScheduleGroups {
  create(scope: Scope, group: NewScheduleGroup): Promise<ScheduleGroupView>
  get(scope: Scope, name: string): Promise<ScheduleGroupView>
  list(
    scope: Scope,
    filter: PageRequest & { readonly namePrefix?: string | undefined },
  ): Promise<Page<ScheduleGroupView>>
  /** The group is DELETING when this resolves, and gone once its schedules are. */
  delete(scope: Scope, name: string, token?: string): Promise<void>
  listTags(scope: Scope, arn: string): Promise<Tags>
  addTags(scope: Scope, arn: string, tags: readonly Tag[]): Promise<void>
  removeTags(scope: Scope, arn: string, keys: readonly string[]): Promise<void>
  /** Goes on with deletions that a restart interrupted. */
  resume(): Promise<void>
  /** Resolves when no group is being deleted. */
  settled(): Promise<void>
}

const TOKEN_ANNOTATION = 'signalbox.dev/client-request'

export function createScheduleGroups(parts: ControlParts, logger: Logger): ScheduleGroups {
  const deletions = new RecentTokens()
  const emptying = new Set<Promise<void>>()
  function empty(spec: ScheduleGroupSpec): void {
    const work = emptyGroup(parts, spec)
      .catch((error: unknown) => {
        // The next start goes on with it.
        logger.warn('a schedule group could not be emptied', { error: describeError(error) })
      })
      .finally(() => emptying.delete(work))
    emptying.add(work)
  }
  return {
    create: (scope, group) => createGroup(parts, scope, group),
    get: (scope, name) => findGroup(parts, scope, name),
    list: (scope, filter) => listGroups(parts, scope, filter),
    async delete(scope, name, token) {
      const request = token === undefined ? undefined : `${scope.account}/${scope.region}/${token}`
      if (request !== undefined && deletions.has(request)) return
      empty(await markDeleting(parts, scope, name))
      if (request !== undefined) deletions.add(request)
    },
    async listTags(scope, arn) {
      return (await findGroup(parts, scope, groupOf(scope, arn))).tags
    },
    async addTags(scope, arn, tags) {
      const added = tagSet(tags)
      await changeTags(parts, scope, groupOf(scope, arn), (before) => {
        const after = { ...before, ...added }
        checkTags(after, arn)
        return after
      })
    },
    async removeTags(scope, arn, keys) {
      const gone = new Set(keys)
      await changeTags(parts, scope, groupOf(scope, arn), (before) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))),
      )
    },
    async resume() {
      const groups = await listAll(parts.resources, 'ScheduleGroup', { namePrefix: '' })
      for (const { spec } of groups) if (spec.state === 'DELETING') empty(spec)
    },
    async settled() {
      while (emptying.size > 0) await Promise.all(emptying)
    },
  }
}

/** The group of a name, or `schedule-group-not-found`. */
export async function findGroup(
  { resources }: ControlParts,
  scope: Scope,
  name: string,
): Promise<ScheduleGroupView> {
  const resource = await resources.get('ScheduleGroup', groupKeyOf(scope, name))
  if (resource !== undefined) return toView(resource)
  if (name === DEFAULT_GROUP) return defaultGroup(scope)
  throw fault('schedule-group-not-found', { group: name })
}

async function createGroup(
  parts: ControlParts,
  scope: Scope,
  { name, tags = {}, token }: NewScheduleGroup,
): Promise<ScheduleGroupView> {
  checkTags(tags, name)
  const key = groupKeyOf(scope, name)
  return parts.serial.run(groupSerialKey(scope, name), async () => {
    const stored = await parts.resources.get('ScheduleGroup', key)
    if (stored !== undefined || name === DEFAULT_GROUP) {
      const isRepeated = stored?.metadata.annotations?.[TOKEN_ANNOTATION] === token
      if (stored !== undefined && token !== undefined && isRepeated) return toView(stored)
      throw fault('schedule-group-exists', { group: name })
    }
    const { account, region } = scope
    const spec: ScheduleGroupSpec = { account, region, name, state: 'ACTIVE', tags }
    const annotations = {
      ...modifiedNow(parts),
      ...(token === undefined ? {} : { [TOKEN_ANNOTATION]: token }),
    }
    return toView(await parts.resources.create('ScheduleGroup', { ...key, annotations, spec }))
  })
}

async function listGroups(
  parts: ControlParts,
  scope: Scope,
  filter: PageRequest & { readonly namePrefix?: string | undefined },
): Promise<Page<ScheduleGroupView>> {
  const stored = await listAll(parts.resources, 'ScheduleGroup', {
    namespace: namespaceOf(scope.account),
    namePrefix: `${encodeName([scope.region])}.`,
  })
  const views = [
    ...stored.filter(({ spec }) => spec.region === scope.region).map(toView),
    defaultGroup(scope),
  ]
    .filter(({ name }) => name.startsWith(filter.namePrefix ?? ''))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return pageOf(views, ({ name }) => name, filter)
}

async function markDeleting(
  parts: ControlParts,
  scope: Scope,
  name: string,
): Promise<ScheduleGroupSpec> {
  if (name === DEFAULT_GROUP) throw fault('schedule-group-is-default')
  // Whoever creates a schedule in it now does so before, and it goes too, or after, and is refused.
  return parts.serial.run(groupSerialKey(scope, name), () =>
    retryConflicts(async () => {
      const stored = await parts.resources.get('ScheduleGroup', groupKeyOf(scope, name))
      if (stored === undefined) throw fault('schedule-group-not-found', { group: name })
      const spec: ScheduleGroupSpec = { ...stored.spec, state: 'DELETING' }
      await parts.resources.update('ScheduleGroup', withSpec(parts, stored, spec))
      return spec
    }),
  )
}

async function emptyGroup(parts: ControlParts, spec: ScheduleGroupSpec): Promise<void> {
  for await (const schedule of schedulesOf(parts.resources, spec, spec.name)) {
    const { group, name } = schedule.spec
    await parts.resources.delete('Schedule', scheduleKeyOf(spec, group, name))
  }
  await parts.publisher.publish()
  await parts.resources.delete('ScheduleGroup', groupKeyOf(spec, spec.name))
}

async function changeTags(
  parts: ControlParts,
  scope: Scope,
  name: string,
  change: (tags: Tags) => Tags,
): Promise<void> {
  await retryConflicts(async () => {
    const stored = await parts.resources.get('ScheduleGroup', groupKeyOf(scope, name))
    if (stored === undefined) throw fault('schedule-group-not-found', { group: name })
    const spec = { ...stored.spec, tags: change(stored.spec.tags ?? {}) }
    await parts.resources.update('ScheduleGroup', withSpec(parts, stored, spec))
  })
}

/** Only groups have tags. */
function groupOf(scope: Scope, arn: string): string {
  const name = parseArn(arn)?.resource.replace(/^schedule-group\//, '') ?? ''
  if (scheduleGroupArn(scope, name) !== arn) throw fault('resource-not-found', { arn })
  return name
}

function defaultGroup(scope: Scope): ScheduleGroupView {
  const arn = scheduleGroupArn(scope, DEFAULT_GROUP)
  return { arn, name: DEFAULT_GROUP, state: 'ACTIVE', tags: {} }
}

function toView({ metadata, spec }: ResourceOf<'ScheduleGroup'>): ScheduleGroupView {
  const createdAt = Math.floor(Date.parse(metadata.creationTimestamp) / 1000)
  const modified = metadata.annotations?.[MODIFIED_ANNOTATION]
  return {
    arn: scheduleGroupArn(spec, spec.name),
    name: spec.name,
    state: spec.state,
    tags: spec.tags ?? {},
    createdAt,
    modifiedAt: modified === undefined ? createdAt : Number(modified),
  }
}
