// What is known of each roost, and which of its events are still to be published. A look that changes something is
// written down together with the events that tell of it, before any of them is sent; each is crossed out when it is in
// Kafka. So a restart tells nothing twice and forgets nothing; a crash between the two sends an event again, with the
// same id.
//
//   look ──diff──▶ {view, pending} ──shelf──▶ publish, one after the other ──▶ crossed out
//
// Invariant: the events of one roost are published in the order in which they happened.

import { type Clock, describeError, type Logger, wait } from '../base/index.ts'
import { decodeStructured, encodeStructured, type Event } from '../event/index.ts'
import { diffRoosts, rememberRoost, type RoostChange } from './differ.ts'
import { type EventContext, eventOfChange } from './lifecycle-event.ts'
import { PENDING_PER_ROOST_MAX, PUBLISH_CONCURRENCY, RECONNECT } from './limits.ts'
import type { RoostView } from './roost-view.ts'
import type { Shelf } from './shelf.ts'

export interface RoostBookOptions {
  readonly shelf: Shelf
  /** Resolves when it need not be sent again. */
  readonly publish: (event: Event, signal: AbortSignal) => Promise<unknown>
  readonly extensionNames: EventContext['extensionNames']
  readonly clock: Clock
  readonly logger: Logger
}

/** Why a teardown begins. */
export interface Teardown {
  readonly reason: string
  readonly requestedBy?: string | undefined
  readonly correlationId?: string | undefined
  /** What tells it from another. */
  readonly occasion: string
}

interface Entry {
  view: RoostView | undefined
  readonly pending: Event[]
  /** What was seen while too much waited. */
  late: { readonly view: RoostView | undefined; readonly occasion: string } | undefined
  isDirty: boolean
  isWorking: boolean
  /** Wait for what they did to be written down. */
  written: (() => void)[]
}

interface StoredEntry {
  readonly view?: RoostView
  readonly pending: readonly string[]
}

const DECODING = {
  bus: { account: '000000000000', region: 'us-east-1', name: 'default' },
  time: '1970-01-01T00:00:00Z',
  allowForeignNames: true,
} as const

export class RoostBook {
  readonly #options: RoostBookOptions
  readonly #entries = new Map<string, Entry>()
  readonly #stop = new AbortController()
  /** Keys with work, in order. */
  readonly #queue = new Set<string>()
  readonly #workers = new Set<Promise<void>>()
  #idle: (() => void)[] = []

  constructor(options: RoostBookOptions) {
    this.#options = options
  }

  /** Goes on with what an earlier process left. */
  async load(): Promise<void> {
    for (const [key, value] of await this.#options.shelf.load()) {
      const { view, pending } = value as StoredEntry
      const events = pending.map((text) => decodeStructured(Buffer.from(text), DECODING))
      this.#entries.set(key, { ...emptyEntry(), view, pending: events })
      if (events.length > 0) this.#wake(key)
    }
  }

