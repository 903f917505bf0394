// `signalbox dlq`: deliveries that were given up. They are shown, tried again, or kept no longer, some at a time, so
// that the pace can be set and Ctrl-C stops it; what was done up to then stays done.

import { wait } from '../base/index.ts'
import type { Client, DeadDeliveryView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { DEAD_BATCH, DEAD_RATE_MAX } from './limits.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface DlqOptions {
  readonly bus?: string
  readonly rule?: string
  readonly rate?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export function runDlqLs(context: CommandContext, { bus, rule }: DlqOptions): Promise<number> {
  return withClient(context, async (client) => {
    for await (const dead of allDead(context, client, { bus, rule })) {
      if (context.form === 'json') await printJson(context, dead)
      else await printLine(context, format(context, dead))
    }
  })
}

export function runDlqChange(
  context: CommandContext,
  verb: 'redrive' | 'purge',
  options: DlqOptions,
): Promise<number> {
  const { bus, rule, dryRun = false, yes = false } = options
  if (verb === 'purge' && !dryRun && !yes)
    throw new UsageError('`purge` forgets dead deliveries for good; pass `--yes` to mean it')
  const rate = parseRate(options.rate)
  return withClient(context, async (client) => {
    if (dryRun) return preview(context, client, { bus, rule })
    return change(context, client, { verb, bus, rule, rate })
  })
}

interface Filter {
  readonly bus: string | undefined
  readonly rule: string | undefined
}

async function preview(context: CommandContext, client: Client, filter: Filter): Promise<number> {
  let count = 0
  for await (const _ of allDead(context, client, filter)) count += 1
  if (context.form === 'json') await printJson(context, { matching: count })
  else await printLine(context, `${count} dead deliveries match; nothing was done`)
  return EXIT_CODES.ok
}

interface Change extends Filter {
  readonly verb: 'redrive' | 'purge'
  /** Deliveries a second. */
  readonly rate: number | undefined
}

async function change(
  context: CommandContext,
  client: Client,
  { verb, bus, rule, rate }: Change,
): Promise<number> {
  const { io } = context
  const limit = Math.min(rate ?? DEAD_BATCH, DEAD_BATCH)
  let [seen, changed] = [0, 0]
  let after: string | undefined
  do {
    const done = await client.changeDead(verb, { bus, rule, limit, after })
    seen += done.seen
    changed += done.changed
    after = done.after
    if (io.stderr.isTty) void io.stderr.write(`\r\u001b[K${verb}: ${changed} of ${seen}`)
    if (after !== undefined && rate !== undefined)
      await wait(io.clock, (1000 * limit) / rate, io.signal)
  } while (after !== undefined && !io.signal.aborted)
  if (io.stderr.isTty) void io.stderr.write('\r\u001b[K')
  const isCancelled = after !== undefined
  if (context.form === 'json') await printJson(context, { seen, changed, cancelled: isCancelled })
  else await printLine(context, `${changed} of ${seen} dead deliveries ${PAST[verb]}`)
  if (isCancelled) say(context, 'it was stopped; run it again to go on')
  return EXIT_CODES.ok
}

const PAST = { redrive: 'are tried again', purge: 'are forgotten' } as const

async function* allDead(
  { io }: CommandContext,
  client: Client,
  filter: Filter,
): AsyncGenerator<DeadDeliveryView> {
  let after: string | undefined
  do {
    const page = await client.listDead({ ...filter, after, signal: io.signal })
    yield* page.items
    after = page.after
  } while (after !== undefined)
}

function parseRate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rate = Number(text)
  if (Number.isInteger(rate) && rate >= 1 && rate <= DEAD_RATE_MAX) return rate
  throw new UsageError(
    `expected \`--rate\` to be deliveries a second, 1 to ${DEAD_RATE_MAX}, got \`${text}\``,
  )
}

function format({ paint }: CommandContext, dead: DeadDeliveryView): string {
  const { ruleName, targetId, eventId, attempts, lastAttemptAt, errorCode, errorMessage } = dead
  return [
    new Date(lastAttemptAt).toISOString(),
    paint('bold', escapeControls(`${ruleName}/${targetId}`)),
    escapeControls(eventId),
    `${attempts} attempts`,
    paint('red', escapeControls(errorCode)),
    escapeControls(errorMessage),
  ].join('  ')
}
