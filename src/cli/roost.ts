// `signalbox roost`: how the roost keeper is, its dead letters, replays, and its circuit breaker closed by hand.

import type { RoostLetterFilter, RoostReplayWish } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { followOperation } from './operations.ts'
import { escapeControls } from './style.ts'

/** Fails when a keeper that runs is not healthy, so that scripts can wait for it. */
export function runRoostStatus(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const keeper = await client.roostKeeper(context.io.signal)
    const { status, breaker, pending, lag, deadLetters, reasons } = keeper
    const colour = status === 'healthy' ? 'green' : status === 'degraded' ? 'red' : 'yellow'
    const behind = Object.values(lag).reduce((sum, records) => sum + records, 0)
    if (context.form === 'json') await printJson(context, keeper)
    else {
      const parts = [
        context.paint(colour, status),
        `breaker ${breaker}`,
        `${pending} waiting`,
        `${behind} behind`,
        `${deadLetters.count} dead`,
      ]
      await printLine(context, parts.join('  '))
      for (const reason of reasons) await printLine(context, escapeControls(reason))
    }
    return status === 'degraded' ? EXIT_CODES.failed : EXIT_CODES.ok
  })
}

export function runRoostLetters(
  context: CommandContext,
  { type }: RoostLetterFilter,
): Promise<number> {
  return withClient(context, async (client) => {
    const letters = await client.roostLetters(type, context.io.signal)
    if (context.form === 'json') {
      await printJson(context, letters)
      return
    }
    for (const { id, failedAt, way, isHeld, type: of } of letters) {
      const at = new Date(failedAt).toISOString()
      const state = isHeld ? 'held' : 'tried again'
      await printLine(context, [at, way, escapeControls(of), state, id].join('  '))
    }
  })
}

export interface RoostRedriveOptions extends RoostLetterFilter {
  readonly rate?: string
  readonly detach?: boolean
}

export function runRoostRedrive(
  context: CommandContext,
  { detach, ...wish }: RoostRedriveOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const begun = await client.startRoostRedrive(wish, context.io.signal)
    if (detach === true) {
      if (context.form === 'json') await printJson(context, begun)
      else await printLine(context, begun.id)
      return EXIT_CODES.ok
    }
    let ended = await followOperation(context, client, begun.id)
    // Ctrl-C ends it: whoever wants it to go on without them says so before.
    if (ended.endedAt === undefined) ended = await client.cancelOperation(begun.id)
    const { seen, changed: redriven, state, reason } = ended
    const failed = seen - redriven
    const cancelled = state === 'CANCELLED'
    if (context.form === 'json') await printJson(context, { seen, redriven, failed, cancelled })
    else await printLine(context, `${redriven} of ${seen} redriven`)
    if (cancelled) say(context, 'it was stopped; run it again to go on')
    if (reason !== undefined) say(context, escapeControls(reason))
    return failed > 0 || state === 'FAILED' ? EXIT_CODES.failed : EXIT_CODES.ok
  })
}

export function runRoostPurge(
  context: CommandContext,
  { yes, ...filter }: RoostLetterFilter & { readonly yes?: boolean },
): Promise<number> {
  return withClient(context, async (client) => {
    if (yes !== true) {
      say(context, 'nothing was purged: say `--yes`')
      return EXIT_CODES.failed
    }
    const result = await client.purgeRoostLetters(filter, context.io.signal)
    if (context.form === 'json') await printJson(context, result)
    else await printLine(context, `${result.purged} purged`)
    return EXIT_CODES.ok
  })
}

export function runRoostReset(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const keeper = await client.resetRoostBreaker(context.io.signal)
    if (context.form === 'json') await printJson(context, keeper)
    else await printLine(context, `breaker ${keeper.breaker}`)
  })
}

export function runRoostReplay(context: CommandContext, wish: RoostReplayWish): Promise<number> {
  return withClient(context, async (client) => {
    const result = await client.replayRoostEvents(wish, context.io.signal)
    if (context.form === 'json') await printJson(context, result)
    else await printLine(context, `${result.replayed} of ${result.seen} replayed as ${result.id}`)
  })
}