  /** Roosts that were there at the last look. */
  known(): readonly string[] {
    return [...this.#entries].filter(([, { view }]) => view !== undefined).map(([key]) => key)
  }

  /** Events that wait. */
  get pending(): number {
    return [...this.#entries.values()].reduce((sum, { pending }) => sum + pending.length, 0)
  }

  /** A look at a roost; `undefined` when it is gone. `occasion` is its resource version. */
  observe(key: string, view: RoostView | undefined, occasion: string): void {
    const entry = this.#entryOf(key)
    if (entry.pending.length >= PENDING_PER_ROOST_MAX) {
      entry.late = { view, occasion }
      return
    }
    const next = view === undefined ? undefined : rememberRoost(entry.view, view)
    if (isSame(entry.view, next)) return
    const changes = diffRoosts(entry.view, view)
    entry.view = next
    this.#add(entry, changes, { occasion })
    this.#wake(key)
  }

  /** Resolves when it is written down that the teardown of a roost began; once for each. */
  async teardown(key: string, view: RoostView, teardown: Teardown): Promise<void> {
    const entry = this.#entryOf(key)
    if (entry.view?.uid === view.uid && entry.view.isTornDown) return
    const { reason, requestedBy, occasion, correlationId } = teardown
    if (entry.view?.uid !== view.uid) this.observe(key, view, occasion)
    entry.view = { ...(entry.view ?? view), isTornDown: true }
    const data = { reason, ...(requestedBy === undefined ? {} : { requestedBy }) }
    const change: RoostChange = { kind: 'teardown', roost: view, data }
    this.#add(entry, [change], {
      occasion,
      ...(correlationId === undefined ? {} : { correlationId }),
    })
    const written = new Promise<void>((resolve) => entry.written.push(resolve))
    this.#wake(key)
    await written
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    if (this.#queue.size === 0 && this.#workers.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** What is on its way ends or stays written down. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#workers)
  }

  #entryOf(key: string): Entry {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = emptyEntry()
      this.#entries.set(key, entry)
    }
    return entry
  }

  #add(
    entry: Entry,
    changes: readonly RoostChange[],
    how: Pick<EventContext, 'occasion' | 'correlationId'>,
  ): void {
    const { clock, extensionNames } = this.#options
    const context = { ...how, extensionNames, now: clock.now() }
    for (const change of changes) entry.pending.push(eventOfChange(change, context))
    entry.isDirty = true
  }

  #wake(key: string): void {
    this.#queue.add(key)
    this.#pump()
  }

  #pump(): void {
    for (const key of this.#queue) {
      if (this.#workers.size >= PUBLISH_CONCURRENCY || this.#stop.signal.aborted) return
      const entry = this.#entryOf(key)
      this.#queue.delete(key)
      // Whoever works on it sees what is new.
      if (entry.isWorking) continue
      entry.isWorking = true
      const worker: Promise<void> = this.#work(key, entry).finally(() => {
        entry.isWorking = false
        this.#workers.delete(worker)
        if (!this.#stop.signal.aborted && (entry.isDirty || entry.pending.length > 0))
          this.#wake(key)
        this.#pump()
        if (this.#queue.size === 0 && this.#workers.size === 0)
          for (const resolve of this.#idle.splice(0)) resolve()
      })
      this.#workers.add(worker)
    }
  }

  async #work(key: string, entry: Entry): Promise<void> {
    const { signal } = this.#stop
    const { logger, clock } = this.#options
    let failures = 0
    for (;;) {
      try {
        if (entry.isDirty) await this.#write(key, entry)
        if (signal.aborted) return
        const [event] = entry.pending
        if (event === undefined) {
          if (this.#isDone(key, entry)) return
          continue
        }
        await this.#options.publish(event, signal)
        entry.pending.shift()
        entry.isDirty = true
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        const delayMs = Math.min(RECONNECT.delayMsMax, RECONNECT.delayMsMin * 2 ** (failures - 1))
        logger.error('an event of a roost stays where it is', {
          roost: key,
          error: describeError(error),
          againMs: delayMs,
        })
        await wait(clock, delayMs, signal)
      }
    }
  }

  /** Takes what came while too much waited; forgets a roost of which nothing is left. */
  #isDone(key: string, entry: Entry): boolean {
    const { late } = entry
    if (late !== undefined) {
      entry.late = undefined
      this.observe(key, late.view, late.occasion)
      return false
    }
    if (entry.isDirty) return false
    if (entry.view === undefined) this.#entries.delete(key)
    return true
  }

  async #write(key: string, entry: Entry): Promise<void> {
    const { shelf } = this.#options
    const { view, pending, written } = entry
    entry.isDirty = false
    entry.written = []
    try {
      if (view === undefined && pending.length === 0) await shelf.delete(key)
      else {
        const events = pending.map((event) => encodeStructured(event).toString())
        const stored: StoredEntry = { ...(view === undefined ? {} : { view }), pending: events }
        await shelf.put(key, stored)
      }
    } catch (error) {
      entry.isDirty = true
      entry.written.push(...written)
      throw error
    }
    for (const resolve of written) resolve()
  }
}

function emptyEntry(): Entry {
  return {
    view: undefined,
    pending: [],
    late: undefined,
    isDirty: false,
    isWorking: false,
    written: [],
  }
}

/** Two looks that differ in nothing that is remembered. */
function isSame(one: RoostView | undefined, other: RoostView | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
