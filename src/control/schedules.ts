// The use cases of EventBridge Scheduler's schedules. An update replaces all of a schedule but its name and group.

import { createHash } from 'node:crypto'
import { checkJson, EVENT_DEPTH_MAX, type JsonCheck } from '../event/index.ts'
import { findTimeZone, parseScheduleExpression } from '../expression/index.ts'
import {
  isTargetAddress,
  parseArn,
  type ResourceOf,
  scheduleArn,
  type ScheduleSpec,
  type ScheduleTarget,
  type Scope,
  TARGET_ADDRESS_FORMS,
} from '../model/index.ts'
import { fillFiringText } from '../transform/index.ts'
import { fault } from './faults.ts'
import { RecentTokens } from './recent-tokens.ts'
import {
  type ControlParts,
  MODIFIED_ANNOTATION,
  modifiedNow,
  retryConflicts,
  withSpec,
} from './resources.ts'
import { findGroup } from './schedule-groups.ts'
import { DEFAULT_GROUP, groupSerialKey, listSchedules, scheduleKeyOf } from './schedule-store.ts'

export interface ScheduleView {
  readonly arn: string
  readonly spec: ScheduleSpec
  /** Whole seconds since the epoch. */
  readonly createdAt: number
  readonly modifiedAt: number
}

export interface ScheduleName {
  /** `default` when absent. */
  readonly group?: string | undefined
  readonly name: string
}

export interface NewSchedule extends ScheduleName {
  readonly description?: string | undefined
  readonly state?: ScheduleSpec['state'] | undefined
  readonly expression: string
  readonly timezone?: string | undefined
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
  readonly window: { readonly isFlexible: boolean; readonly minutes?: number | undefined }
  readonly afterCompletion?: ScheduleSpec['afterCompletion'] | undefined
  readonly kmsKeyArn?: string | undefined
  readonly target: ScheduleTarget
  /** Repeating a request with its token changes nothing and answers the same. */
  readonly token?: string | undefined
}

export interface ScheduleFilter {
  readonly group?: string | undefined
  readonly namePrefix?: string | undefined
  readonly state?: ScheduleSpec['state'] | undefined
  readonly limit?: number | undefined
  readonly token?: string | undefined
}

export interface SchedulePage {
  readonly items: readonly ScheduleView[]
  readonly nextToken?: string
}

export interface Schedules {
  create(scope: Scope, schedule: NewSchedule): Promise<ScheduleView>
  get(scope: Scope, name: ScheduleName): Promise<ScheduleView>
  list(scope: Scope, filter: ScheduleFilter): Promise<SchedulePage>
  update(scope: Scope, schedule: NewSchedule): Promise<ScheduleView>
  setState(scope: Scope, name: ScheduleName, state: ScheduleSpec['state']): Promise<void>
  delete(scope: Scope, name: ScheduleName, token?: string): Promise<void>
  /** Deletes one whose last occurrence has been delivered, unless it was changed meanwhile. */
  deleteCompleted(schedule: ResourceOf<'Schedule'>): Promise<void>
}

/** A start may lie this far back (AWS). */
const START_AGE_MS_MAX = 5 * 60_000

/** What a creation was asked by; a repetition of it has the same. */
const REQUEST_ANNOTATION = 'signalbox.dev/client-request'

