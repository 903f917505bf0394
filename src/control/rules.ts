// The use cases of rules. Putting a rule replaces all of it but its targets, its tags and what it asks of schemas.

import { parseRuleExpression } from '../expression/index.ts'
import { parsePattern } from '../match/index.ts'
import { DEFAULT_BUS, ruleArn, type RuleSpec, type Scope, type Tags } from '../model/index.ts'
import { findBus, serialKey } from './buses.ts'
import { fault } from './faults.ts'
import { resolveBusName, ruleKeyOf } from './names.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import { type ControlParts, modifiedNow, retryConflicts } from './resources.ts'
import {
  changeRule,
  checkUnmanaged,
  findRule,
  type RuleRef,
  rulesOf,
  scheduledSince,
  withRuleSpec,
} from './rule-store.ts'
import { checkTags } from './tag-set.ts'

export interface RuleView {
  readonly arn: string
  readonly spec: RuleSpec
}

/** A rule as a caller names it: `bus` is a name or an ARN, `default` when absent. */
export interface RuleName {
  readonly bus?: string | undefined
  readonly rule: string
}

export interface NewRule extends RuleName {
  readonly pattern?: string | undefined
  readonly schedule?: string | undefined
  readonly state?: RuleSpec['state'] | undefined
  readonly description?: string | undefined
  readonly roleArn?: string | undefined
  /** Of a new rule only: the account that makes it, where that is not the owner's. */
  readonly createdBy?: string
  /** Of a new rule only. */
  readonly tags?: Tags | undefined
}

export interface RuleFilter extends PageRequest {
  readonly bus?: string | undefined
  readonly namePrefix?: string | undefined
}

export interface TargetFilter extends PageRequest {
  readonly bus?: string | undefined
  readonly address: string
}

export interface Rules {
  put(scope: Scope, rule: NewRule): Promise<RuleView>
  get(scope: Scope, name: RuleName): Promise<RuleView>
  list(scope: Scope, filter: RuleFilter): Promise<Page<RuleView>>
  /** Names of the rules that have a target at an address. */
  listByTarget(scope: Scope, filter: TargetFilter): Promise<Page<string>>
  setState(scope: Scope, name: RuleName, state: RuleSpec['state']): Promise<void>
  /** Nothing happens when there is no such rule. */
  delete(scope: Scope, name: RuleName): Promise<void>
  /** A rule that something else of ours manages; nobody but its manager may change it. */
  putManaged(scope: Scope, rule: ManagedRule): Promise<void>
  deleteManaged(scope: Scope, name: RuleName): Promise<void>
}

export interface ManagedRule extends RuleName {
  readonly pattern: string
  readonly managedBy: string
}

export function createRules(parts: ControlParts): Rules {
  return {
    put: (scope, rule) => putRule(parts, scope, rule),
    async get(scope, name) {
      const ref = await resolveRule(parts, scope, name)
      return toView((await findRule(parts.resources, scope, ref)).spec)
    },
    async list(scope, filter) {
      const rules = await listRules(parts, scope, filter.bus)
      const wanted = rules.filter(({ name }) => name.startsWith(filter.namePrefix ?? ''))
      return pageOf(wanted.map(toView), ({ spec }) => spec.name, filter)
    },
    async listByTarget(scope, filter) {
      const rules = await listRules(parts, scope, filter.bus)
      const names = rules
        .filter(({ targets }) => targets.some(({ address }) => address === filter.address))
        .map(({ name }) => name)
      return pageOf(names, (name) => name, filter)
    },
    async setState(scope, name, state) {
      const ref = await resolveRule(parts, scope, name)
      await parts.serial.run(serialKey(scope, ref.bus), () =>
        changeRule(parts, scope, ref, (spec) => ({ ...spec, state })),
      )
      await parts.publisher.publish()
    },
    delete: (scope, name) => deleteRule(parts, scope, name),
    async putManaged(scope, rule) {
      await putRule(parts, scope, rule)
    },
    deleteManaged: (scope, name) => deleteManagedRule(parts, scope, name),
  }
}

/** The rule's resolved name; its bus must be there. */
export async function resolveRule(
  parts: ControlParts,
  scope: Scope,
  name: RuleName,
): Promise<RuleRef> {
  const bus = resolveBusName(scope, name.bus)
  await findBus(parts, scope, bus)
  return { bus, rule: name.rule }
}

