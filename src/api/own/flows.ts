// Workflows over our own API: which there are, one with its steps and history, and what can be done to them.

import { AppError } from '../../base/index.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import type { Parameter } from './query.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface FlowDeps {
  list(namespace: string | undefined): Promise<readonly object[]>
  /** Throws `RESOURCE_NOT_FOUND`, as do those below. */
  get(name: FlowRef): Promise<object>
  start(flow: {
    readonly template: string
    readonly namespace: string
    readonly name?: string
    readonly parameters: Readonly<Record<string, unknown>>
  }): Promise<FlowRef>
  retry(name: FlowRef): Promise<void>
  cancel(name: FlowRef): Promise<void>
}

export interface FlowRef {
  readonly namespace?: string
  readonly name: string
}

const NAMESPACE: Parameter = {
  name: 'namespace',
  description: 'a namespace',
  schema: { type: 'string' },
}
const NAMED: readonly Parameter[] = [
  { name: 'name', description: 'name of a workflow', schema: { type: 'string' } },
  NAMESPACE,
]
const START_MEMBERS: ReadonlySet<string> = new Set(['template', 'namespace', 'name', 'parameters'])

export const FLOW_ROUTES: readonly OwnRoute[] = [
  {
    path: '/flows',
    operation: 'listFlows',
    summary: 'Workflows, and Events that have none yet',
    parameters: [NAMESPACE],
    answer: 'FlowList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.flows.list(query.get('namespace')) }),
  },
  {
    path: '/flows/flow',
    operation: 'getFlow',
    summary: 'One workflow with its steps and its history',
    parameters: NAMED,
    answer: 'FlowReport',
    handle: async (call) => json(await call.deps.flows.get(refOf(call))),
  },
  {
    path: '/flows/start',
    method: 'POST',
    operation: 'startFlow',
    summary: 'Starts a workflow from a template',
    parameters: [],
    body: 'FlowStart',
    answer: 'FlowRef',
    handle: async ({ deps, request }) => json(await deps.flows.start(startOf(request.body))),
  },
  {
    path: '/flows/retry',
    method: 'POST',
    operation: 'retryFlow',
    summary: 'Goes on from what failed or was cancelled',
    parameters: NAMED,
    answer: 'FlowReport',
    handle: async (call) => {
      await call.deps.flows.retry(refOf(call))
      return json(await call.deps.flows.get(refOf(call)))
    },
  },
  {
    path: '/flows/cancel',
    method: 'POST',
    operation: 'cancelFlow',
    summary: 'Ends a workflow where it is; what it made stays',
    parameters: NAMED,
    answer: 'FlowReport',
    handle: async (call) => {
      await call.deps.flows.cancel(refOf(call))
      return json(await call.deps.flows.get(refOf(call)))
    },
  },
]

const FLOW = {
  namespace: TEXT,
  name: TEXT,
  template: TEXT,
  phase: {
    type: 'string',
    enum: ['Pending', 'Refused', 'Running', 'Completed', 'Failed', 'Cancelled'],
  },
  step: TEXT,
  stepsCompleted: COUNT,
  stepsTotal: COUNT,
  resourcesCreated: COUNT,
  startedAt: MILLISECONDS,
  endedAt: MILLISECONDS,
  message: TEXT,
}
const FLOW_OPTIONAL = ['namespace', 'step', 'startedAt', 'endedAt', 'message']

export const FLOW_SCHEMAS: Readonly<Record<string, Json>> = {
  Flow: object(FLOW, FLOW_OPTIONAL),
  FlowList: list('Flow'),
  FlowReport: object(
    {
      ...FLOW,
      steps: {
        type: 'array',
        items: object(
          {
            name: TEXT,
            phase: TEXT,
            attempt: COUNT,
            startedAt: MILLISECONDS,
            endedAt: MILLISECONDS,
            wakeAt: MILLISECONDS,
            message: TEXT,
            resources: {
              type: 'array',
              items: object({ name: TEXT, kind: TEXT, phase: TEXT, message: TEXT }, ['message']),
            },
          },
          ['startedAt', 'endedAt', 'wakeAt', 'message'],
        ),
      },
      history: {
        type: 'array',
        items: object(
          { sequence: COUNT, at: MILLISECONDS, what: TEXT, step: TEXT, message: TEXT },
          ['step', 'message'],
        ),
      },
      runs: { type: 'array', items: { type: 'object' } },
    },
    FLOW_OPTIONAL,
  ),
  FlowStart: object(
    { template: TEXT, namespace: TEXT, name: TEXT, parameters: { type: 'object' } },
    ['namespace', 'name', 'parameters'],
  ),
  FlowRef: object({ namespace: TEXT, name: TEXT }, ['namespace']),
}

function refOf({ query }: Call): FlowRef {
  const name = query.get('name')
  if (name === undefined || name === '') throw invalid('expected `name`, the name of a workflow')
  return { name, ...given({ namespace: query.get('namespace') }) }
}

function startOf(body: Buffer): Parameters<FlowDeps['start']>[0] {
  const value = parse(body)
  const unknown = Object.keys(value).find((name) => !START_MEMBERS.has(name))
  if (unknown !== undefined) {
    const names = Array.from(START_MEMBERS, (name) => `\`${name}\``).join(', ')
    throw invalid(`unknown member \`${unknown}\`, expected ${names}`)
  }
  const { template, namespace = 'default', name, parameters = {} } = value
  if (typeof template !== 'string' || template === '')
    throw invalid('expected `template`, the name of a workflow template')
  if (typeof namespace !== 'string') throw invalid('expected `namespace` to be a text')
  if (name !== undefined && typeof name !== 'string') throw invalid('expected `name` to be a text')
  if (!isRecord(parameters)) throw invalid('expected `parameters` to be a JSON object')
  return { template, namespace, parameters, ...given({ name }) }
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (isRecord(value)) return value
  } catch {
    // Said below.
  }
  throw invalid('expected the body to be a JSON object')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
