// The messages of a queue over our own API: looked at, and nobody receives them by that.

import { AppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, MILLISECONDS, object, TEXT } from './json-schema.ts'
import { QUEUE_BODY_CHARACTERS_SHOWN, QUEUE_MESSAGES_PER_CALL_MAX } from './limits.ts'
import { type Parameter, parseLimit } from './query.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'

export interface QueueLookDeps {
  /** In the order in which they came; `queue` is a name or an ARN. Throws `QUEUE_NOT_FOUND`. */
  look(
    queue: string,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<readonly QueueMessageView[]>
}

export interface QueueMessageView {
  /** Where it lies. */
  readonly place: string
  readonly id: string
  readonly state: 'visible' | 'in flight' | 'delayed'
  readonly sentAt: number
  readonly receiveCount: number
  readonly body: string
  readonly attributes: object
  readonly systemAttributes: object
}

const QUEUE: Parameter = { name: 'queue', description: 'name or ARN', schema: { type: 'string' } }
const PLACE = /^\d{20}$/

export const QUEUE_LOOK_ROUTES: readonly OwnRoute[] = [
  {
    path: '/queues/messages',
    operation: 'listQueueMessages',
    summary: 'The messages of a queue, the oldest first, with the beginning of their bodies',
    parameters: [
      QUEUE,
      { name: 'limit', description: 'at most this many', schema: { type: 'integer' } },
      { name: 'after', description: 'the place after which to go on', schema: { type: 'string' } },
    ],
    answer: 'QueueMessageList',
    handle: listMessages,
  },
  {
    path: '/queues/message',
    operation: 'getQueueMessage',
    summary: 'One message of a queue, whole',
    parameters: [
      QUEUE,
      { name: 'place', description: 'where it lies', schema: { type: 'string' } },
    ],
    answer: 'QueueMessage',
    handle: getMessage,
  },
]

export const QUEUE_LOOK_SCHEMAS: Readonly<Record<string, Json>> = {
  QueueMessage: object(
    {
      place: TEXT,
      id: TEXT,
      state: { type: 'string', enum: ['visible', 'in flight', 'delayed'] },
      sentAt: MILLISECONDS,
      receiveCount: COUNT,
      body: TEXT,
      isCut: { type: 'boolean' },
      attributes: { type: 'object' },
      systemAttributes: { type: 'object' },
    },
    ['isCut'],
  ),
  QueueMessageList: object(
    { items: { type: 'array', items: { $ref: '#/components/schemas/QueueMessage' } }, after: TEXT },
    ['after'],
  ),
}

async function listMessages({ deps, query }: Call): Promise<HttpResponse> {
  const limit = Math.min(parseLimit(query.get('limit')), QUEUE_MESSAGES_PER_CALL_MAX)
  const after = query.get('after')
  const queue = queueOf(query.get('queue'))
  if (after !== undefined) checkPlace('after', after)
  const found = await deps.queues.look(queue, { limit, ...(after === undefined ? {} : { after }) })
  const items = found.map((message) => ({
    ...message,
    body: message.body.slice(0, QUEUE_BODY_CHARACTERS_SHOWN),
    ...(message.body.length > QUEUE_BODY_CHARACTERS_SHOWN ? { isCut: true } : {}),
  }))
  const last = found.length === limit ? found.at(-1)!.place : undefined
  return json({ items, ...(last === undefined ? {} : { after: last }) })
}

async function getMessage({ deps, query }: Call): Promise<HttpResponse> {
  const queue = queueOf(query.get('queue'))
  const place = query.get('place') ?? ''
  checkPlace('place', place)
  const before = String(BigInt(place) - 1n).padStart(place.length, '0')
  const [found] = await deps.queues.look(queue, { limit: 1, after: before })
  if (found?.place === place) return json(found)
  throw new AppError('RESOURCE_NOT_FOUND', `queue \`${queue}\` has no message at \`${place}\``)
}

function queueOf(queue: string | undefined): string {
  if (queue !== undefined && queue !== '') return queue
  throw new AppError('REQUEST_INVALID', 'expected `queue` to name a queue')
}

function checkPlace(name: string, place: string): void {
  if (PLACE.test(place) && BigInt(place) > 0n) return
  const message = `expected \`${name}\` to be 20 digits as a list of messages gave them, got \`${place}\``
  throw new AppError('REQUEST_INVALID', message)
}
