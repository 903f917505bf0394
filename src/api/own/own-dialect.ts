// Our own API under `/_signalbox/v1`: what the console and the CLI use, and nothing else. Errors have one
// shape, `{"error": {code, message, docs}}`.

import { AppError, isAppError } from '../../base/index.ts'
import { audit } from './audit.ts'
import { errorResponse } from '../http/errors.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import type { OwnApiDeps } from './deps.ts'
import { formatOpenApi } from './openapi.ts'
import { parseQuery } from './query.ts'
import { failure, json, refuseMethod } from './replies.ts'
import { OWN_PREFIX, OWN_ROUTES, type OwnRoute } from './routes.ts'

const DOCUMENT_PATH = `${OWN_PREFIX}/openapi.json`

export function createOwnDialect(deps: OwnApiDeps): Dialect {
  const routes = new Map(OWN_ROUTES.map((route) => [OWN_PREFIX + route.path, route]))
  const document = formatOpenApi(deps.about.version)
  return {
    name: 'own',
    accepts: ({ path }) => path === OWN_PREFIX || path.startsWith(`${OWN_PREFIX}/`),
    handle: async (request) => {
      const route = routes.get(request.path)
      const operation = route?.operation ?? 'other'
      try {
        const response =
          request.path === DOCUMENT_PATH
            ? (refuseMethod(request) ?? json(document))
            : await answer(deps, request, route)
        if (route !== undefined) audit(deps, { request, route, status: response.status })
        return { ...response, operation }
      } catch (error) {
        if (route !== undefined) audit(deps, { request, route, error })
        // What has no code is a bug: the server answers it, and its log shows it.
        if (!isAppError(error) || error.class === 'storage') throw error
        return { ...translate(error, request), operation }
      }
    },
  }
}

async function answer(
  deps: OwnApiDeps,
  request: HttpRequest,
  route: OwnRoute | undefined,
): Promise<HttpResponse> {
  const refusal = await deps.authorize(request)
  if (refusal !== undefined) throw refusal
  if (route === undefined) return unknownPath(request)
  const query = parseQuery(request.query, route.parameters)
  return refuseMethod(request, route.method) ?? route.handle({ deps, request, query })
}

function unknownPath({ path }: HttpRequest): HttpResponse {
  const message = `nothing is served at \`${path}\`; \`${DOCUMENT_PATH}\` lists what is`
  return failure(404, new AppError('REQUEST_INVALID', message))
}

function translate(error: AppError, request: HttpRequest): HttpResponse {
  const { status, headers } = errorResponse(error, request.requestId)
  const response = failure(status, error)
  return { ...response, headers: { ...headers, ...response.headers } }
}
