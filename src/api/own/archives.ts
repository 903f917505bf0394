// Archives and replays: what there is, what an archive holds, and beginning, watching and cancelling a replay.

import { AppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { parseBody } from './body.ts'
import { COUNT, type Json, list, MILLISECONDS, object, TEXT } from './json-schema.ts'
import { type Parameter, parseLimit } from './query.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const ARCHIVE: Parameter = {
  name: 'archive',
  description: 'name or ARN of an archive',
  schema: { type: 'string' },
}
const REPLAY: Parameter = {
  name: 'replay',
  description: 'name or ARN of a replay',
  schema: { type: 'string' },
}
const EVENTS_PARAMETERS: readonly Parameter[] = [
  ARCHIVE,
  { name: 'from', description: 'event time, RFC 3339', schema: TEXT },
  { name: 'to', description: 'event time, RFC 3339', schema: TEXT },
  { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
  { name: 'after', description: 'where an answer before said to go on', schema: TEXT },
]

export const ARCHIVE_ROUTES: readonly OwnRoute[] = [
  {
    path: '/archives',
    operation: 'listArchives',
    summary: 'All archives with what they hold, or one',
    parameters: [ARCHIVE],
    answer: 'ArchiveList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.archives.list(query.get('archive')) }),
  },
  {
    path: '/archives/create',
    method: 'POST',
    operation: 'createArchive',
    summary: 'Archives the events of a bus from now on',
    parameters: [],
    body: 'NewArchive',
    answer: 'Archive',
    handle: createArchive,
  },
  {
    path: '/archives/delete',
    method: 'POST',
    operation: 'deleteArchive',
    summary: 'Deletes an archive and all events in it',
    parameters: [ARCHIVE],
    answer: 'ArchiveDeleted',
    async handle({ deps, query }) {
      const archive = named(query.get('archive'), 'archive')
      await deps.archives.delete(archive)
      return json({ deleted: archive })
    },
  },
  {
    path: '/archives/events',
    operation: 'listArchivedEvents',
    summary: 'The events in an archive, oldest first',
    parameters: EVENTS_PARAMETERS,
    answer: 'ArchivedEventList',
    handle: listEvents,
  },
  {
    path: '/replays',
    operation: 'listReplays',
    summary: 'All replays with how far they came, or one',
    parameters: [REPLAY],
    answer: 'ReplayList',
    handle: async ({ deps, query }) =>
      json({ items: await deps.archives.listReplays(query.get('replay')) }),
  },
  {
    path: '/replays/start',
    method: 'POST',
    operation: 'startReplay',
    summary: 'Brings the events of an archive back to its bus, or to some of its rules',
    parameters: [],
    body: 'NewReplay',
    answer: 'Replay',
    handle: startReplay,
  },
  {
    path: '/replays/cancel',
    method: 'POST',
    operation: 'cancelReplay',
    summary: 'Ends a replay where it is',
    parameters: [REPLAY],
    answer: 'Replay',
    handle: async ({ deps, query }) =>
      json(await deps.archives.cancelReplay(named(query.get('replay'), 'replay'))),
  },
]

const SECONDS: Json = { type: 'number', description: 'seconds since the Unix epoch' }

export const ARCHIVE_SCHEMAS: Readonly<Record<string, Json>> = {
  Archive: object(
    {
      name: TEXT,
      account: TEXT,
      region: TEXT,
      arn: TEXT,
      bus: TEXT,
      description: TEXT,
      pattern: TEXT,
      retentionDays: COUNT,
      events: COUNT,
      sizeBytes: COUNT,
      storedBytes: COUNT,
      damaged: COUNT,
      createdAt: SECONDS,
    },
    ['description', 'pattern'],
  ),
  ArchiveList: list('Archive'),
  NewArchive: object(
    { name: TEXT, bus: TEXT, pattern: TEXT, description: TEXT, retentionDays: TEXT },
    ['pattern', 'description', 'retentionDays'],
  ),
  ArchiveDeleted: object({ deleted: TEXT }),
  ArchivedEvent: { type: 'object', description: 'an envelope' },
  ArchivedEventList: list('ArchivedEvent'),
  Replay: object(
    {
      name: TEXT,
      account: TEXT,
      region: TEXT,
      arn: TEXT,
      archive: TEXT,
      bus: TEXT,
      rules: { type: 'array', items: TEXT },
      description: TEXT,
      state: TEXT,
      reason: TEXT,
      events: COUNT,
      progress: { type: 'number', minimum: 0, maximum: 1 },
      from: SECONDS,
      to: SECONDS,
      lastEventTime: SECONDS,
      who: TEXT,
      startedAt: MILLISECONDS,
      endedAt: MILLISECONDS,
    },
    ['rules', 'description', 'reason', 'lastEventTime', 'endedAt', 'who'],
  ),
  ReplayList: list('Replay'),
  NewReplay: object(
    {
      archive: TEXT,
      name: TEXT,
      from: TEXT,
      to: TEXT,
      bus: TEXT,
      rules: { type: 'string', description: 'names or ARNs, by commas' },
      rate: { type: 'string', description: 'events a second at most' },
    },
    ['name', 'from', 'to', 'bus', 'rules', 'rate'],
  ),
}

const ARCHIVE_MEMBERS = ['name', 'bus', 'pattern', 'description', 'retentionDays'] as const
const REPLAY_MEMBERS = ['archive', 'name', 'from', 'to', 'bus', 'rules', 'rate'] as const

async function createArchive({ deps, request }: Call): Promise<HttpResponse> {
  const { name, bus, retentionDays, ...rest } = parseBody(request.body, ARCHIVE_MEMBERS).texts
  const archive = {
    name: named(name, 'name'),
    bus: named(bus, 'bus'),
    ...given({ ...rest, retentionDays: parseCount('retentionDays', retentionDays) }),
  }
  return json(await deps.archives.create(archive))
}

async function listEvents({ deps, query }: Call): Promise<HttpResponse> {
  const asked = {
    archive: named(query.get('archive'), 'archive'),
    limit: parseLimit(query.get('limit')),
    ...given({
      from: parseTime('from', query.get('from')),
      to: parseTime('to', query.get('to')),
      after: query.get('after'),
    }),
  }
  return json(await deps.archives.events(asked))
}

async function startReplay({ deps, request }: Call): Promise<HttpResponse> {
  const { archive, name, from, to, bus, rules, rate } = parseBody(
    request.body,
    REPLAY_MEMBERS,
  ).texts
  const replay = {
    archive: named(archive, 'archive'),
    who: deps.nameOf(request),
    rules: rules === undefined || rules === '' ? [] : rules.split(','),
    ...given({
      name,
      bus,
      from: parseTime('from', from),
      to: parseTime('to', to),
      ratePerSecond: parseCount('rate', rate),
    }),
  }
  return json(await deps.archives.startReplay(replay))
}

function named(value: string | undefined, member: string): string {
  if (value !== undefined && value !== '') return value
  throw new AppError('REQUEST_INVALID', `expected \`${member}\` to be given`)
}

function parseCount(member: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new AppError('REQUEST_INVALID', `expected \`${member}\` to be a number, got \`${text}\``)
}

function parseTime(member: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = Date.parse(text)
  if (!Number.isNaN(timeMs)) return timeMs / 1000
  throw new AppError(
    'REQUEST_INVALID',
    `expected \`${member}\` to be a time such as \`2026-01-01T00:00:00Z\`, got \`${text}\``,
  )
}
