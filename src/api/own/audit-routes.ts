// The audit log over our own API: read in pages, oldest first. It cannot be written or taken away here.

import { AppError } from '../../base/index.ts'
import { COUNT, type Json, object, TEXT } from './json-schema.ts'
import { type Parameter, parseLimit } from './query.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface AuditDeps {
  list(query: AuditViewQuery): Promise<AuditListView>
}

export interface AuditViewQuery {
  /** Only records behind this one. */
  readonly after?: number
  readonly limit: number
  /** Milliseconds since the Unix epoch, included. */
  readonly since?: number
  /** Not included. */
  readonly until?: number
  readonly plane?: 'data' | 'control'
  readonly action?: string
  readonly who?: string
  readonly result?: 'ok' | 'denied' | 'failed'
  /** A part of what it was done to. */
  readonly on?: string
}

export interface AuditListView {
  readonly items: readonly object[]
  readonly last: number
  readonly hasMore: boolean
}

const PARAMETERS: readonly Parameter[] = [
  text('after', 'only records behind this number'),
  { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
  text('since', 'only from this time on, RFC 3339'),
  text('until', 'only before this time, RFC 3339'),
  choice('plane', 'events that come and go, or all else', ['data', 'control']),
  text('action', 'what was done, such as `publish` or `events:PutRule`'),
  text('who', 'who did it'),
  choice('result', 'how it ended', ['ok', 'denied', 'failed']),
  text('on', 'a part of what it was done to'),
]

export const AUDIT_ROUTES: readonly OwnRoute[] = [
  {
    path: '/audit',
    operation: 'listAuditRecords',
    summary: 'Who did what, when, from where, to what, and how it ended; oldest first',
    parameters: PARAMETERS,
    answer: 'AuditRecordList',
    handle: async (call) => json(await call.deps.audit.list(queryOf(call))),
  },
]

export const AUDIT_SCHEMAS: Readonly<Record<string, Json>> = {
  AuditRecord: object(
    {
      seq: COUNT,
      time: TEXT,
      plane: { type: 'string', enum: ['data', 'control'] },
      action: TEXT,
      who: TEXT,
      from: TEXT,
      on: TEXT,
      result: { type: 'string', enum: ['ok', 'denied', 'failed'] },
      code: TEXT,
      count: COUNT,
      requestId: TEXT,
    },
    ['code', 'count', 'requestId'],
  ),
  AuditRecordList: object({
    items: { type: 'array', items: { $ref: '#/components/schemas/AuditRecord' } },
    last: COUNT,
    hasMore: { type: 'boolean' },
  }),
}

function queryOf({ query }: Call): AuditViewQuery {
  return {
    limit: parseLimit(query.get('limit')),
    ...given({
      after: numberOf(query.get('after')),
      since: timeOf('since', query.get('since')),
      until: timeOf('until', query.get('until')),
      plane: choiceOf('plane', query.get('plane'), ['data', 'control'] as const),
      action: query.get('action'),
      who: query.get('who'),
      result: choiceOf('result', query.get('result'), ['ok', 'denied', 'failed'] as const),
      on: query.get('on'),
    }),
  }
}

function numberOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (/^\d{1,15}$/.test(given)) return Number(given)
  throw invalid(`expected \`after\` to be the number of a record, got \`${given}\``)
}

function timeOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const time = Date.parse(given)
  if (!Number.isNaN(time)) return time
  throw invalid(
    `expected \`${name}\` to be a time such as \`2026-01-01T10:00:00Z\`, got \`${given}\``,
  )
}

function choiceOf<T extends string>(
  name: string,
  given: string | undefined,
  choices: readonly T[],
): T | undefined {
  const chosen = choices.find((one) => one === given)
  if (given === undefined || chosen !== undefined) return chosen
  const list = choices.map((one) => `\`${one}\``).join(', ')
  throw invalid(`expected \`${name}\` to be one of ${list}, got \`${given}\``)
}

function text(name: string, description: string): Parameter {
  return { name, description, schema: { type: 'string' } }
}

function choice(name: string, description: string, values: readonly string[]): Parameter {
  return { name, description, schema: { type: 'string', enum: values } }
}

function invalid(message: string): AppError {
  return new AppError('REQUEST_INVALID', message)
}
