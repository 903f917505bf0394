// The names of users that mean something: nobody, the first ones, and service accounts.

import type { KubeUser } from '../objects/index.ts'
import { MASTERS_GROUP } from './authorizer.ts'
import { ACCESS_KEYS_GROUP, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP } from './default-roles.ts'

export const ANONYMOUS_NAME = 'system:anonymous'

/** Who showed nothing. */
export const ANONYMOUS: KubeUser = { name: ANONYMOUS_NAME, groups: [UNAUTHENTICATED_GROUP] }

/** Who comes without credentials to a server under `dev`. */
export const DEV_USER: KubeUser = {
  name: 'signalbox:dev',
  groups: [MASTERS_GROUP, AUTHENTICATED_GROUP],
}

/** Whose token lies in the data directory. */
export const ADMIN_USER: KubeUser = {
  name: 'signalbox:admin',
  groups: [MASTERS_GROUP, AUTHENTICATED_GROUP],
}

/** Who signs in with an access key: the user that it names, or one of its own, who may call our own API. */
export function accessKeyUser(key: {
  readonly accessKeyId: string
  readonly user?: string
  readonly groups: readonly string[]
}): KubeUser {
  const { accessKeyId, user, groups } = key
  if (user !== undefined) return { name: user, groups: [...groups, AUTHENTICATED_GROUP] }
  const own = [ACCESS_KEYS_GROUP, AUTHENTICATED_GROUP]
  return { name: `signalbox:access-key:${accessKeyId}`, groups: own }
}

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/

/** The name of a service account as a user. */
export function serviceAccountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** Undefined for a user that is no service account. */
export function splitServiceAccount(
  user: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = ACCOUNT.exec(user) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
