// Workflows as people look at them: which there are and how far each is, one with its steps and history, and what can be
// done to them: start, try again, cancel. An Event that has no workflow yet, or was refused one, is shown as well.

import { AppError, type Random } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject, type KubeType } from '../objects/index.ts'
import type { Json } from '../structure/index.ts'
import { specOf } from './desired.ts'
import { asText, isObject, type JsonObject } from './json-tree.ts'
import {
  API_VERSION,
  CANCEL_ANNOTATION,
  CRON_ANNOTATION,
  EVENT_LABEL,
  RETRY_ANNOTATION,
  TEMPLATE_LABEL,
} from './names.ts'
import type { HistoryEntry, RunState, StepState } from './run.ts'
import { decodeRun } from './run-codec.ts'
import { findCondition, statusOf } from './status.ts'

export interface FlowView {
  /** Absent for one that is in no namespace. */
  readonly namespace?: string
  readonly name: string
  readonly template: string
  /** `Pending` before there is a workflow, `Refused` when there will be none. */
  readonly phase: 'Pending' | 'Refused' | RunState['phase']
  /** The step that is under way, or that failed. */
  readonly step?: string
  readonly stepsCompleted: number
  readonly stepsTotal: number
  readonly resourcesCreated: number
  /** Wall milliseconds. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** Why it is not ready. */
  readonly message?: string
}

export interface FlowReport extends FlowView {
  readonly steps: readonly Pick<
    StepState,
    'name' | 'phase' | 'attempt' | 'startedAt' | 'endedAt' | 'wakeAt' | 'message' | 'resources'
  >[]
  /** The newest entries, oldest first. */
  readonly history: readonly HistoryEntry[]
  /** Runs before this one, the newest first. */
  readonly runs: readonly Json[]
}

export interface FlowName {
  /** None: `default`, else in no namespace. */
  readonly namespace?: string | undefined
  readonly name: string
}

export interface NewFlow {
  readonly template: string
  readonly namespace: string
  /** Made of the template's when absent. */
  readonly name?: string | undefined
  readonly parameters: JsonObject
}

export interface Flows {
  /** By namespace and name. */
  list(namespace: string | undefined): Promise<readonly FlowView[]>
  /** `RESOURCE_NOT_FOUND` when there is neither a workflow nor an Event. */
  get(name: FlowName): Promise<FlowReport>
  /** Makes an Event; what is wrong with its parameters is said by `get`. */
  start(flow: NewFlow): Promise<{ readonly namespace: string; readonly name: string }>
  /** Goes on from what failed or was cancelled. */
  retry(name: FlowName): Promise<void>
  /** Ends it where it is; what was made stays. */
  cancel(name: FlowName): Promise<void>
}

const NAMESPACE_DEFAULT = 'default'
const NAME_LENGTH_MAX = 200

export function createFlows(parts: {
  readonly client: KubeClient
  readonly random: Random
}): Flows {
  const { client, random } = parts
  return {
    list: (namespace) => listFlows(client, namespace),
    get: (name) => getFlow(client, name),
    start: (flow) => startFlow(client, flow),
    retry: (name) => mark(client, name, { annotation: RETRY_ANNOTATION, random }),
    cancel: (name) => mark(client, name, { annotation: CANCEL_ANNOTATION, random }),
  }
}

async function listFlows(
  client: KubeClient,
  namespace: string | undefined,
): Promise<readonly FlowView[]> {
  const query = namespace === undefined ? {} : { namespace }
  const list = async (kind: string): Promise<readonly KubeObject[]> =>
    (await client.list(typeOf(kind), query)).items
  const isAll = namespace === undefined
  const [workflows, loose, events, looseEvents] = await Promise.all([
    list('Workflow'),
    isAll ? list('XWorkflow') : [],
    list('Event'),
    isAll ? list('XEvent') : [],
  ])
  const flows = [...workflows, ...loose]
  const known = new Set(flows.map((flow) => placeOf(flow)))
  const waiting = [...events, ...looseEvents].filter(
    (event) => !known.has(placeOf(event)) && !isScheduled(event),
  )
  return [...flows.map(viewOf), ...waiting.map(viewOfEvent)].toSorted((a, b) =>
    `${a.namespace ?? ''}/${a.name}` < `${b.namespace ?? ''}/${b.name}` ? -1 : 1,
  )
}

async function getFlow(client: KubeClient, name: FlowName): Promise<FlowReport> {
  const workflow = await find(client, name, ['Workflow', 'XWorkflow'])
  if (workflow !== undefined) return reportOf(workflow)
  const event = await find(client, name, ['Event', 'XEvent'])
  if (event === undefined) throw notFound(name)
  return { ...viewOfEvent(event), steps: [], history: [], runs: [] }
}

async function startFlow(
  client: KubeClient,
  { template, namespace, name, parameters }: NewFlow,
): Promise<{ readonly namespace: string; readonly name: string }> {
  const named =
    name === undefined ? { generateName: `${template.slice(0, NAME_LENGTH_MAX)}-` } : { name }
  try {
    const event = await client.create({
      apiVersion: API_VERSION,
      kind: 'Event',
      metadata: { ...named, namespace } as KubeObject['metadata'],
      spec: { workflowTemplate: { id: template, parameters } },
    })
    return { namespace, name: event.metadata.name }
  } catch (error) {
    throw asAppError(error)
  }
}

