// Who may do what: roles and their bindings.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/

import { unchangeable } from './builtin-core.ts'
import { builtinType } from './builtin-type.ts'
import {
  AGE_COLUMN,
  at,
  column,
  CREATED_COLUMN,
  listAt,
  NAME_COLUMN,
  textAt,
  wide,
} from './columns.ts'
import type { KubeObject } from './kube-object.ts'
import { RBAC_GROUP, validateBinding, validateRole } from './rbac-validation.ts'
import type { ResourceStrategy, ResourceType } from './resource-type.ts'
import { LABEL_SELECTOR, listOf, objectOf, TEXT, TEXTS } from './schema-parts.ts'

const GROUP = RBAC_GROUP

const RULES = listOf(
  objectOf(
    {
      verbs: TEXTS,
      apiGroups: TEXTS,
      resources: TEXTS,
      resourceNames: TEXTS,
      nonResourceURLs: TEXTS,
    },
    ['verbs'],
  ),
)

const BINDING = objectOf(
  {
    subjects: listOf(
      objectOf({ kind: TEXT, name: TEXT, namespace: TEXT, apiGroup: TEXT }, ['kind', 'name']),
    ),
    roleRef: {
      ...objectOf({ apiGroup: TEXT, kind: TEXT, name: TEXT }, ['kind', 'name']),
      'x-kubernetes-map-type': 'atomic',
    },
  },
  ['roleRef'],
)

const BINDING_COLUMNS = [
  NAME_COLUMN,
  column('Role', (object) => `${textAt(object, 'roleRef.kind')}/${textAt(object, 'roleRef.name')}`),
  AGE_COLUMN,
  wide('Users', (object) => subjectsOf(object, 'User')),
  wide('Groups', (object) => subjectsOf(object, 'Group')),
  wide('ServiceAccounts', (object) => subjectsOf(object, 'ServiceAccount')),
]

const BINDING_STRATEGY: ResourceStrategy = {
  nameRule: 'path',
  prepareCreate: (object) => withGroups(object),
  prepareUpdate: (next) => withGroups(next),
  validate: (next, previous) => [
    ...validateBinding(next),
    ...(previous !== undefined &&
    JSON.stringify(next['roleRef']) !== JSON.stringify(previous['roleRef'])
      ? [
          {
            ...unchangeable('roleRef', next['roleRef']),
            message: `Invalid value: ${JSON.stringify(next['roleRef'])}: cannot change roleRef`,
          },
        ]
      : []),
  ],
}

const ROLE_STRATEGY: ResourceStrategy = { nameRule: 'path', validate: (next) => validateRole(next) }

export const RBAC_TYPES: readonly ResourceType[] = [
  builtinType({
    group: GROUP,
    kind: 'Role',
    plural: 'roles',
    schema: objectOf({ rules: RULES }),
    columns: [NAME_COLUMN, CREATED_COLUMN],
    strategy: ROLE_STRATEGY,
  }),
  builtinType({
    group: GROUP,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    schema: BINDING,
    columns: BINDING_COLUMNS,
    strategy: BINDING_STRATEGY,
  }),
  builtinType({
    group: GROUP,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    namespaced: false,
    schema: objectOf({
      rules: RULES,
      aggregationRule: objectOf({ clusterRoleSelectors: listOf(LABEL_SELECTOR) }),
    }),
    columns: [NAME_COLUMN, CREATED_COLUMN],
    strategy: ROLE_STRATEGY,
  }),
  builtinType({
    group: GROUP,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
    schema: BINDING,
    columns: BINDING_COLUMNS,
    strategy: BINDING_STRATEGY,
  }),
]

/** The group of a subject and of a role, where only one can be meant. */
function withGroups(object: KubeObject): KubeObject {
  const subjects = listAt(object, 'subjects').map((subject) => {
    const kind = textAt(subject, 'kind')
    if (kind === 'ServiceAccount' || at(subject, 'apiGroup') !== undefined) return subject
    return { ...(subject as object), apiGroup: GROUP }
  })
  const roleRef = { apiGroup: GROUP, ...(object['roleRef'] as object | undefined) }
  return { ...object, roleRef, ...(subjects.length === 0 ? {} : { subjects }) }
}

function subjectsOf(object: KubeObject, kind: string): string {
  return listAt(object, 'subjects')
    .filter((subject) => at(subject, 'kind') === kind)
    .map((subject) => {
      const namespace = textAt(subject, 'namespace')
      return namespace === '' ? textAt(subject, 'name') : `${namespace}/${textAt(subject, 'name')}`
    })
    .join(', ')
}
