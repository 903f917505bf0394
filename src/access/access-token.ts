// Tokens that are issued and taken back: who holds one is its user. Only their digests are kept, so that no copy of the
// store lets anybody in; as objects they can be seen and deleted with kubectl, and made only here.

import { createHash } from 'node:crypto'
import { type Clock, type Random, formatSeconds } from '../base/index.ts'
import {
  AGE_COLUMN,
  column,
  type KubeClient,
  type KubeObject,
  type KubeUser,
  NAME_COLUMN,
  notFound,
  type ResourceType,
} from '../objects/index.ts'
import type { Authorizer } from './authorizer.ts'
import { AUTHENTICATED_GROUP } from './default-roles.ts'
import { checkActing } from './impersonation.ts'

export const TOKEN_GROUP = 'access.signalbox.dev'

const TYPE = { apiVersion: `${TOKEN_GROUP}/v1`, kind: 'AccessToken' }
const TEXT = { type: 'string' } as const
const SECRET_BYTES = 32

const ACCESS_TOKEN_TYPE: ResourceType = {
  group: TOKEN_GROUP,
  version: 'v1',
  kind: TYPE.kind,
  listKind: 'AccessTokenList',
  plural: 'accesstokens',
  singular: 'accesstoken',
  shortNames: [],
  categories: [],
  namespaced: false,
  // Whoever could write one could be anybody.
  verbs: ['delete', 'deletecollection', 'get', 'list', 'watch'],
  hasStatus: false,
  subresources: [],
  isCustom: false,
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['user', 'digest'],
        properties: {
          user: TEXT,
          groups: { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'atomic' },
          digest: TEXT,
          expires: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
  columns: [
    NAME_COLUMN,
    column('User', (object) => specOf(object).user),
    column('Groups', (object) => (specOf(object).groups ?? []).join(',')),
    column('Expires', (object) => specOf(object).expires ?? '<never>'),
    AGE_COLUMN,
  ],
  selectableFields: [],
  strategy: {},
}

/** The kinds of this room. */
export const ACCESS_TYPES: readonly ResourceType[] = [ACCESS_TOKEN_TYPE]

export interface AccessTokenWish {
  readonly name: string
  readonly user: string
  readonly groups: readonly string[]
  /** For ever when absent. */
  readonly ageMs?: number
}

export interface AccessTokenView {
  readonly name: string
  readonly user: string
  readonly groups: readonly string[]
  /** RFC 3339. */
  readonly createdAt: string
  readonly expiresAt?: string
}

export interface AccessTokensOptions {
  /** Answers when what it wrote is what `learn` was told. */
  readonly client: KubeClient
  readonly authorizer: Pick<Authorizer, 'authorize'>
  readonly clock: Clock
  readonly random: Random
}

export class AccessTokens {
  readonly #options: AccessTokensOptions
  readonly #byDigest = new Map<string, KubeObject>()

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  /** Takes one change: `next` undefined when it is gone. */
  learn(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (previous !== undefined) this.#byDigest.delete(specOf(previous).digest)
    if (next !== undefined) this.#byDigest.set(specOf(next).digest, next)
  }

  /** Whose token it is, when it is one and has not ended. */
  find(token: string): KubeUser | undefined {
    const object = this.#byDigest.get(digestOf(token))
    if (object === undefined) return undefined
    const { user, groups = [], expires } = specOf(object)
    if (expires !== undefined && Date.parse(expires) <= this.#options.clock.now()) return undefined
    return { name: user, groups: withAuthenticated(groups) }
  }

  /** The token, which is shown this once. Refuses with `Forbidden` a user that `issuer` may not act as. */
  async issue(issuer: KubeUser, wish: AccessTokenWish): Promise<string> {
    const { client, clock, random } = this.#options
    this.#checkRights(issuer, wish)
    const token = createToken(random)
    const { name, user, groups, ageMs } = wish
    const expires = ageMs === undefined ? {} : { expires: formatSeconds(clock.now() + ageMs) }
    const spec: Spec = { user, groups, digest: digestOf(token), ...expires }
    await client.create({ ...TYPE, metadata: { name }, spec })
    return token
  }

  /** Another token in the place of one, for the same user; that one is good no more. */
  async rotate(issuer: KubeUser, name: string): Promise<string> {
    const { client, random } = this.#options
    const object = await this.#get(name)
    const spec = specOf(object)
    this.#checkRights(issuer, { user: spec.user, groups: spec.groups ?? [] })
    const token = createToken(random)
    await client.update({ ...object, spec: { ...spec, digest: digestOf(token) } })
    return token
  }

  /** It is good no more when this resolves. */
  async revoke(issuer: KubeUser, name: string): Promise<void> {
    const { user, groups = [] } = specOf(await this.#get(name))
    this.#checkRights(issuer, { user, groups })
    await this.#options.client.delete({ ...TYPE, name })
  }

  async list(): Promise<readonly AccessTokenView[]> {
    const { items } = await this.#options.client.list(TYPE)
    return items.map((object) => {
      const { user, groups = [], expires } = specOf(object)
      const { name, creationTimestamp = '' } = object.metadata
      const ends = expires === undefined ? {} : { expiresAt: expires }
      return { name, user, groups, createdAt: creationTimestamp, ...ends }
    })
  }

  async #get(name: string): Promise<KubeObject> {
    const object = await this.#options.client.get({ ...TYPE, name })
    if (object === undefined) throw notFound(ACCESS_TOKEN_TYPE, name)
    return object
  }

  /** A token is a way to act as its user, so it takes the same right. */
  #checkRights(issuer: KubeUser, { user, groups }: Pick<AccessTokenWish, 'user' | 'groups'>): void {
    checkActing(this.#options.authorizer, issuer, { name: user, groups })
  }
}

/** 256 bits that nobody guesses. */
function createToken(random: Random): string {
  return `sbx-${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')}`
}

interface Spec {
  readonly user: string
  readonly groups?: readonly string[]
  readonly digest: string
  readonly expires?: string
}

function specOf(object: KubeObject): Spec {
  return object['spec'] as Spec
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return groups.includes(AUTHENTICATED_GROUP) ? groups : [...groups, AUTHENTICATED_GROUP]
}
