import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock, systemRandom } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject, type KubeUser } from '../objects/index.ts'
import { openTestObjects } from '../objects/testing.ts'
import { ACCESS_TYPES } from './access-token.ts'
import { type Access, openAccess } from './access.ts'
import { ADMIN_TOKEN, bindingOf, roleOf, SIGNING_KEY } from './testing.ts'

const ANN: KubeUser = { name: 'ann', groups: ['system:authenticated'] }
const BOB: KubeUser = { name: 'bob', groups: ['dev', 'system:authenticated'] }
const MASTER: KubeUser = { name: 'root', groups: ['system:masters'] }

interface Opened {
  readonly access: Access
  readonly root: KubeClient
  readonly clientOf: (user: KubeUser) => KubeClient
  readonly reopen: () => Promise<Access>
}

async function open(t: TestContext): Promise<Opened> {
  const machinery = await openTestObjects(systemClock, ACCESS_TYPES)
  const { objects } = machinery
  const parts = {
    objects,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    adminToken: ADMIN_TOKEN,
    signingKey: SIGNING_KEY,
  }
  const opened: Access[] = [await openAccess(parts)]
  t.after(async () => {
    for (const access of opened) await access.close()
    await machinery.close()
  })
  const access = opened[0]!
  const clientOf = (user: KubeUser): KubeClient => objects.client(access.actorFor(user))
  const root = clientOf(MASTER)
  for (const name of ['gold', 'silver'])
    await root.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return {
    access,
    root,
    clientOf,
    reopen: async () => {
      opened.push(await openAccess(parts))
      return opened.at(-1)!
    },
  }
}

const config = (name: string, namespace = 'gold') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
})

function refused(text: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isKubeError(error, 'Forbidden'), String(error))
    if (typeof text === 'string') assert.equal(error.message, text)
    else assert.match(error.message, text)
    return true
  }
}

test('who is bound to nothing is refused in the words of Kubernetes', async (t) => {
  const { clientOf } = await open(t)
  const client = clientOf(BOB)
  const list = { apiVersion: 'v1', kind: 'ConfigMap' }
  await assert.rejects(
    client.list(list, { namespace: 'gold' }),
    refused(
      'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "gold"',
    ),
  )
  await assert.rejects(
    client.list(list),
    refused(
      'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" at the cluster scope',
    ),
  )
  await assert.rejects(
    client.get({ apiVersion: 'batch/v1', kind: 'Job', namespace: 'gold', name: 'x' }),
    refused(
      'jobs.batch "x" is forbidden: User "bob" cannot get resource "jobs" in API group "batch" in the namespace "gold"',
    ),
  )
})

test('a binding holds when its making is answered, and no longer when its deletion is', async (t) => {
  const { clientOf, root } = await open(t)
  const client = clientOf(BOB)
  const binding = bindingOf({
    name: 'dev',
    namespace: 'gold',
    role: 'ClusterRole/edit',
    to: ['Group/dev'],
  })
  for (let round = 0; round < 5; round += 1) {
    await root.create(binding)
    await client.create(config(`c${round}`))
    await assert.rejects(client.create(config('c', 'silver')), refused(/namespace "silver"/))
    await root.delete({
      apiVersion: binding.apiVersion,
      kind: binding.kind,
      namespace: 'gold',
      name: 'dev',
    })
    await assert.rejects(client.create(config('late')), refused(/cannot create/))
  }
})

const rule = (verbs: readonly string[]) => ({ apiGroups: [''], resources: ['configmaps'], verbs })

test('a changed role holds when the change is answered', async (t) => {
  const { clientOf, root } = await open(t)
  const role = await root.create(roleOf('r', [rule(['get'])], 'gold'))
  await root.create(bindingOf({ name: 'b', namespace: 'gold', role: 'Role/r', to: ['User/ann'] }))
  const client = clientOf(ANN)
  await assert.rejects(client.create(config('x')), refused(/cannot create/))
  const key = { apiVersion: role.apiVersion, kind: role.kind, namespace: 'gold', name: 'r' }
  await root.patch(key, 'merge', { rules: [rule(['get', 'create'])] })
  await client.create(config('x'))
  await root.patch(key, 'merge', { rules: [] })
  await assert.rejects(client.create(config('y')), refused(/cannot create/))
})

