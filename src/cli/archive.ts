// `signalbox archive`: what archives there are, what they hold, making one and deleting one.

import { type ArchiveView, type ArchivedEventsView, type Client } from '../client/index.ts'
import { type CommandContext, printJson, printLine, withClient } from './context.ts'
import { ARCHIVED_EVENTS_DEFAULT } from './limits.ts'
import { escapeControls, formatJson } from './style.ts'
import { parseTimeFlag } from './time-flag.ts'
import { UsageError } from './usage-error.ts'

export interface ArchiveCreateOptions {
  readonly bus?: string
  readonly pattern?: string
  readonly days?: string
  readonly description?: string
}

export interface ArchiveEventsOptions {
  readonly from?: string
  readonly to?: string
  readonly limit?: string
}

export function runArchiveLs(context: CommandContext): Promise<number> {
  return withClient(context, async (client) => {
    for (const archive of await client.archives(undefined, context.io.signal)) {
      if (context.form === 'json') await printJson(context, archive)
      else await printLine(context, formatArchive(context, archive))
    }
  })
}

export function runArchiveShow(context: CommandContext, name: string): Promise<number> {
  return withClient(context, async (client) => {
    const [archive] = await client.archives(name, context.io.signal)
    if (archive !== undefined) await showArchive(context, archive)
  })
}

export function runArchiveCreate(
  context: CommandContext,
  name: string,
  { bus = 'default', pattern, days, description }: ArchiveCreateOptions,
): Promise<number> {
  if (days !== undefined && !/^\d{1,5}$/.test(days)) {
    throw new UsageError(`expected \`--days\` to be a number of days, got \`${days}\``)
  }
  return withClient(context, async (client) => {
    const archive = { name, bus, pattern, description, retentionDays: days }
    await showArchive(context, await client.createArchive(archive, context.io.signal))
  })
}

export function runArchiveDelete(context: CommandContext, name: string): Promise<number> {
  return withClient(context, async (client) => {
    await client.deleteArchive(name, context.io.signal)
    if (context.form === 'json') await printJson(context, { deleted: name })
    else await printLine(context, `deleted ${escapeControls(name)}`)
  })
}

export function runArchiveEvents(
  context: CommandContext,
  name: string,
  options: ArchiveEventsOptions,
): Promise<number> {
  const { limit: wanted = String(ARCHIVED_EVENTS_DEFAULT) } = options
  if (!/^[1-9]\d{0,8}$/.test(wanted)) {
    throw new UsageError(`expected \`--limit\` to be a number of events, got \`${wanted}\``)
  }
  const now = context.io.clock.now()
  const from = parseTimeFlag('--from', options.from, now)
  const to = parseTimeFlag('--to', options.to, now)
  return withClient(context, async (client) => {
    let left = Number(wanted)
    let after: string | undefined
    do {
      const page = await readPage(context, client, {
        query: { archive: name, from, to, after },
        left,
      })
      for (const event of page.items) await printEvent(context, event)
      left -= page.items.length
      after = page.after
    } while (after !== undefined && left > 0 && !context.io.signal.aborted)
  })
}

function readPage(
  context: CommandContext,
  client: Client,
  {
    query,
    left,
  }: { readonly query: Readonly<Record<string, string | undefined>>; readonly left: number },
): Promise<ArchivedEventsView> {
  const limit = Math.min(left, ARCHIVED_EVENTS_DEFAULT)
  return client.archivedEvents({ ...query, limit }, context.io.signal)
}

async function printEvent(
  context: CommandContext,
  event: ArchivedEventsView['items'][number],
): Promise<void> {
  if (context.form === 'json') return printJson(context, event)
  const { paint } = context
  const { time, source, id, detail } = event
  return printLine(
    context,
    [
      paint('dim', escapeControls(time)),
      paint('cyan', escapeControls(event['detail-type'])),
      escapeControls(source),
      paint('dim', escapeControls(id)),
      formatJson(detail),
    ].join('  '),
  )
}

function formatArchive({ paint }: CommandContext, archive: ArchiveView): string {
  const { name, bus, events, sizeBytes, storedBytes, retentionDays } = archive
  const kept = retentionDays === 0 ? 'kept for ever' : `kept ${retentionDays} days`
  return [
    paint('bold', escapeControls(name)),
    escapeControls(bus),
    `${events} events`,
    `${formatSize(sizeBytes)} in ${formatSize(storedBytes)}`,
    paint('dim', kept),
  ].join('  ')
}

async function showArchive(context: CommandContext, archive: ArchiveView): Promise<void> {
  if (context.form === 'json') return printJson(context, archive)
  await printLine(context, formatArchive(context, archive))
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['arn', archive.arn],
    ['description', archive.description],
    ['pattern', archive.pattern],
    ['created', new Date(archive.createdAt * 1000).toISOString()],
    ['damaged', archive.damaged === 0 ? undefined : `${archive.damaged} blocks cannot be read`],
  ]
  for (const [label, value] of rows) {
    if (value === undefined) continue
    const text = `  ${context.paint('dim', label.padEnd(11))} ${escapeControls(value)}`
    await printLine(context, text)
  }
}

function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
