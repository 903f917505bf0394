// The use cases of a rule's targets. What one target lacks fails that target alone; what is malformed fails
// the call.

import { isAppError } from '../base/index.ts'
import {
  isTargetAddress,
  TARGET_ADDRESS_FORMS,
  parseArn,
  type RuleSpec,
  type Scope,
  type Target,
  type TargetInput,
} from '../model/index.ts'
import { compileInput } from '../transform/index.ts'
import { serialKey } from './buses.ts'
import { fault } from './faults.ts'
import { TARGETS_PER_CALL_MAX, TARGETS_PER_RULE_MAX } from './limits.ts'
import { type Page, type PageRequest, pageOf } from './page.ts'
import type { ControlParts } from './resources.ts'
import { changeRule, findRule } from './rule-store.ts'
import { checkParameters } from './target-parameters.ts'
import { resolveRule, type RuleName } from './rules.ts'

export interface NewTarget extends Omit<Target, 'input'> {
  /** What it is to be sent, in each way the caller named; more than one is refused. */
  readonly inputs: readonly TargetInput[]
}

/** Why one target was not put or removed. */
export interface TargetFailure {
  readonly targetId: string
  readonly reason: 'group-missing' | 'not-found'
}

export interface Targets {
  /** Adds targets, replacing those of the same ids; answers those it could not. */
  put(
    scope: Scope,
    rule: RuleName,
    targets: readonly NewTarget[],
  ): Promise<readonly TargetFailure[]>
  remove(scope: Scope, rule: RuleName, ids: readonly string[]): Promise<readonly TargetFailure[]>
  list(scope: Scope, rule: RuleName, page: PageRequest): Promise<Page<Target>>
}

export function createTargets(parts: ControlParts): Targets {
  return {
    put: (scope, rule, targets) => putTargets(parts, scope, rule, targets),
    remove: (scope, rule, ids) => removeTargets(parts, scope, rule, ids),
    async list(scope, rule, page) {
      const ref = await resolveRule(parts, scope, rule)
      const { targets } = (await findRule(parts.resources, scope, ref)).spec
      const sorted = targets.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return pageOf(sorted, ({ id }) => id, page)
    },
  }
}

async function putTargets(
  parts: ControlParts,
  scope: Scope,
  rule: RuleName,
  drafts: readonly NewTarget[],
): Promise<readonly TargetFailure[]> {
  if (drafts.length > TARGETS_PER_CALL_MAX) {
    throw fault('targets-too-many', { max: TARGETS_PER_CALL_MAX, where: 'in one call' })
  }
  const ref = await resolveRule(parts, scope, rule)
  await findRule(parts.resources, scope, ref)
  const checked = drafts.map((draft) => checkTarget(draft, parts))
  const good = checked.filter((target) => !lacksGroup(target))
  if (good.length > 0) {
    await parts.serial.run(serialKey(scope, ref.bus), () =>
      changeRule(parts, scope, ref, (spec) => withTargets(spec, good)),
    )
    await parts.publisher.publish()
  }
  return checked
    .filter((target) => lacksGroup(target))
    .map(({ id }) => ({ targetId: id, reason: 'group-missing' }))
}

async function removeTargets(
  parts: ControlParts,
  scope: Scope,
  rule: RuleName,
  ids: readonly string[],
): Promise<readonly TargetFailure[]> {
  const ref = await resolveRule(parts, scope, rule)
  const gone = new Set(ids)
  let unknown: readonly string[] = []
  await parts.serial.run(serialKey(scope, ref.bus), () =>
    changeRule(parts, scope, ref, (spec) => {
      const there = new Set(spec.targets.map(({ id }) => id))
      unknown = ids.filter((id) => !there.has(id))
      if (unknown.length === ids.length) return spec
      return { ...spec, targets: spec.targets.filter(({ id }) => !gone.has(id)) }
    }),
  )
  await parts.publisher.publish()
  return unknown.map((targetId) => ({ targetId, reason: 'not-found' }))
}

export function checkTarget(
  { inputs, ...target }: NewTarget,
  parts: Pick<ControlParts, 'strict'>,
): Target {
  if (inputs.length > 1) throw fault('input-ambiguous', { target: target.id })
  if (!isTargetAddress(target.address)) {
    throw fault('address-invalid', { address: target.address, forms: TARGET_ADDRESS_FORMS })
  }
  checkParameters(target)
  const input = inputs[0]
  if (input === undefined) return target
  checkInput(target.id, input, parts)
  return { ...target, input }
}

function checkInput(target: string, input: TargetInput, parts: Pick<ControlParts, 'strict'>): void {
  try {
    compileInput(input, { strict: parts.strict })
  } catch (error) {
    if (!isAppError(error, 'TEMPLATE_INVALID')) throw error
    const placeholder = error.details['placeholder']
    if (typeof placeholder === 'string') {
      throw fault('placeholder-unknown', { target, placeholder }, error)
    }
    throw fault('template-invalid', { target, reason: error.message }, error)
  }
}

/** A first-in first-out queue orders by message group, so it cannot be sent to without one. */
export function lacksGroup({ address, messageGroupId }: Target): boolean {
  const arn = parseArn(address)
  return arn?.service === 'sqs' && arn.resource.endsWith('.fifo') && messageGroupId === undefined
}

function withTargets(spec: RuleSpec, added: readonly Target[]): RuleSpec {
  const targets = new Map(spec.targets.map((target) => [target.id, target]))
  for (const target of added) targets.set(target.id, target)
  if (targets.size > TARGETS_PER_RULE_MAX) {
    throw fault('targets-too-many', {
      max: TARGETS_PER_RULE_MAX,
      where: `on rule \`${spec.name}\``,
    })
  }
  return { ...spec, targets: [...targets.values()] }
}
