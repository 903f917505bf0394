// The roost keeper over our own API: how it is, its dead letters, replays, and its circuit breaker closed by hand.

import { AppError } from '../../base/index.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import { parseRate } from './operations.ts'
import { type Parameter, parseLimit } from './query.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface RoostDeps {
  state(): RoostStateView
  /** Oldest first. These throw `RESOURCE_NOT_FOUND` where no keeper runs. */
  listLetters(): readonly RoostLetterView[]
  redrive(query: RoostLetterQuery): Promise<RoostRedriveView>
  purge(query: RoostLetterQuery): Promise<{ readonly purged: number }>
  resetBreaker(): void
  replay(query: RoostReplayQuery): Promise<RoostReplayView>
}

export interface RoostStateView {
  readonly status: 'stopped' | 'healthy' | 'degraded'
  readonly reasons: readonly string[]
  readonly breaker: 'closed' | 'open' | 'half-open'
  /** Events that wait to be published. */
  readonly pending: number
  /** Records not read yet, by topic. */
  readonly lag: Readonly<Record<string, number>>
  readonly deadLetters: {
    readonly count: number
    readonly held: number
    readonly byType: Readonly<Record<string, number>>
    readonly oldestAt?: number
  }
}

export interface RoostLetterView {
  readonly id: string
  readonly failedAt: number
  readonly way: 'out' | 'in'
  readonly isHeld: boolean
  readonly type: string
}

export interface RoostLetterQuery {
  readonly ids?: readonly string[]
  readonly type?: string
  readonly limit?: number
}

export interface RoostRedriveView {
  readonly seen: number
  readonly redriven: number
  readonly failed: number
}

export interface RoostReplayQuery {
  /** RFC 3339. */
  readonly from?: string
  readonly to?: string
  readonly types?: readonly string[]
  readonly topic?: string
  readonly signal: AbortSignal
}

export interface RoostReplayView {
  readonly id: string
  readonly seen: number
  readonly replayed: number
}

const TYPE = {
  name: 'type',
  description: 'type of event, with or without its prefix',
  schema: { type: 'string' },
}
const FILTER: readonly Parameter[] = [
  { name: 'id', description: 'id of one letter', schema: { type: 'string' } },
  TYPE,
  { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
]
const REPLAY: readonly Parameter[] = [
  { name: 'from', description: 'time of RFC 3339, included', schema: { type: 'string' } },
  { name: 'to', description: 'time of RFC 3339, not included', schema: { type: 'string' } },
  {
    name: 'types',
    description: 'types of events, commas between',
    schema: { type: 'string' },
  },
  { name: 'topic', description: 'where they go', schema: { type: 'string' } },
]

export const ROOST_ROUTES: readonly OwnRoute[] = [
  {
    path: '/roost',
    operation: 'getRoostKeeper',
    summary: 'How the roost keeper is',
    parameters: [],
    answer: 'RoostKeeper',
    handle: async ({ deps }) => json(deps.roost.state()),
  },
  {
    path: '/roost/dead-letters',
    operation: 'listRoostDeadLetters',
    summary: 'Dead letters of the roost keeper, oldest first',
    parameters: [
      TYPE,
      { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
    ],
    answer: 'RoostDeadLetterList',
    handle: async ({ deps, query }) => {
      const limit = parseLimit(query.get('limit'))
      const type = query.get('type')
      const items = deps.roost
        .listLetters()
        .filter((letter) => type === undefined || type.endsWith(letter.type))
      return json({ items: items.slice(0, limit) })
    },
  },
  {
    path: '/roost/dead-letters/redrive',
    method: 'POST',
    operation: 'redriveRoostDeadLetters',
    summary: 'Tries dead letters again, those that are held too',
    parameters: FILTER,
    answer: 'RoostRedrive',
    handle: async (call) => json(await call.deps.roost.redrive(filterOf(call))),
  },
  {
    path: '/roost/dead-letters/redrive/start',
    method: 'POST',
    operation: 'startRoostRedrive',
    summary: 'The same as an operation, which is looked at and cancelled from outside',
    parameters: [
      FILTER[0]!,
      TYPE,
      { name: 'rate', description: 'at most so many a second', schema: { type: 'integer' } },
    ],
    answer: 'Operation',
    async handle({ deps, query, request }) {
      const wish = {
        id: query.get('id'),
        type: query.get('type'),
        perSecond: parseRate(query.get('rate')),
      }
      return json(await deps.operations.startRoostRedrive(wish, deps.nameOf(request)))
    },
  },
  {
    path: '/roost/dead-letters/purge',
    method: 'POST',
    operation: 'purgeRoostDeadLetters',
    summary: 'Keeps dead letters no longer',
    parameters: FILTER,
    answer: 'RoostPurge',
    handle: async (call) => json(await call.deps.roost.purge(filterOf(call))),
  },
  {
    path: '/roost/breaker/reset',
    method: 'POST',
    operation: 'resetRoostBreaker',
    summary: 'Closes the circuit breaker of the roost keeper',
    parameters: [],
    answer: 'RoostKeeper',
    handle: async ({ deps }) => {
      deps.roost.resetBreaker()
      return json(deps.roost.state())
    },
  },
  {
    path: '/roost/replay',
    method: 'POST',
    operation: 'replayRoostEvents',
    summary: 'Publishes events of a span of time again; answers when they are out',
    parameters: REPLAY,
    answer: 'RoostReplay',
    handle: async ({ deps, query, request }) => {
      const types = query
        .get('types')
        ?.split(',')
        .map((type) => type.trim())
      const { from, to, topic } = Object.fromEntries(query)
      const asked = { ...given({ from, to, topic, types }), signal: request.signal }
      return json(await deps.roost.replay(asked))
    },
  },
]

export const ROOST_SCHEMAS: Readonly<Record<string, Json>> = {
  RoostKeeper: object({
    status: { type: 'string', enum: ['stopped', 'healthy', 'degraded'] },
    reasons: { type: 'array', items: TEXT },
    breaker: { type: 'string', enum: ['closed', 'open', 'half-open'] },
    pending: COUNT,
    lag: { type: 'object', additionalProperties: COUNT },
    deadLetters: object(
      {
        count: COUNT,
        held: COUNT,
        byType: { type: 'object', additionalProperties: COUNT },
        oldestAt: MILLISECONDS,
      },
      ['oldestAt'],
    ),
  }),
  RoostDeadLetter: object({
    id: TEXT,
    failedAt: MILLISECONDS,
    way: { type: 'string', enum: ['out', 'in'] },
    isHeld: { type: 'boolean' },
    type: TEXT,
  }),
  RoostDeadLetterList: list('RoostDeadLetter'),
  RoostRedrive: object({ seen: COUNT, redriven: COUNT, failed: COUNT }),
  RoostPurge: object({ purged: COUNT }),
  RoostReplay: object({ id: TEXT, seen: COUNT, replayed: COUNT }),
}

function filterOf({ query }: Call): RoostLetterQuery {
  const id = query.get('id')
  const limit = query.get('limit')
  if (id?.includes(',') === true)
    throw new AppError(
      'REQUEST_INVALID',
      `expected \`id\` to be the id of one letter, got \`${id}\``,
    )
  return given({
    ids: id === undefined ? undefined : [id],
    type: query.get('type'),
    limit: limit === undefined ? undefined : parseLimit(limit),
  })
}
