// Who may call, where authentication is on: the access keys of the configuration, as SigV4 for AWS clients and as
// HTTP Basic (access key id and secret) for CloudEvents producers, our own API and the console.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from './api/index.ts'
import type { FunctionKeys } from './app-function-keys.ts'
import { AppError } from './base/index.ts'
import type { AccessKey, Config } from './config/index.ts'
import type { Scope } from './model/index.ts'

export interface Authorization {
  /** Undefined lets the request pass. */
  readonly authorize: (request: HttpRequest) => Promise<AppError | undefined>
  readonly lookupSecret: (
    accessKeyId: string,
  ) => { readonly secretAccessKey: string; readonly account: string } | undefined
  /** Whose buses a CloudEvents request speaks of; the caller's own where callers sign in. */
  readonly scopeOf: (fallback: (request: HttpRequest) => Scope) => (request: HttpRequest) => Scope
}

export function createAuthorization(
  config: Pick<Config, 'mode' | 'accessKeys'>,
  functionKeys: Pick<FunctionKeys, 'find'>,
): Authorization {
  const keys = new Map(config.accessKeys.map((key) => [key.accessKeyId, key]))
  const isOpen = config.mode === 'dev'
  return {
    async authorize(request) {
      return isOpen || readBasic(keys, request) !== undefined ? undefined : refused()
    },
    lookupSecret(accessKeyId) {
      const key = keys.get(accessKeyId)
      if (key === undefined) return functionKeys.find(accessKeyId)
      return { secretAccessKey: key.secretAccessKey.reveal(), account: key.account }
    },
    scopeOf: (fallback) => (request) => {
      const scope = fallback(request)
      if (isOpen) return scope
      const key = readBasic(keys, request)
      if (key === undefined) throw refused()
      return { ...scope, account: key.account }
    },
  }
}

function refused(): AppError {
  return new AppError(
    'SIGNATURE_INVALID',
    'expected `Authorization: Basic` with an access key id and its secret',
  )
}

function readBasic(
  keys: ReadonlyMap<string, AccessKey>,
  request: HttpRequest,
): AccessKey | undefined {
  const [scheme, encoded] = (request.headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  const key = keys.get(text.slice(0, Math.max(0, colon)))
  const secret = key?.secretAccessKey.reveal() ?? ''
  return isEqual(text.slice(colon + 1), secret) ? key : undefined
}

/** In time that does not tell how much of it was right; hashes have one length. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(hash(a), hash(b))
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
