// As whom a request acts: who sent it, or whom the sender may stand in for.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation

import { accessDenied, type AccessQuestion, type KubeUser } from '../../objects/index.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { KubeAccess } from './access.ts'
import { badRequest } from './status.ts'

const EXTRA_PREFIX = 'impersonate-extra-'
const AUTHENTICATED = 'system:authenticated'
const ACCOUNT_PREFIX = 'system:serviceaccount:'

/** Rejects with `Unauthorized`, and with `Forbidden` for somebody who may not be stood in for. */
export async function userOf(access: KubeAccess, request: HttpRequest): Promise<KubeUser> {
  const sender = await access.authenticate(request)
  const wanted = impersonated(request)
  if (wanted === undefined) return sender
  for (const question of questionsOf(sender, wanted)) {
    const { isAllowed, reason } = await access.authorize(question)
    if (!isAllowed) throw accessDenied(question, reason)
  }
  return wanted
}

function impersonated(request: HttpRequest): KubeUser | undefined {
  const { headers } = request
  const name = headers['impersonate-user']
  const groups = valuesOf(request, 'impersonate-group')
  const uid = headers['impersonate-uid']
  const extra = extrasOf(request)
  if (typeof name !== 'string' || name === '') {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)
      throw badRequest(
        'requested impersonation of groups, a uid or extra fields without impersonating a user',
      )
    return undefined
  }
  return {
    name,
    ...(typeof uid === 'string' ? { uid } : {}),
    groups: groupsOf(name, groups),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** A service account is of the groups of its namespace, and everybody who is somebody is authenticated. */
function groupsOf(name: string, named: readonly string[]): readonly string[] {
  const groups = [...named]
  if (groups.length === 0 && name.startsWith(ACCOUNT_PREFIX)) {
    const [namespace = ''] = name.slice(ACCOUNT_PREFIX.length).split(':')
    groups.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`)
  }
  if (name === 'system:anonymous') return groups
  return groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED]
}

function questionsOf(user: KubeUser, wanted: KubeUser): readonly AccessQuestion[] {
  const question = (resource: string, name: string, more: object = {}): AccessQuestion => ({
    user,
    verb: 'impersonate',
    group: '',
    resource,
    name,
    ...more,
  })
  const account = wanted.name.startsWith(ACCOUNT_PREFIX)
    ? wanted.name.slice(ACCOUNT_PREFIX.length).split(':')
    : undefined
  const group = 'authentication.k8s.io'
  return [
    account?.length === 2
      ? question('serviceaccounts', account[1]!, { namespace: account[0]! })
      : question('users', wanted.name),
    ...wanted.groups
      .filter((name) => name !== AUTHENTICATED && !name.startsWith('system:serviceaccounts'))
      .map((name) => question('groups', name)),
    ...(wanted.uid === undefined ? [] : [question('uids', wanted.uid, { group })]),
    ...Object.entries(wanted.extra ?? {}).flatMap(([key, values]) =>
      values.map((value) => question('userextras', value, { group, subresource: key })),
    ),
  ]
}

function extrasOf(request: HttpRequest): Readonly<Record<string, readonly string[]>> {
  const names = Object.keys(request.headers).filter((name) => name.startsWith(EXTRA_PREFIX))
  return Object.fromEntries(
    names.map((name) => [
      decodeURIComponent(name.slice(EXTRA_PREFIX.length)),
      valuesOf(request, name),
    ]),
  )
}

/** A header that may come more than once; Node would join its values with commas, which names may hold. */
function valuesOf({ rawHeaders }: HttpRequest, wanted: string): readonly string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]!.toLowerCase() === wanted) values.push(rawHeaders[index + 1]!)
  return values
}
