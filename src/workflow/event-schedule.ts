// Events that run by the clock: at each time of `schedule.cron` a workflow `NAME-<unix minute>` is made. Times that
// passed while nobody was here are one run, the last of them.

import { formatSeconds } from '../base/index.ts'
import { findTimeZone, parseUnixCron } from '../expression/index.ts'
import type { KubeObject } from '../objects/index.ts'
import { asText, type JsonObject, isObject } from './json-tree.ts'
import { CRON_ANNOTATION, ZONE_ANNOTATION } from './names.ts'
import { statusOf } from './status.ts'

export interface ScheduleLook {
  /** The time that is due, wall milliseconds. */
  readonly dueMs?: number
  /** Times that passed before it, and do not run. */
  readonly missed: number
  readonly nextMs?: number
  /** For `status.atProvider`. */
  readonly state: JsonObject
}

const MINUTE_MS = 60_000
const MISSED_MAX = 1000

/** What is wrong with the annotations; undefined when nothing is, or when there are none. */
export function scheduleFault(annotations: Readonly<Record<string, string>>): string | undefined {
  const { [CRON_ANNOTATION]: cron, [ZONE_ANNOTATION]: zone } = annotations
  if (cron === undefined) return undefined
  if (zone !== undefined && findTimeZone(zone) === undefined)
    return `annotation ${ZONE_ANNOTATION}: there is no time zone \`${zone}\`; use a name such as Europe/London`
  if (parseUnixCron(cron) === undefined)
    return `annotation ${CRON_ANNOTATION}: \`${cron}\` is no cron expression of five fields, such as \`0 18 * * *\``
  return undefined
}

export function isScheduled({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[CRON_ANNOTATION] !== undefined
}

/** Call it only where `scheduleFault` finds none. */
export function lookAtSchedule(event: KubeObject, now: number): ScheduleLook {
  const { [CRON_ANNOTATION]: cron, [ZONE_ANNOTATION]: zone } = event.metadata.annotations ?? {}
  const timeline = parseUnixCron(cron!, zone === undefined ? undefined : findTimeZone(zone))!
  const { atProvider } = statusOf(event)
  const before =
    isObject(atProvider) && isObject(atProvider['schedule']) ? atProvider['schedule'] : {}
  const isSame = before['cron'] === cron && before['timezone'] === zone
  const fromMs = isSame ? Date.parse(asText(before['since'])) : now
  let dueMs: number | undefined
  let passed = 0
  let nextMs = timeline.next(fromMs)
  while (nextMs !== undefined && nextMs <= now && passed < MISSED_MAX) {
    dueMs = nextMs
    passed += 1
    nextMs = timeline.next(nextMs)
  }
  // More than that were missed: only the future counts.
  if (passed === MISSED_MAX) nextMs = timeline.next(now)
  const since = dueMs ?? fromMs
  return {
    ...(dueMs === undefined ? {} : { dueMs }),
    missed: Math.max(0, passed - 1),
    ...(nextMs === undefined ? {} : { nextMs }),
    state: {
      schedule: {
        cron,
        ...(zone === undefined ? {} : { timezone: zone }),
        since: formatSeconds(since),
      },
      ...(nextMs === undefined ? {} : { nextScheduleTime: formatSeconds(nextMs) }),
    },
  }
}

export function scheduledName(event: string, dueMs: number): string {
  return `${event}-${Math.floor(dueMs / MINUTE_MS)}`
}

/** The minute in the name of a scheduled workflow; undefined when it is none of this Event. */
export function minuteOf(event: string, workflow: string): number | undefined {
  const rest = workflow.startsWith(`${event}-`) ? workflow.slice(event.length + 1) : ''
  return /^\d{6,10}$/.test(rest) ? Number(rest) : undefined
}
