// Rights at work: the roles and bindings that are stored, followed into an index that answers questions in memory.
//
//   a write of a role or a binding ──► checked for escalation ──► stored ──► told to the index ──► answered
//
// Invariant: when such a write through a client of this room is answered, it is what questions are answered from: a
// binding that was taken away lets nobody in any more.

import type { Clock, Logger, Random } from '../base/index.ts'
import {
  type Actor,
  type Controller,
  Informer,
  type InformerOptions,
  type KubeObjects,
  type KubeUser,
  type SeenWrite,
} from '../objects/index.ts'
import { AccessTokens, TOKEN_GROUP } from './access-token.ts'
import { Aggregation } from './aggregation.ts'
import { Authenticator } from './authenticator.ts'
import { Authorizer, MASTERS_GROUP } from './authorizer.ts'
import { createDefaultAccounts } from './default-accounts.ts'
import { EscalationGuard, RBAC_GROUP } from './escalation.ts'
import { checkActing, impersonate } from './impersonation.ts'
import { SEEN_MS_MAX } from './limits.ts'
import { PolicyIndex } from './policy-index.ts'
import { seedRoles } from './seed-roles.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { WebTokens } from './web-token.ts'

const KINDS = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'] as const
const TOKEN_KIND = 'AccessToken'
/** Kinds of which copies are kept here. */
const GROUPS: ReadonlySet<string> = new Set([RBAC_GROUP, TOKEN_GROUP])

/** As whom controllers of this room act. */
const SYSTEM_USER: KubeUser = { name: 'system:signalbox', groups: [MASTERS_GROUP] }

export interface AccessOptions {
  /** With `ACCESS_TYPES` among their kinds. */
  readonly objects: KubeObjects
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Whoever shows it may do everything. */
  readonly adminToken: string
  /** With which tokens of service accounts are signed: a private key over P-256, PEM. */
  readonly signingKey: string
}

export interface Access {
  readonly authorizer: Authorizer
  readonly authenticator: Authenticator
  readonly tokens: AccessTokens
  readonly serviceAccounts: ServiceAccountTokens
  /** What a client that acts as the user is made with. */
  actorFor(user: KubeUser): Actor
  /**
   * The user that a request acts as: `user`, or whom its headers ask for. Refuses with `Forbidden` what `user` may not
   * be. `rawHeaders` are name, value, name, value as they came.
   */
  impersonate(user: KubeUser, rawHeaders: readonly string[]): KubeUser
  /** Refuses with `Forbidden` somebody whom the user may not act as. */
  checkActing(user: KubeUser, as: KubeUser): Promise<void>
  close(): Promise<void>
}

/** Resolves when the default roles are there and every stored right holds. */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const policies = new Policies(options)
  try {
    await policies.open()
  } catch (error) {
    await policies.close()
    throw error
  }
  return policies
}

class Policies implements Access {
  readonly authorizer: Authorizer
  readonly authenticator: Authenticator
  readonly tokens: AccessTokens
  readonly serviceAccounts: ServiceAccountTokens
  readonly #options: AccessOptions
  readonly #informers = new Map<string, Informer>()
  readonly #aggregation: Aggregation
  readonly #guard: EscalationGuard
  readonly #defaultAccounts: Controller
  readonly #waiting = new Set<() => void>()
  #isOpen = false

  constructor(options: AccessOptions) {
    this.#options = options
    const { objects, clock, logger } = options
    const index = new PolicyIndex()
    this.authorizer = new Authorizer(index)
    this.serviceAccounts = new ServiceAccountTokens({
      client: objects.client(),
      signer: new WebTokens(options.signingKey),
      clock,
      random: options.random,
    })
    const system = objects.client(this.actorFor(SYSTEM_USER))
    const { authorizer } = this
    const { random } = options
    this.tokens = new AccessTokens({ client: system, authorizer, clock, random })
    const { adminToken } = options
    const { serviceAccounts, tokens } = this
    this.authenticator = new Authenticator({ adminToken, tokens, serviceAccounts })
    this.#guard = new EscalationGuard(this.authorizer, index)
    for (const kind of KINDS) {
      this.#inform(RBAC_GROUP, kind, (next, previous) => {
        index.learn(next, previous)
        if (kind === 'ClusterRole' && this.#isOpen) void this.#aggregation.look()
      })
    }
    this.#inform(TOKEN_GROUP, TOKEN_KIND, (next, previous) => tokens.learn(next, previous))
    this.#defaultAccounts = createDefaultAccounts({ client: system, clock, logger })
    this.#aggregation = new Aggregation({
      client: system,
      roles: () => this.#informers.get('ClusterRole')!.all(),
      logger,
    })
  }

  #inform(group: string, kind: string, learn: InformerOptions['onChange']): void {
    const { objects, clock, logger } = this.#options
    const informer = new Informer({
      client: objects.client(),
      type: { apiVersion: `${group}/v1`, kind },
      clock,
      logger,
      onChange: (next, previous) => {
        learn(next, previous)
        for (const look of this.#waiting) look()
      },
    })
    this.#informers.set(kind, informer)
  }

  async open(): Promise<void> {
    await seedRoles(this.#options.objects.client())
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.start()))
    await this.#aggregation.look()
    this.#isOpen = true
    await this.#defaultAccounts.start()
  }

  actorFor(user: KubeUser): Actor {
    return {
      user,
      authorize: async (question) => this.authorizer.authorize(question),
      admit: async (change) => this.#guard.check({ ...change, user }),
      seen: (write) => this.#seen(write),
    }
  }

  impersonate(user: KubeUser, rawHeaders: readonly string[]): KubeUser {
    return impersonate(this.authorizer, user, rawHeaders)
  }

  async checkActing(user: KubeUser, as: KubeUser): Promise<void> {
    checkActing(this.authorizer, user, as)
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#defaultAccounts.close()
    await this.#aggregation.close()
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.close()))
  }

  #seen({ type, key, uid, version }: SeenWrite): Promise<void> {
    const informer = GROUPS.has(type.group) ? this.#informers.get(type.kind) : undefined
    if (informer === undefined) return Promise.resolve()
    const isSeen = (): boolean => {
      const known = informer.get(key)?.metadata
      if (version === undefined) return known?.uid !== uid
      return known !== undefined && Number(known.resourceVersion) >= Number(version)
    }
    return isSeen() ? Promise.resolve() : this.#until(isSeen)
  }

  #until(isSeen: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#waiting.delete(look)
        resolve()
      }
      const look = (): void => {
        if (isSeen()) end()
      }
      // The watch is broken and will be begun again; the write is stored all the same.
      const timer = this.#options.clock.setTimer(SEEN_MS_MAX, end)
      this.#waiting.add(look)
    })
  }
}
