// `signalbox dlq`: deliveries that were given up, and dead-letter queues. They are shown, tried again or kept no longer;
// the work is an operation of the server's, so that the pace can be set and it goes on when nobody watches.

import type { Client, DeadDeliveryView, OperationWish, QueueMessageView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { DEAD_RATE_MAX } from './limits.ts'
import { followOperation } from './operations.ts'
import { escapeControls } from './style.ts'
import { UsageError } from './usage-error.ts'

export interface DlqOptions {
  readonly bus?: string
  readonly rule?: string
  readonly target?: string
  readonly error?: string
  readonly queue?: string
  readonly to?: string
  readonly rate?: string
  readonly dryRun?: boolean
  readonly detach?: boolean
  readonly yes?: boolean
}

export function runDlqLs(context: CommandContext, options: DlqOptions): Promise<number> {
  const { queue, bus, rule, target, error } = options
  if (queue !== undefined) {
    if ([bus, rule, target, error].some((one) => one !== undefined))
      throw new UsageError(
        '`--queue` shows all messages of a queue; the other options are not for it',
      )
    return listMessages(context, queue)
  }
  return withClient(context, async (client) => {
    for await (const dead of allDead(context, client, options)) {
      if (context.form === 'json') await printJson(context, dead)
      else await printLine(context, format(context, dead))
    }
  })
}

/** Nobody receives a message by this: what is counted, and who gets it next, stays. */
function listMessages(context: CommandContext, queue: string): Promise<number> {
  return withClient(context, async (client) => {
    let after: string | undefined
    do {
      const page = await client.queueMessages(queue, { after }, context.io.signal)
      for (const message of page.items) {
        if (context.form === 'json') await printJson(context, message)
        else await printLine(context, formatMessage(context, message))
      }
      after = page.after
    } while (after !== undefined)
  })
}

function formatMessage({ paint }: CommandContext, message: QueueMessageView): string {
  const { sentAt, id, state, receiveCount, body, place } = message
  const start = body.length > BODY_SHOWN ? `${body.slice(0, BODY_SHOWN)}…` : body
  return [
    new Date(sentAt).toISOString(),
    paint('bold', escapeControls(id)),
    state,
    `received ${receiveCount} times`,
    escapeControls(start),
    paint('dim', place),
  ].join('  ')
}

/** The delivery with its event, or a message of a queue, as JSON in either form. */
export function runDlqPeek(
  context: CommandContext,
  id: string,
  { queue }: Pick<DlqOptions, 'queue'> = {},
): Promise<number> {
  return withClient(context, async (client) => {
    const dead =
      queue === undefined
        ? await client.getDead(id, context.io.signal)
        : await client.queueMessage(queue, id, context.io.signal)
    if (context.form === 'json') await printJson(context, dead)
    else await printLine(context, JSON.stringify(dead, undefined, 2))
  })
}

export function runDlqChange(
  context: CommandContext,
  action: 'redrive' | 'purge',
  options: DlqOptions,
): Promise<number> {
  const { dryRun = false, yes = false, detach = false, rate, queue } = options
  const { bus, rule, target, error, to } = options
  if (action === 'purge' && !dryRun && !yes)
    throw new UsageError('`purge` forgets dead deliveries for good; pass `--yes` to mean it')
  checkRate(rate)
  const over = queue === undefined ? 'deliveries' : 'queue'
  const wish: OperationWish = { action, over, rate, bus, rule, target, error, queue, to }
  return withClient(context, (client) => {
    if (dryRun) return preview(context, client, wish)
    return change(context, client, { wish, isDetached: detach })
  })
}

async function preview(
  context: CommandContext,
  client: Client,
  wish: OperationWish,
): Promise<number> {
  const matching = await client.previewOperation(wish, context.io.signal)
  if (context.form === 'json') await printJson(context, { matching })
  else await printLine(context, `${matching} ${THINGS[wish.over]} match; nothing was done`)
  return EXIT_CODES.ok
}

async function change(
  context: CommandContext,
  client: Client,
  { wish, isDetached }: { readonly wish: OperationWish; readonly isDetached: boolean },
): Promise<number> {
  const { io } = context
  const begun = await client.startOperation(wish, io.signal)
  if (isDetached) {
    if (context.form === 'json') await printJson(context, begun)
    else await printLine(context, begun.id)
    return EXIT_CODES.ok
  }
  let ended = await followOperation(context, client, begun.id)
  // Ctrl-C ends it: whoever wants it to go on without them says so before.
  if (ended.endedAt === undefined) ended = await client.cancelOperation(begun.id)
  const { seen, changed, state, reason } = ended
  if (context.form === 'json')
    await printJson(context, { seen, changed, cancelled: state === 'CANCELLED' })
  else await printLine(context, `${changed} of ${seen} ${THINGS[wish.over]} ${pastOf(wish)}`)
  if (state === 'CANCELLED') say(context, 'it was stopped; run it again to go on')
  if (reason !== undefined) say(context, escapeControls(reason))
  return state === 'FAILED' ? EXIT_CODES.failed : EXIT_CODES.ok
}

const BODY_SHOWN = 100

const THINGS = { deliveries: 'dead deliveries', queue: 'messages' } as const

function pastOf({ action, over }: OperationWish): string {
  if (action === 'purge') return 'are forgotten'
  return over === 'queue' ? 'are moved back' : 'are tried again'
}

async function* allDead(
  { io }: CommandContext,
  client: Client,
  { bus, rule, target, error }: DlqOptions,
): AsyncGenerator<DeadDeliveryView> {
  let after: string | undefined
  do {
    const page = await client.listDead({ bus, rule, after, signal: io.signal })
    for (const dead of page.items) {
      const isWanted = dead.targetId === (target ?? dead.targetId)
      if (isWanted && dead.errorCode === (error ?? dead.errorCode)) yield dead
    }
    after = page.after
  } while (after !== undefined)
}

function checkRate(text: string | undefined): void {
  if (text === undefined) return
  const rate = Number(text)
  if (Number.isInteger(rate) && rate >= 1 && rate <= DEAD_RATE_MAX) return
  throw new UsageError(
    `expected \`--rate\` to be deliveries a second, 1 to ${DEAD_RATE_MAX}, got \`${text}\``,
  )
}

function format({ paint }: CommandContext, dead: DeadDeliveryView): string {
  const { id, ruleName, targetId, eventId, attempts, lastAttemptAt, errorCode, errorMessage } = dead
  return [
    new Date(lastAttemptAt).toISOString(),
    paint('bold', escapeControls(`${ruleName}/${targetId}`)),
    escapeControls(eventId),
    `${attempts} attempts`,
    paint('red', escapeControls(errorCode)),
    escapeControls(errorMessage),
    paint('dim', escapeControls(id)),
  ].join('  ')
}
