// `signalbox connect browse`: what lies on a broker, who reads it and how far behind; and the newest records of one place.

import type { BrokerPlaceView, PeekedRecordView } from '../client/index.ts'
import { type CommandContext, printJson, printLine, say, withClient } from './context.ts'
import { escapeControls } from './style.ts'

export interface BrowseOptions {
  readonly limit?: string
}

/** Without a place all of them; with one its newest records, the oldest of them first. */
export function runConnectBrowse(
  context: CommandContext,
  broker: string,
  place: string | undefined,
  { limit }: BrowseOptions,
): Promise<number> {
  const { signal } = context.io
  return withClient(context, async (client) => {
    if (place === undefined) {
      const places = await client.browseBroker(broker, signal)
      if (context.form === 'json') return printJson(context, places)
      for (const one of places) await printPlace(context, one)
      if (places.length === 0) say(context, `broker \`${escapeControls(broker)}\` keeps nothing`)
      return
    }
    const records = await client.peekBroker({ broker, place, limit, signal })
    if (context.form === 'json') return printJson(context, records)
    for (const record of records) await printRecord(context, record)
    if (records.length === 0) say(context, `nothing lies in \`${escapeControls(place)}\``)
  })
}

async function printPlace(context: CommandContext, place: BrokerPlaceView): Promise<void> {
  const { name, partitions, subjects, records, readers } = place
  const parts = [
    context.paint('bold', escapeControls(name)),
    ...(partitions === undefined ? [] : [counted(partitions, 'partition')]),
    ...(subjects === undefined ? [] : [escapeControls(subjects.join(','))]),
    counted(records, 'record'),
  ]
  await printLine(context, parts.join('  '))
  for (const reader of readers)
    await printLine(context, `  ${escapeControls(reader.name)}  ${reader.behind} behind`)
}

async function printRecord(context: CommandContext, record: PeekedRecordView): Promise<void> {
  const { place, topic, timestamp, key, headers, text, base64 = '', sizeBytes } = record
  const parts = [
    context.paint('bold', escapeControls(place)),
    ...(timestamp === undefined ? [] : [new Date(timestamp).toISOString()]),
    ...(place.startsWith(`${topic}/`) ? [] : [escapeControls(topic)]),
    ...(key === undefined ? [] : [`key=${escapeControls(key)}`]),
    ...Object.entries(headers).map(([name, value]) => escapeControls(`${name}=${value}`)),
    `${sizeBytes} B`,
  ]
  await printLine(context, parts.join('  '))
  await printLine(context, `  ${escapeControls(text ?? base64)}`)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
