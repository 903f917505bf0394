// Who sends a request, by what it shows: a certificate, or a token in its header.
//
//   certificate ── of our own authority ──► CN is the user, each O a group
//   token ──┬── of the data directory ──► the administrator
//           ├── issued and not taken back ──► whom it was issued for
//           └── signed by this server ──► a service account
//
// Invariant: what is shown and not good is refused, never taken for nothing shown.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { KubeUser } from '../objects/index.ts'
import type { AccessTokens } from './access-token.ts'
import { AUTHENTICATED_GROUP } from './default-roles.ts'
import { TOKEN_LENGTH_MAX } from './limits.ts'
import { ISSUER, type ServiceAccountTokens } from './service-account-tokens.ts'
import { ADMIN_USER } from './users.ts'

/** What a client showed on its connection; see the server for how it is read. */
export interface ShownCertificate {
  /** It is of our own authority, for clients, and has not ended. */
  readonly isTrusted: boolean
  readonly commonNames: readonly string[]
  readonly organizations: readonly string[]
}

export interface AuthenticatorOptions {
  readonly adminToken: string
  readonly tokens: Pick<AccessTokens, 'find'>
  readonly serviceAccounts: ServiceAccountTokens
}

export class Authenticator {
  readonly #adminDigest: Buffer
  readonly #tokens: AuthenticatorOptions['tokens']
  readonly #serviceAccounts: ServiceAccountTokens

  constructor({ adminToken, tokens, serviceAccounts }: AuthenticatorOptions) {
    this.#adminDigest = digestOf(adminToken)
    this.#tokens = tokens
    this.#serviceAccounts = serviceAccounts
  }

  /** Undefined for a certificate that is not good, or names nobody, or two. */
  userOfCertificate(shown: ShownCertificate): KubeUser | undefined {
    const [name, ...others] = shown.commonNames
    if (!shown.isTrusted || name === undefined || name === '' || others.length > 0) return undefined
    return { name, groups: withAuthenticated(shown.organizations) }
  }

  /** Undefined for a token that is not good, or not for one of the audiences; this server's own when none is named. */
  async userOfToken(
    token: string,
    audiences: readonly string[] = [],
  ): Promise<KubeUser | undefined> {
    if (token === '' || token.length > TOKEN_LENGTH_MAX) return undefined
    const isForUs = audiences.length === 0 || audiences.includes(ISSUER)
    if (isForUs && timingSafeEqual(digestOf(token), this.#adminDigest)) return ADMIN_USER
    const issued = isForUs ? this.#tokens.find(token) : undefined
    if (issued !== undefined) return issued
    return this.#serviceAccounts.find(token, audiences.length === 0 ? [ISSUER] : audiences)
  }
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return groups.includes(AUTHENTICATED_GROUP) ? groups : [...groups, AUTHENTICATED_GROUP]
}

/** Of one length, whatever was sent. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
