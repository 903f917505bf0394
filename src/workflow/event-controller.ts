// Turns Events into workflows, and says of each Event how its workflow stands.

import type { Clock, Logger } from '../base/index.ts'
import {
  Controller,
  type EventRecorder,
  isKubeError,
  keyOf,
  type KubeClient,
  type KubeObject,
  type ObjectName,
} from '../objects/index.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizer.ts'
import { appliedHash, applyObject } from './apply-object.ts'
import { specOf } from './desired.ts'
import { type Wanted, renderEvent } from './event-render.ts'
import { goesAt, lifetimeFault } from './event-lifetime.ts'
import {
  isScheduled,
  lookAtSchedule,
  minuteOf,
  scheduledName,
  scheduleFault,
} from './event-schedule.ts'
import { eventRelations } from './event-relations.ts'
import type { Condition } from './judge.ts'
import { HeldObjects } from './held-objects.ts'
import { isObject, type JsonObject } from './json-tree.ts'
import { EVENT_WORKERS, GOING_LOOK_MS, POINTER_MS, SCHEDULED_RUNS_MAX } from './limits.ts'
import { API_VERSION, EVENT_LABEL, labelOf } from './names.ts'
import { pointTo, removePointer } from './pointer.ts'
import { condition, findCondition, statusOf, writeStatus } from './status.ts'
import type { RenderText } from './template.ts'

export interface EventControllerOptions {
  readonly kind: 'Event' | 'XEvent'
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly recorder: EventRecorder
  readonly renderText: RenderText
}

interface Outcome {
  readonly conditions: readonly Condition[]
  readonly atProvider: JsonObject
  readonly againMs?: number
  /** When the Event itself goes, wall milliseconds. */
  readonly goesAt?: number
}

export class EventController {
  readonly #options: EventControllerOptions
  readonly #controller: Controller
  readonly #held = new HeldObjects()

