// Verifies AWS Signature Version 4 (HMAC) and 4A (ECDSA over P-256, for many regions), in a header or in a
// presigned query. The body's own hash is what is signed; nothing about the request is normalised before.
//
// Invariant: a request passes only if every header that can change its meaning (host, x-amz-*) is signed.
// A signature can be replayed while its date is inside the window; what must not happen twice carries a
// de-duplication key.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AppError, type Clock } from '../../base/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { canonicalRequest, headerValues } from './canonical-request.ts'
import {
  type Authenticate,
  type Caller,
  type CredentialScope,
  DEFAULT_REGION,
  firstRegion,
  parseCredential,
} from './credentials.ts'
import {
  CREDENTIAL_CACHE_MAX,
  PRESIGNED_EXPIRES_SECONDS_MAX,
  SIGNATURE_AGE_MS_MAX,
} from './limits.ts'
import { verifyEcdsa } from './sigv4a.ts'

export const HMAC_ALGORITHM = 'AWS4-HMAC-SHA256'
export const ECDSA_ALGORITHM = 'AWS4-ECDSA-P256-SHA256'

export interface Secret {
  readonly secretAccessKey: string
  /** Twelve digits. */
  readonly account: string
}

/** The secret of an access key, or undefined for a key that nobody was given or that was revoked. */
export type LookupSecret = (accessKeyId: string) => Secret | undefined | Promise<Secret | undefined>

export interface VerifyOptions {
  readonly lookupSecret: LookupSecret
  readonly clock: Pick<Clock, 'now'>
}

interface Signed {
  readonly algorithm: string
  readonly scope: CredentialScope
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `yyyymmddThhmmssZ`. */
  readonly date: string
  /** Only of a presigned request. */
  readonly expiresSeconds?: number
}

/** An Authenticate that lets only requests with a right signature of a known key pass. */
export function verifySignatures(options: VerifyOptions): Authenticate {
  const signingKeys = createKeyCache()
  return async (request, service) => {
    const signed = readSignature(request)
    if (signed.scope.service !== service) {
      throw refuse(
        'SignatureDoesNotMatch',
        `Credential should be scoped to correct service: '${service}'.`,
      )
    }
    checkSignedHeaders(request, signed)
    const payloadHash = checkPayload(request)
    checkDate(signed, options.clock.now())
    const secret = await options.lookupSecret(signed.scope.accessKeyId)
    if (secret === undefined) {
      throw refuse(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      )
    }
    const { signedHeaders } = signed
    const canonical = canonicalRequest({ request, signedHeaders, payloadHash })
    const text = stringToSign(signed, canonical)
    const isRight =
      signed.algorithm === HMAC_ALGORITHM
        ? verifyHmac(signingKeys(signed.scope, secret.secretAccessKey), text, signed.signature)
        : verifyEcdsa({
            accessKeyId: signed.scope.accessKeyId,
            secretAccessKey: secret.secretAccessKey,
            text,
            signature: signed.signature,
          })
    if (!isRight) throw refuse('SignatureDoesNotMatch', MISMATCH)
    return callerOf(request, signed.scope, secret)
  }
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

function callerOf(request: HttpRequest, scope: CredentialScope, secret: Secret): Caller {
  const regionSet = request.headers['x-amz-region-set']
  const fromSet = typeof regionSet === 'string' ? firstRegion(regionSet) : undefined
  return {
    accessKeyId: scope.accessKeyId,
    account: secret.account,
    region: firstRegion(scope.region) ?? fromSet ?? DEFAULT_REGION,
  }
}

function readSignature(request: HttpRequest): Signed {
  const header = request.headers.authorization
  const isPresigned = /(?:^|&)X-Amz-(?:Signature|Algorithm|Credential)=/i.test(request.query)
  if (header !== undefined && isPresigned) {
    throw refuse('InvalidSignatureException', 'Only one authentication mechanism is allowed.')
  }
  const signed =
    header === undefined ? readQuery(request, isPresigned) : readHeader(request, header)
  if (signed.algorithm !== HMAC_ALGORITHM && signed.algorithm !== ECDSA_ALGORITHM) {
    throw incomplete(`unsupported algorithm \`${signed.algorithm}\``)
  }
  if ((signed.algorithm === HMAC_ALGORITHM) !== (signed.scope.region !== undefined)) {
    throw incomplete('the credential scope does not fit the algorithm')
  }
  return signed
}

function readHeader(request: HttpRequest, header: string): Signed {
  const match = /^(AWS4-[A-Z0-9-]+)\s+(.+)$/.exec(header)
  if (match === null) throw incomplete('expected `AWS4-HMAC-SHA256 Credential=…`')
  const fields = new Map<string, string>()
  for (const part of match[2]!.split(',')) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals)).trim()
    if (fields.has(name)) throw incomplete(`\`${name}\` is there twice`)
    fields.set(name, part.slice(equals + 1).trim())
  }
  const date = headerValues(request.rawHeaders).get('x-amz-date')
  if (date?.length !== 1) throw incomplete('expected one `x-amz-date` header')
  return assemble(match[1]!, fields.get('Credential'), fields.get('SignedHeaders'), {
    date: date[0]!,
    signature: fields.get('Signature'),
  })
}

