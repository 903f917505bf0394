// Acting as somebody else: who may `impersonate` a user, and each group and extra that is asked for, is that user for
// this one request.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

import { accessDenied, type AccessQuestion, badRequest, type KubeUser } from '../objects/index.ts'
import type { Authorizer } from './authorizer.ts'
import { AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP } from './default-roles.ts'
import { ANONYMOUS_NAME, serviceAccountGroups, splitServiceAccount } from './users.ts'

const AUTHENTICATION_GROUP = 'authentication.k8s.io'
const EXTRA_PREFIX = 'impersonate-extra-'

interface Asked {
  name: string
  uid: string
  readonly groups: string[]
  readonly extra: Record<string, string[]>
}

/**
 * The user that a request acts as: `user`, or whom its headers ask for. Refuses with `Forbidden` what `user` may not
 * be. `rawHeaders` are name, value, name, value as they came.
 */
export function impersonate(
  authorizer: Pick<Authorizer, 'authorize'>,
  user: KubeUser,
  rawHeaders: readonly string[],
): KubeUser {
  const asked = readHeaders(rawHeaders)
  if (asked === undefined) return user
  checkActing(authorizer, user, asked)
  return {
    name: asked.name,
    ...(asked.uid === '' ? {} : { uid: asked.uid }),
    groups: groupsOf(asked),
    ...(Object.keys(asked.extra).length === 0 ? {} : { extra: asked.extra }),
  }
}

/** Undefined when nobody else is asked for. */
function readHeaders(rawHeaders: readonly string[]): Asked | undefined {
  const asked: Asked = { name: '', uid: '', groups: [], extra: {} }
  let isAsked = false
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]!.toLowerCase()
    if (!header.startsWith('impersonate-')) continue
    const value = rawHeaders[at + 1]!
    if (header === 'impersonate-user') asked.name ||= value
    else if (header === 'impersonate-uid') asked.uid ||= value
    else if (header === 'impersonate-group') asked.groups.push(value)
    else if (header.startsWith(EXTRA_PREFIX)) {
      const key = decodeKey(header.slice(EXTRA_PREFIX.length))
      asked.extra[key] = [...(asked.extra[key] ?? []), value]
    } else continue
    isAsked = true
  }
  if (!isAsked) return undefined
  if (asked.name === '')
    throw badRequest('requested groups, a uid or extra without impersonating a user')
  return asked
}

/** Refuses with `Forbidden` whom a user may not act as: each name and group must be allowed by itself. */
export function checkActing(
  authorizer: Pick<Authorizer, 'authorize'>,
  user: KubeUser,
  as: KubeUser,
): void {
  for (const question of questionsOf(user, as)) {
    const { isAllowed, reason } = authorizer.authorize(question)
    if (!isAllowed) throw accessDenied(question, reason)
  }
}

function questionsOf(user: KubeUser, asked: KubeUser): readonly AccessQuestion[] {
  const verb = 'impersonate'
  const account = splitServiceAccount(asked.name)
  const name: AccessQuestion =
    account === undefined
      ? { user, verb, group: '', resource: 'users', name: asked.name }
      : { user, verb, group: '', resource: 'serviceaccounts', ...account }
  const groups = asked.groups.map((group) => ({
    user,
    verb,
    group: '',
    resource: 'groups',
    name: group,
  }))
  const extra = Object.entries(asked.extra ?? {}).flatMap(([key, values]) =>
    values.map((value) => ({
      user,
      verb,
      group: AUTHENTICATION_GROUP,
      resource: 'userextras',
      subresource: key,
      name: value,
    })),
  )
  const uid =
    (asked.uid ?? '') === ''
      ? []
      : [{ user, verb, group: AUTHENTICATION_GROUP, resource: 'uids', name: asked.uid! }]
  return [name, ...groups, ...extra, ...uid]
}

function groupsOf({ name, groups }: Asked): readonly string[] {
  const account = splitServiceAccount(name)
  const given =
    groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : groups
  if (name === ANONYMOUS_NAME)
    return given.includes(UNAUTHENTICATED_GROUP) ? given : [...given, UNAUTHENTICATED_GROUP]
  const isSaid = given.includes(AUTHENTICATED_GROUP) || given.includes(UNAUTHENTICATED_GROUP)
  return isSaid ? given : [...given, AUTHENTICATED_GROUP]
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