  constructor(options: EventControllerOptions) {
    this.#options = options
    const { client, clock, logger, kind } = options
    this.#controller = new Controller({
      name: `${kind.toLowerCase()}-controller`,
      client,
      clock,
      logger,
      type: { apiVersion: API_VERSION, kind },
      related: eventRelations(kind, () => [
        ...this.#controller.related('WorkflowTemplate'),
        ...this.#controller.related('XWorkflowTemplate'),
      ]),
      workers: EVENT_WORKERS,
      reconcile: (name) => this.#reconcile(name),
    })
  }

  start(): Promise<void> {
    return this.#controller.start()
  }

  get isIdle(): boolean {
    return this.#controller.isIdle
  }

  close(): Promise<void> {
    return this.#controller.close()
  }

  async #reconcile({ namespace, name }: ObjectName): Promise<number | undefined> {
    const { client, clock, kind } = this.#options
    const found = await client.get({ apiVersion: API_VERSION, kind, namespace, name })
    if (found === undefined) return undefined
    if (found.metadata.deletionTimestamp !== undefined) return this.#terminate(found)
    const event = await addFinalizer(client, found)
    const outcome = isScheduled(event) ? await this.#schedule(event) : await this.#run(event)
    const waitMs = await this.#report(event, await this.#withLifetime(event, outcome))
    const leftMs = outcome.goesAt === undefined ? Infinity : outcome.goesAt - clock.now()
    if (leftMs <= 0) await client.delete(keyOf(event))
    return Math.min(waitMs, Math.max(0, leftMs))
  }

  async #run(event: KubeObject): Promise<Outcome> {
    const { name } = event.metadata
    const wanted = await renderEvent(this.#options, event, name)
    const workflow = await this.#workflowOf(event, name)
    if (wanted.kind === 'refused') return refused(wanted, workflow)
    await this.#warnOfUnknown(event, wanted.unknown)
    try {
      const isApplied =
        workflow !== undefined &&
        appliedHash(workflow) === appliedHash(wanted.workflow) &&
        this.#held.isHeld(workflow)
      if (!isApplied) this.#held.keep(await applyObject(this.#options.client, wanted.workflow))
    } catch (error) {
      if (!isKubeError(error)) throw error
      const { message } = error
      return {
        ...refused({ kind: 'refused', reason: 'WorkflowRefused', message }, workflow),
        againMs: GOING_LOOK_MS,
      }
    }
    const applied = await this.#workflowOf(event, name)
    const outcome = outcomeOf(applied)
    const goes = goesAt(event, applied)
    return goes === undefined ? outcome : { ...outcome, goesAt: goes }
  }

  async #schedule(event: KubeObject): Promise<Outcome> {
    const { client, clock, recorder } = this.#options
    const fault = scheduleFault(event.metadata.annotations ?? {})
    if (fault !== undefined)
      return refused({ kind: 'refused', reason: 'ScheduleInvalid', message: fault }, undefined)
    const now = clock.now()
    const { dueMs, missed, nextMs, state } = lookAtSchedule(event, now)
    const runs = await this.#scheduledRuns(event)
    if (missed > 0) {
      const message = `${missed} times passed while nobody was here and are left out`
      await recorder.record(event, { type: 'Warning', reason: 'MissedSchedule', message })
    }
    if (dueMs !== undefined) {
      const name = scheduledName(event.metadata.name, dueMs)
      const wanted = await renderEvent(this.#options, event, name)
      if (wanted.kind === 'refused') {
        const { conditions } = refused(wanted, undefined)
        return { conditions, atProvider: state, ...waitUntil(nextMs, now) }
      }
      await applyObject(client, wanted.workflow)
      await recorder.record(event, {
        type: 'Normal',
        reason: 'ScheduledRun',
        message: `workflow \`${name}\` is made`,
      })
    }
    for (const old of runs.slice(SCHEDULED_RUNS_MAX - (dueMs === undefined ? 0 : 1)))
      if (old.metadata.deletionTimestamp === undefined) await client.delete(keyOf(old))
    const [latest] = dueMs === undefined ? runs : await this.#scheduledRuns(event)
    const outcome = latest === undefined ? NOTHING_RUN : outcomeOf(latest)
    return {
      conditions: outcome.conditions,
      atProvider: { ...outcome.atProvider, ...state },
      ...waitUntil(nextMs, now),
    }
  }

  /** The newest first. */
  async #scheduledRuns({ metadata }: KubeObject): Promise<readonly KubeObject[]> {
    const { name, namespace } = metadata
    const { items } = await this.#options.client.list(this.#workflowType(), {
      labelSelector: `${EVENT_LABEL}=${labelOf(name)}`,
      namespace,
    })
    const minute = (one: KubeObject): number => minuteOf(name, one.metadata.name) ?? -1
    return items
      .filter((one) => minute(one) >= 0)
      .sort((first, second) => minute(second) - minute(first))
  }

  /** An annotation that came by a way on which nobody refuses it is told, and told once. */
  async #withLifetime(event: KubeObject, outcome: Outcome): Promise<Outcome> {
    const message = lifetimeFault(event.metadata.annotations ?? {})
    if (message === undefined) return outcome
    const synced = condition('Synced', false, 'LifetimeInvalid', message)
    if (findCondition(event, 'Synced')?.message !== message)
      await this.#options.recorder.record(event, {
        type: 'Warning',
        reason: 'LifetimeInvalid',
        message,
      })
    const others = outcome.conditions.filter(({ type }) => type !== 'Synced')
    return { ...outcome, conditions: [synced, ...others] }
  }

  async #warnOfUnknown(event: KubeObject, unknown: readonly string[]): Promise<void> {
    if (unknown.length === 0 || findCondition(event, 'Ready') !== undefined) return
    const message = `the template does not declare ${unknown.join(', ')}; it may be a slip`
    await this.#options.recorder.record(event, {
      type: 'Warning',
      reason: 'UnknownParameters',
      message,
    })
  }

  #workflowType(): { readonly apiVersion: string; readonly kind: string } {
    const kind = this.#options.kind === 'Event' ? 'Workflow' : 'XWorkflow'
    return { apiVersion: API_VERSION, kind }
  }

  async #workflowOf({ metadata }: KubeObject, name: string): Promise<KubeObject | undefined> {
    const { namespace } = metadata
    return this.#options.client.get({ ...this.#workflowType(), namespace, name })
  }

  async #report(event: KubeObject, outcome: Outcome): Promise<number> {
    const { conditions, atProvider, againMs } = outcome
    const rest = { ...statusOf(event), atProvider }
    const written = await writeStatus(this.#options, event, { conditions, rest })
    const ready = conditions.find(({ type }) => type === 'Ready')!
    await pointTo(this.#options, written, ready)
    return Math.min(againMs ?? POINTER_MS, POINTER_MS)
  }

  async #terminate(event: KubeObject): Promise<number | undefined> {
    const { client } = this.#options
    if (!hasFinalizer(event)) return undefined
    const owned = await this.#owned(event)
    for (const workflow of owned) await this.#remove(event, workflow)
    if (owned.length > 0) {
      await this.#report(event, goingOf(event, owned))
      return GOING_LOOK_MS
    }
    await removePointer(client, event)
    await removeFinalizer(client, event)
    return undefined
  }

  /** As they were told: to ask for those of one Event is to look at all there are, which many that go at once would. */
  async #owned(event: KubeObject): Promise<readonly KubeObject[]> {
    const { name, uid } = event.metadata
    const label = labelOf(name)
    const isOwned = ({ metadata }: KubeObject): boolean =>
      metadata.labels?.[EVENT_LABEL] === label &&
      metadata.ownerReferences?.some((owner) => owner.uid === uid) === true
    const own = await this.#workflowOf(event, name)
    const told = this.#controller
      .related(this.#workflowType().kind)
      .filter((one) => isOwned(one) && one.metadata.name !== name)
    return own !== undefined && isOwned(own) ? [own, ...told] : told
  }

  /** The Event's last word on what stays outside counts, also where the workflow was made under another. */
  async #remove(event: KubeObject, workflow: KubeObject): Promise<void> {
    const { client } = this.#options
    if (workflow.metadata.deletionTimestamp !== undefined) return
    const { deletionPolicy = 'Delete', managementPolicies = ['*'] } = specOf(event)
    const spec = specOf(workflow)
    const isSame = spec['deletionPolicy'] === deletionPolicy
    try {
      if (!isSame)
        await client.update({ ...workflow, spec: { ...spec, deletionPolicy, managementPolicies } })
      await client.delete(keyOf(workflow), { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error
    }
  }
}