function readQuery(request: HttpRequest, isPresigned: boolean): Signed {
  if (!isPresigned)
    throw refuse('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const parameters = new URLSearchParams(request.query)
  for (const name of parameters.keys()) {
    if (/^x-amz-/i.test(name) && parameters.getAll(name).length > 1) {
      throw incomplete(`\`${name}\` is there twice`)
    }
  }
  const expires = parameters.get('X-Amz-Expires') ?? ''
  const expiresSeconds = /^\d{1,7}$/.test(expires) ? Number(expires) : 0
  if (expiresSeconds < 1 || expiresSeconds > PRESIGNED_EXPIRES_SECONDS_MAX) {
    throw incomplete(
      `expected \`X-Amz-Expires\` to be from 1 to ${PRESIGNED_EXPIRES_SECONDS_MAX} seconds, got \`${expires}\``,
    )
  }
  const signed = assemble(
    parameters.get('X-Amz-Algorithm') ?? '',
    parameters.get('X-Amz-Credential') ?? undefined,
    parameters.get('X-Amz-SignedHeaders') ?? undefined,
    {
      date: parameters.get('X-Amz-Date') ?? '',
      signature: parameters.get('X-Amz-Signature') ?? undefined,
    },
  )
  return { ...signed, expiresSeconds }
}

function assemble(
  algorithm: string,
  credential: string | undefined,
  headers: string | undefined,
  rest: { readonly date: string; readonly signature: string | undefined },
): Signed {
  const scope = credential === undefined ? undefined : parseCredential(credential)
  if (credential === undefined || scope === undefined) throw incomplete('expected a `Credential`')
  if (headers === undefined) throw incomplete('expected `SignedHeaders`')
  if (rest.signature === undefined) throw incomplete('expected a `Signature`')
  const signedHeaders = headers.split(';')
  const sorted = [...new Set(signedHeaders)].sort()
  const isOrdered = sorted.join(';') === headers && headers === headers.toLowerCase()
  if (!isOrdered) throw incomplete('expected `SignedHeaders` to be lower case, sorted and distinct')
  return { algorithm, scope, credential, signedHeaders, signature: rest.signature, date: rest.date }
}

function checkSignedHeaders(request: HttpRequest, signed: Signed): void {
  const present = headerValues(request.rawHeaders)
  const names = new Set(signed.signedHeaders)
  for (const name of names) {
    if (!present.has(name)) throw refuse('SignatureDoesNotMatch', MISMATCH)
  }
  for (const name of present.keys()) {
    if ((name === 'host' || name.startsWith('x-amz-')) && !names.has(name)) {
      throw refuse('SignatureDoesNotMatch', `Header \`${name}\` must be signed.`)
    }
  }
  if (!names.has('host')) throw refuse('SignatureDoesNotMatch', 'Header `host` must be signed.')
}

/** The hash of the body as it came; what the request says about it must agree. */
function checkPayload(request: HttpRequest): string {
  const own = createHash('sha256').update(request.body).digest('hex')
  const claimed = headerValues(request.rawHeaders).get('x-amz-content-sha256')
  if (claimed !== undefined && (claimed.length !== 1 || claimed[0]!.toLowerCase() !== own)) {
    throw refuse(
      'SignatureDoesNotMatch',
      'The provided x-amz-content-sha256 header does not match what was computed.',
    )
  }
  return own
}

function checkDate(signed: Signed, now: number): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signed.date)
  const [year, month, day, hour, minute, second] = (match ?? []).slice(1).map(Number)
  const at = Date.UTC(year ?? NaN, (month ?? 1) - 1, day, hour, minute, second)
  if (match === null || Number.isNaN(at)) {
    throw incomplete(`expected a date like \`20260101T000000Z\`, got \`${signed.date}\``)
  }
  if (!signed.date.startsWith(signed.scope.date)) {
    throw refuse(
      'SignatureDoesNotMatch',
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP',
    )
  }
  const ageMsMax =
    signed.expiresSeconds === undefined ? SIGNATURE_AGE_MS_MAX : signed.expiresSeconds * 1000
  if (now - at > ageMsMax)
    throw refuse('RequestExpired', `Signature expired: ${signed.date} is too long ago.`)
  if (at - now > SIGNATURE_AGE_MS_MAX) {
    throw refuse(
      'RequestInTheFuture',
      `Signature not yet current: ${signed.date} is in the future.`,
    )
  }
}

function stringToSign(signed: Signed, canonical: string): string {
  const scope = signed.credential.slice(signed.scope.accessKeyId.length + 1)
  const hash = createHash('sha256').update(canonical).digest('hex')
  return `${signed.algorithm}\n${signed.date}\n${scope}\n${hash}`
}

function verifyHmac(key: Buffer, text: string, signature: string): boolean {
  const expected = createHmac('sha256', key).update(text).digest()
  // Hex in one case only, so that no byte of a signature can change and still pass.
  if (!/^[0-9a-f]{64}$/.test(signature)) return false
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'))
}

/** Derived keys are good for a day; a changed secret makes a new one. */
function createKeyCache(): (scope: CredentialScope, secretAccessKey: string) => Buffer {
  const known = new Map<string, { readonly secretAccessKey: string; readonly key: Buffer }>()
  return (scope, secretAccessKey) => {
    const name = `${scope.accessKeyId}/${scope.date}/${scope.region}/${scope.service}`
    const cached = known.get(name)
    if (cached?.secretAccessKey === secretAccessKey) return cached.key
    const key = signingKey(scope, secretAccessKey)
    if (known.size >= CREDENTIAL_CACHE_MAX) known.clear()
    known.set(name, { secretAccessKey, key })
    return key
  }
}

export function signingKey(scope: CredentialScope, secretAccessKey: string): Buffer {
  const parts = [scope.date, scope.region ?? '', scope.service, 'aws4_request']
  return parts.reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
}

function incomplete(reason: string): AppError {
  return refuse('IncompleteSignatureException', `The request signature is incomplete: ${reason}.`)
}

function refuse(awsCode: string, message: string): AppError {
  return new AppError('SIGNATURE_INVALID', message, { details: { awsCode } })
}
