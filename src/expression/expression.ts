// Schedule expressions as text: `rate(5 minutes)`, `cron(0 2 * * ? *)`, `at(2026-12-24T18:00:00)`. Rules take the first
// two, EventBridge Scheduler all three; nothing may stand before or behind.

import { type Cron, parseCron } from './cron.ts'
import { EXPRESSION_LENGTH_MAX } from './limits.ts'

export type Expression = Rate | Cron | At

export interface Rate {
  readonly kind: 'rate'
  readonly value: number
  readonly unit: 'minute' | 'hour' | 'day'
}

export interface At {
  readonly kind: 'at'
  /** Local time in milliseconds, as if it were UTC. */
  readonly localMs: number
}

/** What a rule may have for a schedule, or undefined. */
export function parseRuleExpression(text: string): Rate | Cron | undefined {
  if (text.length > EXPRESSION_LENGTH_MAX) return undefined
  const rate = parseRate(text)
  // Rules take the singular for one, and only for one.
  if (rate !== undefined) return (rate.value === 1) === text.endsWith('s)') ? undefined : rate
  return parseCronText(text)
}

/** What a schedule of EventBridge Scheduler may have, or undefined. */
export function parseScheduleExpression(text: string): Expression | undefined {
  if (text.length > EXPRESSION_LENGTH_MAX) return undefined
  return parseRate(text) ?? parseAt(text) ?? parseCronText(text)
}

function parseRate(text: string): Rate | undefined {
  const match = /^rate\(([1-9]\d{0,9}) (minute|hour|day)s?\)$/.exec(text)
  if (match === null) return undefined
  return { kind: 'rate', value: Number(match[1]), unit: match[2] as Rate['unit'] }
}

function parseCronText(text: string): Cron | undefined {
  const match = /^cron\(([^()]*)\)$/.exec(text)
  return match === null ? undefined : parseCron(match[1]!)
}

function parseAt(text: string): At | undefined {
  const match = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text)
  if (match === null) return undefined
  const localMs = Date.parse(`${match[1]}Z`)
  // The 30th of February reads as a day of March.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 19) !== match[1]) {
    return undefined
  }
  return { kind: 'at', localMs }
}
