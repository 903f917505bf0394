// Who calls, and whether they may, where authentication is on: the access keys of the configuration, as SigV4 for AWS
// clients and as HTTP Basic (access key id and secret) for CloudEvents producers, our own API and the console; tokens
// and client certificates for our own API and kubectl.

import { createHash, timingSafeEqual } from 'node:crypto'
import { type Access, accessKeyUser, ANONYMOUS, DEV_USER, Guesses } from './access/index.ts'
import type { HttpRequest, RightQuestion } from './api/index.ts'
import type { FunctionKeys } from './app-function-keys.ts'
import { AppError, type Clock } from './base/index.ts'
import type { AccessKey, Config } from './config/index.ts'
import { DEFAULT_ACCOUNT, type Scope } from './model/index.ts'
import type { KubeUser } from './objects/index.ts'

/** Of rules, events and whatever else is our own, for roles. */
const OWN_GROUP = 'signalbox.dev'

export interface Authorization {
  /**
   * Who sent a request, which may be nobody; undefined when what it shows is not good. Throws `LIMIT_EXCEEDED` for an
   * address that guesses.
   */
  readonly identify: (request: HttpRequest) => Promise<KubeUser | undefined>
  /** What the audit log calls who sent a request, once it was asked about. */
  readonly nameOf: (request: HttpRequest) => string
  /** The same of an access key. */
  readonly nameOfKey: (accessKeyId: string) => string
  /** Of our own API. Undefined lets the request pass. */
  readonly authorize: (request: HttpRequest) => Promise<AppError | undefined>
  /** Of the AWS dialect; throws `ACCESS_DENIED`. */
  readonly authorizeAws: (question: RightQuestion) => void
  readonly lookupSecret: (
    accessKeyId: string,
  ) => { readonly secretAccessKey: string; readonly account: string } | undefined
  /** Whose buses a CloudEvents request speaks of; the caller's own where callers sign in. */
  readonly scopeOf: (
    fallback: (request: HttpRequest) => Scope,
  ) => (request: HttpRequest) => Promise<Scope>
}

export function createAuthorization(
  config: Pick<Config, 'mode' | 'accessKeys'>,
  functionKeys: Pick<FunctionKeys, 'find'>,
  access: Pick<Access, 'authenticator' | 'authorizer'>,
  clock: Clock,
): Authorization {
  const guesses = new Guesses(clock)
  const keys = new Map(config.accessKeys.map((key) => [key.accessKeyId, key]))
  const isOpen = config.mode === 'dev'
  const senders = new WeakMap<HttpRequest, KubeUser>()
  const otherwise = (request: HttpRequest): KubeUser | undefined => {
    if (isOpen) return DEV_USER
    if (request.headers.authorization === undefined) return ANONYMOUS
    const key = readBasic(keys, request)
    return key === undefined ? undefined : accessKeyUser(key)
  }
  const identify = async (request: HttpRequest): Promise<KubeUser | undefined> => {
    const user = await identifySender(access, request, () => otherwise(request))
    if (user === undefined && guesses.failed(request.remoteAddress)) throw tooManyGuesses()
    if (user !== undefined) senders.set(request, user)
    return user
  }
  return {
    identify,
    nameOf: (request) => senders.get(request)?.name ?? (isOpen ? DEV_USER.name : 'unknown'),
    nameOfKey(accessKeyId) {
      if (accessKeyId === '') return isOpen ? DEV_USER.name : ANONYMOUS.name
      const key = keys.get(accessKeyId)
      return key === undefined ? `signalbox:access-key:${accessKeyId}` : accessKeyUser(key).name
    },
    async authorize(request) {
      if (isOpen) return undefined
      const user = await identify(request)
      return user === undefined || user === ANONYMOUS ? refused() : allow(access, user, request)
    },
    authorizeAws({ caller, right, operation }) {
      const key = keys.get(caller.accessKeyId)
      if (key?.user === undefined) return
      const user = accessKeyUser(key)
      const namespace = namespaceOf(caller.account)
      const isAllowed = right.verbs.every(
        (verb) =>
          access.authorizer.authorize({
            user,
            verb,
            group: OWN_GROUP,
            resource: right.resource,
            namespace,
          }).isAllowed,
      )
      if (!isAllowed) throw notAuthorized(key, right, operation)
    },
    lookupSecret(accessKeyId) {
      const key = keys.get(accessKeyId)
      if (key === undefined) return functionKeys.find(accessKeyId)
      return { secretAccessKey: key.secretAccessKey.reveal(), account: key.account }
    },
    scopeOf: (fallback) => async (request) => {
      const scope = fallback(request)
      if (isOpen) return scope
      const key = readBasic(keys, request)
      const user = await identify(request)
      if (user === undefined || user === ANONYMOUS) throw refused()
      const of = key === undefined ? scope : { ...scope, account: key.account }
      // A key that is nobody's in particular may do everything in its account.
      if (key === undefined || key.user !== undefined) allowPublishing(access, user, of)
      return of
    },
  }
}