async function putRule(
  parts: ControlParts,
  scope: Scope,
  rule: NewRule & Partial<Pick<ManagedRule, 'managedBy'>>,
): Promise<RuleView> {
  if (!rule.pattern && !rule.schedule) throw fault('rule-empty', { rule: rule.rule })
  if (rule.tags !== undefined) checkTags(rule.tags, rule.rule)
  const bus = resolveBusName(scope, rule.bus)
  checkSchedule(rule.schedule, bus)
  if (rule.pattern) parsePattern(rule.pattern)
  const spec = await parts.serial.run(serialKey(scope, bus), async () => {
    await findBus(parts, scope, bus)
    return retryConflicts(() => writeRule(parts, scope, bus, rule))
  })
  await parts.publisher.publish()
  return toView(spec)
}

export function checkSchedule(schedule: string | undefined, bus: string): void {
  if (!schedule) return
  if (bus !== DEFAULT_BUS) throw fault('schedule-off-default-bus', { bus })
  if (parseRuleExpression(schedule) === undefined) throw fault('schedule-invalid', { schedule })
}

async function writeRule(
  parts: ControlParts,
  scope: Scope,
  bus: string,
  rule: NewRule & Partial<Pick<ManagedRule, 'managedBy'>>,
): Promise<RuleSpec> {
  const key = ruleKeyOf(scope, bus, rule.rule)
  const stored = await parts.resources.get('Rule', key)
  const before = stored?.spec
  if (before !== undefined && rule.managedBy === undefined) checkUnmanaged(before)
  const tags = before === undefined ? rule.tags : before.tags
  const spec: RuleSpec = {
    account: scope.account,
    region: scope.region,
    bus,
    name: rule.rule,
    state: rule.state ?? 'ENABLED',
    createdBy: before?.createdBy ?? rule.createdBy ?? scope.account,
    targets: before?.targets ?? [],
    ...(rule.pattern ? { pattern: rule.pattern } : {}),
    ...(rule.schedule ? { schedule: rule.schedule } : {}),
    ...(rule.description === undefined ? {} : { description: rule.description }),
    ...(rule.roleArn === undefined ? {} : { roleArn: rule.roleArn }),
    ...(rule.managedBy === undefined ? {} : { managedBy: rule.managedBy }),
    ...(before?.schemaVersions === undefined ? {} : { schemaVersions: before.schemaVersions }),
    ...(tags === undefined ? {} : { tags }),
  }
  if (stored === undefined) {
    const annotations = { ...modifiedNow(parts), ...scheduledSince(parts, spec) }
    await parts.resources.create('Rule', { ...key, annotations, spec })
  } else {
    await parts.resources.update('Rule', withRuleSpec(parts, stored, spec))
  }
  return spec
}

async function deleteRule(parts: ControlParts, scope: Scope, name: RuleName): Promise<void> {
  const ref = await resolveRule(parts, scope, name)
  const isGone = await parts.serial.run(serialKey(scope, ref.bus), async () => {
    const key = ruleKeyOf(scope, ref.bus, ref.rule)
    const stored = await parts.resources.get('Rule', key)
    if (stored === undefined) return false
    checkUnmanaged(stored.spec)
    if (stored.spec.targets.length > 0) throw fault('rule-has-targets', { rule: ref.rule })
    await parts.resources.delete('Rule', key)
    return true
  })
  if (isGone) await parts.publisher.publish()
}

async function deleteManagedRule(parts: ControlParts, scope: Scope, name: RuleName): Promise<void> {
  const bus = resolveBusName(scope, name.bus)
  await parts.serial.run(serialKey(scope, bus), async () => {
    const key = ruleKeyOf(scope, bus, name.rule)
    if ((await parts.resources.get('Rule', key)) !== undefined) {
      await parts.resources.delete('Rule', key)
    }
  })
  await parts.publisher.publish()
}

async function listRules(
  parts: ControlParts,
  scope: Scope,
  nameOrArn: string | undefined,
): Promise<readonly RuleSpec[]> {
  const bus = resolveBusName(scope, nameOrArn)
  await findBus(parts, scope, bus)
  return rulesOf(parts.resources, scope, bus)
}

function toView(spec: RuleSpec): RuleView {
  return { arn: ruleArn(spec, spec.bus, spec.name), spec }
}
