// `signalbox operations`: bulk work that runs in the server, looked at, waited for and ended.

import { wait } from '../base/index.ts'
import type { Client, OperationView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { OPERATION_WATCH_MS } from './limits.ts'
import { escapeControls } from './style.ts'

export function runOperationsLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    for (const operation of await client.listOperations(context.io.signal))
      await show(context, operation)
  })
}

export function runOperationsShow(context: CommandContext, id: string): Promise<number> {
  return withClient(context, async (client) => {
    await show(context, await client.getOperation(id, context.io.signal))
  })
}

/** Until it has ended; one that did not complete is a failure. */
export function runOperationsWatch(context: CommandContext, id: string): Promise<number> {
  return withClient(context, async (client) => {
    const operation = await followOperation(context, client, id)
    if (operation.endedAt === undefined) {
      say(context, 'the operation goes on; `signalbox operations cancel` ends it')
      return EXIT_CODES.ok
    }
    await show(context, operation)
    return operation.state === 'COMPLETED' ? EXIT_CODES.ok : EXIT_CODES.failed
  })
}

export function runOperationsCancel(context: CommandContext, id: string): Promise<number> {
  return withClient(context, async (client) => {
    await show(context, await client.cancelOperation(id, context.io.signal))
  })
}

/** Shows the progress until it has ended, or until the command is stopped. */
export async function followOperation(
  { io }: CommandContext,
  client: Client,
  id: string,
): Promise<OperationView> {
  for (;;) {
    const operation = await client.getOperation(id)
    const { action, changed, total, endedAt } = operation
    if (io.stderr.isTty)
      void io.stderr.write(
        endedAt === undefined ? `\r\u001b[K${action}: ${changed} of ${total}` : '\r\u001b[K',
      )
    if (endedAt !== undefined || io.signal.aborted) return operation
    await wait(io.clock, OPERATION_WATCH_MS, io.signal)
  }
}

async function show(context: CommandContext, operation: OperationView): Promise<void> {
  if (context.form === 'json') return printJson(context, operation)
  const { id, action, over, filter, state, seen, changed, total, who, startedAt, reason } =
    operation
  const chosen = Object.entries(filter).map(([name, value]) => `${name}=${value}`)
  const colour = state === 'COMPLETED' ? 'green' : state === 'FAILED' ? 'red' : 'yellow'
  return printLine(
    context,
    [
      context.paint('bold', id),
      new Date(startedAt).toISOString(),
      escapeControls([action, over, ...chosen].join(' ')),
      context.paint(colour, state),
      `${changed} done, ${seen} of ${total} seen`,
      escapeControls(who ?? '-'),
      ...(reason === undefined ? [] : [escapeControls(reason)]),
    ].join('  '),
  )
}
