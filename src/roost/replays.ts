// Events that were published once, again: those of a span of time and of certain types, from the topic or from the
// recordings, into a topic or to a function. What a replay sends is marked, and no later replay sends it again.

import { AppError, createUuid, type Logger, type Random } from '../base/index.ts'
import type { KafkaRecord } from '../connect/index.ts'
import type { Event } from '../event/index.ts'
import { extensionOf, EXTENSIONS } from './lifecycle-event.ts'
import { eventOfRecord } from './record-event.ts'
import type { RoostSettings } from './settings.ts'

export interface ReplayQuery {
  /** A time, or wall milliseconds; the first included, the last not; everything and now when absent. */
  readonly from?: Date | string | number
  readonly to?: Date | string | number
  /** With or without their prefix; all when absent. */
  readonly types?: readonly string[]
  /** Where they go: the lifecycle topic when absent. */
  readonly topic?: string
  /** In place of a topic. */
  readonly handle?: (event: Event) => Promise<void> | void
  readonly signal?: AbortSignal
}

export interface ReplayResult {
  readonly id: string
  readonly seen: number
  readonly replayed: number
}

export interface ReplayOptions {
  readonly settings: RoostSettings
  /** Records of a span of wall time. */
  readonly read: (from: number, to: number, signal: AbortSignal) => AsyncIterable<KafkaRecord>
  readonly publish: (
    event: Event,
    topic: string | undefined,
    signal: AbortSignal,
  ) => Promise<unknown>
  readonly now: () => number
  readonly random: Random
  readonly logger: Logger
}

/** Rejects `REQUEST_INVALID`, `BROKER_LOST`, and what `handle` throws. */
export async function replayEvents(
  options: ReplayOptions,
  query: ReplayQuery,
): Promise<ReplayResult> {
  const { settings, read, now, random, logger } = options
  if (!settings.replay.enabled)
    throw new AppError('REQUEST_INVALID', '`replay.enabled` is `false` in the events configuration')
  const from = timeOf('from', query.from ?? 0)
  const to = timeOf('to', query.to ?? now() + 1)
  if (from >= to) throw new AppError('REQUEST_INVALID', 'expected `from` to be before `to`')
  const id = `replay-${createUuid(random)}`
  const signal = query.signal ?? new AbortController().signal
  const state = { seen: 0, replayed: 0 }
  let batch: Event[] = []
  for await (const record of read(from, to, signal)) {
    if (signal.aborted) break
    state.seen += 1
    const event = readOriginal(record)
    if (event === undefined || !isWanted(event.type, query.types)) continue
    batch.push(event)
    if (batch.length < settings.replay.batchSize) continue
    await send(options, { query, id, signal }, batch)
    state.replayed += batch.length
    batch = []
  }
  await send(options, { query, id, signal }, batch)
  state.replayed += batch.length
  logger.info('Events replayed', {
    audit: 'replay',
    replay: id,
    from,
    to,
    types: query.types,
    ...state,
  })
  return { id, ...state }
}

async function send(
  { publish }: ReplayOptions,
  {
    query,
    id,
    signal,
  }: { readonly query: ReplayQuery; readonly id: string; readonly signal: AbortSignal },
  batch: readonly Event[],
): Promise<void> {
  const marked = batch.map((event) => ({
    ...event,
    extensions: { ...event.extensions, [EXTENSIONS.replay]: id },
  }))
  if (query.handle !== undefined) {
    for (const event of marked) await query.handle(event)
    return
  }
  await Promise.all(marked.map((event) => publish(event, query.topic, signal)))
}

/** Undefined for what is no event, or was replayed itself. */
function readOriginal(record: KafkaRecord): Event | undefined {
  try {
    const event = eventOfRecord(record)
    return extensionOf(event, EXTENSIONS.replay) === undefined ? event : undefined
  } catch {
    // Somebody else's record in the topic.
    return undefined
  }
}

function isWanted(type: string, types: readonly string[] | undefined): boolean {
  if (types === undefined || types.length === 0) return true
  return types.some(
    (wanted) =>
      wanted === type ||
      `io.roost-keeper.${wanted}` === type ||
      `io.roost-keeper.roost.${wanted}` === type,
  )
}

function timeOf(name: string, value: Date | string | number): number {
  const ms = typeof value === 'number' ? value : new Date(value).getTime()
  if (Number.isFinite(ms)) return ms
  const expected = 'a time of RFC 3339, or milliseconds since 1970'
  throw new AppError(
    'REQUEST_INVALID',
    `expected \`${name}\` to be ${expected}, got \`${String(value)}\``,
  )
}
