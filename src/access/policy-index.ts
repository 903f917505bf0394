// Roles and bindings by whom they concern, kept up as they change, so that a question looks only at the bindings of
// who asks.
//
//   ClusterRoleBinding ── subject ──► rules of a ClusterRole, everywhere
//   RoleBinding        ── subject ──► rules of a Role or a ClusterRole, in its namespace
//
// Invariant: a binding whose role is not there grants nothing, and says so.

import type { KubeObject, KubeUser } from '../objects/index.ts'
import { type PolicyRule, readRules } from './policy-rule.ts'
import { serviceAccountName } from './users.ts'

export interface RoleRef {
  readonly kind: string
  readonly name: string
}

/** A binding that concerns a user: what it grants, or that its role is missing. */
export interface Grant {
  /** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
  readonly from: () => string
  /** Undefined when the role is not there. */
  readonly rules: readonly PolicyRule[] | undefined
  readonly missing: () => string
}

interface Binding {
  readonly name: string
  readonly namespace: string | undefined
  readonly kind: string
  readonly role: RoleRef
  readonly subjects: readonly Subject[]
}

interface Subject {
  readonly key: string
  readonly text: string
}

export class PolicyIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>()
  readonly #bindings = new Map<string, Binding>()
  /** By namespace, `` for everywhere, then by subject. */
  readonly #bySubject = new Map<string, Map<string, Set<Binding>>>()

  /** Takes one change of a role or a binding: `next` undefined when it is gone. */
  learn(next: KubeObject | undefined, previous: KubeObject | undefined): void {
    const object = (next ?? previous)!
    if (object.kind === 'Role' || object.kind === 'ClusterRole') {
      const key = roleKey(object.metadata.namespace, object.metadata.name)
      if (next === undefined) this.#roles.delete(key)
      else this.#roles.set(key, readRules(next))
      return
    }
    const key = roleKey(object.metadata.namespace, object.metadata.name)
    const known = this.#bindings.get(key)
    if (known !== undefined) this.#forget(key, known)
    if (next !== undefined) this.#remember(key, readBinding(next))
  }

  /** The bindings that concern a user: those of the whole cluster, then those of the namespace. */
  *grants(user: KubeUser, namespace: string | undefined): Generator<Grant, void> {
    for (const place of namespace === undefined || namespace === '' ? [''] : ['', namespace]) {
      const bySubject = this.#bySubject.get(place)
      if (bySubject === undefined) continue
      for (const key of subjectKeys(user)) {
        for (const binding of bySubject.get(key) ?? []) yield this.#grant(binding, key)
      }
    }
  }

  /** Undefined when there is no such role. */
  rulesOf(
    { kind, name }: RoleRef,
    namespace: string | undefined,
  ): readonly PolicyRule[] | undefined {
    if (kind === 'ClusterRole') return this.#roles.get(roleKey(undefined, name))
    return kind === 'Role' ? this.#roles.get(roleKey(namespace, name)) : undefined
  }

  #grant(binding: Binding, key: string): Grant {
    const { kind, name, namespace, role } = binding
    return {
      rules: this.rulesOf(role, namespace),
      from: () => {
        const subject = binding.subjects.find((one) => one.key === key)!
        const title = namespace === undefined ? name : `${name}/${namespace}`
        return `${kind} ${JSON.stringify(title)} of ${role.kind} ${JSON.stringify(role.name)} to ${subject.text}`
      },
      missing: () =>
        `${role.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(role.name)} not found`,
    }
  }

  #remember(key: string, binding: Binding): void {
    this.#bindings.set(key, binding)
    const place = binding.namespace ?? ''
    const bySubject = this.#bySubject.get(place) ?? new Map<string, Set<Binding>>()
    this.#bySubject.set(place, bySubject)
    for (const { key: subject } of binding.subjects) {
      const bindings = bySubject.get(subject) ?? new Set()
      bySubject.set(subject, bindings.add(binding))
    }
  }

  #forget(key: string, binding: Binding): void {
    this.#bindings.delete(key)
    const place = binding.namespace ?? ''
    const bySubject = this.#bySubject.get(place)
    for (const { key: subject } of binding.subjects) {
      const bindings = bySubject?.get(subject)
      bindings?.delete(binding)
      if (bindings?.size === 0) bySubject?.delete(subject)
    }
    if (bySubject?.size === 0) this.#bySubject.delete(place)
  }
}

function* subjectKeys(user: KubeUser): Generator<string, void> {
  yield `user ${user.name}`
  for (const group of new Set(user.groups)) yield `group ${group}`
}

function readBinding(object: KubeObject): Binding {
  const { name, namespace } = object.metadata
  const subjects = Array.isArray(object['subjects']) ? (object['subjects'] as unknown[]) : []
  const ref = (object['roleRef'] ?? {}) as { readonly kind?: unknown; readonly name?: unknown }
  return {
    name,
    namespace,
    kind: object.kind,
    role: { kind: textOf(ref.kind), name: textOf(ref.name) },
    subjects: subjects.flatMap((subject) => readSubject(subject, namespace)),
  }
}

function readSubject(subject: unknown, bindingNamespace = ''): readonly Subject[] {
  const { kind, name, namespace } = (subject ?? {}) as Readonly<Record<string, unknown>>
  const called = textOf(name)
  switch (kind) {
    case 'User':
      return [{ key: `user ${called}`, text: `User ${JSON.stringify(called)}` }]
    case 'Group':
      return [{ key: `group ${called}`, text: `Group ${JSON.stringify(called)}` }]
    case 'ServiceAccount': {
      const place = textOf(namespace) === '' ? bindingNamespace : textOf(namespace)
      if (place === '') return []
      const text = `ServiceAccount ${JSON.stringify(`${called}/${place}`)}`
      return [{ key: `user ${serviceAccountName(place, called)}`, text }]
    }
    default:
      return []
  }
}

function roleKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
