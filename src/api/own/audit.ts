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
  startRoostRedrive: 'redrive',
  mirrorTopic: 'mirror',
  startMirror: 'mirror',
  purgeDeliveries: 'purge',
  purgeRoostDeadLetters: 'purge',
  startReplay: 'replay',
  replayRoostEvents: 'replay',
}

const NAMES = [
  'over',
  'queue',
  'target',
  'name',
  'archive',
  'rule',
  'registry',
  'bus',
  'user',
  'broker',
] as const

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
    action: actionOf(request, route),
    who,
    from: request.remoteAddress,
    on: placeOf(request, route),
    result: isDenied ? 'denied' : isOk ? 'ok' : 'failed',
    ...(known === undefined ? {} : { code: known.code }),
    requestId: request.requestId,
  })
}

/** What an operation is for says more than that one was begun. */
function actionOf({ body }: HttpRequest, { operation }: OwnRoute): string {
  const begun = operation === 'startOperation' ? membersOf(body)['action'] : undefined
  if (begun === 'redrive' || begun === 'purge') return begun
  return ACTIONS[operation] ?? operation
}

/** The path, and what the query or the body names. */
function placeOf({ query, body }: HttpRequest, { path, body: kind }: OwnRoute): string {
  if (kind === undefined) {
    const said = placesOf(query)
    return said === '' ? path : `${path}?${said}`
  }
  const named = namesOf(body)
  return named === '' ? path : `${path}?${named}`
}

/** Parameters that say on what; others, such as the template of a mirror, are content. */
const PLACES: ReadonlySet<string> = new Set(
  'id name bus rule pipe schedule endpoint health archive replay from to type topic state registry'.split(
    ' ',
  ),
)

function placesOf(query: string): string {
  const given = Array.from(new URLSearchParams(query)).filter(([name]) => PLACES.has(name))
  return new URLSearchParams(given).toString()
}

function namesOf(body: Buffer): string {
  const members = membersOf(body)
  const pairs = NAMES.flatMap((name) => {
    const text = members[name]
    return typeof text === 'string' ? [`${name}=${encodeURIComponent(text)}`] : []
  })
  return pairs.join('&')
}

function membersOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // It was refused for that.
    return {}
  }
}
