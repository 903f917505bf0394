// `signalbox endpoint`: which of its two buses a global endpoint sends to. Nothing here watches a region; whoever
// does says so with these commands.

import { type EndpointView } from '../client/index.ts'
import { type CommandContext, openClient, printJson, printLine } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { escapeControls } from './style.ts'

export async function runEndpointList(context: CommandContext): Promise<number> {
  const client = openClient(context)
  try {
    const endpoints = await client.listEndpoints(context.io.signal)
    if (context.form === 'json') await printJson(context, endpoints)
    else for (const endpoint of endpoints) await printLine(context, format(endpoint))
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

export async function runEndpointHealth(
  context: CommandContext,
  endpoint: string,
  health: 'healthy' | 'unhealthy',
): Promise<number> {
  const client = openClient(context)
  try {
    const changed = await client.setEndpointHealth({ endpoint, health, signal: context.io.signal })
    if (context.form === 'json') await printJson(context, changed)
    else await printLine(context, format(changed))
    return EXIT_CODES.ok
  } finally {
    client.close()
  }
}

function format({
  name,
  id,
  account,
  activeRegion,
  isFailedOver,
  isReplicated,
}: EndpointView): string {
  return [
    escapeControls(name),
    id,
    account,
    `sends to ${activeRegion}${isFailedOver ? ' (failed over)' : ''}`,
    isReplicated ? 'replicated' : 'not replicated',
  ].join('  ')
}
