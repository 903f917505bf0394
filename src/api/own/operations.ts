// Operations over our own API: bulk work that runs in the server, begun, looked at and cancelled from outside.

import { AppError } from '../../base/index.ts'
import { parseBody } from './body.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import type { MirrorWish } from './deps.ts'
import type { Parameter } from './query.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface OperationDeps {
  /** Replays too; the newest first. */
  list(): Promise<readonly object[]>
  /** Throws `RESOURCE_NOT_FOUND`, as `cancel` does. */
  get(id: string): Promise<object>
  /** Throws `REQUEST_INVALID`, `LIMIT_EXCEEDED`. */
  start(query: OperationQuery, who: string): Promise<object>
  preview(query: OperationQuery): Promise<number>
  /** Throws as `mirror` of connectors, and `RESOURCE_CONFLICT` where one of that name runs. */
  startMirror(wish: MirrorWish, who: string): Promise<object>
  /** Throws `RESOURCE_NOT_FOUND` where no keeper runs. */
  startRoostRedrive(query: RoostRedriveQuery, who: string): Promise<object>
  /** Throws `RESOURCE_CONFLICT` when it has ended. */
  cancel(id: string): Promise<object>
  /** A dead delivery with its event; throws `RESOURCE_NOT_FOUND`. */
  peek(id: string): Promise<object>
}

export interface RoostRedriveQuery {
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly perSecond?: number | undefined
}

export interface OperationQuery {
  readonly action: 'redrive' | 'purge'
  readonly over: string
  readonly perSecond?: number
  /** Of dead deliveries. */
  readonly bus?: string
  readonly rule?: string
  readonly target?: string
  readonly error?: string
  /** A dead-letter queue by name or ARN, and where its messages go; where they came from when absent. */
  readonly queue?: string
  readonly to?: string
}

const ID: Parameter = { name: 'id', description: 'id', schema: { type: 'string' } }
const MEMBERS = ['bus', 'rule', 'target', 'error', 'queue', 'to'] as const

export const OPERATION_ROUTES: readonly OwnRoute[] = [
  {
    path: '/operations',
    operation: 'listOperations',
    summary: 'Operations that run and that ended lately, the newest first',
    parameters: [],
    answer: 'OperationList',
    handle: async ({ deps }) => json({ items: await deps.operations.list() }),
  },
  {
    path: '/operations/operation',
    operation: 'getOperation',
    summary: 'One operation, and how far it is',
    parameters: [ID],
    answer: 'Operation',
    handle: async (call) => json(await call.deps.operations.get(idOf(call))),
  },
  {
    path: '/operations/start',
    method: 'POST',
    operation: 'startOperation',
    summary: 'Begins an operation; it goes on when the caller leaves, and after a restart',
    parameters: [],
    body: 'OperationWish',
    answer: 'Operation',
    handle: async (call) =>
      json(await call.deps.operations.start(queryOf(call), call.deps.nameOf(call.request))),
  },
  {
    path: '/operations/preview',
    method: 'POST',
    isReading: true,
    operation: 'previewOperation',
    summary: 'How many an operation would go over; nothing is done',
    parameters: [],
    body: 'OperationWish',
    answer: 'OperationPreview',
    handle: async (call) => json({ matching: await call.deps.operations.preview(queryOf(call)) }),
  },
  {
    path: '/operations/cancel',
    method: 'POST',
    operation: 'cancelOperation',
    summary: 'Ends an operation where it is; what it did stays done',
    parameters: [ID],
    answer: 'Operation',
    handle: async (call) => json(await call.deps.operations.cancel(idOf(call))),
  },
  {
    path: '/deliveries/dead',
    operation: 'getDeadDelivery',
    summary: 'A delivery that was given up, with its event',
    parameters: [ID],
    answer: 'DeadDelivery',
    handle: async (call) => json(await call.deps.operations.peek(idOf(call))),
  },
]

const WISH = {
  action: { type: 'string', enum: ['redrive', 'purge'] },
  over: { type: 'string', enum: ['deliveries', 'queue'] },
}

export const OPERATION_SCHEMAS: Readonly<Record<string, Json>> = {
  OperationWish: object(
    { ...WISH, rate: TEXT, ...Object.fromEntries(MEMBERS.map((name) => [name, TEXT])) },
    ['rate', ...MEMBERS],
  ),
  Operation: object(
    {
      action: { type: 'string', enum: ['redrive', 'purge', 'replay', 'mirror'] },
      over: { type: 'string', enum: ['deliveries', 'queue', 'archive', 'mirror', 'roost'] },
      perSecond: COUNT,
      id: TEXT,
      who: TEXT,
      filter: { type: 'object', additionalProperties: TEXT },
      state: {
        type: 'string',
        enum: ['RUNNING', 'CANCELLING', 'COMPLETED', 'CANCELLED', 'FAILED'],
      },
      total: COUNT,
      seen: COUNT,
      changed: COUNT,
      after: TEXT,
      startedAt: MILLISECONDS,
      endedAt: MILLISECONDS,
      reason: TEXT,
    },
    ['perSecond', 'who', 'after', 'endedAt', 'reason'],
  ),
  OperationList: list('Operation'),
  OperationPreview: object({ matching: COUNT }),
  DeadDelivery: { type: 'object' },
}

function queryOf({ request }: Call): OperationQuery {
  const { texts } = parseBody(request.body, ['action', 'over', 'rate', ...MEMBERS])
  const { action, over, rate, ...filter } = texts
  if (action !== 'redrive' && action !== 'purge')
    throw invalid(`expected \`action\` to be \`redrive\` or \`purge\`, got \`${action ?? ''}\``)
  // The others are begun at places of their own, so that roles can tell them apart.
  if (over !== 'deliveries' && over !== 'queue')
    throw invalid(`expected \`over\` to be \`deliveries\` or \`queue\`, got \`${over ?? ''}\``)
  const perSecond = parseRate(rate)
  return { action, over, ...filter, ...(perSecond === undefined ? {} : { perSecond }) }
}

export function parseRate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw invalid(`expected \`rate\` to be a whole number, got \`${text}\``)
}

function idOf({ query }: Call): string {
  const id = query.get('id')
  if (id === undefined) throw invalid('expected `id`')
  return id
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