test('what an apply would make needs the right to create as well', async (t) => {
  const { clientOf, root } = await open(t)
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'] }]
  await root.create(roleOf('patcher', rules, 'gold'))
  await root.create(
    bindingOf({ name: 'p', namespace: 'gold', role: 'Role/patcher', to: ['User/ann'] }),
  )
  const client = clientOf(ANN)
  const apply = (name: string) =>
    client.patch({ ...config(name), namespace: 'gold', name }, 'apply', config(name), {
      fieldManager: 'ann',
    })
  await assert.rejects(apply('new'), refused(/cannot create resource "configmaps"/))
  await root.create(config('old'))
  await apply('old')
})

test('who may list one object by its name may list it by a field selector', async (t) => {
  const { clientOf, root } = await open(t)
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['list'], resourceNames: ['mine'] },
  ]
  await root.create(roleOf('one', rules, 'gold'))
  await root.create(bindingOf({ name: 'o', namespace: 'gold', role: 'Role/one', to: ['User/ann'] }))
  await root.create(config('mine'))
  const client = clientOf(ANN)
  const list = (fieldSelector?: string) =>
    client.list(
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { namespace: 'gold', ...(fieldSelector === undefined ? {} : { fieldSelector }) },
    )
  assert.equal((await list('metadata.name=mine')).items.length, 1)
  await assert.rejects(list('metadata.name=other'), refused(/"other" is forbidden/))
  await assert.rejects(list('metadata.name!=mine'), refused(/configmaps is forbidden/))
  await assert.rejects(list(), refused(/configmaps is forbidden/))
})

test('a viewer of a namespace may get that namespace and no other', async (t) => {
  const { clientOf, root } = await open(t)
  await root.create(
    bindingOf({ name: 'v', namespace: 'gold', role: 'ClusterRole/view', to: ['User/ann'] }),
  )
  const client = clientOf(ANN)
  const get = (name: string) => client.get({ apiVersion: 'v1', kind: 'Namespace', name })
  assert.equal((await get('gold'))?.metadata.name, 'gold')
  await assert.rejects(get('silver'), refused(/in the namespace "silver"/))
})

test('admin, edit and view hold what they gather, and what a new role adds to them', async (t) => {
  const { access, root } = await open(t)
  for (const role of ['admin', 'edit', 'view'])
    await root.create(
      bindingOf({
        name: role,
        namespace: 'gold',
        role: `ClusterRole/${role}`,
        to: [`User/${role}`],
      }),
    )
  const may = (name: string, verb: string, group: string, resource: string) =>
    access.authorizer.authorize({
      user: { name, groups: [] },
      verb,
      group,
      resource,
      namespace: 'gold',
    }).isAllowed
  const rows = [
    ['view', 'get', '', 'configmaps', true],
    ['view', 'get', '', 'secrets', false],
    ['view', 'get', '', 'pods', true],
    ['edit', 'get', '', 'configmaps', true],
    ['edit', 'get', '', 'secrets', true],
    ['edit', 'delete', 'batch', 'jobs', true],
    ['edit', 'create', 'rbac.authorization.k8s.io', 'rolebindings', false],
    ['admin', 'create', 'rbac.authorization.k8s.io', 'rolebindings', true],
    ['admin', 'delete', 'batch', 'jobs', true],
    ['admin', 'get', 'example.org', 'widgets', false],
  ] as const
  for (const [name, verb, group, resource, expected] of rows)
    assert.equal(may(name, verb, group, resource), expected, `${name} ${verb} ${resource}`)

  const widgets = [{ apiGroups: ['example.org'], resources: ['widgets'], verbs: ['get'] }]
  const role = roleOf('widgets', widgets)
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
  const watched = new AbortController()
  const type = { apiVersion: role.apiVersion, kind: 'ClusterRole' }
  await root.create({ ...role, metadata: { ...role.metadata, labels } })
  for await (const event of root.watch(type, { signal: watched.signal })) {
    const isAdmin = event.type !== 'BOOKMARK' && event.object.metadata.name === 'admin'
    if (isAdmin && JSON.stringify(event.object['rules']).includes('widgets')) watched.abort()
  }
  for (const name of ['admin', 'edit', 'view'])
    assert.equal(may(name, 'get', 'example.org', 'widgets'), true, name)
})

const key = (name: string, kind = 'ClusterRole') => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  name,
})

