// An archived event on its way back: the same record with `"replay-name"` put into its envelope before
// `resources`, where AWS has it, and with the replay in its meta. Nothing is parsed but a meta that is there.

import { type Directed, type EventMeta, type ReplayMark, STORED_HEADER } from './stored-event.ts'

export interface ReplayTarget {
  /** The bus that gets the event; absent = the one it lay on. */
  readonly busKey?: string
  /** The only rules that get it. */
  readonly directed?: Directed
}

// No text of the envelope before it can hold these bytes: a quote inside a JSON text has a backslash before it.
const RESOURCES = Buffer.from(',"resources":')
const TIME = Buffer.from(',"time":"')
const TIME_LENGTH = 20

const { sizeBytes: HEADER_SIZE, flagsAt, busLengthAt, metaLengthAt } = STORED_HEADER
const { envelopeLengthAt, detailStartAt, directedFlag, replayedFlag } = STORED_HEADER

/** The log record of an archived event as a replay brings it back. */
export function encodeReplayedEvent(
  record: Uint8Array,
  mark: ReplayMark,
  target: ReplayTarget = {},
): Buffer {
  const from = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
  const busEnd = HEADER_SIZE + from.readUInt16LE(busLengthAt)
  const metaEnd = busEnd + from.readUInt32LE(metaLengthAt)
  const spliceAt = from.indexOf(RESOURCES, metaEnd)
  const member = `,"replay-name":${JSON.stringify(mark.name)}`
  const meta = JSON.stringify(metaOf(from.toString('utf8', busEnd, metaEnd), mark, target))
  const bus = target.busKey ?? from.subarray(HEADER_SIZE, busEnd)
  const memberLength = Buffer.byteLength(member)
  const sizes = { bus: Buffer.byteLength(bus), meta: Buffer.byteLength(meta) }
  const into = Buffer.allocUnsafe(
    HEADER_SIZE + sizes.bus + sizes.meta + memberLength + from.length - metaEnd,
  )
  from.copy(into, 0, 0, HEADER_SIZE)
  into[flagsAt] = replayedFlags(from[flagsAt]!, target.directed !== undefined)
  into.writeUInt16LE(sizes.bus, busLengthAt)
  into.writeUInt32LE(sizes.meta, metaLengthAt)
  into.writeUInt32LE(from.readUInt32LE(envelopeLengthAt) + memberLength, envelopeLengthAt)
  into.writeUInt32LE(from.readUInt32LE(detailStartAt) + memberLength, detailStartAt)
  let at = HEADER_SIZE
  at += typeof bus === 'string' ? into.write(bus, at) : from.copy(into, at, HEADER_SIZE, busEnd)
  at += into.write(meta, at)
  at += from.copy(into, at, metaEnd, spliceAt)
  at += into.write(member, at)
  from.copy(into, at, spliceAt)
  return into
}

/** When the event happened by its envelope, whole seconds since the epoch. */
export function readEventTime(envelope: Uint8Array): number {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength)
  const start = bytes.indexOf(TIME) + TIME.length
  const text = bytes.toString('latin1', start, start + TIME_LENGTH)
  if (text !== lastTime.text) lastTime = { text, seconds: Date.parse(text) / 1000 }
  return lastTime.seconds
}

// Events of one second come one behind the other.
let lastTime = { text: '', seconds: 0 }

function metaOf(text: string, mark: ReplayMark, { directed }: ReplayTarget): EventMeta {
  const before = text === '' ? {} : (JSON.parse(text) as EventMeta)
  return { ...before, ...(directed === undefined ? {} : { directed }), replay: mark }
}

function replayedFlags(before: number, isDirected: boolean): number {
  return before | replayedFlag | (isDirected ? directedFlag : 0)
}
