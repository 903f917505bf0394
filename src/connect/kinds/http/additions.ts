// What a caller adds to a request over HTTP: values for each `*` of the path, query parameters, headers. What
// frames the message, or says who sends it, cannot be added.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html

import { AppError } from '../../../base/index.ts'
import type { HttpAdditions } from '../../invoke.ts'

const REFUSED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** `path` is path and query of the address. */
export function addToPath(path: string, { pathValues = [], query = {} }: HttpAdditions): string {
  const values = pathValues[Symbol.iterator]()
  const [bare, ...rest] = path.split('?')
  const filled = bare!.replaceAll('*', () => encodeURIComponent(values.next().value ?? ''))
  const parameters = new URLSearchParams(query).toString()
  const parts = [rest.join('?'), parameters].filter((part) => part !== '')
  return parts.length === 0 ? filled : `${filled}?${parts.join('&')}`
}

/** `headers` as name, value, name, value; what is added stands in place of what has its name. Throws `REQUEST_INVALID`. */
export function addToHeaders(
  headers: readonly string[],
  { headers: added = {} }: HttpAdditions,
): string[] {
  const names = new Set<string>()
  const all: string[] = []
  for (const [name, value] of Object.entries(added)) {
    checkHeader(name, value)
    names.add(name.toLowerCase())
    all.push(name, value)
  }
  for (let at = 0; at < headers.length; at += 2) {
    if (!names.has(headers[at]!.toLowerCase())) all.push(headers[at]!, headers[at + 1]!)
  }
  return all
}

function checkHeader(name: string, value: string): void {
  if (!HEADER_NAME.test(name) || REFUSED_HEADERS.has(name.toLowerCase())) {
    throw new AppError('REQUEST_INVALID', `expected a header that may be added, got \`${name}\``)
  }
  // The value is not shown: it may be a key.
  if (!HEADER_VALUE.test(value)) {
    throw new AppError('REQUEST_INVALID', `expected header \`${name}\` to be visible characters`)
  }
}