test('a default role gets back what it lost, unless it says otherwise; what was added stays', async (t) => {
  const { root, reopen } = await open(t)
  const extra = { apiGroups: ['example.org'], resources: ['widgets'], verbs: ['get'] }
  await root.patch(key('system:basic-user'), 'merge', { rules: [extra] })
  await root.patch(key('system:monitoring'), 'merge', {
    metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
    rules: [],
  })
  await root.delete(key('system:discovery', 'ClusterRoleBinding'))
  const { authorizer } = await reopen()
  const mended = await root.get(key('system:basic-user'))
  assert.match(JSON.stringify(mended?.['rules']), /widgets.*selfsubjectaccessreviews/)
  assert.deepEqual((await root.get(key('system:monitoring')))?.['rules'], [])
  assert.equal(
    authorizer.authorize({
      user: ANN,
      verb: 'get',
      group: '',
      resource: '',
      nonResourceUrl: '/apis',
    }).isAllowed,
    true,
  )
})

const silver = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'silver',
  name,
})

test('what one may not see is refused alike, whether it is there or not', async (t) => {
  const { clientOf, root } = await open(t)
  await root.create(
    bindingOf({ name: 'e', namespace: 'gold', role: 'ClusterRole/edit', to: ['User/ann'] }),
  )
  await root.create(config('there', 'silver'))
  const client = clientOf(ANN)
  const calls = [
    (name: string) => client.get(silver(name)),
    (name: string) => client.create(config(name, 'silver')),
    (name: string) => client.update(config(name, 'silver')),
    (name: string) => client.patch(silver(name), 'merge', { data: {} }),
    (name: string) =>
      client.patch(silver(name), 'apply', config(name, 'silver'), { fieldManager: 'x' }),
    (name: string) => client.delete(silver(name)),
  ]
  for (const [place, call] of calls.entries()) {
    const said: string[] = []
    for (const name of ['there', 'gone']) {
      await assert.rejects(call(name), (error) => {
        assert.ok(isKubeError(error, 'Forbidden'), `${place} ${String(error)}`)
        said.push(error.message.replace(`"${name}" `, ''))
        return true
      })
    }
    assert.equal(said[0], said[1])
  }
  const type = { apiVersion: 'v1', kind: 'ConfigMap' }
  await assert.rejects(client.list(type), refused(/at the cluster scope/))
  await assert.rejects(client.list(type, { namespace: 'silver' }), refused(/"silver"/))
  const watch = client.watch(type, { signal: new AbortController().signal })
  await assert.rejects(
    async () => {
      for await (const _ of watch) assert.fail('something was told')
    },
    refused(/cannot watch/),
  )
})

test('every namespace has a service account, which comes again and goes with it', async (t) => {
  const { root } = await open(t)
  const key = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'gold', name: 'default' }
  const uids: (string | undefined)[] = []
  const stop = new AbortController()
  const watch = { namespace: 'gold', resourceVersion: '0', signal: stop.signal }
  for await (const event of root.watch(key, watch)) {
    if (event.type === 'DELETED' && uids.length === 2) break
    if (event.type !== 'ADDED') continue
    uids.push(event.object.metadata.uid)
    if (uids.length === 1) await root.delete(key)
    else await root.delete({ apiVersion: 'v1', kind: 'Namespace', name: 'gold' })
  }
  stop.abort()
  assert.notEqual(uids[0], uids[1])
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: 'gold' }
  while ((await root.get(namespace)) !== undefined) await new Promise(setImmediate)
})

