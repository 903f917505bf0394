// What fires by the clock: listed, previewed, fired by hand, paused and resumed.

import { AppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { type Parameter, parseLimit } from './query.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const SCHEDULE: Parameter = {
  name: 'schedule',
  description:
    'ARN, name of a rule, or group/name of a schedule (the group may be left out if default)',
  schema: { type: 'string' },
}

const LIMIT: Parameter = {
  name: 'limit',
  description: 'at most this many',
  schema: { type: 'integer' },
}

export const SCHEDULE_ROUTES: readonly OwnRoute[] = [
  {
    path: '/schedules',
    operation: 'listSchedules',
    summary: 'Rules and schedules that fire by the clock, and when they do next, in order of ARN',
    parameters: [
      LIMIT,
      {
        name: 'after',
        description: 'the ARN after which to go on',
        schema: { type: 'string' },
      },
    ],
    answer: 'ScheduleList',
    handle: listSchedules,
  },
  {
    path: '/schedules/next',
    operation: 'nextOccurrences',
    summary: 'The next occurrences of a schedule, also of one that is paused',
    parameters: [SCHEDULE, LIMIT],
    answer: 'Occurrences',
    handle: async ({ deps, query }) => {
      const count = parseLimit(query.get('limit') ?? '10')
      return json({ occurrences: await deps.timetable.next(nameOf(query), count) })
    },
  },
  {
    path: '/schedules/trigger',
    method: 'POST',
    operation: 'triggerSchedule',
    summary: 'Fires a schedule once, now, beside its occurrences',
    parameters: [SCHEDULE],
    answer: 'Triggered',
    handle: async ({ deps, query }) =>
      json({ eventId: await deps.timetable.trigger(nameOf(query)) }),
  },
  {
    path: '/schedules/pause',
    method: 'POST',
    operation: 'pauseSchedule',
    summary: 'Disables a rule or schedule',
    parameters: [SCHEDULE],
    answer: 'Schedule',
    handle: (call) => setState(call, 'DISABLED'),
  },
  {
    path: '/schedules/resume',
    method: 'POST',
    operation: 'resumeSchedule',
    summary: 'Enables a rule or schedule; what would have occurred meanwhile is not made up for',
    parameters: [SCHEDULE],
    answer: 'Schedule',
    handle: (call) => setState(call, 'ENABLED'),
  },
]

async function listSchedules({ deps, query }: Call): Promise<HttpResponse> {
  const limit = parseLimit(query.get('limit'))
  const items = await deps.timetable.list({ limit, after: query.get('after') })
  const last = items.length === limit ? items.at(-1) : undefined
  return json({ items, ...(last === undefined ? {} : { after: last.arn }) })
}

async function setState(
  { deps, query }: Call,
  state: 'ENABLED' | 'DISABLED',
): Promise<HttpResponse> {
  return json(await deps.timetable.setState(nameOf(query), state))
}

function nameOf(query: Call['query']): string {
  const name = query.get('schedule')
  if (name !== undefined) return name
  throw new AppError('REQUEST_INVALID', 'expected `schedule` to be the name or ARN of a schedule')
}
