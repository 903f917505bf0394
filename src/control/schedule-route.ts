// How schedules are routed: each as a rule without a pattern and with one target, on one of a few buses that no
// user can name. They are spread over them so that a change copies the rules of one only.

import { formatBusKey } from '../event/index.ts'
import {
  type ResourceOf,
  type RoutedRule,
  scheduleArn,
  type ScheduleTarget,
  type Scope,
  type Target,
} from '../model/index.ts'

/** A schedule that is paused fires nothing by itself, so it may stay routed for what is fired by hand. */
export function routeSchedule({ metadata, spec }: ResourceOf<'Schedule'>): {
  readonly rule: RoutedRule
  readonly isOn: boolean
} {
  const rule: RoutedRule = {
    key: metadata.uid,
    name: `${spec.group}/${spec.name}`,
    arn: scheduleArn(spec, spec.group, spec.name),
    busKey: scheduleBusKey(spec, metadata.uid),
    targets: [targetOf(spec.target)],
  }
  return { rule, isOn: true }
}

/** The bus of a schedule's firings, by its uid. */
export function scheduleBusKey({ account, region }: Scope, uid: string): string {
  return formatBusKey({ account, region, name: `$schedules/${uid.slice(-2)}` })
}

/** The input for a bus is the detail of the firing, which goes there as it is. */
function targetOf(target: ScheduleTarget): Target {
  const { address, roleArn, input, retry, deadLetterArn, messageGroupId, busEvent, parameters } =
    target
  return {
    id: 'target',
    address,
    roleArn,
    ...(input === undefined || busEvent !== undefined
      ? {}
      : { input: { kind: 'firing', text: input } }),
    ...(retry === undefined ? {} : { retry }),
    ...(deadLetterArn === undefined ? {} : { deadLetterArn }),
    ...(messageGroupId === undefined ? {} : { messageGroupId }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}
