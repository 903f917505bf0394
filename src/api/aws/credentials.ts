// Who is calling, read from an Authorization header or a presigned query without judging the signature: the
// credential scope names access key, date, region and service.

import { DEFAULT_ACCOUNT } from '../../model/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import { CREDENTIAL_CACHE_MAX } from './limits.ts'

export const DEFAULT_REGION = 'us-east-1'

/** On whose behalf an operation runs. */
export interface Caller {
  readonly accessKeyId: string
  /** Twelve digits. */
  readonly account: string
  readonly region: string
}

/** Tells who calls an operation of `service` (its signing name), or throws. */
export type Authenticate = (request: HttpRequest, service: string) => Caller | Promise<Caller>

export interface CredentialScope {
  readonly accessKeyId: string
  /** `yyyymmdd`. */
  readonly date: string
  /** Absent in a SigV4A scope, which is good for a set of regions. */
  readonly region?: string
  readonly service: string
}

const REGIONAL = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/
const MANY_REGIONS = /^(.+)\/(\d{8})\/([^/]+)\/aws4_request$/

/** The parts of `KEY/20260101/us-east-1/events/aws4_request`; a SigV4A scope has no region. */
export function parseCredential(text: string): CredentialScope | undefined {
  const regional = REGIONAL.exec(text)
  if (regional !== null) {
    const [, accessKeyId, date, region, service] = regional
    return { accessKeyId: accessKeyId!, date: date!, region: region!, service: service! }
  }
  const many = MANY_REGIONS.exec(text)
  if (many === null) return undefined
  return { accessKeyId: many[1]!, date: many[2]!, service: many[3]! }
}

/**
 * Takes whatever credentials come, also none: a key id of twelve digits is the account, and the scope's
 * region the region. For `dev`, which listens on loopback only.
 */
export function acceptAnyCredentials(): Authenticate {
  const known = new Map<string, Caller>()
  const anonymous = callerOf('', undefined)
  return (request) => {
    const text = credentialText(request)
    if (text === undefined) return anonymous
    const regionSet = request.headers['x-amz-region-set']
    const key = typeof regionSet === 'string' ? `${text} ${regionSet}` : text
    let caller = known.get(key)
    if (caller === undefined) {
      caller = callerOf(text, typeof regionSet === 'string' ? regionSet : undefined)
      if (known.size >= CREDENTIAL_CACHE_MAX) known.clear()
      known.set(key, caller)
    }
    return caller
  }
}

/** Whether a request says at all who makes it. */
export function isSigned(request: HttpRequest): boolean {
  return credentialText(request) !== undefined || request.headers.authorization !== undefined
}

/** Who makes a request that does not say. */
export const ANONYMOUS: Caller = callerOf('', undefined)

/** The account that a credential of `dev` stands for. */
export function accountOfKey(accessKeyId: string): string {
  return /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT
}

/** The first region of an `X-Amz-Region-Set` that is a region and no wildcard. */
export function firstRegion(regionSet: string | undefined): string | undefined {
  const regions = regionSet?.split(',').map((region) => region.trim()) ?? []
  return regions.find((region) => /^[a-z][a-z0-9-]{1,30}$/.test(region))
}

function callerOf(credential: string, regionSet: string | undefined): Caller {
  const scope = parseCredential(credential)
  if (scope === undefined) {
    return { accessKeyId: '', account: DEFAULT_ACCOUNT, region: DEFAULT_REGION }
  }
  return {
    accessKeyId: scope.accessKeyId,
    account: accountOfKey(scope.accessKeyId),
    region: firstRegion(scope.region) ?? firstRegion(regionSet) ?? DEFAULT_REGION,
  }
}

function credentialText(request: HttpRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) {
    return request.query.includes('X-Amz-Credential=')
      ? (new URLSearchParams(request.query).get('X-Amz-Credential') ?? undefined)
      : undefined
  }
  const start = header.indexOf('Credential=')
  if (start === -1) return undefined
  const end = header.indexOf(',', start)
  return header.slice(start + 'Credential='.length, end === -1 ? undefined : end).trim()
}
