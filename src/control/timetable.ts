// Everything that fires by the clock, rules and schedules alike, for people: what there is and when it fires next;
// fired by hand, paused and resumed.

import { AppError } from '../base/index.ts'
import {
  describeExpression,
  nextOccurrences,
  parseRuleExpression,
  parseScheduleExpression,
} from '../expression/index.ts'
import type { ScheduleClock } from '../schedule/index.ts'
import type { Rules } from './rules.ts'
import type { Kept, ScheduleKeeper } from './schedule-keeper.ts'
import type { Schedules } from './schedules.ts'

export interface TimetableEntry {
  readonly arn: string
  readonly kind: 'rule' | 'schedule'
  /** A rule's name, or `group/name`. */
  readonly name: string
  readonly account: string
  readonly region: string
  readonly state: 'ENABLED' | 'DISABLED'
  readonly expression: string
  readonly timezone: string
  /** The expression in English. */
  readonly meaning: string
  /** When it fires next, wall milliseconds; absent when it is paused or has no occurrence left. */
  readonly nextAt?: number
}

export interface Timetable {
  /** In order of ARN, after one where that is given. */
  list(page: TimetablePage): Promise<readonly TimetableEntry[]>
  /** The next occurrences of one, also of one that is paused. */
  next(name: string, count: number): Promise<readonly number[]>
  /** Fires one now, beside its occurrences; answers the event's id once it is durable. */
  trigger(name: string): Promise<string>
  setState(name: string, state: TimetableEntry['state']): Promise<TimetableEntry>
}

export interface TimetablePage {
  readonly limit: number
  readonly after?: string | undefined
}

export interface TimetableOptions {
  readonly keeper: ScheduleKeeper
  readonly schedules: ScheduleClock
  readonly uses: { readonly rules: Rules; readonly schedules: Schedules }
  readonly now: () => number
}

export function createTimetable(options: TimetableOptions): Timetable {
  const { keeper, schedules, now } = options
  return {
    async list({ limit, after = '' }) {
      await keeper.settled()
      return Array.from(keeper.all())
        .filter(({ plan }) => plan.arn > after)
        .sort((a, b) => (a.plan.arn < b.plan.arn ? -1 : 1))
        .slice(0, limit)
        .map((kept) => entryOf(kept, schedules))
    },
    async next(name, count) {
      const { plan } = await find(keeper, name)
      return nextOccurrences(plan.timeline, Math.max(now(), plan.sinceMs - 1), count)
    },
    async trigger(name) {
      const kept = await find(keeper, name)
      if (kept.resource.kind === 'Rule' && !kept.isOn) {
        throw new AppError(
          'RESOURCE_INVALID',
          `expected rule \`${name}\` to be enabled, since a disabled one sends nothing; resume it first`,
        )
      }
      return schedules.trigger(kept.plan)
    },
    async setState(name, state) {
      const { plan, resource } = await find(keeper, name)
      if (resource.kind === 'Rule') {
        await options.uses.rules.setState(resource.spec, { rule: resource.spec.name }, state)
      } else await options.uses.schedules.setState(resource.spec, resource.spec, state)
      await keeper.settled()
      return entryOf(keeper.find(plan.key) ?? { plan, resource, isOn: false }, schedules)
    },
  }
}

/** By ARN, by a rule's name, or by `group/name` of a schedule, whose group may be left out where it is `default`. */
async function find(keeper: ScheduleKeeper, name: string): Promise<Kept> {
  await keeper.settled()
  const found = Array.from(keeper.all()).filter((kept) => isNamed(kept, name))
  if (found.length === 1) return found[0]!
  if (found.length === 0) {
    throw new AppError(
      'RESOURCE_NOT_FOUND',
      `no schedule and no rule with one is named \`${name}\``,
    )
  }
  const arns = found.map(({ plan }) => `\`${plan.arn}\``).join(', ')
  throw new AppError(
    'RESOURCE_CONFLICT',
    `\`${name}\` names more than one; expected one of ${arns}`,
  )
}

function isNamed({ plan, resource }: Kept, name: string): boolean {
  if (plan.arn === name) return true
  if (resource.kind === 'Rule') return resource.spec.name === name
  const { group, name: own } = resource.spec
  return name === `${group}/${own}` || (group === 'default' && name === own)
}

function entryOf({ plan, isOn, resource }: Kept, schedules: ScheduleClock): TimetableEntry {
  const { arn, kind, account, region } = plan
  const nextAt = schedules.nextFireTime(plan.key)
  return {
    arn,
    kind,
    account,
    region,
    state: isOn ? 'ENABLED' : 'DISABLED',
    ...textsOf(resource),
    ...(nextAt === undefined ? {} : { nextAt }),
  }
}

function textsOf(
  resource: Kept['resource'],
): Pick<TimetableEntry, 'name' | 'expression' | 'timezone' | 'meaning'> {
  if (resource.kind === 'Rule') {
    const { name, schedule = '' } = resource.spec
    const parsed = parseRuleExpression(schedule)
    const meaning = parsed === undefined ? '' : describeExpression(parsed)
    return { name, expression: schedule, timezone: 'UTC', meaning }
  }
  const { group, name, expression, timezone = 'UTC' } = resource.spec
  const parsed = parseScheduleExpression(expression)
  const meaning = parsed === undefined ? '' : describeExpression(parsed, timezone)
  return { name: `${group}/${name}`, expression, timezone, meaning }
}
