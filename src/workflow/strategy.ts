// What is refused when an object of this room is applied, rather than told by its status later: templates whose steps
// cannot be run, and schedules that name no time.

import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ResourceStrategy, StrategyOf } from '../objects/index.ts'
import type { FieldFault } from '../structure/index.ts'
import { specOf } from './desired.ts'
import { scheduleFault } from './event-schedule.ts'
import { CRON_ANNOTATION, GROUP } from './names.ts'
import { checkTemplate } from './template.ts'

const STRATEGIES: Readonly<Record<string, ResourceStrategy>> = {
  WorkflowTemplate: { validate: validateTemplate },
  XWorkflowTemplate: { validate: validateTemplate },
  Event: { validate: validateEvent },
  XEvent: { validate: validateEvent },
}

export const workflowStrategy: StrategyOf = ({ group, kind }) =>
  group === GROUP && Object.hasOwn(STRATEGIES, kind) ? STRATEGIES[kind] : undefined

function validateTemplate(
  next: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldFault[] {
  if (previous !== undefined && isDeepStrictEqual(next['spec'], previous['spec'])) return []
  const { name, annotations = {} } = next.metadata
  return checkTemplate({ name, annotations, spec: specOf(next) }).faults
}

function validateEvent(
  { metadata }: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldFault[] {
  const { annotations = {} } = metadata
  if (isDeepStrictEqual(annotations, previous?.metadata.annotations)) return []
  const fault = scheduleFault(annotations)
  if (fault === undefined) return []
  const value = JSON.stringify(annotations[CRON_ANNOTATION])
  return [
    {
      type: 'FieldValueInvalid',
      field: `metadata.annotations[${CRON_ANNOTATION}]`,
      message: `Invalid value: ${value}: ${fault}`,
    },
  ]
}
