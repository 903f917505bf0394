// Answers of the Kubernetes dialect.

import type { HttpResponse } from '../http/exchange.ts'
import { WARNING_LENGTH_MAX, WARNINGS_MAX } from './limits.ts'

export function jsonResponse(value: object, status = 200): HttpResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' },
    body: `${JSON.stringify(value)}\n`,
  }
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
