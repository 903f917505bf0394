// Buses and rules declared whole, the way of Kubernetes: all of one at once, with its targets, tags and labels, in one
// write. What the use cases of the parts refuse is refused here too.

import { AppError } from '../base/index.ts'
import { parsePattern } from '../match/index.ts'
import {
  type BusSpec,
  DEFAULT_BUS,
  type Kind,
  type ResourceOf,
  type RuleSpec,
  type Scope,
  type Target,
} from '../model/index.ts'
import { changeBus, findBus, serialKey } from './buses.ts'
import { fault } from './faults.ts'
import { type ResourceKey, ruleKeyOf, busKeyOf } from './names.ts'
import {
  type ControlParts,
  type Declaration,
  declaredMetadata,
  modifiedNow,
  withOwned,
  withSpec,
} from './resources.ts'
import { checkUnmanaged, hasRules, scheduledSince, withRuleSpec } from './rule-store.ts'
import { checkSchedule } from './rules.ts'
import { checkTags } from './tag-set.ts'
import { checkTarget, lacksGroup } from './targets.ts'

/** `RESOURCE_EXISTS` for a new one whose name is taken, `RESOURCE_CONFLICT` when it was made from another version. */
export interface DeclaredUses<K extends Kind> {
  /** Resolves when it holds for the next event. */
  put(declaration: Declaration<K>): Promise<ResourceOf<K>>
  /** One with finalizers stays, marked, until the last of them is taken away. */
  delete(resource: ResourceOf<K>): Promise<void>
  /** Whose it is changes of what is marked to go, never its spec; without finalizers it goes. */
  release(declaration: Declaration<K>): Promise<void>
}

export interface Declared {
  readonly buses: DeclaredUses<'EventBus'>
  readonly rules: DeclaredUses<'Rule'>
  /** Stores the bus `default` of an account and region, so that whoever reads rows sees it before it is changed. */
  showDefaultBus(scope: Scope): Promise<void>
}

export function createDeclared(parts: ControlParts): Declared {
  return {
    async showDefaultBus(scope) {
      const stored = await parts.resources.get('EventBus', busKeyOf(scope, DEFAULT_BUS))
      if (stored === undefined) await changeBus(parts, scope, DEFAULT_BUS, (spec) => spec)
    },
    buses: {
      put: (declaration) => putBus(parts, declaration),
      delete: (resource) => deleteBus(parts, resource),
      async release(declaration) {
        await releaseMarked(parts, 'EventBus', declaration)
        await parts.publisher.publish()
      },
    },
    rules: {
      put: (declaration) => putRule(parts, declaration),
      delete: (resource) => deleteRule(parts, resource),
      async release(declaration) {
        await releaseMarked(parts, 'Rule', declaration)
        await parts.publisher.publish()
      },
    },
  }
}

export async function releaseMarked<K extends Kind>(
  { resources }: Pick<ControlParts, 'resources'>,
  kind: K,
  declaration: Declaration<K>,
): Promise<void> {
  const stored = await resources.get(kind, keyOf(declaration))
  if (stored === undefined) return
  const owned = declaredMetadata(declaration, stored)
  await resources.update(kind, withOwned(stored, owned))
}

/** What a spec says it is called is what its resource is called. */
export function checkKey(declared: ResourceKey, key: ResourceKey): void {
  if (declared.name === key.name && declared.namespace === key.namespace) return
  throw new AppError(
    'RESOURCE_INVALID',
    `expected the name \`${key.name}\` in the namespace \`${key.namespace}\`, which its spec asks for, got \`${declared.name}\` in \`${declared.namespace}\``,
    { details: { path: 'metadata.name' } },
  )
}

