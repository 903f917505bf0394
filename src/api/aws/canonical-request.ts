// The canonical form of a request that SigV4 signs, made from the raw request target and raw headers, so that
// what is verified is what came and not what a router made of it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import type { HttpRequest } from '../http/exchange.ts'

export interface CanonicalOptions {
  readonly request: Pick<HttpRequest, 'method' | 'path' | 'query' | 'rawHeaders'>
  /** Lower case, sorted. */
  readonly signedHeaders: readonly string[]
  /** Hex. */
  readonly payloadHash: string
}

export function canonicalRequest(options: CanonicalOptions): string {
  const { request, signedHeaders } = options
  const values = headerValues(request.rawHeaders)
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${(values.get(name) ?? []).join(',')}`),
    '',
    signedHeaders.join(';'),
    options.payloadHash,
  ].join('\n')
}

/** Every header by its lower-case name: values in wire order, trimmed, runs of blanks folded to one. */
export function headerValues(
  rawHeaders: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase()
    const value = rawHeaders[index + 1]!.trim().replace(/\s+/g, ' ')
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  return values
}

/** Dot segments and repeated slashes resolved, then encoded once more, as every service but S3 does. */
function canonicalPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const isFolder = kept.length > 0 && /(?:\/|\/\.|\/\.\.)$/.test(path)
  return `/${kept.map((segment) => encode(segment)).join('/')}${isFolder ? '/' : ''}`
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs: (readonly [string, string])[] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals === -1 ? part : part.slice(0, equals)
    const value = equals === -1 ? '' : part.slice(equals + 1)
    if (name === 'X-Amz-Signature') continue
    pairs.push([encode(decode(name)), encode(decode(value))])
  }
  // Comparison is by code point; after encoding all text is ASCII.
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

// Percent-encoded bytes become the text they encode; what is no valid encoding stays as it is.
function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // Not UTF-8: signing clients then sign the text they sent.
    return text
  }
}

/** RFC 3986: all but unreserved characters. Node gives a raw target's bytes as Latin-1. */
function encode(text: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text
  const utf8 = isLatin1(text) ? latin1AsUtf8(text) : text
  let encoded = ''
  for (const byte of Buffer.from(utf8)) {
    const character = String.fromCharCode(byte)
    encoded += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function isLatin1(text: string): boolean {
  return Buffer.from(text, 'latin1').toString('latin1') === text
}

function latin1AsUtf8(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  const decoded = bytes.toString('utf8')
  return Buffer.from(decoded).equals(bytes) ? decoded : text
}
