// Mirrors over our own API: one runs for as long as its caller listens to how it goes, or as an operation.

import { AppError, describeError, isAppError } from '../../base/index.ts'
import type { HttpResponse } from '../http/exchange.ts'
import { COUNT, type Json, list, object } from './json-schema.ts'
import type { MirrorWish } from './deps.ts'
import type { Parameter } from './query.ts'
import { json } from './replies.ts'
import type { Call, OwnRoute } from './routes.ts'
import { formatMessage, OPENING } from './sse.ts'

const TEXT = { type: 'string' } as const
const NAME = {
  name: 'name',
  description: 'of the mirror, which reads as `signalbox-mirror-NAME`',
  schema: TEXT,
}
const FROM = { name: 'from', description: '`kafka://BROKER/TOPIC`', schema: TEXT }

const MIRROR: readonly Parameter[] = [
  NAME,
  FROM,
  { name: 'to', description: '`kafka://BROKER/TOPIC`', schema: TEXT },
  { name: 'path', description: 'what of a JSON value is copied', schema: TEXT },
  { name: 'template', description: 'what a JSON value becomes', schema: TEXT },
  { name: 'paths', description: 'names of the template, a JSON object', schema: TEXT },
  {
    name: 'untilEnd',
    description: '`1` ends it when all is copied',
    schema: { type: 'string', enum: ['1'] },
  },
]

export const MIRROR_ROUTES: readonly OwnRoute[] = [
  {
    path: '/brokers/mirror',
    method: 'POST',
    operation: 'mirrorTopic',
    summary: 'Copies a topic into another while the caller listens, and goes on where it was',
    parameters: MIRROR,
    answer: 'events',
    handle: mirror,
  },
  {
    path: '/brokers/mirror/start',
    method: 'POST',
    operation: 'startMirror',
    summary:
      'Begins a mirror that runs in the server, as an operation, and goes on after a restart',
    parameters: MIRROR,
    answer: 'Operation',
    async handle(call) {
      const { deps, request } = call
      return json(await deps.operations.startMirror(wishOf(call), deps.nameOf(request)))
    },
  },
  {
    path: '/brokers/rollback',
    method: 'POST',
    operation: 'rollBackMirror',
    summary: 'Where a mirror that does not run goes on',
    parameters: [
      NAME,
      FROM,
      {
        name: 'to',
        description: '`earliest`, `latest`, a time of RFC 3339, or `-COUNT` records back',
        schema: TEXT,
      },
    ],
    answer: 'RolledBackList',
    async handle(call) {
      const { deps } = call
      const wish = { name: need(call, 'name'), from: need(call, 'from'), to: need(call, 'to') }
      return json({ items: await deps.connectors.rollBack(wish) })
    },
  },
]

export const MIRROR_SCHEMAS: Readonly<Record<string, Json>> = {
  RolledBack: object({ partition: COUNT, before: COUNT, after: COUNT }, ['before']),
  RolledBackList: list('RolledBack'),
}

function mirror(call: Call): HttpResponse {
  const { deps, request } = call
  const gone = new AbortController()
  const signal = AbortSignal.any([request.signal, gone.signal])
  const wish = wishOf(call)
  const progress = deps.connectors.mirror(wish, signal)
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }
  return { status: 200, headers, body: tell(progress, gone) }
}

async function* tell(
  progress: AsyncIterable<object>,
  gone: AbortController,
): AsyncGenerator<string> {
  try {
    yield OPENING
    for await (const step of progress) yield formatMessage('progress', step)
    yield formatMessage('end', {})
  } catch (error) {
    const code = isAppError(error) ? error.code : 'INTERNAL'
    yield formatMessage('error', { code, message: describeError(error) })
  } finally {
    gone.abort()
  }
}

function wishOf(call: Call): MirrorWish {
  const { query } = call
  return {
    name: need(call, 'name'),
    from: need(call, 'from'),
    to: need(call, 'to'),
    path: query.get('path'),
    template: query.get('template'),
    paths: query.get('paths'),
    isUntilEnd: query.get('untilEnd') === '1',
  }
}

function need({ query }: Call, name: string): string {
  const text = query.get(name)
  if (text !== undefined && text !== '') return text
  throw new AppError('REQUEST_INVALID', `expected \`${name}\`, got nothing`)
}
