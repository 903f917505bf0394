// Every answer of the authorizer held against a second reading of the rules, written the slow way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AccessAnswer, KubeObject, KubeUser } from '../objects/index.ts'
import { Authorizer } from './authorizer.ts'
import { PolicyIndex } from './policy-index.ts'
import { authorizerOf, bindingOf, roleOf } from './testing.ts'

const ANN: KubeUser = { name: 'ann', groups: ['dev', 'system:authenticated'] }
const ROBOT: KubeUser = {
  name: 'system:serviceaccount:own:robot',
  groups: ['system:serviceaccounts', 'system:authenticated'],
}
const STRANGER: KubeUser = { name: 'eve', groups: ['system:authenticated'] }
const MASTER: KubeUser = { name: 'root', groups: ['system:masters'] }

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

const ROLES: Readonly<Record<string, readonly Rule[]>> = {
  reader: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods', 'secrets'] }],
  logs: [{ verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }],
  scaler: [{ verbs: ['get', 'update'], apiGroups: ['*'], resources: ['*/scale'] }],
  named: [{ verbs: ['*'], apiGroups: ['batch'], resources: ['jobs'], resourceNames: ['nightly'] }],
  all: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  below: [{ verbs: ['get'], apiGroups: [''], resources: ['pods/*'] }],
}
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']
const RESOURCES = [
  ['', 'pods', ''],
  ['', 'pods', 'log'],
  ['', 'secrets', ''],
  ['apps', 'deployments', 'scale'],
  ['batch', 'jobs', ''],
  ['batch', 'jobs', 'status'],
  ['example.org', 'pods', ''],
] as const
const NAMESPACES = ['own', 'other', undefined]
const NAMES = [undefined, 'nightly', 'x']

