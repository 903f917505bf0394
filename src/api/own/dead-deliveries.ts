// Dead deliveries: tried again, or kept no longer. A call takes the next ones in order of id and says where to go on,
// so whoever calls has the pace, sees the progress and stops when they like.

import type { HttpResponse } from '../http/exchange.ts'
import type { DeadDeliveryQuery } from './deps.ts'
import { COUNT, type Json, object, TEXT } from './json-schema.ts'
import { DEAD_PER_CALL_MAX } from './limits.ts'
import { type Parameter, parseLimit } from './query.ts'
import { given, json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

const PARAMETERS: readonly Parameter[] = [
  { name: 'bus', description: 'name or key of a bus', schema: { type: 'string' } },
  { name: 'rule', description: 'name of a rule', schema: { type: 'string' } },
  { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
  { name: 'after', description: 'the id after which to go on', schema: { type: 'string' } },
]

export const DEAD_DELIVERY_ROUTES: readonly OwnRoute[] = [
  {
    path: '/deliveries/redrive',
    method: 'POST',
    operation: 'redriveDeliveries',
    summary: 'Lets dead deliveries be tried again; those without a target stay dead',
    parameters: PARAMETERS,
    answer: 'DeadDeliveryChange',
    handle: async (call) => answer(await call.deps.deadDeliveries.redrive(queryOf(call))),
  },
  {
    path: '/deliveries/purge',
    method: 'POST',
    operation: 'purgeDeliveries',
    summary: 'Keeps dead deliveries no longer',
    parameters: PARAMETERS,
    answer: 'DeadDeliveryChange',
    handle: async (call) => answer(await call.deps.deadDeliveries.purge(queryOf(call))),
  },
]

export const DEAD_DELIVERY_SCHEMAS: Readonly<Record<string, Json>> = {
  DeadDeliveryChange: object({ seen: COUNT, changed: COUNT, after: TEXT }, ['after']),
}

function queryOf({ query }: Call): DeadDeliveryQuery {
  return {
    limit: Math.min(parseLimit(query.get('limit')), DEAD_PER_CALL_MAX),
    ...given({ bus: query.get('bus'), rule: query.get('rule'), after: query.get('after') }),
  }
}

function answer(change: object): HttpResponse {
  return json(change)
}
