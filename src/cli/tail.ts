// `signalbox tail`: events as they become durable. A lost server is waited for, and the tail goes on behind
// the last event it showed.

import { backoffDelayMs, describeError, isAppError, wait } from '../base/index.ts'
import { type Client, type TailEventView } from '../client/index.ts'
import { type CommandContext, openClient, printJson, printLine, say } from './context.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from './limits.ts'
import { escapeControls, formatJson } from './style.ts'

export interface TailOptions {
  readonly bus?: string
  readonly pattern?: string
  readonly type?: string
}

interface TailState {
  /** Position of the last event shown. */
  after: string | undefined
  oneIn: number
  /** Losses of the server since the last event. */
  losses: number
  isConnected: boolean
}

export async function runTail(context: CommandContext, options: TailOptions): Promise<number> {
  const { signal } = context.io
  const client = openClient(context)
  const state: TailState = { after: undefined, oneIn: 1, losses: 0, isConnected: false }
  try {
    // So that a wrong address fails at once, and says so.
    await client.info(signal)
    state.isConnected = true
    while (!signal.aborted) {
      const lost = await follow(context, client, { options, state })
      if (!signal.aborted) await comeBack(context, state, lost)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    client.close()
  }
  return EXIT_CODES.ok
}

interface Following {
  readonly options: TailOptions
  readonly state: TailState
}

/** Shows events until the stream ends; answers why it was lost, and throws what waiting cannot mend. */
async function follow(
  context: CommandContext,
  client: Client,
  { options, state }: Following,
): Promise<string> {
  const { bus, pattern, type } = options
  const { signal } = context.io
  try {
    if (!state.isConnected) {
      await client.info(signal)
      say(context, 'connected again')
      state.isConnected = true
    }
    for await (const event of client.tail({ bus, pattern, type, after: state.after, signal })) {
      state.losses = 0
      state.after = event.position
      await show(context, state, event)
    }
    return 'the server ended the stream'
  } catch (error) {
    if (signal.aborted) return 'asked to stop'
    if (isAppError(error) && error.class !== 'unavailable') throw error
    return describeError(error)
  }
}

async function comeBack(context: CommandContext, state: TailState, lost: string): Promise<void> {
  if (state.isConnected) say(context, `${lost}; coming back`)
  state.isConnected = false
  state.losses += 1
  const backoff = { delayMsMin: RECONNECT_MS_MIN, delayMsMax: RECONNECT_MS_MAX, jitter: 0.2 }
  const delayMs = backoffDelayMs(backoff, state.losses, context.io.random)
  await wait(context.io.clock, delayMs, context.io.signal)
}

async function show(
  context: CommandContext,
  state: TailState,
  event: TailEventView,
): Promise<void> {
  if (event.oneIn !== state.oneIn) {
    state.oneIn = event.oneIn
    say(context, event.oneIn === 1 ? 'showing every event' : `showing 1 in ${event.oneIn} events`)
  }
  if (context.form === 'json') await printJson(context, event)
  else await printLine(context, formatEvent(context, event))
}

function formatEvent({ paint }: CommandContext, event: TailEventView): string {
  const time = new Date(event.timestamp).toISOString().slice(11, 23)
  const { envelope, bus } = event
  if (envelope === null) return `${paint('dim', time)} ${bus} (${event.sizeBytes} bytes, not shown)`
  return [
    paint('dim', time),
    escapeControls(bus),
    paint('cyan', escapeControls(envelope['detail-type'])),
    escapeControls(envelope.source),
    paint('dim', escapeControls(envelope.id)),
    formatJson(envelope.detail),
  ].join('  ')
}