test('roles and bindings that mean nothing are refused in the words of Kubernetes', async (t) => {
  const { root } = await open(t)
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const subject = { kind: 'User', name: 'ann', apiGroup: 'rbac.authorization.k8s.io' }
  const binding = bindingOf({ name: 'x', role: 'ClusterRole/view', to: ['User/ann'] })
  const local = bindingOf({ name: 'x', namespace: 'gold', role: 'Role/r', to: [] })
  const rows: readonly (readonly [KubeObject, string])[] = [
    [
      roleOf('x', [{ ...pods, verbs: [] }]),
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      roleOf('x', [{ resources: ['pods'], verbs: ['get'] }], 'gold'),
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    ],
    [
      roleOf('x', [pods, { apiGroups: [''], verbs: ['get'] }]),
      'rules[1].resources: Required value: resource rules must supply at least one resource',
    ],
    [
      roleOf('x', [{ nonResourceURLs: ['/a'], verbs: ['get'] }], 'gold'),
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      roleOf('x', [{ ...pods, nonResourceURLs: ['/a'] }]),
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      { ...roleOf('x', []), aggregationRule: {} },
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
    [
      { ...binding, roleRef: { kind: 'Role', name: 'r' } },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    [
      { ...local, roleRef: { kind: 'Thing', name: 'r' } },
      'roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"',
    ],
    [
      { ...binding, subjects: [{ kind: 'ServiceAccount', name: 'robot' }] },
      'subjects[0].namespace: Required value',
    ],
    [
      { ...binding, subjects: [subject, { ...subject, apiGroup: 'x' }] },
      'subjects[1].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
    ],
    [
      { ...binding, subjects: [{ kind: 'Robot', name: 'r' }] },
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
    [{ ...binding, subjects: [{ ...subject, name: '' }] }, 'subjects[0].name: Required value'],
  ]
  for (const [object, text] of rows)
    await assert.rejects(root.create(object), (error) => {
      assert.ok(isKubeError(error, 'Invalid'), `${text}: ${String(error)}`)
      const { kind } = object
      assert.equal(error.message, `${kind}.rbac.authorization.k8s.io "x" is invalid: ${text}`)
      return true
    })
})

test('nobody gives away what he does not hold', async (t) => {
  const { clientOf, root } = await open(t)
  await root.create(
    bindingOf({ name: 'a', namespace: 'gold', role: 'ClusterRole/admin', to: ['User/ann'] }),
  )
  const client = clientOf(ANN)
  const nodes = { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'watch'] }
  await assert.rejects(
    client.create(roleOf('r', [nodes], 'gold')),
    refused(
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" (groups=["system:authenticated"]) is attempting to ' +
        'grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "watch"]}',
    ),
  )
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const role = await client.create(roleOf('r', [pods], 'gold'))
  await assert.rejects(client.update({ ...role, rules: [nodes] }), refused(/not currently held/))
  const key = { apiVersion: role.apiVersion, kind: 'Role', namespace: 'gold', name: 'r' }
  for (const how of ['merge', 'strategic'] as const)
    await assert.rejects(client.patch(key, how, { rules: [nodes] }), refused(/not currently held/))
  await assert.rejects(
    client.patch(key, 'json', [{ op: 'add', path: '/rules/-', value: nodes }]),
    refused(/not currently held/),
  )
  await assert.rejects(
    client.patch(key, 'apply', roleOf('r', [nodes], 'gold') as never, {
      fieldManager: 'x',
      force: true,
    }),
    refused(/not currently held/),
  )
  await assert.rejects(
    client.create(roleOf('dry', [nodes], 'gold'), { dryRun: true }),
    refused(/not currently held/),
  )
  await assert.rejects(
    client.create(
      bindingOf({
        name: 'up',
        namespace: 'gold',
        role: 'ClusterRole/cluster-admin',
        to: ['User/ann'],
      }),
    ),
    refused(/"up" is forbidden: .*\n.*APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]/),
  )
  await assert.rejects(
    client.create(
      bindingOf({ name: 'up', namespace: 'gold', role: 'Role/none', to: ['User/ann'] }),
    ),
    (error) =>
      isKubeError(error, 'NotFound') &&
      error.message === 'roles.rbac.authorization.k8s.io "none" not found',
  )
  await client.create(
    bindingOf({ name: 'ok', namespace: 'gold', role: 'ClusterRole/view', to: ['User/bob'] }),
  )
})

test('`escalate` and `bind` let it be done, on exactly what they name', async (t) => {
  const { clientOf, root } = await open(t)
  const group = 'rbac.authorization.k8s.io'
  await root.create(
    roleOf('trusted', [
      { apiGroups: [group], resources: ['*'], verbs: ['create', 'update'] },
      { apiGroups: [group], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['view'] },
      { apiGroups: [group], resources: ['roles'], verbs: ['escalate'] },
    ]),
  )
  await root.create(bindingOf({ name: 't', role: 'ClusterRole/trusted', to: ['User/ann'] }))
  const client = clientOf(ANN)
  const bind = (role: string) =>
    client.create(bindingOf({ name: role, role: `ClusterRole/${role}`, to: ['User/bob'] }))
  await bind('view')
  await assert.rejects(bind('edit'), refused(/not currently held/))
  const all = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
  await client.create(roleOf('r', all, 'gold'))
  await assert.rejects(client.create(roleOf('r', all)), refused(/not currently held/))
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }
  await assert.rejects(
    client.create({ ...roleOf('g', []), aggregationRule }),
    refused(
      'clusterroles.rbac.authorization.k8s.io "g" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    ),
  )
})
