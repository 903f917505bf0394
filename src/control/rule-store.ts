// Rules as stored: found by name, listed by bus, and changed one writer after the other.

import {
  encodeName,
  namespaceOf,
  type ResourceOf,
  type RuleSpec,
  type Scope,
} from '../model/index.ts'
import { fault } from './faults.ts'
import { ruleKeyOf } from './names.ts'
import {
  type ControlParts,
  listAll,
  type ResourceClient,
  retryConflicts,
  withSpec,
} from './resources.ts'
import { SCHEDULED_SINCE_ANNOTATION } from './schedule-plans.ts'

export interface RuleRef {
  /** A bus's name, already resolved. */
  readonly bus: string
  readonly rule: string
}

// Longer names are stored shortened, and a shortened name keeps at least this much of its beginning.
const PREFIX_LENGTH_MAX = 190

/** The rule, or `rule-not-found`. */
export async function findRule(
  resources: ResourceClient,
  scope: Scope,
  ref: RuleRef,
): Promise<ResourceOf<'Rule'>> {
  const resource = await resources.get('Rule', ruleKeyOf(scope, ref.bus, ref.rule))
  if (resource === undefined) throw fault('rule-not-found', { rule: ref.rule, bus: ref.bus })
  return resource
}

/** A rule that a part of ours manages is for that part alone to change. */
export function checkUnmanaged({ name, managedBy }: RuleSpec): void {
  if (managedBy !== undefined) throw fault('rule-managed', { rule: name, managedBy })
}

/** All rules of a bus, by name. */
export async function rulesOf(
  resources: ResourceClient,
  scope: Scope,
  bus: string,
): Promise<readonly RuleSpec[]> {
  const query = { namespace: namespaceOf(scope.account), namePrefix: rulePrefix(scope, bus) }
  const found = await listAll(resources, 'Rule', query)
  return found
    .map(({ spec }) => spec)
    .filter((spec) => spec.bus === bus && spec.region === scope.region)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export async function hasRules(
  resources: ResourceClient,
  scope: Scope,
  bus: string,
): Promise<boolean> {
  return (await rulesOf(resources, scope, bus)).length > 0
}

/** Changes a rule that must be there; the caller holds the bus's turn. */
export async function changeRule(
  parts: ControlParts,
  scope: Scope,
  ref: RuleRef,
  change: (spec: RuleSpec) => RuleSpec,
): Promise<void> {
  await retryConflicts(async () => {
    const resource = await findRule(parts.resources, scope, ref)
    checkUnmanaged(resource.spec)
    const spec = change(resource.spec)
    if (spec === resource.spec) return
    await parts.resources.update('Rule', withRuleSpec(parts, resource, spec))
  })
}

/** The rule with another spec; when that changes when it fires, it does so from now on. */
export function withRuleSpec(
  parts: ControlParts,
  resource: ResourceOf<'Rule'>,
  spec: RuleSpec,
): ResourceOf<'Rule'> {
  const { metadata, ...rest } = withSpec(parts, resource, spec)
  const annotations = { ...metadata.annotations, ...scheduledSince(parts, spec, resource.spec) }
  return { ...rest, metadata: { ...metadata, annotations } }
}

export function scheduledSince(
  { clock }: Pick<ControlParts, 'clock'>,
  spec: RuleSpec,
  before?: RuleSpec,
): Readonly<Record<string, string>> {
  const isAlike = before?.schedule === spec.schedule && before?.state === spec.state
  if (spec.schedule === undefined || isAlike) return {}
  return { [SCHEDULED_SINCE_ANNOTATION]: String(clock.now()) }
}

function rulePrefix(scope: Scope, bus: string): string {
  const prefix = `${encodeName([scope.region, bus])}.`
  return prefix.length <= PREFIX_LENGTH_MAX ? prefix : `${encodeName([scope.region])}.`
}
