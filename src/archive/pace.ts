// How fast a replay goes: as fast as route takes its events, but never far ahead of it, so that what others
// send meanwhile waits behind a few of its events only. Beside others it feels what they feel: when its pauses end
// late, so does whatever else waits for the event loop, and it goes on by fewer events.

import { channels, type Clock, type EventsAccepted, wait } from '../base/index.ts'
import type { AcceptOptions } from '../ingress/index.ts'
import {
  AHEAD_RECORDS_BESIDE_TRAFFIC_MAX,
  AHEAD_RECORDS_MAX,
  BESIDE_TRAFFIC_BATCH_EVENTS_MAX,
  BESIDE_TRAFFIC_BATCH_EVENTS_MIN,
  BESIDE_TRAFFIC_BATCH_EVENTS_STEP,
  BESIDE_TRAFFIC_LATE_MS_MAX,
  BESIDE_TRAFFIC_PAUSE_MS,
  BESIDE_TRAFFIC_WAIT_MS_MAX,
  PACE_POLL_MS,
  PENDING_DELIVERIES_MAX,
  REPLAY_BATCH_EVENTS,
} from './limits.ts'

/** How long traffic counts as there after it was last seen, milliseconds. */
const TRAFFIC_MS = 1000

export interface PaceOptions {
  readonly clock: Clock
  /** Records that are durable but that route has not read. */
  readonly unread: () => number
  /** Deliveries that wait for their next attempt. */
  readonly pending: () => number
}

/** Knows whether anybody but replays sends events. */
export class Traffic {
  readonly #clock: Clock
  #seenAt = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
    channels.eventsAccepted.subscribe(this.#see)
  }

  get isThere(): boolean {
    return this.#clock.monotonic() - this.#seenAt < TRAFFIC_MS
  }

  close(): void {
    channels.eventsAccepted.unsubscribe(this.#see)
  }

  readonly #see = (message: unknown): void => {
    // The channel's only publisher sends what its type says.
    if ((message as EventsAccepted).dialect !== 'internal') this.#seenAt = this.#clock.monotonic()
  }
}

export class Pace {
  readonly #options: PaceOptions
  readonly #traffic: Traffic
  readonly #perSecond: number
  #startedAt: number | undefined
  #sent = 0
  /** What an append has beside other traffic. */
  #batch = BESIDE_TRAFFIC_BATCH_EVENTS_MIN

  constructor(options: PaceOptions, traffic: Traffic, perSecond: number = Infinity) {
    this.#options = options
    this.#traffic = traffic
    this.#perSecond = perSecond
  }

  /** Beside others an append of a replay costs no flush of its own: it goes with the next of theirs. */
  get patience(): AcceptOptions {
    return this.#traffic.isThere ? { mayWaitMs: BESIDE_TRAFFIC_WAIT_MS_MAX } : {}
  }

  /** Resolves with how many of these events may go now; what it answers at the abort does not matter. */
  async room(events: number, signal: AbortSignal): Promise<number> {
    const { clock } = this.#options
    this.#startedAt ??= clock.monotonic()
    // Others get the most of the main thread: a batch of ours is what one of theirs may have to wait for.
    if (this.#traffic.isThere) await this.#pause(signal)
    while (!signal.aborted && !this.#hasRoom(clock.monotonic() - this.#startedAt)) {
      await wait(clock, PACE_POLL_MS, signal)
    }
    const batch = this.#traffic.isThere ? this.#batch : REPLAY_BATCH_EVENTS
    // A rate is kept in tenths of a second rather than by bursts.
    const going = Math.min(events, batch, Math.max(1, Math.ceil(this.#perSecond / 10)))
    this.#sent += going
    return going
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const startedAt = clock.monotonic()
    await wait(clock, BESIDE_TRAFFIC_PAUSE_MS, signal)
    const lateMs = clock.monotonic() - startedAt - BESIDE_TRAFFIC_PAUSE_MS
    this.#batch =
      lateMs > BESIDE_TRAFFIC_LATE_MS_MAX
        ? Math.max(BESIDE_TRAFFIC_BATCH_EVENTS_MIN, Math.floor(this.#batch / 2))
        : Math.min(BESIDE_TRAFFIC_BATCH_EVENTS_MAX, this.#batch + BESIDE_TRAFFIC_BATCH_EVENTS_STEP)
  }

  #hasRoom(elapsedMs: number): boolean {
    if (this.#sent > (elapsedMs / 1000) * this.#perSecond) return false
    const { unread, pending } = this.#options
    const ahead = this.#traffic.isThere ? AHEAD_RECORDS_BESIDE_TRAFFIC_MAX : AHEAD_RECORDS_MAX
    return unread() <= ahead && pending() <= PENDING_DELIVERIES_MAX
  }
}
