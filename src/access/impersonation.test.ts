import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKubeError, type KubeUser } from '../objects/index.ts'
import { impersonate } from './impersonation.ts'
import { authorizerOf, bindingOf, roleOf } from './testing.ts'

const ANN: KubeUser = { name: 'ann', groups: ['system:authenticated'] }

function allow(...rules: readonly object[]) {
  return authorizerOf([
    roleOf('r', rules),
    bindingOf({ name: 'b', role: 'ClusterRole/r', to: ['User/ann'] }),
  ])
}

const on = (group: string, resource: string, resourceNames: readonly string[] = []) => ({
  verbs: ['impersonate'],
  apiGroups: [group],
  resources: [resource],
  ...(resourceNames.length === 0 ? {} : { resourceNames }),
})

test('who asks for nobody else is himself', () => {
  assert.equal(impersonate(allow(), ANN, ['Accept', 'x']), ANN)
})

test('who may impersonate a user is that user, signed in', () => {
  const authorizer = allow(on('', 'users', ['bob']), on('', 'groups', ['dev', 'ops']))
  assert.deepEqual(impersonate(authorizer, ANN, ['Impersonate-User', 'bob']), {
    name: 'bob',
    groups: ['system:authenticated'],
  })
  const headers = [
    'Impersonate-User',
    'bob',
    'Impersonate-Group',
    'dev',
    'impersonate-group',
    'ops',
  ]
  assert.deepEqual(impersonate(authorizer, ANN, headers).groups, [
    'dev',
    'ops',
    'system:authenticated',
  ])
})

test('each name, group, extra and uid must be allowed by itself', () => {
  const authorizer = allow(
    on('', 'users', ['bob']),
    on('authentication.k8s.io', 'userextras/scopes', ['view']),
  )
  const rows: readonly (readonly [readonly string[], string])[] = [
    [
      ['Impersonate-User', 'admin'],
      'users "admin" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
    [
      ['Impersonate-User', 'bob', 'Impersonate-Group', 'system:masters'],
      'groups "system:masters" is forbidden: User "ann" cannot impersonate resource "groups" in API group "" at the cluster scope',
    ],
    [
      ['Impersonate-User', 'bob', 'Impersonate-Extra-Scopes', 'all'],
      'userextras.authentication.k8s.io "all" is forbidden: User "ann" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
    ],
    [
      ['Impersonate-User', 'bob', 'Impersonate-Uid', '7'],
      'uids.authentication.k8s.io "7" is forbidden: User "ann" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
    ],
    [
      ['Impersonate-User', 'system:serviceaccount:gold:robot'],
      'serviceaccounts "robot" is forbidden: User "ann" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "gold"',
    ],
  ]
  for (const [headers, message] of rows)
    assert.throws(
      () => impersonate(authorizer, ANN, headers),
      (error) => isKubeError(error, 'Forbidden') && error.message === message,
      message,
    )
  const headers = ['Impersonate-User', 'bob', 'Impersonate-Extra-Scopes', 'view']
  assert.deepEqual(impersonate(authorizer, ANN, headers).extra, { scopes: ['view'] })
})

test('a service account comes with its groups, the anonymous user without the signed-in one', () => {
  const authorizer = allow(on('', '*'))
  const account = impersonate(authorizer, ANN, [
    'Impersonate-User',
    'system:serviceaccount:gold:robot',
  ])
  assert.deepEqual(account.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:gold',
    'system:authenticated',
  ])
  const nobody = impersonate(authorizer, ANN, ['Impersonate-User', 'system:anonymous'])
  assert.deepEqual(nobody.groups, ['system:unauthenticated'])
})

test('groups without a user are refused', () => {
  assert.throws(
    () => impersonate(allow(on('', '*')), ANN, ['Impersonate-Group', 'system:masters']),
    (error) => isKubeError(error, 'BadRequest'),
  )
})
