// Fills in the rules of cluster roles that gather others by their labels.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles

import { isDeepStrictEqual } from 'node:util'
import { describeError, type Logger } from '../base/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../objects/index.ts'

const FIELD_MANAGER = 'clusterrole-aggregation-controller'

export interface AggregationOptions {
  readonly client: KubeClient
  /** Every cluster role there is. */
  readonly roles: () => readonly KubeObject[]
  readonly logger: Logger
}

export class Aggregation {
  readonly #options: AggregationOptions
  #isClosed = false
  #isAsked = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: AggregationOptions) {
    this.#options = options
  }

  /** Looks at all roles soon: one of them changed. Resolves when they agree. */
  look(): Promise<void> {
    if (this.#isAsked || this.#isClosed) return this.#running
    this.#isAsked = true
    this.#running = this.#running.then(() => this.#settle())
    return this.#running
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #settle(): Promise<void> {
    this.#isAsked = false
    if (this.#isClosed) return
    const before = this.#options.roles()
    const after = gatherAll(before)
    const changed = after.filter((role, place) => role !== before[place])
    await Promise.all(changed.map((role) => this.#write(role)))
  }

  async #write(role: KubeObject): Promise<void> {
    try {
      await this.#options.client.update(role, { fieldManager: FIELD_MANAGER })
    } catch (error) {
      // Somebody else wrote in between, or it is gone: that change is told, and looked at.
      if (isKubeError(error, 'Conflict') || isKubeError(error, 'NotFound')) return
      this.#options.logger.warn('a cluster role could not be given the rules that it gathers', {
        role: role.metadata.name,
        error: describeError(error),
      })
    }
  }
}

/** A role that gathers may itself be gathered, so it goes on until nothing changes. What does not change is the same. */
function gatherAll(roles: readonly KubeObject[]): readonly KubeObject[] {
  let now = roles
  for (let rounds = 0; rounds <= roles.length; rounds += 1) {
    const next = now.map((role) => {
      const rules = gather(role, now)
      const isSame = rules === undefined || isDeepStrictEqual(rules, role['rules'] ?? [])
      return isSame ? role : { ...role, rules }
    })
    if (next.every((role, place) => role === now[place])) return next
    now = next
  }
  return now
}

/** Undefined for a role that gathers nothing. */
function gather(role: KubeObject, roles: readonly KubeObject[]): readonly unknown[] | undefined {
  const rule = role['aggregationRule'] as
    | { readonly clusterRoleSelectors?: readonly LabelSelector[] }
    | undefined
  const selectors = rule?.clusterRoleSelectors
  if (selectors === undefined || selectors.length === 0) return undefined
  const rules: unknown[] = []
  const seen = new Set<string>()
  const others = roles
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  for (const selector of selectors) {
    for (const other of others) {
      if (!selects(selector, other.metadata.labels ?? {})) continue
      for (const one of (other['rules'] ?? []) as readonly unknown[]) {
        const text = JSON.stringify(one)
        if (!seen.has(text)) rules.push(one)
        seen.add(text)
      }
    }
  }
  return rules
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** An empty selector selects everything. */
function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'Exists':
          return value !== undefined
        case 'DoesNotExist':
          return value === undefined
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        default:
          return false
      }
    })
  )
}
