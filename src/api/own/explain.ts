// Asking why: an event against rules, and a rule against the newest events.

import { AppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { parseBody } from './body.ts'
import { parseLimit } from './query.ts'
import { given, json } from './replies.ts'
import type { Call } from './routes.ts'

const TEXTS = ['event', 'eventId', 'bus', 'rule', 'pattern'] as const

export async function explainEvent({ deps, request }: Call): Promise<HttpResponse> {
  const { texts, limit } = parseBody(request.body, TEXTS)
  if ((texts.event === undefined) === (texts.eventId === undefined)) {
    throw new AppError('REQUEST_INVALID', 'expected one of `event` and `eventId`')
  }
  if (texts.rule !== undefined && texts.pattern !== undefined) {
    throw new AppError('REQUEST_INVALID', 'expected `rule` or `pattern`, got both')
  }
  const asked = { ...texts, limit: parseLimit(limit), signal: request.signal }
  return json(await deps.explainEvent(asked))
}

export async function explainRule({ deps, request, query }: Call): Promise<HttpResponse> {
  const rule = query.get('rule')
  if (rule === undefined) {
    throw new AppError('REQUEST_INVALID', 'expected `rule` to be the name or ARN of a rule')
  }
  const asked = { rule, limit: parseLimit(query.get('limit')), signal: request.signal }
  return json(await deps.explainRule({ ...asked, ...given({ bus: query.get('bus') }) }))
}