const NOTHING_RUN: Outcome = {
  conditions: [
    condition('Synced', true, 'ReconcileSuccess'),
    condition('Ready', true, 'Scheduled', 'it runs at its times'),
  ],
  atProvider: { workflowStatus: 'Pending', resourcesCreated: 0 },
}

function refused(
  { reason, message }: Extract<Wanted, { kind: 'refused' }>,
  workflow: KubeObject | undefined,
): Outcome {
  const atProvider = workflow === undefined ? {} : shortOf(workflow)
  return {
    conditions: [
      condition('Synced', false, reason, message),
      condition('Ready', false, reason, message),
    ],
    atProvider: { workflowStatus: 'Pending', resourcesCreated: 0, ...atProvider },
  }
}

function outcomeOf(workflow: KubeObject | undefined): Outcome {
  const ready = workflow === undefined ? undefined : findCondition(workflow, 'Ready')
  const atProvider = { workflowStatus: 'Pending', resourcesCreated: 0, ...shortOf(workflow) }
  const synced = condition('Synced', true, 'ReconcileSuccess')
  // A changed workflow has not run until its controller has seen the change.
  const isSeen =
    workflow !== undefined &&
    statusOf(workflow)['observedGeneration'] === workflow.metadata.generation
  if (ready === undefined || !isSeen)
    return {
      conditions: [
        synced,
        condition('Ready', false, 'Progressing', 'the workflow is about to run'),
      ],
      atProvider,
    }
  if (ready.status === 'True')
    return { conditions: [synced, condition('Ready', true, 'WorkflowExecuted')], atProvider }
  const { reason = 'ResourceFailed', message = '' } = ready
  return { conditions: [synced, condition('Ready', false, reason, message)], atProvider }
}

/** An Event that is to go says what keeps it. */
function goingOf(event: KubeObject, owned: readonly KubeObject[]): Outcome {
  const { atProvider } = statusOf(event)
  const waiting = owned.map((one) => findCondition(one, 'Ready'))
  const told =
    waiting.find((one) => one?.reason === 'DeletionFailed') ??
    waiting.find((one) => one?.reason === 'Deleting')
  const reason = told?.reason ?? 'Deleting'
  const message = told?.message ?? 'being deleted, with its workflow'
  return {
    conditions: [
      condition(
        'Synced',
        reason !== 'DeletionFailed',
        reason === 'DeletionFailed' ? reason : 'ReconcileSuccess',
      ),
      condition('Ready', false, reason, message),
    ],
    atProvider: isObject(atProvider) ? atProvider : {},
  }
}

const SHOWN = ['workflowStatus', 'step', 'resourcesCreated', 'executionTime', 'completionTime']

function shortOf(workflow: KubeObject | undefined): JsonObject {
  if (workflow === undefined) return {}
  const { atProvider } = statusOf(workflow)
  const shown = isObject(atProvider) ? atProvider : {}
  return {
    workflow: workflow.metadata.name,
    ...Object.fromEntries(
      SHOWN.flatMap((name) => (shown[name] === undefined ? [] : [[name, shown[name]]])),
    ),
  }
}

function waitUntil(atMs: number | undefined, now: number): { readonly againMs?: number } {
  return atMs === undefined ? {} : { againMs: Math.max(0, atMs - now) }
}