export function createSchedules(parts: ControlParts): Schedules {
  const deletions = new RecentTokens()
  return {
    create: (scope, schedule) => createSchedule(parts, scope, schedule),
    get: async (scope, name) => toView(await findSchedule(parts, scope, name)),
    async list(scope, filter) {
      if (filter.group !== undefined) await findGroup(parts, scope, filter.group)
      const { items, nextToken } = await listSchedules(parts.resources, scope, filter)
      return { items: items.map(toView), ...(nextToken === undefined ? {} : { nextToken }) }
    },
    update: (scope, schedule) => updateSchedule(parts, scope, schedule),
    async setState(scope, name, state) {
      await changeSchedule(parts, scope, name, (spec) =>
        spec.state === state ? spec : { ...spec, state, sinceMs: parts.clock.now() },
      )
      await parts.publisher.publish()
    },
    async delete(scope, name, token) {
      const key = scheduleKeyOf(scope, name.group ?? DEFAULT_GROUP, name.name)
      const request = token === undefined ? undefined : `${key.namespace}/${key.name}/${token}`
      if (request !== undefined && deletions.has(request)) return
      await findSchedule(parts, scope, name)
      await parts.resources.delete('Schedule', key)
      if (request !== undefined) deletions.add(request)
      await parts.publisher.publish()
    },
    async deleteCompleted({ metadata, spec }) {
      const key = scheduleKeyOf(spec, spec.group, spec.name)
      const stored = await parts.resources.get('Schedule', key)
      const isSame = stored?.metadata.uid === metadata.uid && stored.spec.sinceMs === spec.sinceMs
      if (isSame) await parts.resources.delete('Schedule', key)
      await parts.publisher.publish()
    },
  }
}

async function createSchedule(
  parts: ControlParts,
  scope: Scope,
  draft: NewSchedule,
): Promise<ScheduleView> {
  const group = draft.group ?? DEFAULT_GROUP
  checkDraft(parts, draft, undefined)
  const key = scheduleKeyOf(scope, group, draft.name)
  const view = await parts.serial.run(groupSerialKey(scope, group), async () => {
    const { state } = await findGroup(parts, scope, group)
    if (state === 'DELETING') throw fault('schedule-group-deleting', { group })
    const stored = await parts.resources.get('Schedule', key)
    if (stored !== undefined) {
      const isRepeated = stored.metadata.annotations?.[REQUEST_ANNOTATION] === requestOf(draft)
      if (draft.token !== undefined && isRepeated) return toView(stored)
      throw fault('schedule-exists', { schedule: draft.name })
    }
    const annotations = {
      ...modifiedNow(parts),
      ...(draft.token === undefined ? {} : { [REQUEST_ANNOTATION]: requestOf(draft) }),
    }
    const now = parts.clock.now()
    const spec = specOf(scope, draft, { sinceMs: now, anchorMs: now })
    return toView(await parts.resources.create('Schedule', { ...key, annotations, spec }))
  })
  await parts.publisher.publish()
  return view
}

async function updateSchedule(
  parts: ControlParts,
  scope: Scope,
  draft: NewSchedule,
): Promise<ScheduleView> {
  const changed = await changeSchedule(parts, scope, draft, (before) => {
    checkDraft(parts, draft, before)
    const spec = specOf(scope, draft, before)
    const now = parts.clock.now()
    if (!isTimedAlike(spec, before)) return { ...spec, sinceMs: now, anchorMs: now }
    return spec.state === before.state ? spec : { ...spec, sinceMs: now }
  })
  await parts.publisher.publish()
  return toView(changed)
}

async function changeSchedule(
  parts: ControlParts,
  scope: Scope,
  name: ScheduleName,
  change: (spec: ScheduleSpec) => ScheduleSpec,
): Promise<ResourceOf<'Schedule'>> {
  return retryConflicts(async () => {
    const resource = await findSchedule(parts, scope, name)
    const spec = change(resource.spec)
    return parts.resources.update('Schedule', withSpec(parts, resource, spec))
  })
}

async function findSchedule(
  { resources }: ControlParts,
  scope: Scope,
  { group = DEFAULT_GROUP, name }: ScheduleName,
): Promise<ResourceOf<'Schedule'>> {
  const resource = await resources.get('Schedule', scheduleKeyOf(scope, group, name))
  if (resource === undefined) throw fault('schedule-not-found', { schedule: name })
  return resource
}

