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

/** A path is called with one method; `GET` stands for `HEAD` too. */
export function refuseMethod(
  { method, path }: HttpRequest,
  expected: 'GET' | 'POST' = 'GET',
): HttpResponse | undefined {
  if (method === expected || (method === 'HEAD' && expected === 'GET')) return undefined
  const message = `expected \`${path}\` to be called with \`${expected}\`, got \`${method}\``
  const response = failure(405, new AppError('REQUEST_INVALID', message))
  const allowed = expected === 'GET' ? 'GET, HEAD' : expected
  return { ...response, headers: { ...response.headers, Allow: allowed } }
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Only the properties that have a value. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<T>
}
