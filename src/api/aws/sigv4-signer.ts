// Signs requests with SigV4, for tests of the verification.

import { createHash, createHmac } from 'node:crypto'
import type { HttpRequest } from '../http/exchange.ts'
import { canonicalRequest, headerValues } from './canonical-request.ts'
import { HMAC_ALGORITHM, signingKey } from './sigv4.ts'

export interface SigningOptions {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  /** `yyyymmddThhmmssZ`. */
  readonly date: string
  /** Of the scope, where it is to differ from the date. */
  readonly scopeDate?: string
  /** All headers when absent. */
  readonly signedHeaders?: readonly string[]
}

/** The value of the Authorization header. */
export function signRequest(request: HttpRequest, options: SigningOptions): string {
  const { scope, signedHeaders, signature } = signatureOf(request, options)
  return `${HMAC_ALGORITHM} Credential=${options.accessKeyId}/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
}

export function signatureOf(
  request: HttpRequest,
  options: SigningOptions,
): {
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
} {
  const { accessKeyId, secretAccessKey, region, service } = options
  const date = options.scopeDate ?? options.date.slice(0, 8)
  const signedHeaders = options.signedHeaders ?? [...headerValues(request.rawHeaders).keys()].sort()
  const payloadHash = createHash('sha256').update(request.body).digest('hex')
  const canonical = canonicalRequest({ request, signedHeaders, payloadHash })
  const hash = createHash('sha256').update(canonical).digest('hex')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = `${HMAC_ALGORITHM}\n${options.date}\n${scope}\n${hash}`
  const key = signingKey({ accessKeyId, date, region, service }, secretAccessKey)
  return { scope, signedHeaders, signature: createHmac('sha256', key).update(text).digest('hex') }
}