/** What a cell of the matrix should be, from the words of the documentation alone. */
function oracle(
  rules: readonly Rule[],
  [verb, group, resource, subresource, name]: readonly (string | undefined)[],
): boolean {
  for (const rule of rules) {
    const isVerb = rule.verbs.some((one) => one === '*' || one === verb)
    const isGroup = (rule.apiGroups ?? []).some((one) => one === '*' || one === group)
    const whole = subresource === '' ? resource : `${resource}/${subresource}`
    const isResource = (rule.resources ?? []).some(
      (one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`),
    )
    const names = rule.resourceNames ?? []
    const isName = names.length === 0 || names.some((one) => one === name)
    if (isVerb && isGroup && isResource && isName) return true
  }
  return false
}

test('role × verb × resource × namespace × name: every cell is as the documentation has it', () => {
  let cells = 0
  const bound = ['in namespace', 'in cluster', 'role in namespace'] as const
  for (const [role, rules] of Object.entries(ROLES)) {
    for (const how of bound) {
      const isCluster = how === 'in cluster'
      const isRole = how === 'role in namespace'
      const authorizer = authorizerOf([
        roleOf(role, rules, isRole ? 'own' : undefined),
        bindingOf({
          name: 'b',
          role: `${isRole ? 'Role' : 'ClusterRole'}/${role}`,
          to: ['Group/dev', 'ServiceAccount/own/robot'],
          ...(isCluster ? {} : { namespace: 'own' }),
        }),
      ])
      for (const user of [ANN, ROBOT, STRANGER, MASTER])
        for (const verb of VERBS)
          for (const [group, resource, subresource] of RESOURCES)
            for (const namespace of NAMESPACES)
              for (const name of NAMES) {
                const reaches = isCluster || namespace === 'own'
                const expected =
                  user === MASTER ||
                  (user !== STRANGER &&
                    reaches &&
                    oracle(rules, [verb, group, resource, subresource, name]))
                const { isAllowed } = authorizer.authorize({
                  user,
                  verb,
                  group,
                  resource,
                  subresource,
                  ...(namespace === undefined ? {} : { namespace }),
                  ...(name === undefined ? {} : { name }),
                })
                const cell = [role, how, user.name, verb, group, resource, subresource, namespace]
                assert.equal(isAllowed, expected, [...cell, name].join(' '))
                cells += 1
              }
    }
  }
  assert.ok(cells > 30_000, `${cells} cells`)
})

function ask(authorizer: Authorizer, verb: string, nonResourceUrl: string): AccessAnswer {
  return authorizer.authorize({ user: ANN, verb, group: '', resource: '', nonResourceUrl })
}

test('paths: exact, with a star at the end, and everything', () => {
  const binding = bindingOf({ name: 'b', role: 'ClusterRole/paths', to: ['User/ann'] })
  const rows = [
    [['/healthz'], '/healthz', true],
    [['/healthz'], '/healthz/x', false],
    [['/healthz*'], '/healthz/x', true],
    [['/api/*'], '/api', false],
    [['/api/*'], '/api/v1', true],
    [['*'], '/anything', true],
    [['/a*b'], '/axb', false],
  ] as const
  for (const [urls, path, isAllowed] of rows) {
    const authorizer = authorizerOf([
      roleOf('paths', [{ verbs: ['get'], nonResourceURLs: urls }]),
      binding,
    ])
    const answer = ask(authorizer, 'get', path)
    assert.equal(answer.isAllowed, isAllowed, `${urls.join()} ${path}`)
    assert.equal(ask(authorizer, 'post', path).isAllowed, false)
  }
})

test('an answer says which binding allowed it', () => {
  const authorizer = authorizerOf([
    roleOf('reader', ROLES['reader']!, 'own'),
    bindingOf({ name: 'b', namespace: 'own', role: 'Role/reader', to: ['Group/dev'] }),
  ])
  const question = { user: ANN, verb: 'get', group: '', resource: 'pods', namespace: 'own' }
  assert.deepEqual(authorizer.authorize(question), {
    isAllowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/own" of Role "reader" to Group "dev"',
  })
})

test('a binding to a role that is not there grants nothing and says so', () => {
  const authorizer = authorizerOf([
    bindingOf({ name: 'b', role: 'ClusterRole/gone', to: ['User/ann'] }),
    bindingOf({ name: 'c', namespace: 'own', role: 'Role/lost', to: ['User/ann'] }),
  ])
  const question = { user: ANN, verb: 'get', group: '', resource: 'pods', namespace: 'own' }
  assert.deepEqual(authorizer.authorize(question), {
    isAllowed: false,
    reason:
      'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "lost" not found]',
  })
})

test('the rules of a user are all that hold in a namespace, with what could not be resolved', () => {
  const authorizer = authorizerOf([
    roleOf('named', ROLES['named']!, 'own'),
    roleOf('paths', [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }]),
    bindingOf({ name: 'a', namespace: 'own', role: 'Role/named', to: ['Group/dev'] }),
    bindingOf({ name: 'b', role: 'ClusterRole/paths', to: ['User/ann'] }),
    bindingOf({ name: 'c', namespace: 'own', role: 'Role/lost', to: ['User/ann'] }),
  ])
  assert.deepEqual(authorizer.describeRules(ANN, 'own'), {
    resourceRules: [
      { verbs: ['*'], apiGroups: ['batch'], resources: ['jobs'], resourceNames: ['nightly'] },
    ],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
    incomplete: false,
    evaluationError: 'role.rbac.authorization.k8s.io "lost" not found',
  })
  assert.deepEqual(authorizer.describeRules(ANN, 'other').resourceRules, [])
})

const word = (...words: readonly string[]) => fc.subarray([...words], { minLength: 1 })
const ruleArbitrary = fc.record({
  verbs: word('get', 'list', 'create', '*'),
  apiGroups: word('', 'batch', '*'),
  resources: word('pods', 'pods/log', 'jobs', '*/log', '*'),
  resourceNames: fc.subarray(['x', 'y']),
})
const bindingArbitrary = fc.record({
  role: fc.constantFrom('r0', 'r1', 'r2'),
  namespace: fc.constantFrom(undefined, 'own', 'other'),
  to: word('User/ann', 'Group/dev', 'User/bob'),
})
const questionArbitrary = fc.record({
  user: fc.constantFrom(ANN, STRANGER),
  verb: fc.constantFrom('get', 'list', 'create'),
  group: fc.constantFrom('', 'batch'),
  resource: fc.constantFrom('pods', 'jobs'),
  subresource: fc.constantFrom('', 'log'),
  namespace: fc.constantFrom('own', 'other'),
  name: fc.constantFrom('', 'x', 'y'),
})

function policy(
  rules: readonly (readonly object[])[],
  bindings: readonly { role: string; namespace: string | undefined; to: readonly string[] }[],
): readonly KubeObject[] {
  return [
    ...rules.map((some, index) => roleOf(`r${index}`, some)),
    ...bindings.map(({ role, namespace, to }, index) =>
      bindingOf({
        name: `b${index}`,
        role: `ClusterRole/${role}`,
        to,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    ),
  ]
}

test('one more binding never takes a right away, and none at all denies everything', () => {
  const rules = fc.array(fc.array(ruleArbitrary, { maxLength: 3 }), { minLength: 3, maxLength: 3 })
  const bindings = fc.array(bindingArbitrary, { maxLength: 4 })
  fc.assert(
    fc.property(rules, bindings, bindingArbitrary, questionArbitrary, (some, few, more, asked) => {
      const before = authorizerOf(policy(some, few)).authorize(asked).isAllowed
      const after = authorizerOf(policy(some, [...few, more])).authorize(asked).isAllowed
      assert.ok(after || !before)
      assert.equal(authorizerOf(policy(some, [])).authorize(asked).isAllowed, false)
      assert.equal(authorizerOf(policy([[], [], []], few)).authorize(asked).isAllowed, false)
    }),
    { numRuns: 500 },
  )
})

test('what was learnt and forgotten leaves nothing behind', () => {
  const rules = fc.array(fc.array(ruleArbitrary, { maxLength: 2 }), { minLength: 3, maxLength: 3 })
  const bindings = fc.array(bindingArbitrary, { maxLength: 4 })
  fc.assert(
    fc.property(rules, bindings, questionArbitrary, (some, few, asked) => {
      const objects = policy(some, few)
      const index = new PolicyIndex()
      for (const object of objects) index.learn(object, undefined)
      for (const object of objects) index.learn(object, object)
      const granted = new Authorizer(index).authorize(asked)
      assert.deepEqual(granted, authorizerOf(objects).authorize(asked))
      for (const object of objects) index.learn(undefined, object)
      assert.equal(new Authorizer(index).authorize(asked).isAllowed, false)
      assert.deepEqual(new Authorizer(index).rulesFor(asked.user, 'own').rules, [])
    }),
  )
})
