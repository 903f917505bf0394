// What a role and a binding must be beyond their fields, in the real server's words.
// https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/validation/validation.go

import type { FieldFault } from '../structure/index.ts'
import { at, listAt, textAt } from './columns.ts'
import type { KubeObject } from './kube-object.ts'

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group']

export function validateRole(role: KubeObject): readonly FieldFault[] {
  const isNamespaced = role.kind === 'Role'
  const faults = listAt(role, 'rules').flatMap((rule, index) =>
    validateRule(rule, `rules[${index}]`, isNamespaced),
  )
  const gathers = at(role, 'aggregationRule') !== undefined
  if (!gathers || listAt(role, 'aggregationRule.clusterRoleSelectors').length > 0) return faults
  const text = 'at least one clusterRoleSelector required if aggregationRule is non-nil'
  return [...faults, required('aggregationRule.clusterRoleSelectors', text)]
}

export function validateBinding(binding: KubeObject): readonly FieldFault[] {
  const isNamespaced = binding.kind === 'RoleBinding'
  const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const [group, kind] = [textAt(binding, 'roleRef.apiGroup'), textAt(binding, 'roleRef.kind')]
  return [
    ...(group === RBAC_GROUP ? [] : [unsupported('roleRef.apiGroup', group, [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [unsupported('roleRef.kind', kind, kinds)]),
    ...(textAt(binding, 'roleRef.name') === '' ? [required('roleRef.name')] : []),
    ...listAt(binding, 'subjects').flatMap((subject, index) =>
      validateSubject(subject, `subjects[${index}]`, isNamespaced),
    ),
  ]
}

function validateRule(rule: unknown, path: string, isNamespaced: boolean): readonly FieldFault[] {
  const count = (name: string): number => listAt(rule, name).length
  const verbs =
    count('verbs') > 0 ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')]
  if (count('nonResourceURLs') > 0) {
    const isMixed = count('apiGroups') + count('resources') + count('resourceNames') > 0
    const invalid = (text: string): FieldFault => {
      const message = `Invalid value: ${JSON.stringify(at(rule, 'nonResourceURLs'))}: ${text}`
      return { type: 'FieldValueInvalid', field: `${path}.nonResourceURLs`, message }
    }
    return [
      ...verbs,
      ...(isNamespaced ? [invalid('namespaced rules cannot apply to non-resource URLs')] : []),
      ...(isMixed
        ? [invalid('rules cannot apply to both regular resources and non-resource URLs')]
        : []),
    ]
  }
  return [
    ...verbs,
    ...(count('apiGroups') > 0
      ? []
      : [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]),
    ...(count('resources') > 0
      ? []
      : [required(`${path}.resources`, 'resource rules must supply at least one resource')]),
  ]
}

function validateSubject(
  subject: unknown,
  path: string,
  isNamespaced: boolean,
): readonly FieldFault[] {
  const kind = textAt(subject, 'kind')
  const name = textAt(subject, 'name') === '' ? [required(`${path}.name`)] : []
  if (!SUBJECT_KINDS.includes(kind))
    return [...name, unsupported(`${path}.kind`, kind, SUBJECT_KINDS)]
  const group = textAt(subject, 'apiGroup')
  const expected = kind === 'ServiceAccount' ? '' : RBAC_GROUP
  const isNowhere =
    kind === 'ServiceAccount' && !isNamespaced && textAt(subject, 'namespace') === ''
  return [
    ...name,
    ...(group === expected ? [] : [unsupported(`${path}.apiGroup`, group, [expected])]),
    ...(isNowhere ? [required(`${path}.namespace`)] : []),
  ]
}

function required(field: string, text = ''): FieldFault {
  const message = text === '' ? 'Required value' : `Required value: ${text}`
  return { type: 'FieldValueRequired', field, message }
}

function unsupported(field: string, value: string, values: readonly string[]): FieldFault {
  const supported = values.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`
  return { type: 'FieldValueNotSupported', field, message }
}