/** By certificate, then by token; `otherwise` knows what else there can be. */
async function identifySender(
  { authenticator }: Pick<Access, 'authenticator'>,
  { clientCertificate, headers }: HttpRequest,
  otherwise: () => KubeUser | undefined,
): Promise<KubeUser | undefined> {
  if (clientCertificate !== undefined) return authenticator.userOfCertificate(clientCertificate)
  const [scheme, token = ''] =
    /^\s*(\S+)\s*(.*?)\s*$/.exec(headers.authorization ?? '')?.slice(1) ?? []
  return scheme?.toLowerCase() === 'bearer' ? authenticator.userOfToken(token) : otherwise()
}

/** Our own API is paths to RBAC, not objects. */
function allow(
  { authorizer }: Pick<Access, 'authorizer'>,
  user: KubeUser,
  { method, path }: HttpRequest,
): AppError | undefined {
  const verb = method.toLowerCase()
  const question = { user, verb, group: '', resource: '', nonResourceUrl: path }
  if (authorizer.authorize(question).isAllowed) return undefined
  return new AppError('ACCESS_DENIED', `user \`${user.name}\` may not ${verb} \`${path}\``)
}

/** Events are made in the namespace of their account, as everything of AWS lies there. */
function allowPublishing(
  { authorizer }: Pick<Access, 'authorizer'>,
  user: KubeUser,
  { account }: Scope,
): void {
  const namespace = namespaceOf(account)
  const question = { user, verb: 'create', group: OWN_GROUP, resource: 'events', namespace }
  if (authorizer.authorize(question).isAllowed) return
  throw new AppError(
    'ACCESS_DENIED',
    `user \`${user.name}\` may not create \`events.signalbox.dev\` in namespace \`${namespace}\``,
  )
}

/** In the words of AWS, with what a role would have to say. */
function notAuthorized(
  { account, user }: AccessKey,
  { verbs, resource }: RightQuestion['right'],
  operation: string,
): AppError {
  const who = `arn:aws:iam::${account}:user/${user}`
  return new AppError(
    'ACCESS_DENIED',
    `User: ${who} is not authorized to perform: ${operation} because no role lets it ${verbs.join(' and ')} \`${resource}.${OWN_GROUP}\` in namespace \`${namespaceOf(account)}\``,
  )
}

/** Where what belongs to an account lies. */
function namespaceOf(account: string): string {
  return account === DEFAULT_ACCOUNT ? 'default' : account
}

function tooManyGuesses(): AppError {
  return new AppError(
    'LIMIT_EXCEEDED',
    'too much was shown from this address that is not good; wait a minute, and show what is',
  )
}

function refused(): AppError {
  return new AppError(
    'SIGNATURE_INVALID',
    'expected `Authorization: Basic` with an access key id and its secret, or `Bearer` with a token',
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