/** `before` is what an update replaces: a start that was right once stays right. */
function checkDraft(
  { clock }: Pick<ControlParts, 'clock'>,
  draft: NewSchedule,
  before: ScheduleSpec | undefined,
): void {
  const { expression: text, timezone, startMs, endMs, window } = draft
  const expression = parseScheduleExpression(text)
  if (expression === undefined) throw fault('schedule-expression-invalid', { expression: text })
  if (timezone !== undefined && findTimeZone(timezone) === undefined) {
    throw fault('timezone-invalid', { timezone })
  }
  if (window.isFlexible && window.minutes === undefined) throw fault('window-missing')
  if (!window.isFlexible && window.minutes !== undefined) throw fault('window-unwanted')
  if (expression.kind !== 'at' && startMs !== undefined && startMs !== before?.startMs) {
    if (startMs < clock.now() - START_AGE_MS_MAX) throw fault('schedule-start-past')
  }
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    throw fault('schedule-end-before-start')
  }
  checkTarget(draft.target)
}

function checkTarget({ address, input, busEvent, messageGroupId }: ScheduleTarget): void {
  if (!isTargetAddress(address)) {
    throw fault('schedule-address-invalid', { address, forms: TARGET_ADDRESS_FORMS })
  }
  const arn = parseArn(address)
  const isBus = arn?.service === 'events' && arn.resource.startsWith('event-bus/')
  if (isBus !== (busEvent !== undefined)) throw fault('bus-event-mismatch', { address })
  const isFifo = arn?.service === 'sqs' && arn.resource.endsWith('.fifo')
  if (isFifo && messageGroupId === undefined) throw fault('schedule-group-id-missing', { address })
  if (input === undefined) return
  const kind = jsonKindOf(input, isBus ? EVENT_DEPTH_MAX : Infinity)
  if (isBus && kind !== 'object') throw fault('schedule-input-not-object')
  const wantsJson = arn?.service === 'lambda' || arn?.service === 'states'
  if (wantsJson && kind === 'fault') throw fault('schedule-input-not-json')
}

/** The names of a firing may stand in it, so they are filled in to look. */
function jsonKindOf(input: string, depthMax: number): JsonCheck['kind'] {
  const text = fillFiringText(input, {
    scheduleArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/any',
    scheduledTime: '2026-01-01T00:00:00Z',
    eventId: '00000000-0000-0000-0000-000000000000',
    attempt: 1,
  })
  return checkJson(Buffer.from(text), { depthMax }).kind
}

function specOf(
  scope: Scope,
  draft: NewSchedule,
  { sinceMs, anchorMs }: Pick<ScheduleSpec, 'sinceMs' | 'anchorMs'>,
): ScheduleSpec {
  const { description, timezone, startMs, endMs, window, kmsKeyArn } = draft
  return {
    account: scope.account,
    region: scope.region,
    group: draft.group ?? DEFAULT_GROUP,
    name: draft.name,
    state: draft.state ?? 'ENABLED',
    expression: draft.expression,
    afterCompletion: draft.afterCompletion ?? 'NONE',
    sinceMs,
    anchorMs,
    target: draft.target,
    ...(description === undefined ? {} : { description }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    ...(window.minutes === undefined ? {} : { windowMinutes: window.minutes }),
    ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
  }
}

/** Whether both occur at the same times, so that one goes on where the other stood. */
function isTimedAlike(a: ScheduleSpec, b: ScheduleSpec): boolean {
  return (
    a.expression === b.expression &&
    (a.timezone ?? 'UTC') === (b.timezone ?? 'UTC') &&
    a.startMs === b.startMs
  )
}

function requestOf(draft: NewSchedule): string {
  return createHash('sha256').update(JSON.stringify(draft)).digest('hex').slice(0, 32)
}

function toView({ metadata, spec }: ResourceOf<'Schedule'>): ScheduleView {
  const createdAt = Math.floor(Date.parse(metadata.creationTimestamp) / 1000)
  const modified = metadata.annotations?.[MODIFIED_ANNOTATION]
  return {
    arn: scheduleArn(spec, spec.group, spec.name),
    spec,
    createdAt,
    modifiedAt: modified === undefined ? createdAt : Number(modified),
  }
}
