// Answers of the Kubernetes dialect.

import { createHash } from 'node:crypto'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { WARNING_LENGTH_MAX, WARNINGS_MAX } from './limits.ts'

type TextResponse = HttpResponse & { readonly body: string }

export function jsonResponse(value: object, status = 200): TextResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' },
    body: `${JSON.stringify(value)}\n`,
  }
}

/** An answer that its reader may keep, and ask whether it is still so. */
export function withTag(
  response: TextResponse,
  { headers }: Pick<HttpRequest, 'headers'>,
): HttpResponse {
  const tag = `"${createHash('sha256').update(response.body).digest('hex').slice(0, 32)}"`
  const tagged = { ...response, headers: { ...response.headers, ETag: tag } }
  const known = (headers['if-none-match'] ?? '').split(',').map((one) => one.trim())
  return known.includes(tag) ? { ...tagged, status: 304, body: '' } : tagged
}

/** What kubectl prints as `Warning: …`. */
export function withWarnings(response: HttpResponse, texts: readonly string[]): HttpResponse {
  if (texts.length === 0) return response
  const told = texts
    .slice(0, WARNINGS_MAX)
    .map((text) => `299 - ${quote(text.slice(0, WARNING_LENGTH_MAX))}`)
  return { ...response, headers: { ...response.headers, Warning: told.join(', ') } }
}

/** As a quoted string of HTTP; what no header may hold is left out. */
function quote(text: string): string {
  const printable = text.replaceAll(/[^\t\u0020-\u007e]/g, '?')
  return `"${printable.replaceAll(/["\\]/g, (letter) => `\\${letter}`)}"`
}
