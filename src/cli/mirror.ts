// `signalbox connect mirror` and `connect rollback`: a topic copied into another for as long as the command runs, or in the
// server.

import type { MirrorWish } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'

export interface MirrorOptions extends Pick<MirrorWish, 'name' | 'path' | 'template' | 'paths'> {
  readonly untilEnd?: boolean
  readonly detach?: boolean
}

/** A line for each step; ends by itself only where it is to. */
export function runConnectMirror(
  context: CommandContext,
  from: string,
  to: string,
  { untilEnd, detach, ...options }: MirrorOptions,
): Promise<number> {
  return withClient(context, async (client) => {
    const wish = { ...options, from, to, ...(untilEnd === true ? { untilEnd: '1' as const } : {}) }
    if (detach === true) {
      const begun = await client.startMirror(wish, context.io.signal)
      if (context.form === 'json') return printJson(context, begun)
      await printLine(context, begun.id)
      say(context, '`signalbox operations` shows and cancels it')
      return
    }
    let last = ''
    for await (const step of client.mirror(wish, context.io.signal)) {
      const text = `${step.copied} copied, ${step.behind} behind`
      if (context.form === 'json') await printJson(context, step)
      else if (text !== last) await printLine(context, text)
      last = text
    }
  })
}

export function runConnectRollback(
  context: CommandContext,
  from: string,
  options: { readonly name: string; readonly to: string },
): Promise<number> {
  return withClient(context, async (client) => {
    const moved = await client.rollBack({ ...options, from }, context.io.signal)
    if (context.form === 'json') return printJson(context, moved)
    for (const { partition, before, after } of moved)
      await printLine(context, `partition ${partition}: ${before ?? 'nothing read'} → ${after}`)
    say(context, 'the mirror goes on there')
  })
}
