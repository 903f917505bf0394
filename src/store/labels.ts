// Label selectors, as Kubernetes reads them: `notin` also holds where the key is absent.

import { assertNever } from '../base/index.ts'
import type { LabelRequirement } from './rows.ts'

/** True when the labels meet every requirement. */
export function matchesLabels(
  labels: Readonly<Record<string, string>>,
  requirements: readonly LabelRequirement[],
): boolean {
  return requirements.every((requirement) => meets(labels, requirement))
}

function meets(labels: Readonly<Record<string, string>>, requirement: LabelRequirement): boolean {
  const { key, operator, values } = requirement
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'in':
      return value !== undefined && values.includes(value)
    case 'notin':
      return value === undefined || !values.includes(value)
    default:
      return assertNever(operator)
  }
}
