// What the audit log is told of a call of our own API: nothing of those that only read, and nothing of bodies but the
// names in them.

import { channels, isAppError } from '../../base/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { OwnApiDeps } from './deps.ts'
import type { OwnRoute } from './routes.ts'

export interface AuditedRequest {
  readonly request: HttpRequest
  readonly route: OwnRoute
  /** One of these. */
  readonly status?: number
  readonly error?: unknown
}

/** What several routes do has one word. */
const ACTIONS: Readonly<Record<string, string>> = {
  redriveDeliveries: 'redrive',
  redriveRoostDeadLetters: 'redrive',
  purgeDeliveries: 'purge',
  purgeRoostDeadLetters: 'purge',
  startReplay: 'replay',
  replayRoostEvents: 'replay',
}

const NAMES = ['name', 'archive', 'rule', 'registry', 'bus', 'user', 'broker'] as const

export function audit(
  { nameOf }: Pick<OwnApiDeps, 'nameOf'>,
  { request, route, status, error }: AuditedRequest,
): void {
  const isChange = route.method === 'POST' && route.isReading !== true
  if (!isChange || !channels.audited.hasSubscribers) return
  const known = isAppError(error) ? error : undefined
  const who = nameOf(request)
  const isDenied = known?.class === 'forbidden' || known?.class === 'unauthenticated'
  const isOk = status !== undefined && status < 300
  channels.audited.publish({
    plane: known?.class === 'unauthenticated' ? 'data' : 'control',
    action: ACTIONS[route.operation] ?? route.operation,
    who,
    from: request.remoteAddress,
    on: placeOf(request, route),
    result: isDenied ? 'denied' : isOk ? 'ok' : 'failed',
    ...(known === undefined ? {} : { code: known.code }),
    requestId: request.requestId,
  })
}

/** The path, and what the query or the body names. */
function placeOf({ query, body }: HttpRequest, { path, body: kind }: OwnRoute): string {
  if (kind === undefined) return query === '' ? path : `${path}?${query}`
  const named = namesOf(body)
  return named === '' ? path : `${path}?${named}`
}

function namesOf(body: Buffer): string {
  try {
    const value = JSON.parse(body.toString()) as Readonly<Record<string, unknown>> | null
    const pairs = NAMES.flatMap((name) => {
      const text = value?.[name]
      return typeof text === 'string' ? [`${name}=${encodeURIComponent(text)}`] : []
    })
    return pairs.join('&')
  } catch {
    // It was refused for that.
    return ''
  }
}
