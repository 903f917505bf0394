// Which objects an EventSource is about: by kind, place and labels first, then by what rules and scripts say of them.

import type { Clock } from '../base/index.ts'
import type { KubeType } from '../objects/index.ts'
import { type Change, holds, isAboutChange } from './rules.ts'
import { matchesScript } from './scripts.ts'
import type { LabelSelector, ResourceSelector } from './shapes.ts'

export function typeOf({ group, version, kind }: ResourceSelector): KubeType {
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind }
}

/** It matches when something changes, and not for as long as something is so. */
export function isOfMoment({ evaluateCEL = [] }: ResourceSelector): boolean {
  return evaluateCEL.some(({ rule }) => isAboutChange(rule))
}

/** Rejects with a `TriggerFault` for rules and scripts that have no answer. */
export async function selects(
  selector: ResourceSelector,
  change: Change,
  clock: Clock,
): Promise<boolean> {
  if (!isInPlace(selector, change)) return false
  const { evaluate = '', evaluateCEL = [] } = selector
  if (evaluate !== '' && !(await matchesScript(evaluate, change.next, clock))) return false
  // One rule is enough, as upstream has it.
  for (const { rule } of evaluateCEL) if (await holds(rule, change)) return true
  return evaluateCEL.length === 0
}

/** All but what has to be evaluated. */
export function isInPlace(selector: ResourceSelector, { next }: Change): boolean {
  const { namespace = '', name = '', labelFilters = [], selector: labelSelector } = selector
  const { metadata } = next
  const labels = metadata.labels ?? {}
  if (metadata.deletionTimestamp !== undefined) return false
  if (namespace !== '' && metadata.namespace !== namespace) return false
  if (name !== '' && metadata.name !== name) return false
  if (labelSelector !== undefined && !isChosen(labelSelector, labels)) return false
  return labelFilters.every(({ key, operation, value = '' }) => {
    if (operation === 'Has') return key in labels
    if (operation === 'DoesNotHave') return !(key in labels)
    return (labels[key] === value) === (operation === 'Equal')
  })
}

function isChosen(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const isIn = value !== undefined && values.includes(value)
      return operator === 'NotIn' ? !isIn : isIn
    })
  )
}
