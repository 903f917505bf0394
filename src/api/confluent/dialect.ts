// Our schema registry under the REST paths of Confluent's, for JSON schemas: what clients of Kafka that serialize with a
// registry speak. `/_signalbox/confluent` is the registry `confluent`, `/_signalbox/confluent/registries/NAME` another.
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
//
// There are no contexts.

import { AppError, isAppError } from '../../base/index.ts'
import { errorResponse } from '../http/errors.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import { COMPATIBILITY_ROUTES } from './compatibility.ts'
import { DELETION_ROUTES } from './deletions.ts'
import type { ConfluentDeps } from './deps.ts'
import { ConfluentFault, replyFault, reply } from './replies.ts'
import type { ConfluentRoute } from './route.ts'
import { SUBJECT_ROUTES } from './subjects.ts'

const PREFIX = '/_signalbox/confluent'
const DEFAULT_REGISTRY = 'confluent'

const ROUTES: readonly ConfluentRoute[] = [
  { method: 'GET', path: '/', operation: 'root', handle: () => reply({}) },
  ...SUBJECT_ROUTES,
  ...DELETION_ROUTES,
  ...COMPATIBILITY_ROUTES,
]

export function createConfluentDialect(deps: ConfluentDeps): Dialect {
  return {
    name: 'confluent',
    accepts: ({ path }) => path === PREFIX || path.startsWith(`${PREFIX}/`),
    async handle(request) {
      try {
        const refusal = await deps.authorize(request)
        if (refusal !== undefined) throw refusal
        return await answer(deps, request)
      } catch (error) {
        return refuse(error, request)
      }
    },
  }
}

async function answer(deps: ConfluentDeps, request: HttpRequest): Promise<HttpResponse> {
  const parts = request.path
    .slice(PREFIX.length)
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart)
  const isNamed = parts[0] === 'registries' && parts.length > 1
  const registryName = isNamed ? parts[1]! : DEFAULT_REGISTRY
  const rest = isNamed ? parts.slice(2) : parts
  const fitting = ROUTES.flatMap((route) => {
    const names = namesOf(route.path, rest)
    return names === undefined ? [] : [{ route, names }]
  })
  const found = fitting.find(({ route }) => route.method === request.method)
  if (found === undefined) {
    const code = fitting.length === 0 ? 404 : 405
    throw new ConfluentFault(code, `HTTP ${code}: nothing is served here`)
  }
  const registry = deps.open(deps.scopeOf(request), registryName)
  const query = new URLSearchParams(request.query)
  const call = { registry, names: found.names, query, body: bodyOf(request) }
  return { ...(await found.route.handle(call)), operation: found.route.operation }
}

function namesOf(path: string, parts: readonly string[]): readonly string[] | undefined {
  const wanted = path.split('/').filter((part) => part !== '')
  if (wanted.length !== parts.length) return undefined
  const fits = wanted.every((part, index) => part === '*' || part === parts[index])
  return fits ? parts.filter((_, index) => wanted[index] === '*') : undefined
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new ConfluentFault(400, `the path has \`${part}\`, which is no percent-encoded UTF-8`)
  }
}

function bodyOf({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    throw new ConfluentFault(400, 'expected the body to be JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfluentFault(400, 'expected the body to be a JSON object')
  return value as Readonly<Record<string, unknown>>
}

/** What has no code is a bug: the server answers it, and its log shows it. */
function refuse(error: unknown, request: HttpRequest): HttpResponse {
  if (error instanceof ConfluentFault) return replyFault(error)
  if (!isAppError(error) || error.class === 'storage') throw error
  const { code, message } = error
  if (code === 'SCHEMA_INVALID') return replyFault({ code: 42201, message })
  const { status, headers } = errorResponse(error, request.requestId)
  const response = replyFault({ code: status, message })
  return { ...response, headers: { ...headers, ...response.headers, ...challenge(error) } }
}

/** Clients of HTTP show their password when they are asked. */
function challenge(error: AppError): Readonly<Record<string, string>> {
  return error.class === 'unauthenticated' ? { 'WWW-Authenticate': 'Basic realm="signalbox"' } : {}
}
