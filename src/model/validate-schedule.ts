// What a schedule and a schedule group must be.

import type { FaultList, Fields, TextRule } from './fault-list.ts'

const NAME: TextRule = { lengthMax: 64, pattern: /^[0-9a-zA-Z-_.]+$/ }
const WINDOW_MINUTES_MAX = 1440
const INPUT_LENGTH_MAX = 262_144

/** What every kind's targets and ARNs are checked by. */
export interface TargetChecks {
  readonly isAddress: (value: unknown) => boolean
  readonly addressForms: string
  readonly arn: (faults: FaultList, path: string, value: unknown) => void
  readonly retry: (faults: FaultList, path: string, value: unknown) => void
}

export function checkSchedule(faults: FaultList, spec: Fields, checks: TargetChecks): void {
  faults.text('spec.group', spec['group'], NAME)
  faults.text('spec.name', spec['name'], NAME)
  faults.text('spec.description', spec['description'], {
    lengthMin: 0,
    lengthMax: 512,
    isOptional: true,
  })
  faults.oneOf('spec.state', spec['state'], ['ENABLED', 'DISABLED'])
  faults.text('spec.expression', spec['expression'], { lengthMax: 256 })
  faults.text('spec.timezone', spec['timezone'], { lengthMax: 50, isOptional: true })
  const instant = { min: 0, max: Number.MAX_SAFE_INTEGER }
  faults.integer('spec.startMs', spec['startMs'], { ...instant, isOptional: true })
  faults.integer('spec.endMs', spec['endMs'], { ...instant, isOptional: true })
  faults.integer('spec.sinceMs', spec['sinceMs'], instant)
  faults.integer('spec.anchorMs', spec['anchorMs'], instant)
  const window = { min: 1, max: WINDOW_MINUTES_MAX, isOptional: true }
  faults.integer('spec.windowMinutes', spec['windowMinutes'], window)
  faults.oneOf('spec.afterCompletion', spec['afterCompletion'], ['NONE', 'DELETE'])
  checks.arn(faults, 'spec.kmsKeyArn', spec['kmsKeyArn'])
  checkTarget(faults, spec['target'], checks)
}

export function checkScheduleGroup(faults: FaultList, spec: Fields): void {
  faults.text('spec.name', spec['name'], NAME)
  faults.oneOf('spec.state', spec['state'], ['ACTIVE', 'DELETING'])
}

function checkTarget(faults: FaultList, value: unknown, checks: TargetChecks): void {
  const target = faults.fields('spec.target', value)
  if (target === undefined) return
  const path = 'spec.target'
  if (!checks.isAddress(target['address']))
    faults.add(`${path}.address`, checks.addressForms, target['address'])
  faults.text(`${path}.roleArn`, target['roleArn'], { lengthMax: 1600 })
  faults.text(`${path}.input`, target['input'], { lengthMax: INPUT_LENGTH_MAX, isOptional: true })
  if (target['retry'] !== undefined) checks.retry(faults, `${path}.retry`, target['retry'])
  checks.arn(faults, `${path}.deadLetterArn`, target['deadLetterArn'])
  const group = { lengthMax: 128, isOptional: true }
  faults.text(`${path}.messageGroupId`, target['messageGroupId'], group)
  if (target['parameters'] !== undefined) faults.fields(`${path}.parameters`, target['parameters'])
  if (target['busEvent'] === undefined) return
  const event = faults.fields(`${path}.busEvent`, target['busEvent'])
  faults.text(`${path}.busEvent.source`, event?.['source'], { lengthMax: 256 })
  faults.text(`${path}.busEvent.detailType`, event?.['detailType'], { lengthMax: 128 })
}
