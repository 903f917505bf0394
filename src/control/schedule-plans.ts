// What the clock is told of the resources that fire by it: rules with a schedule, in UTC, and schedules, each in its
// own time zone.

import { formatSeconds } from '../base/index.ts'
import { formatBusKey } from '../event/index.ts'
import {
  createTimeline,
  findTimeZone,
  parseRuleExpression,
  parseScheduleExpression,
} from '../expression/index.ts'
import { DEFAULT_BUS, type ResourceOf, ruleArn, scheduleArn } from '../model/index.ts'
import type { FiringContent, Plan } from '../schedule/index.ts'
import { fillFiringText } from '../transform/index.ts'
import { scheduleBusKey } from './schedule-route.ts'

/** Wall milliseconds since when a rule's schedule is as it is: it was made, changed or enabled then. */
export const SCHEDULED_SINCE_ANNOTATION = 'signalbox.dev/scheduled-since'

/** A one-time schedule made up to this long after its time still fires, milliseconds: AWS's precision. */
const ONE_TIME_GRACE_MS = 60_000

/** The plan of a rule, also of one that is disabled; undefined when it has no schedule. */
export function planOfRule({ metadata, spec }: ResourceOf<'Rule'>): Plan | undefined {
  const expression = spec.schedule === undefined ? undefined : parseRuleExpression(spec.schedule)
  if (expression === undefined) return undefined
  const since = metadata.annotations?.[SCHEDULED_SINCE_ANNOTATION]
  const sinceMs = since === undefined ? Date.parse(metadata.creationTimestamp) : Number(since)
  return {
    key: metadata.uid,
    kind: 'rule',
    arn: ruleArn(spec, spec.bus, spec.name),
    busKey: formatBusKey({ account: spec.account, region: spec.region, name: DEFAULT_BUS }),
    account: spec.account,
    region: spec.region,
    timeline: createTimeline({ expression, anchorMs: wholeSeconds(sinceMs) }),
    sinceMs,
    windowMs: 0,
    event: () => ({ source: 'aws.events', detailType: 'Scheduled Event', detail: '{}' }),
  }
}

/** The plan of a schedule, also of one that is paused: it may be fired by hand. */
export function planOfSchedule({ metadata, spec }: ResourceOf<'Schedule'>): Plan | undefined {
  const expression = parseScheduleExpression(spec.expression)
  const zone = findTimeZone(spec.timezone ?? 'UTC')
  if (expression === undefined || zone === undefined) return undefined
  return {
    key: metadata.uid,
    kind: 'schedule',
    arn: scheduleArn(spec, spec.group, spec.name),
    busKey: scheduleBusKey(spec, metadata.uid),
    account: spec.account,
    region: spec.region,
    timeline: createTimeline({
      expression,
      zone,
      anchorMs: wholeSeconds(spec.startMs ?? spec.anchorMs),
      isAnchorIncluded: true,
      startMs: spec.startMs,
      endMs: spec.endMs,
    }),
    sinceMs: expression.kind === 'at' ? spec.sinceMs - ONE_TIME_GRACE_MS : spec.sinceMs,
    windowMs: (spec.windowMinutes ?? 0) * 60_000,
    event: (firing) => contentOf(spec, firing),
  }
}

function contentOf(
  { target, group, name, account, region }: ResourceOf<'Schedule'>['spec'],
  firing: { readonly nominalMs: number; readonly eventId: string },
): FiringContent {
  // The notification of a target without an input, with its detail as AWS writes it.
  if (target.busEvent === undefined) {
    return { source: 'aws.scheduler', detailType: 'Scheduled Event', detail: '"{}"' }
  }
  const detail = fillFiringText(target.input ?? '{}', {
    scheduleArn: scheduleArn({ account, region }, group, name),
    scheduledTime: formatSeconds(firing.nominalMs),
    eventId: firing.eventId,
    attempt: 1,
  })
  return { ...target.busEvent, detail }
}

/** Occurrences are told in seconds: the first one that is not past. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000) * 1000
}
