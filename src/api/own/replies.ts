// The forms that replies of our own API have in common.

import { AppError } from '../../base/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'

export function json(value: unknown): HttpResponse {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  return { status: 200, headers, body: JSON.stringify(value) }
}

/** The error shape is the same everywhere here: what happened, and the page that says how to mend it. */
export function failure(status: number, error: AppError): HttpResponse {
  const { code, message } = error
  return { ...json({ error: { code, message, docs: `docs/errors/${code}.md` } }), status }
}

/** Everything served here is read only. */
export function refuseMethod({ method, path }: HttpRequest): HttpResponse | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined
  const message = `expected \`${path}\` to be called with \`GET\`, got \`${method}\``
  const response = failure(405, new AppError('REQUEST_INVALID', message))
  return { ...response, headers: { ...response.headers, Allow: 'GET, HEAD' } }
}
