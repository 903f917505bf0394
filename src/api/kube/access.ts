// What the dialect asks of whoever knows the users of this server.

import type { Authorize, KubeUser } from '../../objects/index.ts'
import type { HttpRequest } from '../http/exchange.ts'

export interface KubeAccess {
  /** Who sent the request. Rejects with `Unauthorized`. */
  readonly authenticate: (request: HttpRequest) => Promise<KubeUser>
  readonly authorize: Authorize
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
}
