// Who may do what: the rules of all roles that are bound to a user, in the namespace that is asked about and in all of
// the cluster. What no rule allows is denied.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/

import type { AccessAnswer, AccessQuestion, KubeUser } from '../objects/index.ts'
import type { PolicyIndex } from './policy-index.ts'
import { type PolicyRule, ruleAllows, type Wanted } from './policy-rule.ts'

/** Whoever is in it may do everything, whatever the roles say. */
export const MASTERS_GROUP = 'system:masters'

export interface UserRules {
  readonly rules: readonly PolicyRule[]
  /** Of bindings whose role is not there. */
  readonly errors: readonly string[]
}

export interface DescribedRules {
  readonly resourceRules: readonly object[]
  readonly nonResourceRules: readonly object[]
  readonly incomplete: boolean
  readonly evaluationError?: string
}

export class Authorizer {
  readonly #index: PolicyIndex

  constructor(index: PolicyIndex) {
    this.#index = index
  }

  /** `reason` says which binding allowed it, or what is wrong with bindings that might have. */
  authorize(question: AccessQuestion): AccessAnswer {
    const { user, verb, namespace, nonResourceUrl } = question
    if (nonResourceUrl === undefined) return this.#decide(user, namespace, question)
    return this.#decide(user, undefined, { verb, path: nonResourceUrl })
  }

  /** All rules that hold for a user in a namespace, those of the whole cluster among them. */
  rulesFor(user: KubeUser, namespace: string | undefined): UserRules {
    const rules: PolicyRule[] = []
    const errors = new Set<string>()
    for (const grant of this.#index.grants(user, namespace)) {
      if (grant.rules === undefined) errors.add(grant.missing())
      else rules.push(...grant.rules)
    }
    return { rules, errors: Array.from(errors) }
  }

  /** The same in the form of `SelfSubjectRulesReview`. */
  describeRules(user: KubeUser, namespace: string): DescribedRules {
    const { rules, errors } = this.rulesFor(user, namespace)
    return {
      resourceRules: rules
        .filter(({ resources }) => resources.length > 0)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames.length === 0 ? {} : { resourceNames }),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
      ...(errors.length === 0 ? {} : { evaluationError: errors.join(', ') }),
    }
  }

  #decide(user: KubeUser, namespace: string | undefined, wanted: Wanted): AccessAnswer {
    if (user.groups.includes(MASTERS_GROUP)) return { isAllowed: true }
    const missing = new Set<string>()
    for (const grant of this.#index.grants(user, namespace)) {
      if (grant.rules === undefined) missing.add(grant.missing())
      else if (grant.rules.some((rule) => ruleAllows(rule, wanted)))
        return { isAllowed: true, reason: `RBAC: allowed by ${grant.from()}` }
    }
    if (missing.size === 0) return { isAllowed: false }
    const texts = Array.from(missing)
    const text = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
    return { isAllowed: false, reason: `RBAC: ${text}` }
  }
}
