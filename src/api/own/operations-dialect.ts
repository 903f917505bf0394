// What watches the process from outside: is it alive, may traffic come, what does it count.

import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import type { OperationsDeps } from './deps.ts'
import { json, refuseMethod } from './replies.ts'

type Answer = (deps: OperationsDeps) => Promise<HttpResponse> | HttpResponse

const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['/healthz', () => json({ status: 'ok' })],
  ['/livez', () => json({ status: 'ok' })],
  ['/readyz', readiness],
  ['/metrics', scrape],
])

export function createOperationsDialect(deps: OperationsDeps): Dialect {
  return {
    name: 'operations',
    accepts: ({ path }) => ANSWERS.has(path),
    handle: async (request: HttpRequest) => {
      const answer = ANSWERS.get(request.path)!
      const response = refuseMethod(request) ?? (await answer(deps))
      return { ...response, operation: request.path.slice(1) }
    },
  }
}

function readiness(deps: OperationsDeps): HttpResponse {
  const reasons = deps.reasonsNotReady()
  if (reasons.length === 0) return json({ status: 'ok' })
  return { ...json({ status: 'not ready', reasons }), status: 503 }
}

async function scrape(deps: OperationsDeps): Promise<HttpResponse> {
  const body = deps.metrics.format(await deps.readState())
  const type = 'text/plain; version=0.0.4; charset=utf-8'
  return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': 'no-store' }, body }
}