async function mark(
  client: KubeClient,
  name: FlowName,
  { annotation, random }: { readonly annotation: string; readonly random: Random },
): Promise<void> {
  const workflow = await find(client, name, ['Workflow', 'XWorkflow'])
  if (workflow === undefined) throw notFound(name)
  const { apiVersion, kind, metadata } = workflow
  const key = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
  // Another value than before is another wish.
  const wish = Buffer.from(random.bytes(8)).toString('hex')
  try {
    await client.patch(key, 'merge', { metadata: { annotations: { [annotation]: wish } } })
  } catch (error) {
    throw asAppError(error)
  }
}

/** In its namespace, else in none. */
async function find(
  client: KubeClient,
  { namespace, name }: FlowName,
  [inNamespace, inNone]: readonly [string, string],
): Promise<KubeObject | undefined> {
  const own = { ...typeOf(inNamespace), namespace: namespace ?? NAMESPACE_DEFAULT, name }
  const found = await client.get(own)
  if (found !== undefined || namespace !== undefined) return found
  return client.get({ ...typeOf(inNone), name })
}

function viewOf(workflow: KubeObject): FlowView {
  const { namespace, name, labels = {} } = workflow.metadata
  const status = statusOf(workflow)
  const run = decodeRun(status['run'])
  const shown = isObject(status['atProvider']) ? status['atProvider'] : {}
  const ready = findCondition(workflow, 'Ready')
  const message = ready?.status === 'True' ? undefined : ready?.message
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    template: labels[TEMPLATE_LABEL] ?? '',
    phase: phaseOf(workflow, run),
    ...(typeof shown['step'] === 'string' ? { step: shown['step'] } : {}),
    stepsCompleted: countOf(shown['stepsCompleted']),
    stepsTotal: countOf(shown['stepsTotal']),
    resourcesCreated: countOf(shown['resourcesCreated']),
    ...(run === undefined ? {} : { startedAt: run.startedAt }),
    ...(run?.endedAt === undefined ? {} : { endedAt: run.endedAt }),
    ...(message === undefined ? {} : { message }),
  }
}

/** One that is to be tried again has not ended, though its controller has not looked yet. */
function phaseOf(workflow: KubeObject, run: RunState | undefined): FlowView['phase'] {
  const wish = workflow.metadata.annotations?.[RETRY_ANNOTATION]
  const isAsked = wish !== undefined && wish !== statusOf(workflow)['retried']
  const hasStopped = run?.phase === 'Failed' || run?.phase === 'Cancelled'
  return run === undefined || (isAsked && hasStopped) ? 'Pending' : run.phase
}

function reportOf(workflow: KubeObject): FlowReport {
  const status = statusOf(workflow)
  const run = decodeRun(status['run'])
  const { runs } = status
  return {
    ...viewOf(workflow),
    steps: (run?.steps ?? []).map(
      ({ name, phase, attempt, startedAt, endedAt, wakeAt, message, resources }) => ({
        name,
        phase,
        attempt,
        resources,
        ...(startedAt === undefined ? {} : { startedAt }),
        ...(endedAt === undefined ? {} : { endedAt }),
        ...(wakeAt === undefined ? {} : { wakeAt }),
        ...(message === undefined ? {} : { message }),
      }),
    ),
    history: run?.history ?? [],
    runs: Array.isArray(runs) ? runs : [],
  }
}

/** Of an Event that has no workflow. */
function viewOfEvent(event: KubeObject): FlowView {
  const { namespace, name } = event.metadata
  const reference = specOf(event)['workflowTemplate']
  const synced = findCondition(event, 'Synced')
  const isRefused = synced?.status === 'False'
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    template: isObject(reference) ? asText(reference['id']) : '',
    phase: isRefused ? 'Refused' : 'Pending',
    stepsCompleted: 0,
    stepsTotal: 0,
    resourcesCreated: 0,
    ...(isRefused && synced.message !== undefined ? { message: synced.message } : {}),
  }
}

/** An Event that runs by the clock has a workflow for each time, under a name of its own. */
function isScheduled({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[CRON_ANNOTATION] !== undefined
}

/** Where it is, of a workflow that an Event made where the Event is. */
function placeOf({ metadata: { namespace = '', name, labels = {} } }: KubeObject): string {
  return `${namespace}/${labels[EVENT_LABEL] ?? name}`
}

function countOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

function typeOf(kind: string): KubeType {
  return { apiVersion: API_VERSION, kind }
}

function notFound({ namespace, name }: FlowName): AppError {
  const where = namespace === undefined ? '' : ` in namespace \`${namespace}\``
  return new AppError('RESOURCE_NOT_FOUND', `there is no workflow \`${name}\`${where}`)
}

function asAppError(error: unknown): unknown {
  if (!isKubeError(error)) return error
  const { message } = error
  if (error.reason === 'AlreadyExists') return new AppError('RESOURCE_EXISTS', message)
  if (error.reason === 'Forbidden') return new AppError('ACCESS_DENIED', message)
  if (error.reason === 'NotFound') return new AppError('RESOURCE_NOT_FOUND', message)
  return new AppError('RESOURCE_INVALID', message)
}
