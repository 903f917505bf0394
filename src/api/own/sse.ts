// The text of server-sent events.

import { parseBusKey } from '../../event/index.ts'
import type { TailItem, TailPosition } from './deps.ts'
import { TAIL_ENVELOPE_SIZE_BYTES_MAX } from './limits.ts'

/** How long a browser waits before it comes back, and something to send the headers off with. */
export const OPENING = 'retry: 1000\n: live\n\n'
export const HEARTBEAT = ': heartbeat\n\n'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

export function formatPositionId({ partition, offset }: TailPosition): string {
  return `${partition}:${offset}`
}

export function parsePositionId(text: string): TailPosition | undefined {
  const match = /^(\d{1,6}):(\d{1,15})$/.exec(text)
  return match === null ? undefined : { partition: Number(match[1]), offset: Number(match[2]) }
}

export function formatMessage(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** One event of the tail; the envelope's own bytes, in one line. */
export function formatItem(item: TailItem, oneIn: number): Uint8Array {
  const id = formatPositionId(item.position)
  const isWhole = item.envelope.length <= TAIL_ENVELOPE_SIZE_BYTES_MAX
  const { account, region, name } = parseBusKey(item.busKey)
  const fields = JSON.stringify({
    position: id,
    timestamp: item.timestamp,
    bus: name,
    account,
    region,
    oneIn,
    sizeBytes: item.envelope.length,
  })
  const head = `id: ${id}\nevent: event\ndata: ${fields.slice(0, -1)},"envelope":`
  return Buffer.concat([
    Buffer.from(head),
    isWhole ? inOneLine(item.envelope) : Buffer.from('null'),
    Buffer.from('}\n\n'),
  ])
}

// Line ends in JSON text are white space between tokens (within a string they are escaped), so a space in
// their place changes nothing.
function inOneLine(json: Uint8Array): Uint8Array {
  if (!json.includes(LINE_FEED) && !json.includes(CARRIAGE_RETURN)) return json
  return json.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? SPACE : byte))
}
