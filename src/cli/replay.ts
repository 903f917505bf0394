// `signalbox replay`: beginning a replay, watching it, cancelling it; and `signalbox reset`.

import { AppError, wait } from '../base/index.ts'
import type { Client, ReplayView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { REPLAY_WATCH_MS } from './limits.ts'
import { escapeControls } from './style.ts'
import { parseTimeFlag } from './time-flag.ts'
import { UsageError } from './usage-error.ts'

export interface ReplayStartOptions {
  readonly name?: string
  readonly from?: string
  readonly to?: string
  readonly bus?: string
  readonly rule?: readonly string[]
  readonly rate?: string
  readonly watch?: boolean
}

export function runReplayLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    for (const replay of await client.replays(undefined, context.io.signal)) {
      await show(context, replay)
    }
  })
}

export function runReplayStart(
  context: CommandContext,
  archive: string,
  options: ReplayStartOptions,
): Promise<number> {
  const { name, bus, rule = [], rate } = options
  if (rate !== undefined && !/^[1-9]\d{0,6}$/.test(rate)) {
    throw new UsageError(`expected \`--rate\` to be events a second, got \`${rate}\``)
  }
  const now = context.io.clock.now()
  const request = {
    archive,
    name,
    bus,
    rate,
    from: parseTimeFlag('--from', options.from, now),
    to: parseTimeFlag('--to', options.to, now),
    rules: rule.length === 0 ? undefined : rule.join(','),
  }
  return withClient(context, async (client) => {
    const replay = await client.startReplay(request, context.io.signal)
    if (options.watch === true) return watch(context, client, replay.arn)
    await show(context, replay)
    return EXIT_CODES.ok
  })
}

export function runReplayWatch(context: CommandContext, replay: string): Promise<number> {
  return withClient(context, (client) => watch(context, client, replay))
}

export function runReplayCancel(context: CommandContext, replay: string): Promise<number> {
  return withClient(context, async (client) => {
    await show(context, await client.cancelReplay(replay, context.io.signal))
  })
}

export function runReset(
  context: CommandContext,
  { yes }: { readonly yes?: boolean },
): Promise<number> {
  if (yes !== true) {
    throw new UsageError('`reset` takes everything the server holds; pass `--yes` to mean it')
  }
  return withClient(context, async (client) => {
    await client.reset(context.io.signal)
    if (context.form === 'json') await printJson(context, { emptied: true })
    else await printLine(context, 'the server is empty')
  })
}

/** Shows the progress until the replay has ended; a replay that did not complete is a failure. */
async function watch(context: CommandContext, client: Client, replay: string): Promise<number> {
  const { io } = context
  for (;;) {
    const [view] = await client.replays(replay, io.signal)
    if (view === undefined) {
      throw new AppError('RESOURCE_NOT_FOUND', `replay \`${replay}\` does not exist`)
    }
    if (view.endedAt !== undefined) {
      if (io.stderr.isTty) void io.stderr.write('\r\u001b[K')
      await show(context, view)
      return view.state === 'COMPLETED' ? EXIT_CODES.ok : EXIT_CODES.failed
    }
    if (io.stderr.isTty) void io.stderr.write(`\r\u001b[K${formatProgress(view)}`)
    await wait(io.clock, REPLAY_WATCH_MS, io.signal)
    if (io.signal.aborted) {
      say(context, 'the replay goes on; `signalbox replay cancel` ends it')
      return EXIT_CODES.ok
    }
  }
}

const BAR_WIDTH = 24

function formatProgress({ name, progress, events }: ReplayView): string {
  const filled = Math.round(progress * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  return `${escapeControls(name)}  ${bar}  ${Math.floor(progress * 100)} %  ${events} events`
}

async function show(context: CommandContext, replay: ReplayView): Promise<void> {
  if (context.form === 'json') return printJson(context, replay)
  const { name, archive, bus, state, events, reason, rules } = replay
  const colour = state === 'COMPLETED' ? 'green' : state === 'FAILED' ? 'red' : 'yellow'
  return printLine(
    context,
    [
      context.paint('bold', escapeControls(name)),
      context.paint(colour, state),
      `${escapeControls(archive)} → ${escapeControls(rules?.join(', ') ?? bus)}`,
      `${events} events`,
      ...(reason === undefined ? [] : [escapeControls(reason)]),
    ].join('  '),
  )
}
