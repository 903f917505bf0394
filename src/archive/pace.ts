// How fast a replay goes: as fast as route takes its events, but never far ahead of it, so that what others
// send meanwhile waits behind a few of its events only.

import { channels, type Clock, type EventsAccepted, wait } from '../base/index.ts'
import {
  AHEAD_RECORDS_BESIDE_TRAFFIC_MAX,
  AHEAD_RECORDS_MAX,
  PACE_POLL_MS,
  PENDING_DELIVERIES_MAX,
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

  constructor(options: PaceOptions, traffic: Traffic, perSecond: number = Infinity) {
    this.#options = options
    this.#traffic = traffic
    this.#perSecond = perSecond
  }

  /** Resolves when so many more events may go, or at the abort. */
  async room(events: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    this.#startedAt ??= clock.monotonic()
    while (!signal.aborted && !this.#hasRoom(clock.monotonic() - this.#startedAt)) {
      await wait(clock, PACE_POLL_MS, signal)
    }
    this.#sent += events
  }

  #hasRoom(elapsedMs: number): boolean {
    if (this.#sent > (elapsedMs / 1000) * this.#perSecond) return false
    const { unread, pending } = this.#options
    const ahead = this.#traffic.isThere ? AHEAD_RECORDS_BESIDE_TRAFFIC_MAX : AHEAD_RECORDS_MAX
    return unread() <= ahead && pending() <= PENDING_DELIVERIES_MAX
  }
}
