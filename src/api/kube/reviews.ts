// The questions of `kubectl auth`: an object is created that asks, and comes back with its answer.
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access

import type { AccessQuestion, KubeObject, KubeUser } from '../../objects/index.ts'
import type { KubeAccess } from './access.ts'
import { badRequest } from './status.ts'

type Fields = Readonly<Record<string, unknown>>

/** Answers what the kind asks; the object must be one of `REVIEWS`. */
export async function answerReview(
  access: KubeAccess,
  user: KubeUser,
  object: KubeObject,
): Promise<KubeObject> {
  const status = await statusOf(access, user, object)
  return { ...object, metadata: { ...object.metadata }, status }
}

async function statusOf(access: KubeAccess, user: KubeUser, object: KubeObject): Promise<Fields> {
  const spec = fieldsOf(object['spec'])
  switch (object.kind) {
    case 'SelfSubjectReview':
      return { userInfo: userInfo(user) }
    case 'TokenReview':
      return reviewToken(access, spec)
    case 'SelfSubjectRulesReview':
      return { ...(await access.rulesOf(user, textOf(spec['namespace']) || 'default')) }
    case 'SelfSubjectAccessReview':
      return answerQuestion(access, questionOf(user, spec))
    default:
      return answerQuestion(access, questionOf(subjectOf(spec), spec))
  }
}

async function reviewToken(access: KubeAccess, spec: Fields): Promise<Fields> {
  const audiences = textsOf(spec['audiences'])
  const token = textOf(spec['token'])
  if (token === '') throw badRequest('expected `spec.token`, got none')
  const user = await access.reviewToken(token, audiences)
  if (user === undefined) return { user: {}, error: 'the token is not valid' }
  return {
    authenticated: true,
    user: userInfo(user),
    ...(audiences.length === 0 ? {} : { audiences }),
  }
}

async function answerQuestion(access: KubeAccess, question: AccessQuestion): Promise<Fields> {
  const { isAllowed, reason } = await access.authorize(question)
  return { allowed: isAllowed, ...(reason === undefined ? {} : { reason }) }
}

function questionOf(user: KubeUser, spec: Fields): AccessQuestion {
  const resource = fieldsOf(spec['resourceAttributes'])
  const path = fieldsOf(spec['nonResourceAttributes'])
  const hasPath = Object.keys(path).length > 0
  if (hasPath === Object.keys(resource).length > 0)
    throw badRequest(
      'exactly one of `spec.resourceAttributes` and `spec.nonResourceAttributes` must be specified',
    )
  if (hasPath)
    return {
      user,
      verb: textOf(path['verb']),
      group: '',
      resource: '',
      nonResourceUrl: textOf(path['path']),
    }
  const optional = (name: 'subresource' | 'namespace' | 'name'): object => {
    const value = textOf(resource[name])
    return value === '' ? {} : { [name]: value }
  }
  return {
    user,
    verb: textOf(resource['verb']),
    group: textOf(resource['group']),
    resource: textOf(resource['resource']),
    ...optional('subresource'),
    ...optional('namespace'),
    ...optional('name'),
  }
}

function subjectOf(spec: Fields): KubeUser {
  const name = textOf(spec['user'])
  const groups = textsOf(spec['groups'])
  if (name === '' && groups.length === 0)
    throw badRequest('at least one of `spec.user` and `spec.groups` must be specified')
  return { name, groups }
}

function userInfo({ name, uid, groups, extra }: KubeUser): Fields {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