async function putBus(
  parts: ControlParts,
  declaration: Declaration<'EventBus'>,
): Promise<ResourceOf<'EventBus'>> {
  const { spec } = declaration
  const key = busKeyOf(spec, spec.name)
  checkKey(declaration, key)
  if (spec.tags !== undefined) checkTags(spec.tags, spec.name)
  const put = await parts.serial.run(serialKey(spec, spec.name), async () => {
    const stored = await parts.resources.get('EventBus', key)
    if (stored === undefined && spec.name.includes('/'))
      throw fault('bus-name-has-slash', { bus: spec.name })
    const owned = declaredMetadata(declaration, stored)
    if (stored !== undefined)
      return parts.resources.update('EventBus', withSpec(parts, withOwned(stored, owned), spec))
    const annotations = { ...owned.annotations, ...modifiedNow(parts) }
    return parts.resources.create('EventBus', { ...key, ...owned, annotations, spec })
  })
  await parts.publisher.publish()
  return put
}

async function deleteBus(
  parts: ControlParts,
  { metadata, spec }: { readonly metadata: ResourceKey; readonly spec: BusSpec },
): Promise<void> {
  if (spec.name === DEFAULT_BUS) throw fault('bus-is-default', { bus: spec.name })
  await parts.serial.run(serialKey(spec, spec.name), async () => {
    if (await hasRules(parts.resources, spec, spec.name))
      throw fault('bus-has-rules', { bus: spec.name })
    await parts.resources.delete('EventBus', keyOf(metadata))
  })
  await parts.publisher.publish()
}

async function putRule(
  parts: ControlParts,
  declaration: Declaration<'Rule'>,
): Promise<ResourceOf<'Rule'>> {
  const { spec } = declaration
  const key = ruleKeyOf(spec, spec.bus, spec.name)
  checkKey(declaration, key)
  checkRule(parts, spec)
  const put = await parts.serial.run(serialKey(spec, spec.bus), async () => {
    await findBus(parts, spec, spec.bus)
    const stored = await parts.resources.get('Rule', key)
    if (stored !== undefined) checkUnmanaged(stored.spec)
    const owned = declaredMetadata(declaration, stored)
    if (stored !== undefined)
      return parts.resources.update('Rule', withRuleSpec(parts, withOwned(stored, owned), spec))
    const annotations = {
      ...owned.annotations,
      ...modifiedNow(parts),
      ...scheduledSince(parts, spec),
    }
    return parts.resources.create('Rule', { ...key, ...owned, annotations, spec })
  })
  await parts.publisher.publish()
  return put
}

function checkRule(parts: Pick<ControlParts, 'strict'>, spec: RuleSpec): void {
  const { bus, name, pattern, schedule, managedBy, tags, targets } = spec
  if (!pattern && !schedule) throw fault('rule-empty', { rule: name })
  // Only what manages a rule says so.
  if (managedBy !== undefined) throw fault('rule-managed', { rule: name, managedBy })
  checkSchedule(schedule, bus)
  if (pattern) parsePattern(pattern)
  if (tags !== undefined) checkTags(tags, name)
  for (const target of targets) checkWhole(parts, target)
}

function checkWhole(parts: Pick<ControlParts, 'strict'>, { input, ...target }: Target): void {
  const checked = checkTarget({ ...target, inputs: input === undefined ? [] : [input] }, parts)
  if (!lacksGroup(checked)) return
  throw new AppError(
    'RESOURCE_INVALID',
    `expected \`messageGroupId\` for target \`${target.id}\`, which is a first-in first-out queue`,
    { details: { path: 'spec.targets' } },
  )
}

/** With its targets: whoever declares a rule whole takes it away whole. */
async function deleteRule(
  parts: ControlParts,
  { metadata, spec }: { readonly metadata: ResourceKey; readonly spec: RuleSpec },
): Promise<void> {
  await parts.serial.run(serialKey(spec, spec.bus), async () => {
    const stored = await parts.resources.get('Rule', keyOf(metadata))
    if (stored === undefined) return
    checkUnmanaged(stored.spec)
    await parts.resources.delete('Rule', keyOf(metadata))
  })
  await parts.publisher.publish()
}

function keyOf({ namespace, name }: ResourceKey): ResourceKey {
  return { namespace, name }
}
