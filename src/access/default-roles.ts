// The roles and bindings that are there from the start, as a cluster has them: cluster-admin, admin, edit and view, and
// what everybody who signed in may do. `admin`, `edit` and `view` gather what carries their label, so that whoever
// brings kinds of his own can add to them.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings

import type { KubeObject } from '../objects/index.ts'

const API_VERSION = 'rbac.authorization.k8s.io/v1'
const RBAC_GROUP = 'rbac.authorization.k8s.io'
/** Rules, buses, archives and whatever else is our own; tokens are in another group. */
const OWN_GROUP = 'signalbox.dev'

const READ = ['get', 'list', 'watch']
const CHANGE = ['create', 'delete', 'deletecollection', 'patch', 'update']
const ALL = [...CHANGE, ...READ].toSorted()

/** Who is signed in, and who is not. */
export const AUTHENTICATED_GROUP = 'system:authenticated'
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated'

/** Whoever signs in with an access key of the configuration. */
export const ACCESS_KEYS_GROUP = 'signalbox:access-keys'

const INFORMATION_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/']

export const DEFAULT_ROLES: readonly KubeObject[] = [
  role('cluster-admin', [on('*', ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }]),
  gathering('admin', 'admin', []),
  gathering('edit', 'edit', ['admin']),
  gathering('view', 'view', ['edit']),
  role(
    'system:aggregate-to-admin',
    [
      on('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
      on(RBAC_GROUP, ['rolebindings', 'roles'], ALL),
    ],
    ['admin'],
  ),
  role(
    'system:aggregate-to-edit',
    [
      on('', ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets'], READ),
      on('', ['serviceaccounts'], ['impersonate']),
      on('', ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'], CHANGE),
      on('', ['pods/eviction', 'serviceaccounts/token'], ['create']),
      on('', ['configmaps', 'events', 'secrets', 'serviceaccounts'], CHANGE),
      on('apps', ['deployments', 'deployments/scale'], CHANGE),
      on('batch', ['cronjobs', 'jobs'], CHANGE),
      on(OWN_GROUP, ['*'], CHANGE),
    ],
    ['edit'],
  ),
  role(
    'system:aggregate-to-view',
    [
      on('', ['configmaps', 'pods', 'serviceaccounts'], READ),
      on('', ['events', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status'], READ),
      on('', ['resourcequotas', 'resourcequotas/status'], READ),
      on('', ['namespaces'], READ),
      on('apps', ['deployments', 'deployments/scale', 'deployments/status'], READ),
      on('batch', ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], READ),
      on(OWN_GROUP, ['*'], READ),
    ],
    ['view'],
  ),
  // The own API is what access keys have always been for.
  role('signalbox:access-key', [{ nonResourceURLs: ['/_signalbox/*'], verbs: ['*'] }]),
  role('system:auth-delegator', [
    on('authentication.k8s.io', ['tokenreviews'], ['create']),
    on('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
  ]),
  role('system:basic-user', [
    on('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    on('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
  ]),
  role('system:discovery', [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ]),
  role('system:monitoring', [
    {
      nonResourceURLs: ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz'],
      verbs: ['get'],
    },
  ]),
  role('system:public-info-viewer', [{ nonResourceURLs: INFORMATION_PATHS, verbs: ['get'] }]),
]

export const DEFAULT_BINDINGS: readonly KubeObject[] = [
  binding('cluster-admin', ['system:masters']),
  binding('signalbox:access-key', [ACCESS_KEYS_GROUP]),
  binding('system:basic-user', [AUTHENTICATED_GROUP]),
  binding('system:discovery', [AUTHENTICATED_GROUP]),
  binding('system:monitoring', ['system:monitoring']),
  binding('system:public-info-viewer', [AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP]),
]

function on(group: string, resources: readonly string[], verbs: readonly string[]): object {
  return { apiGroups: [group], resources, verbs }
}

function metadataOf(name: string, gatheredBy: readonly string[]): KubeObject['metadata'] {
  return {
    name,
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
      ...Object.fromEntries(gatheredBy.map((one) => [labelOf(one), 'true'])),
    },
  }
}

function role(
  name: string,
  rules: readonly object[],
  gatheredBy: readonly string[] = [],
): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: metadataOf(name, gatheredBy),
    rules,
  }
}

function gathering(name: string, what: string, gatheredBy: readonly string[]): KubeObject {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [labelOf(what)]: 'true' } }] }
  return { ...role(name, [], gatheredBy), aggregationRule }
}

function binding(name: string, groups: readonly string[]): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: metadataOf(name, []),
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({ apiGroup: RBAC_GROUP, kind: 'Group', name: group })),
  }
}

function labelOf(role: string): string {
  return `rbac.authorization.k8s.io/aggregate-to-${role}`
}
