// The occurrences of a schedule: instants, ascending, each named by the expression in its time zone.
//
// Daylight saving time, as EventBridge Scheduler has it: a local time that clocks skip is no occurrence of a cron
// expression, one that they show twice is a single one, the first. A rate counts elapsed time and knows no
// clock. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
//
// Invariant: `next(t)` depends on `t` alone and is later than `t`.

import { assertNever } from '../base/index.ts'
import type { At, Expression, Rate } from './expression.ts'
import { nextLocalTime } from './cron-next.ts'
import type { Cron } from './cron.ts'
import { type TimeZone, UTC } from './time-zone.ts'

export interface Timeline {
  /** The first occurrence after an instant; undefined when there is none any more. */
  next(afterMs: number): number | undefined
}

export interface TimelineOptions {
  readonly expression: Expression
  /** UTC when absent. */
  readonly zone?: TimeZone | undefined
  /** Where a rate begins to count. */
  readonly anchorMs: number
  /** Whether the anchor is a rate's first occurrence, or its first is one period later. */
  readonly isAnchorIncluded?: boolean
  /** No occurrence is before this, nor after `endMs`; one-time schedules know neither. */
  readonly startMs?: number | undefined
  readonly endMs?: number | undefined
}

const UNIT_MS: Readonly<Record<Rate['unit'], number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** The last instant that a Date can show. */
const INSTANT_MAX = 8_640_000_000_000_000

export function createTimeline(options: TimelineOptions): Timeline {
  const { expression, zone = UTC } = options
  switch (expression.kind) {
    case 'rate':
      return bounded(rateTimeline(expression, options), options)
    case 'cron':
      return bounded(cronTimeline(expression, zone), options)
    case 'at':
      return atTimeline(expression, zone)
    default:
      return assertNever(expression)
  }
}

/** The next `count` occurrences after an instant. */
export function nextOccurrences(
  timeline: Timeline,
  afterMs: number,
  count: number,
): readonly number[] {
  const occurrences: number[] = []
  let at = timeline.next(afterMs)
  while (at !== undefined && occurrences.length < count) {
    occurrences.push(at)
    at = timeline.next(at)
  }
  return occurrences
}

function bounded(timeline: Timeline, { startMs, endMs }: TimelineOptions): Timeline {
  if (startMs === undefined && endMs === undefined) return timeline
  return {
    next(afterMs) {
      const at = timeline.next(startMs === undefined ? afterMs : Math.max(afterMs, startMs - 1))
      return at !== undefined && at <= (endMs ?? INSTANT_MAX) ? at : undefined
    },
  }
}

function rateTimeline({ value, unit }: Rate, options: TimelineOptions): Timeline {
  const periodMs = value * UNIT_MS[unit]
  const firstMs = options.anchorMs + (options.isAnchorIncluded === true ? 0 : periodMs)
  return {
    next(afterMs) {
      const periods = afterMs < firstMs ? 0 : Math.floor((afterMs - firstMs) / periodMs) + 1
      const at = firstMs + periods * periodMs
      return at <= INSTANT_MAX ? at : undefined
    },
  }
}

function cronTimeline(cron: Cron, zone: TimeZone): Timeline {
  return {
    next(afterMs) {
      let localMs = nextLocalTime(cron, afterMs + zone.offsetAt(afterMs))
      while (localMs !== undefined) {
        const at = zone.instantOf(localMs)
        // After clocks went back, they show again what has occurred already.
        if (at !== undefined && at > afterMs) return at
        localMs = nextLocalTime(cron, localMs + 1)
      }
      return undefined
    },
  }
}

function atTimeline({ localMs }: At, zone: TimeZone): Timeline {
  // A time that clocks skip comes as much later as they jump: better late than never for what happens once.
  const at = zone.instantOf(localMs) ?? localMs - zone.offsetAt(localMs - UNIT_MS.day)
  return { next: (afterMs) => (at > afterMs ? at : undefined) }
}
