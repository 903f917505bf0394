// Makes the default roles and bindings that are not there, and gives back to those that are what they lost: unless their
// annotation `rbac.authorization.kubernetes.io/autoupdate` is `false`. What was added to them stays.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation

import { createOnce, type KubeClient, type KubeObject } from '../objects/index.ts'
import { DEFAULT_BINDINGS, DEFAULT_ROLES } from './default-roles.ts'
import { missingRights, readRules } from './policy-rule.ts'

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

export async function seedRoles(client: KubeClient): Promise<void> {
  const wanted = [...DEFAULT_ROLES, ...DEFAULT_BINDINGS]
  await Promise.all(wanted.map((object) => seed(client, object)))
}

async function seed(client: KubeClient, wanted: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = wanted
  const stored = await client.get({ apiVersion, kind, name: metadata.name })
  if (stored === undefined) return createOnce(client, wanted)
  if (stored.metadata.annotations?.[AUTOUPDATE] === 'false') return
  const mended = kind === 'ClusterRole' ? mendRole(stored, wanted) : mendBinding(stored, wanted)
  if (mended !== undefined) await client.update(mended)
}

/** Undefined when nothing is missing. A role that gathers gets its rules from those it gathers. */
function mendRole(stored: KubeObject, wanted: KubeObject): KubeObject | undefined {
  if (wanted['aggregationRule'] !== undefined) {
    const isKept = stored['aggregationRule'] !== undefined
    return isKept ? undefined : { ...stored, aggregationRule: wanted['aggregationRule'] }
  }
  const missing = missingRights(readRules(stored), readRules(wanted))
  if (missing.length === 0) return undefined
  const rules = Array.isArray(stored['rules']) ? (stored['rules'] as unknown[]) : []
  return { ...stored, rules: [...rules, ...(wanted['rules'] as unknown[])] }
}

function mendBinding(stored: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const there = (stored['subjects'] ?? []) as readonly { readonly name?: string }[]
  const missing = (wanted['subjects'] as readonly { readonly name: string }[]).filter(
    ({ name }) => !there.some((subject) => subject.name === name),
  )
  return missing.length === 0 ? undefined : { ...stored, subjects: [...there, ...missing] }
}
