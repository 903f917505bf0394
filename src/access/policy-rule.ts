// One rule of a role, and what it lets be done. The matching is Kubernetes' own, case by case.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
//
// Invariant: a rule only ever grants; nothing in a role takes a right away.

import type { KubeObject } from '../objects/index.ts'
import { RULES_MAX } from './limits.ts'

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  /** Empty: objects of every name. */
  readonly resourceNames: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

/** What is asked of a rule: an object, or a path that is none. */
export type Wanted =
  | {
      readonly verb: string
      readonly group: string
      readonly resource: string
      readonly subresource?: string | undefined
      readonly name?: string | undefined
    }
  | { readonly verb: string; readonly path: string }

/** The rules of a stored role. */
export function readRules(role: KubeObject): readonly PolicyRule[] {
  const rules = Array.isArray(role['rules']) ? role['rules'] : []
  return rules.slice(0, RULES_MAX).map((rule: unknown) => {
    const from = (rule ?? {}) as Readonly<Record<string, unknown>>
    return {
      verbs: texts(from['verbs']),
      apiGroups: texts(from['apiGroups']),
      resources: texts(from['resources']),
      resourceNames: texts(from['resourceNames']),
      nonResourceURLs: texts(from['nonResourceURLs']),
    }
  })
}

export function ruleAllows(rule: PolicyRule, wanted: Wanted): boolean {
  if (!has(rule.verbs, wanted.verb)) return false
  if ('path' in wanted) return rule.nonResourceURLs.some((url) => pathMatches(url, wanted.path))
  const { group, resource, subresource = '', name = '' } = wanted
  return (
    has(rule.apiGroups, group) &&
    rule.resources.some((of) => resourceMatches(of, resource, subresource)) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  )
}

/** What of `wanted` the rules of `held` do not let do, in single rights. */
export function missingRights(
  held: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((right) => !held.some((rule) => covers(rule, right)))
}

/** As Kubernetes prints a rule: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`. */
export function formatRule(rule: PolicyRule): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const said = parts.filter(([, values]) => values.length > 0)
  return `{${said.map(([name, values]) => `${name}:${formatTexts(values)}`).join(', ')}}`
}

/** As Go prints a list of strings. */
export function formatTexts(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}

/** Rights that differ in their verb alone become one rule. */
export function compactRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const compact: PolicyRule[] = []
  const simple = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const isSimple =
      rule.resourceNames.length === 0 &&
      rule.nonResourceURLs.length === 0 &&
      rule.apiGroups.length === 1 &&
      rule.resources.length === 1
    if (!isSimple) {
      compact.push(rule)
      continue
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources])
    const known = simple.get(key)
    const verbs = [...(known?.verbs ?? []), ...rule.verbs]
    simple.set(key, { ...rule, verbs })
  }
  return [...compact, ...simple.values()]
}

function resourceMatches(of: string, resource: string, subresource: string): boolean {
  if (of === '*') return true
  if (subresource === '') return of === resource
  return of === `${resource}/${subresource}` || of === `*/${subresource}`
}

function pathMatches(url: string, path: string): boolean {
  if (url === '*' || url === path) return true
  return url.endsWith('*') && path.startsWith(url.replace(/\*+$/, ''))
}

/** One rule for each group, resource, name and verb. */
function breakDown(rule: PolicyRule): readonly PolicyRule[] {
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] }
  const names = rule.resourceNames.length === 0 ? [[]] : rule.resourceNames.map((name) => [name])
  const onObjects = rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.flatMap((verb) =>
        names.map((resourceNames) => ({
          ...none,
          apiGroups: [group],
          resources: [resource],
          verbs: [verb],
          resourceNames,
        })),
      ),
    ),
  )
  const onPaths = rule.nonResourceURLs.flatMap((url) =>
    rule.verbs.map((verb) => ({ ...none, nonResourceURLs: [url], verbs: [verb] })),
  )
  return [...onObjects, ...onPaths]
}

/** Whether a rule grants a single right, as `breakDown` makes them. */
function covers(rule: PolicyRule, right: PolicyRule): boolean {
  const [name] = right.resourceNames
  return (
    right.verbs.every((verb) => has(rule.verbs, verb)) &&
    right.apiGroups.every((group) => has(rule.apiGroups, group)) &&
    right.resources.every((resource) => resourceCovered(rule.resources, resource)) &&
    (rule.resourceNames.length === 0 ||
      (name !== undefined && rule.resourceNames.includes(name))) &&
    right.nonResourceURLs.every((url) =>
      rule.nonResourceURLs.some(
        (own) => own === url || (own.endsWith('*') && url.startsWith(own.replace(/\*+$/, ''))),
      ),
    )
  )
}

function resourceCovered(held: readonly string[], resource: string): boolean {
  if (has(held, resource)) return true
  const slash = resource.indexOf('/')
  return slash !== -1 && held.includes(`*${resource.slice(slash)}`)
}

function has(values: readonly string[], wanted: string): boolean {
  return values.includes('*') || values.includes(wanted)
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is string => typeof item === 'string')
}
