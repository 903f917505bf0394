// What is refused when an object of this room is applied, rather than told by its status later: templates and
// workflows whose steps cannot be run, schedules that name no time, and lifetimes that are none.

import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, ResourceStrategy, StrategyOf } from '../objects/index.ts'
import type { FieldFault } from '../structure/index.ts'
import type { Checking } from './check-actions.ts'
import { specOf } from './desired.ts'
import { lifetimeFault } from './event-lifetime.ts'
import { scheduleFault } from './event-schedule.ts'
import { invalid } from './faults.ts'
import { CRON_ANNOTATION, GROUP, TTL_ANNOTATION } from './names.ts'
import { readSteps } from './steps.ts'
import { checkSteps, checkTemplate } from './template.ts'

export function createWorkflowStrategy(checking: Checking): StrategyOf {
  const template: ResourceStrategy = {
    validate: (next, previous) => validateTemplate(next, previous, checking),
  }
  const workflow: ResourceStrategy = {
    validate: (next, previous) => validateWorkflow(next, previous, checking),
  }
  const event: ResourceStrategy = { validate: validateEvent }
  const strategies: Readonly<Record<string, ResourceStrategy>> = {
    WorkflowTemplate: template,
    XWorkflowTemplate: template,
    Workflow: workflow,
    XWorkflow: workflow,
    Event: event,
    XEvent: event,
  }
  return ({ group, kind }) =>
    group === GROUP && Object.hasOwn(strategies, kind) ? strategies[kind] : undefined
}

function validateTemplate(
  next: KubeObject,
  previous: KubeObject | undefined,
  checking: Checking,
): readonly FieldFault[] {
  if (previous !== undefined && isDeepStrictEqual(next['spec'], previous['spec'])) return []
  const { name, annotations = {} } = next.metadata
  return checkTemplate({ name, annotations, spec: specOf(next) }, checking).faults
}

function validateWorkflow(
  next: KubeObject,
  previous: KubeObject | undefined,
  checking: Checking,
): readonly FieldFault[] {
  if (previous !== undefined && isDeepStrictEqual(next['spec'], previous['spec'])) return []
  const { steps, faults } = readSteps(specOf(next)['steps'], 'spec.steps')
  return faults.length > 0 ? faults : checkSteps(steps, checking)
}

function validateEvent(
  { metadata }: KubeObject,
  previous: KubeObject | undefined,
): readonly FieldFault[] {
  const { annotations = {} } = metadata
  if (isDeepStrictEqual(annotations, previous?.metadata.annotations)) return []
  return [
    faultOf(annotations, CRON_ANNOTATION, scheduleFault(annotations)),
    faultOf(annotations, TTL_ANNOTATION, lifetimeFault(annotations)),
  ].filter((fault) => fault !== undefined)
}

function faultOf(
  annotations: Readonly<Record<string, string>>,
  name: string,
  text: string | undefined,
): FieldFault | undefined {
  return text === undefined
    ? undefined
    : invalid(`metadata.annotations[${name}]`, annotations[name], text)
}
