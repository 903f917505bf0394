// What our own API may ask about users: tokens and certificates, made for those that the asking one may act as.

import type { Access } from './access/index.ts'
import type { AccessDeps, HttpRequest } from './api/index.ts'
import type { Authorization } from './app-authorization.ts'
import { AppError, type ErrorCode } from './base/index.ts'
import type { Authority } from './certificate/index.ts'
import { isKubeError, type KubeReason, type KubeUser } from './objects/index.ts'

const DAY_MS = 86_400_000

/** `authority` is undefined where there is no HTTPS. */
export function createAccessDeps(
  access: Access,
  { identify }: Authorization,
  authority: Authority | undefined,
): AccessDeps {
  const sender = async (request: HttpRequest): Promise<KubeUser> => {
    const user = await identify(request)
    if (user !== undefined) return user
    throw new AppError('SIGNATURE_INVALID', 'what the request shows of its sender is not good')
  }
  return {
    listTokens: () => access.tokens.list(),
    createToken: async (request, { days, ...wish }) => {
      const ends = days === undefined ? {} : { ageMs: days * DAY_MS }
      const user = await sender(request)
      return { token: await translated(access.tokens.issue(user, { ...wish, ...ends })) }
    },
    rotateToken: async (request, name) => ({
      token: await translated(access.tokens.rotate(await sender(request), name)),
    }),
    revokeToken: async (request, name) =>
      translated(access.tokens.revoke(await sender(request), name)),
    createCertificate: async (request, { user: name, groups, days }) => {
      const issuer = await sender(request)
      await translated(access.checkActing(issuer, { name, groups }))
      if (authority === undefined)
        throw new AppError(
          'NOT_IMPLEMENTED',
          'this server does not listen for HTTPS, where alone certificates are shown; set `https.listen`',
        )
      return authority.issueClient({ user: name, groups, ageMs: days * DAY_MS })
    },
  }
}

const CODES: Partial<Record<KubeReason, ErrorCode>> = {
  Forbidden: 'ACCESS_DENIED',
  NotFound: 'RESOURCE_NOT_FOUND',
  AlreadyExists: 'RESOURCE_EXISTS',
  Conflict: 'RESOURCE_CONFLICT',
  Invalid: 'RESOURCE_INVALID',
}

/** A refusal of objects in the words of our own API. */
async function translated<T>(done: Promise<T>): Promise<T> {
  try {
    return await done
  } catch (error) {
    const code = isKubeError(error) ? CODES[error.reason] : undefined
    if (code === undefined) throw error
    throw new AppError(code, (error as Error).message, { cause: error })
  }
}
