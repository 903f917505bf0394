// `signalbox connect`: the brokers that there are, and what each source does; and whether all of them read.

import type { BrokerView, Client, SourceView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { escapeControls } from './style.ts'

const DEFAULT_BUS = 'default'

export function runConnectLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    const { brokers, sources } = await read(context, client)
    if (context.form === 'json') {
      await printJson(context, { brokers, sources })
      return
    }
    for (const broker of brokers) await printLine(context, formatBroker(context, broker))
    for (const source of sources) await printLine(context, formatSource(context, source))
  })
}

/** Fails when a source that should read does not, so that scripts can wait for it. */
export function runConnectTest(context: CommandContext, name: string | undefined): Promise<number> {
  return withClient(context, async (client) => {
    const { sources } = await read(context, client)
    const asked = sources.filter((source) => name === undefined || source.name === name)
    const isMissing = name !== undefined && asked.length === 0
    const bad = asked.filter(({ state }) => state !== 'connected' && state !== 'stopped')
    if (context.form === 'json') await printJson(context, asked)
    else for (const source of asked) await printLine(context, formatSource(context, source))
    if (isMissing) say(context, `there is no source \`${escapeControls(name)}\``)
    return isMissing || bad.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok
  })
}

async function read(
  { io }: CommandContext,
  client: Client,
): Promise<{ readonly brokers: readonly BrokerView[]; readonly sources: readonly SourceView[] }> {
  const [brokers, sources] = await Promise.all([
    client.listBrokers(io.signal),
    client.listSources(io.signal),
  ])
  return { brokers, sources }
}

function formatBroker({ paint }: CommandContext, { name, spec }: BrokerView): string {
  const where = `${spec.type}://${spec.servers.join(',')}`
  return `${paint('bold', escapeControls(name))}  ${escapeControls(where)}`
}

function formatSource({ paint }: CommandContext, source: SourceView): string {
  const { name, spec, state, reason, lag } = source
  const colour = state === 'connected' ? 'green' : state === 'lost' ? 'red' : 'yellow'
  const from = [...(spec.stream === undefined ? [] : [spec.stream]), ...placesOf(spec)].join(',')
  const behind = Object.values(lag).reduce((sum, records) => sum + records, 0)
  return [
    paint('bold', escapeControls(name)),
    paint(colour, state),
    escapeControls(`${spec.broker}/${from} → ${spec.bus ?? DEFAULT_BUS}`),
    `${behind} behind`,
    ...(reason === undefined ? [] : [escapeControls(reason)]),
  ].join('  ')
}

function placesOf({ topics = [], subjects = [] }: SourceView['spec']): readonly string[] {
  return [...topics, ...subjects]
}
