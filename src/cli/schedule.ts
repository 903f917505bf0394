// `signalbox schedule`: what fires by the clock. `next` of an expression is worked out here, without a server.

import { AppError, formatSeconds } from '../base/index.ts'
import { type Client, type ScheduleView } from '../client/index.ts'
import {
  createTimeline,
  describeExpression,
  findTimeZone,
  nextOccurrences,
  parseScheduleExpression,
} from '../expression/index.ts'
import { type CommandContext, openClient, printJson, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { PREVIEW_COUNT_DEFAULT, PREVIEW_COUNT_MAX } from './limits.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface ScheduleNextOptions {
  readonly timezone?: string
  readonly count?: string
}

/** Every rule and schedule that fires, the one that does so first at the top. */
export async function runScheduleList(context: CommandContext): Promise<number> {
  const items = await withClient(context, (client) => client.listSchedules(context.io.signal))
  if (context.form === 'json') {
    await printJson(context, { schedules: items.map(viewOf) })
    return EXIT_CODES.ok
  }
  const sorted = items.toSorted((a, b) => (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity))
  for (const item of sorted) await printLine(context, lineOf(context, item))
  if (items.length === 0) say(context, 'no rule and no schedule fires by the clock')
  return EXIT_CODES.ok
}

/** When an expression, or a schedule of the server, occurs next. */
export async function runScheduleNext(
  context: CommandContext,
  options: ScheduleNextOptions,
  text: string,
): Promise<number> {
  const count = parseCount(options.count)
  const preview = isExpression(text)
    ? previewOf(text, options.timezone ?? 'UTC', { now: context.io.clock.now(), count })
    : await previewFrom(context, text, { timezone: options.timezone, count })
  if (context.form === 'json') {
    await printJson(context, { ...preview, occurrences: preview.occurrences.map(formatSeconds) })
    return EXIT_CODES.ok
  }
  if (context.io.stdout.isTty) say(context, context.paintError('dim', preview.meaning))
  for (const at of preview.occurrences) {
    await printLine(context, formatLocal(at, preview.timezone))
  }
  if (preview.occurrences.length === 0) say(context, 'it occurs no more')
  return EXIT_CODES.ok
}

/** Fires one now, beside its occurrences. */
export async function runScheduleTrigger(context: CommandContext, name: string): Promise<number> {
  const eventId = await withClient(context, (client) => {
    return client.triggerSchedule(name, context.io.signal)
  })
  if (context.form === 'json') await printJson(context, { schedule: name, eventId })
  else await printLine(context, eventId)
  return EXIT_CODES.ok
}

export async function runScheduleState(
  context: CommandContext,
  name: string,
  verb: 'pause' | 'resume',
): Promise<number> {
  const { signal } = context.io
  const item = await withClient(context, (client) =>
    verb === 'pause' ? client.pauseSchedule(name, signal) : client.resumeSchedule(name, signal),
  )
  if (context.form === 'json') await printJson(context, viewOf(item))
  else await printLine(context, lineOf(context, item))
  return EXIT_CODES.ok
}

async function withClient<T>(
  context: CommandContext,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = openClient(context)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

interface Preview {
  readonly expression: string
  readonly timezone: string
  readonly meaning: string
  readonly occurrences: readonly number[]
}

function isExpression(text: string): boolean {
  return /^\s*(?:rate|cron|at)\s*\(/i.test(text)
}

function previewOf(
  text: string,
  timezone: string,
  { now, count }: { readonly now: number; readonly count: number },
): Preview {
  const expression = parseScheduleExpression(text)
  if (expression === undefined) {
    throw new UsageError(
      `expected an expression like \`rate(5 minutes)\`, \`cron(0 2 * * ? *)\` or \`at(2026-12-24T18:00:00)\`, got \`${text}\``,
    )
  }
  const zone = findTimeZone(timezone)
  if (zone === undefined) {
    throw new UsageError(
      `expected \`--timezone\` to be an IANA name such as \`Europe/Berlin\`, got \`${timezone}\``,
    )
  }
  const anchorMs = Math.ceil(now / 1000) * 1000
  return {
    expression: text,
    timezone,
    meaning: describeExpression(expression, timezone),
    occurrences: nextOccurrences(createTimeline({ expression, zone, anchorMs }), now, count),
  }
}

async function previewFrom(
  context: CommandContext,
  name: string,
  { timezone, count }: { readonly timezone: string | undefined; readonly count: number },
): Promise<Preview> {
  if (timezone !== undefined) {
    throw new UsageError('`--timezone` is for an expression; a schedule has its own')
  }
  const { signal } = context.io
  return withClient(context, async (client) => {
    const occurrences = await client.nextOccurrences(name, count, signal)
    for (const item of await client.listSchedules(signal)) {
      if (!isNamed(item, name)) continue
      const { expression, timezone: zone, meaning } = item
      return { expression, timezone: zone, meaning, occurrences }
    }
    throw new AppError('RESOURCE_NOT_FOUND', `schedule \`${name}\` is there no more`)
  })
}

function isNamed({ arn, name }: ScheduleView, asked: string): boolean {
  return arn === asked || name === asked || name === `default/${asked}`
}

function parseCount(text: string | undefined): number {
  if (text === undefined) return PREVIEW_COUNT_DEFAULT
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= PREVIEW_COUNT_MAX) return count
  throw new UsageError(
    `expected \`--count\` to be an integer from 1 to ${PREVIEW_COUNT_MAX}, got \`${text}\``,
  )
}

function lineOf({ paint }: CommandContext, item: ScheduleView): string {
  const { kind, name, meaning, state, nextAt, timezone } = item
  const next =
    state === 'DISABLED'
      ? paint('yellow', 'paused')
      : nextAt === undefined
        ? paint('dim', 'over')
        : `next ${formatLocal(nextAt, timezone)}`
  const words = [kind.padEnd(8), paint('bold', escapeControls(name)), meaning, next]
  return words.join('  ')
}

/** With times as programs and people read them. */
function viewOf({ nextAt, ...item }: ScheduleView): object {
  return { ...item, ...(nextAt === undefined ? {} : { nextAt: formatSeconds(nextAt) }) }
}

/** As clocks there show it, and how far they are from UTC: `2026-03-29 03:00:00 +02:00`. */
function formatLocal(at: number, timezone: string): string {
  const offsetMs = findTimeZone(timezone)?.offsetAt(at) ?? 0
  const shown = new Date(at + offsetMs).toISOString().slice(0, 19).replace('T', ' ')
  const minutes = Math.abs(offsetMs) / 60_000
  const parts = [Math.floor(minutes / 60), minutes % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${shown} ${offsetMs < 0 ? '-' : '+'}${parts.join(':')}`
}
