// Tokens of service accounts: for a time, for an audience, and as long as the account, and what they are bound to, is
// there. None of them is kept.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens

import { type Clock, createUuid, type Random, formatSeconds } from '../base/index.ts'
import {
  badRequest,
  conflict,
  invalid,
  type KubeClient,
  type KubeObject,
  type KubeUser,
  notFound,
} from '../objects/index.ts'
import { AUTHENTICATED_GROUP } from './default-roles.ts'
import {
  TOKEN_AGE_SECONDS_DEFAULT,
  TOKEN_AGE_SECONDS_MAX,
  TOKEN_AGE_SECONDS_MIN,
} from './limits.ts'
import { serviceAccountGroups, serviceAccountName } from './users.ts'
import type { Claims, WebTokens } from './web-token.ts'

/** Who signs, and for whom when nobody else is named. */
export const ISSUER = 'https://kubernetes.default.svc'

const PRIVATE_CLAIM = 'kubernetes.io'
const EXTRA = 'authentication.kubernetes.io'

export interface BoundObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** Empty: whichever has the name now. */
  readonly uid: string
}

export interface TokenWish {
  readonly namespace: string
  readonly name: string
  /** This server alone when empty. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number | undefined
  readonly boundObject: BoundObject | undefined
}

export interface IssuedToken {
  readonly token: string
  /** RFC 3339. */
  readonly expirationTimestamp: string
  /** What was asked for, with what was left out filled in. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}

export interface ServiceAccountTokensOptions {
  readonly client: KubeClient
  readonly signer: WebTokens
  readonly clock: Clock
  readonly random: Random
}

export class ServiceAccountTokens {
  readonly #options: ServiceAccountTokensOptions

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
  }

  /** Refuses with `Invalid`, `NotFound`, `Conflict` or `BadRequest`. */
  async issue(wish: TokenWish): Promise<IssuedToken> {
    const { client, signer, clock, random } = this.#options
    const { namespace, name, expirationSeconds = TOKEN_AGE_SECONDS_DEFAULT } = wish
    checkAge(expirationSeconds)
    const account = await client.get({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      namespace,
      name,
    })
    if (account === undefined) throw notFound({ group: '', plural: 'serviceaccounts' }, name)
    const bound = await this.#bind(wish)
    const now = Math.floor(clock.now() / 1000)
    const audiences = wish.audiences.length === 0 ? [ISSUER] : wish.audiences
    const token = signer.sign({
      aud: audiences,
      exp: now + expirationSeconds,
      iat: now,
      iss: ISSUER,
      jti: createUuid(random),
      [PRIVATE_CLAIM]: {
        namespace,
        ...bound,
        serviceaccount: { name, uid: account.metadata.uid },
      },
      nbf: now,
      sub: serviceAccountName(namespace, name),
    })
    const expirationTimestamp = formatSeconds((now + expirationSeconds) * 1000)
    return { token, expirationTimestamp, audiences, expirationSeconds }
  }

  /** Whose token it is, when it is good now and for one of the audiences. */
  async find(token: string, audiences: readonly string[]): Promise<KubeUser | undefined> {
    const { client, signer, clock } = this.#options
    const claims = signer.open(token)
    if (claims === undefined || !isCurrent(claims, clock.now() / 1000)) return undefined
    if (!textsOf(claims['aud']).some((audience) => audiences.includes(audience))) return undefined
    const { namespace, serviceaccount, pod, secret } = claims[PRIVATE_CLAIM] as PrivateClaims
    const there = async (kind: string, { name, uid }: NamedClaim): Promise<boolean> => {
      const object = await client.get({ apiVersion: 'v1', kind, namespace, name })
      return object?.metadata.uid === uid && object.metadata.deletionTimestamp === undefined
    }
    if (!(await there('ServiceAccount', serviceaccount))) return undefined
    if (pod !== undefined && !(await there('Pod', pod))) return undefined
    if (secret !== undefined && !(await there('Secret', secret))) return undefined
    return {
      name: serviceAccountName(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: [...serviceAccountGroups(namespace), AUTHENTICATED_GROUP],
      extra: {
        [`${EXTRA}/credential-id`]: [`JTI=${String(claims['jti'])}`],
        ...(pod === undefined
          ? {}
          : { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] }),
      },
    }
  }

  async #bind({ namespace, name, boundObject }: TokenWish): Promise<Partial<PrivateClaims>> {
    if (boundObject === undefined) return {}
    const { apiVersion, kind } = boundObject
    if (apiVersion !== 'v1' || (kind !== 'Pod' && kind !== 'Secret'))
      throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`)
    const key = { apiVersion, kind, namespace, name: boundObject.name }
    const object = await this.#options.client.get(key)
    if (object === undefined)
      throw notFound({ group: '', plural: `${kind.toLowerCase()}s` }, boundObject.name)
    const uid = object.metadata.uid ?? ''
    if (boundObject.uid !== '' && boundObject.uid !== uid)
      throw conflict(
        { group: '', plural: kind },
        boundObject.name,
        `the UID in the bound object reference (${boundObject.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (kind === 'Pod' && accountOf(object) !== name)
      throw badRequest(
        `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
      )
    return { [kind.toLowerCase()]: { name: boundObject.name, uid } }
  }
}

interface NamedClaim {
  readonly name: string
  readonly uid: string
}

interface PrivateClaims {
  readonly namespace: string
  readonly serviceaccount: NamedClaim
  readonly pod?: NamedClaim
  readonly secret?: NamedClaim
}

function checkAge(seconds: number): void {
  const text =
    seconds < TOKEN_AGE_SECONDS_MIN
      ? 'may not specify a duration less than 10 minutes'
      : seconds > TOKEN_AGE_SECONDS_MAX
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined
  if (text === undefined) return
  const type = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
  const field = 'spec.expirationSeconds'
  const message = `Invalid value: ${seconds}: ${text}`
  throw invalid(type, '', [{ type: 'FieldValueInvalid', field, message }])
}

function isCurrent({ iss, exp, nbf }: Claims, now: number): boolean {
  return iss === ISSUER && Number(nbf) <= now && now < Number(exp)
}

function accountOf(pod: KubeObject): string {
  const spec = pod['spec'] as { readonly serviceAccountName?: string } | undefined
  return spec?.serviceAccountName ?? 'default'
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
