// What the dialect asks of whoever knows the users of this server.

import {
  accessDenied,
  type AccessQuestion,
  type Actor,
  type Authorize,
  type KubeUser,
} from '../../objects/index.ts'
import type { HttpRequest } from '../http/exchange.ts'

export interface KubeAccess {
  /**
   * As whom a request acts: who sent it, or whom its sender may stand in for. Rejects with `Unauthorized`, and with
   * `Forbidden` for somebody who may not be stood in for.
   */
  readonly authenticate: (request: HttpRequest) => Promise<KubeUser>
  readonly authorize: Authorize
  /** What a client that acts as the user is made with. */
  readonly actorFor: (user: KubeUser) => Actor
  /** Everything that a user may do in a namespace, in the form of `SelfSubjectRulesReview`. */
  readonly rulesOf: (user: KubeUser, namespace: string) => Promise<SubjectRules>
  /** Whose token it is; undefined for one that is not good. */
  readonly reviewToken: (
    token: string,
    audiences: readonly string[],
  ) => Promise<KubeUser | undefined>
  /** A token for a service account. */
  readonly issueToken: (request: TokenWish) => Promise<IssuedToken>
}

/** Rejects with `Forbidden` what the user may not do. */
export async function allow(
  access: Pick<KubeAccess, 'authorize'>,
  question: AccessQuestion,
): Promise<void> {
  const { isAllowed, reason } = await access.authorize(question)
  if (!isAllowed) throw accessDenied(question, reason)
}

export interface SubjectRules {
  readonly resourceRules: readonly object[]
  readonly nonResourceRules: readonly object[]
  readonly incomplete: boolean
}

export interface TokenWish {
  readonly namespace: string
  readonly name: string
  readonly audiences: readonly string[]
  readonly expirationSeconds: number | undefined
  readonly boundObject:
    | {
        readonly apiVersion: string
        readonly kind: string
        readonly name: string
        readonly uid: string
      }
    | undefined
}

export interface IssuedToken {
  readonly token: string
  /** RFC 3339. */
  readonly expirationTimestamp: string
  /** What was asked for, with what was left out filled in. */
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}
