// CloudEvents over HTTP in: `POST /events` (the default bus) and `POST /buses/{bus}/events`, in all three modes.
// Decode, one call, encode. The answer says of each event, in order, what became of it:
//
//   202 {"events":[{"id":"1","status":"accepted"},{"id":"2","status":"duplicate"}]}
//   409 the same, with `clash` for an event whose source and id came before with other data, plus code and message
//
// Any other refusal keeps none of the events.

import { AppError, channels, type Clock, isAppError } from '../../base/index.ts'
import {
  cloudEventKey,
  cloudEventsMode,
  decodeCloudEvents,
  type Event,
  formatBusKey,
  storeEvent,
} from '../../event/index.ts'
import { DEFAULT_BUS, type Scope } from '../../model/index.ts'
import { errorResponse } from '../http/errors.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import { isCloudEventsPath } from '../http/routes.ts'
import { EVENT_BYTES_MAX } from './limits.ts'

/** What the dialect needs of ingress. */
export type AcceptCloudEvents = (
  dialect: 'cloudevents',
  events: readonly {
    readonly id: string
    readonly busKey: string
    readonly record: Uint8Array
    readonly dedupeKey: string
  }[],
) => Promise<readonly AcceptedCloudEvent[]>

export interface AcceptedCloudEvent {
  readonly kind: 'accepted' | 'duplicate' | 'clash' | 'refused'
  readonly id: string
  /** Why it was refused. */
  readonly faults?: readonly string[]
}

export interface CloudEventsDialectOptions {
  readonly accept: AcceptCloudEvents
  readonly hasBus: (busKey: string) => boolean
  /** Whose buses the request speaks of. */
  readonly scopeOf: (request: HttpRequest) => Promise<Scope>
  /** What the audit log calls the sender. */
  readonly nameOf: (request: HttpRequest) => string
  readonly clock: Clock
}

export function createCloudEventsDialect(options: CloudEventsDialectOptions): Dialect {
  return {
    name: 'cloudevents',
    accepts: ({ path }) => isCloudEventsPath(path),
    async handle(request) {
      if (request.method !== 'POST') return methodNotAllowed(request)
      const told: Told = { count: 0 }
      try {
        const response = await publish(options, request, told)
        audit(options, request, { ...told, status: response.status })
        return { ...response, operation: 'publish' }
      } catch (error) {
        audit(options, request, { ...told, error })
        return { ...refuse(error, request), operation: 'publish' }
      }
    },
  }
}

/** What is known of a request by the time that it ends. */
interface Told {
  count: number
}

async function publish(
  options: CloudEventsDialectOptions,
  request: HttpRequest,
  told: Told,
): Promise<HttpResponse> {
  const mode = cloudEventsMode(request.headers['content-type'])
  if (mode === undefined) return unknownFormat(request)
  const bus = { ...(await options.scopeOf(request)), name: busName(request.path) }
  const busKey = formatBusKey(bus)
  if (!options.hasBus(busKey)) {
    throw new AppError(
      'BUS_NOT_FOUND',
      `bus \`${bus.name}\` does not exist in account \`${bus.account}\`, region \`${bus.region}\``,
    )
  }
  const time = new Date(options.clock.now()).toISOString()
  const events = decodeCloudEvents(mode, request, { bus, time })
  told.count = events.length
  const incoming = events.map((event) => ({
    id: event.id,
    busKey,
    record: encode(event),
    dedupeKey: cloudEventKey(event.source, event.id),
  }))
  return describe(await options.accept('cloudevents', incoming), request)
}

function audit(
  { nameOf }: CloudEventsDialectOptions,
  request: HttpRequest,
  { count, status, error }: Told & { readonly status?: number; readonly error?: unknown },
): void {
  if (!channels.audited.hasSubscribers) return
  const code = isAppError(error) ? error.code : undefined
  const isDenied =
    isAppError(error) && (error.class === 'forbidden' || error.class === 'unauthenticated')
  const isOk = status !== undefined && status < 300
  channels.audited.publish({
    plane: 'data',
    action: 'publish',
    who: nameOf(request),
    from: request.remoteAddress,
    on:
      request.path === '/events'
        ? DEFAULT_BUS
        : request.path.slice('/buses/'.length, -'/events'.length),
    result: isDenied ? 'denied' : isOk ? 'ok' : 'failed',
    ...(code === undefined ? {} : { code }),
    ...(count === 0 ? {} : { count }),
    requestId: request.requestId,
  })
}

function encode(event: Event): Uint8Array {
  const record = storeEvent(event)
  if (record.length <= EVENT_BYTES_MAX) return record
  throw new AppError(
    'EVENT_TOO_LARGE',
    `expected an event of at most ${EVENT_BYTES_MAX} bytes, got \`${record.length}\` for event \`${event.id}\``,
  )
}

type Results = Awaited<ReturnType<AcceptCloudEvents>>

function describe(results: Results, { requestId }: HttpRequest): HttpResponse {
  const events = results.map(({ id, kind, faults }) => ({
    id,
    status: kind,
    ...(faults === undefined ? {} : { message: faults.join('; ') }),
  }))
  const headers = { 'Content-Type': 'application/json' }
  const clash = results.find(({ kind }) => kind === 'clash')
  const refused = results.find(({ kind }) => kind === 'refused')
  if (refused !== undefined) {
    const message = `event \`${refused.id}\` is not as its schema says: ${(refused.faults ?? []).join('; ')}`
    const body = { code: 'EVENT_INVALID', message, requestId, events }
    return { status: 400, headers, body: JSON.stringify(body) }
  }
  if (clash === undefined) return { status: 202, headers, body: JSON.stringify({ events }) }
  const code = 'EVENT_DUPLICATE_DIFFERS'
  const message = `an event with the source and id of \`${clash.id}\` came before with other data; give a new event a new id`
  return { status: 409, headers, body: JSON.stringify({ code, message, requestId, events }) }
}

/** The one segment between `/buses/` and `/events`, or the default bus. */
function busName(path: string): string {
  if (path === '/events') return DEFAULT_BUS
  const segment = path.slice('/buses/'.length, -'/events'.length)
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new AppError(
      'REQUEST_INVALID',
      `expected a percent-encoded bus name, got \`${segment}\``,
      {
        cause,
      },
    )
  }
}

function refuse(error: unknown, { requestId }: HttpRequest): HttpResponse {
  if (!isAppError(error) || error.class === 'storage') throw error
  // What ingress itself refuses it has published already.
  if (error.class !== 'unavailable' && channels.eventsRefused.hasSubscribers) {
    channels.eventsRefused.publish({ dialect: 'cloudevents', code: error.code, count: 1 })
  }
  return errorResponse(error, requestId)
}

function unknownFormat({ headers, requestId }: HttpRequest): HttpResponse {
  const error = new AppError(
    'EVENT_INVALID',
    `expected \`application/cloudevents+json\`, \`application/cloudevents-batch+json\` or binary mode, got \`${headers['content-type']}\``,
  )
  return errorResponse(error, requestId, 415)
}

function methodNotAllowed({ method, path, requestId }: HttpRequest): HttpResponse {
  const error = new AppError('REQUEST_INVALID', `expected POST at \`${path}\`, got \`${method}\``)
  const response = errorResponse(error, requestId, 405)
  return { ...response, headers: { ...response.headers, Allow: 'POST' } }
}
