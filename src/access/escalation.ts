// Nobody gives away rights that he does not hold: what a role or a binding would grant is held against what its
// writer may do, unless he may `escalate` the role or `bind` it.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping

import { isDeepStrictEqual } from 'node:util'
import {
  forbidden,
  type KubeObject,
  type KubeUser,
  notFound,
  type ResourceType,
} from '../objects/index.ts'
import { type Authorizer, MASTERS_GROUP } from './authorizer.ts'
import type { PolicyIndex, RoleRef } from './policy-index.ts'
import {
  compactRules,
  formatRule,
  formatTexts,
  missingRights,
  type PolicyRule,
  readRules,
} from './policy-rule.ts'

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

const NOTHING: PolicyRule = {
  verbs: ['*'],
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: [],
}
const EVERYTHING: readonly PolicyRule[] = [
  { ...NOTHING, apiGroups: ['*'], resources: ['*'] },
  { ...NOTHING, nonResourceURLs: ['*'] },
]

export interface RoleWrite {
  readonly user: KubeUser
  readonly type: ResourceType
  readonly next: KubeObject
  readonly previous: KubeObject | undefined
}

export class EscalationGuard {
  readonly #authorizer: Authorizer
  readonly #index: PolicyIndex

  constructor(authorizer: Authorizer, index: PolicyIndex) {
    this.#authorizer = authorizer
    this.#index = index
  }

  /** Refuses with `Forbidden` a write that would grant more than its writer holds. */
  check(write: RoleWrite): void {
    const { user, type, next, previous } = write
    if (type.group !== RBAC_GROUP || user.groups.includes(MASTERS_GROUP)) return
    if (previous !== undefined && isOnlyForCollection(next, previous)) return
    switch (type.kind) {
      case 'Role':
      case 'ClusterRole':
        return this.#checkRole(write)
      case 'RoleBinding':
      case 'ClusterRoleBinding':
        return this.#checkBinding(write)
    }
  }

  #checkRole(write: RoleWrite): void {
    const { user, type, next, previous } = write
    const { name, namespace } = next.metadata
    const mayEscalate = this.#authorizer.authorize({
      user,
      verb: 'escalate',
      group: RBAC_GROUP,
      resource: type.plural,
      // What is made has no name yet that a rule could allow.
      ...(previous === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
    })
    if (mayEscalate.isAllowed) return
    this.#confirm(write, readRules(next))
    if (!isAggregating(next) && (previous === undefined || !isAggregating(previous))) return
    const { rules } = this.#authorizer.rulesFor(user, namespace)
    if (missingRights(rules, EVERYTHING).length > 0)
      throw forbidden(type, name, 'must have cluster-admin privileges to use the aggregationRule')
  }

  #checkBinding(write: RoleWrite): void {
    const { user, next } = write
    const { namespace } = next.metadata
    const role = next['roleRef'] as RoleRef
    const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    const mayBind = this.#authorizer.authorize({
      user,
      verb: 'bind',
      group: RBAC_GROUP,
      resource,
      name: role.name,
      ...(namespace === undefined ? {} : { namespace }),
    })
    if (mayBind.isAllowed) return
    const rules = this.#index.rulesOf(role, namespace)
    if (rules === undefined) throw notFound({ group: RBAC_GROUP, plural: resource }, role.name)
    this.#confirm(write, rules)
  }

  #confirm({ user, type, next }: RoleWrite, wanted: readonly PolicyRule[]): void {
    const held = this.#authorizer.rulesFor(user, next.metadata.namespace)
    const missing = missingRights(held.rules, wanted)
    if (missing.length === 0) return
    const lines = Array.from(new Set(compactRules(missing).map(formatRule))).toSorted()
    const unresolved = held.errors.length > 1 ? `[${held.errors.join(', ')}]` : held.errors[0]
    const errors = unresolved === undefined ? '' : `; resolution errors: [${unresolved}]`
    throw forbidden(
      type,
      next.metadata.name,
      `user ${JSON.stringify(user.name)} (groups=${formatTexts(user.groups)}) is attempting to grant RBAC permissions ` +
        `not currently held:\n${lines.join('\n')}${errors}`,
    )
  }
}

function isAggregating(role: KubeObject): boolean {
  const rule = role['aggregationRule'] as { readonly clusterRoleSelectors?: unknown } | undefined
  return Array.isArray(rule?.clusterRoleSelectors) && rule.clusterRoleSelectors.length > 0
}

/** Owners and finalizers are all that the garbage collector changes; it need hold no rights for that. */
function isOnlyForCollection(next: KubeObject, previous: KubeObject): boolean {
  return isDeepStrictEqual(withoutCollection(next), withoutCollection(previous))
}

function withoutCollection(object: KubeObject): unknown {
  const { finalizers: _f, ownerReferences: _o, managedFields: _m, ...metadata } = object.metadata
  return JSON.parse(JSON.stringify({ ...object, metadata }))
}
