// The router: reads the log from its cursor, matches each event under the ruleset that was live at its
// position, hands the deliveries on, and commits the cursor together with the rows of what did not end well.
//
//   read ─▶ begin in window ─▶ deliver(…) ─▶ settle ─▶ commit (cursor + rows, one transaction)
//             ▲ waits while the window is full, spilling what is oldest        │
//             └────────────────────────────────────────────────────────────────┘
//
// Invariant: a committed cursor never stands past a delivery that is neither settled nor in a row.

import { type Clock, channels, isAppError, type Logger } from '../base/index.ts'
import { decodeStoredEvent } from '../event/index.ts'
import type { Cursor, Log, LogRecord } from '../log/index.ts'
import type { Delivery, Ruleset } from '../model/index.ts'
import type { CursorOwner, Ledger, ReaderCursor } from '../store/index.ts'
import { decodeControlRecord } from './control-record.ts'
import {
  COMMIT_POSITIONS,
  READ_RECORDS_MAX,
  SPILL_RETRY_MS,
  WINDOW_POSITIONS_MAX,
} from './limits.ts'
import { compileRoutingTable, type RoutingTable } from './routing-table.ts'
import { Window } from './window.ts'

/** Takes deliveries and sees them through; app.ts gives route this as a value. */
export interface Deliver {
  /**
   * Calls `settled` exactly once per delivery: when it ended, or when what became of it has been put into the
   * ledger as a row.
   */
  deliver(deliveries: readonly Delivery[], settled: (delivery: Delivery) => void): void
  /** The window is full: what has held its place for long becomes rows now. */
  spill(): void
}

export interface RouterOptions {
  readonly reader: string
  readonly log: Pick<Log, 'read' | 'start' | 'end'>
  readonly store: { cursor(reader: string): Promise<ReaderCursor | undefined> }
  readonly ledger: Ledger
  /** The ruleset as it was at a generation. */
  readonly rulesetAt: (generation: number) => Promise<Ruleset>
  readonly deliver: Deliver
  readonly clock: Clock
  readonly logger: Logger
  /** A storage failure from which the process must not go on. */
  readonly onFatal: (error: unknown) => void
  readonly windowMax?: number
}

export interface Router {
  /** Records between the durable end of the log and the committed cursor. */
  lag(): number
  /** Records appended but not yet read by route: what admission watches. */
  unread(): number
  /** The generation live at the committed cursor: what is older may be forgotten. */
  committedGeneration(): number
  committedCursor(): Cursor
  /** Resolves when everything durable now has been settled and committed. */
  settled(): Promise<void>
  /** Stops reading, waits for what is under way (up to the abort), commits, ends. */
  close(signal?: AbortSignal): Promise<void>
}

export async function openRouter(options: RouterOptions): Promise<Router> {
  const stored = await options.store.cursor(options.reader)
  const router = new LogRouter(options, stored)
  await router.start()
  return router
}

class LogRouter implements Router, CursorOwner {
  readonly #options: RouterOptions
  readonly #epoch: number
  readonly #partition: number
  readonly #window: Window
  readonly #stop = new AbortController()
  #table: RoutingTable | undefined
  /** Generations by the offset of their control record, oldest first, still ahead of the committed cursor. */
  #generations: { offset: number; generation: number }[] = []
  #committedGeneration: number
  /** The first commit writes our epoch even though the cursor has not moved. */
  #isFencing = false
  #readOffset: number
  /** What the ledger took last and has not yet said to be durable. */
  #takenOffset: number | undefined
  #waiters: (() => void)[] = []
  #loop: Promise<void> = Promise.resolve()

  constructor(options: RouterOptions, stored: ReaderCursor | undefined) {
    this.#options = options
    // A process that opens a cursor fences off whoever held it before.
    this.#epoch = (stored?.epoch ?? 0) + 1
    const oldest = options.log.start()[0] ?? { partition: 0, offset: 0 }
    const position = stored?.positions[0] ?? oldest
    this.#partition = position.partition
    this.#readOffset = Math.max(position.offset, oldest.offset)
    this.#committedGeneration = stored?.generation ?? 0
    this.#window = new Window(this.#readOffset, options.windowMax ?? WINDOW_POSITIONS_MAX)
  }

  async start(): Promise<void> {
    const ruleset = await this.#options.rulesetAt(this.#committedGeneration)
    this.#table = compileRoutingTable(ruleset)
    this.#options.ledger.own(this)
    this.#isFencing = true
    await this.#options.ledger.flush()
    this.#loop = this.#run()
  }

  lag(): number {
    return this.#end() - this.#window.committed
  }

  unread(): number {
    return this.#end() - this.#readOffset
  }

  committedGeneration(): number {
    return this.#committedGeneration
  }

  committedCursor(): Cursor {
    return [{ partition: this.#partition, offset: this.#window.committed }]
  }

  async settled(): Promise<void> {
    const end = this.#end()
    while (this.#window.committed < end && !this.#stop.signal.aborted) await this.#changed()
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    signal?.addEventListener('abort', () => this.#wake(), { once: true })
    // oxlint-disable-next-line no-unmodified-loop-condition -- the signal's owner aborts it
    while (!this.#window.isIdle && signal?.aborted !== true) await this.#changed()
    await this.#options.ledger.flush()
  }

  takeCursor(): ReaderCursor | undefined {
    const { prefix, committed } = this.#window
    if (prefix === committed && !this.#isFencing) return undefined
    this.#isFencing = false
    this.#takenOffset = prefix
    this.#advanceGeneration(prefix)
    return {
      reader: this.#options.reader,
      epoch: this.#epoch,
      positions: [{ partition: this.#partition, offset: prefix }],
      generation: this.#committedGeneration,
    }
  }

  cursorCommitted(): void {
    this.#window.commit(this.#takenOffset!)
    this.#wake()
    this.#commitWhenDue()
  }

  async #run(): Promise<void> {
    const { log, logger, onFatal } = this.#options
    while (!this.#stop.signal.aborted) {
      try {
        const cursor = [{ partition: this.#partition, offset: this.#readOffset }]
        const recordsMax = await this.#room()
        if (recordsMax === 0) return
        const { records } = await log.read(cursor, { recordsMax, signal: this.#stop.signal })
        await this.#route(records)
      } catch (error) {
        if (isAppError(error, 'LOG_CLOSED')) return
        if (!isAppError(error, 'LOG_CORRUPT')) {
          onFatal(error)
          return
        }
        logger.error('skipping damaged records', { ...error.details, error: error.message })
        const to = error.details['to']
        if (typeof to !== 'number') return
        await this.#jump(to)
      }
    }
  }

  /** Steps over records that are lost; the window is too small to hold the gap, so it drains first. */
  async #jump(offset: number): Promise<void> {
    while (!this.#window.isIdle) await this.#changedOrLate()
    await this.#options.ledger.flush()
    this.#window.jump(offset)
    this.#readOffset = offset
  }

  /** How many records may begin now; waits while the window is full, 0 when stopped. */
  async #room(): Promise<number> {
    while (this.#window.room <= 0) {
      if (this.#stop.signal.aborted) return 0
      const { prefix, committed } = this.#window
      if (prefix === committed) this.#options.deliver.spill()
      else if (!this.#options.ledger.isCommitting) void this.#options.ledger.flush()
      if (this.#window.room <= 0) await this.#changedOrLate()
    }
    return Math.min(this.#window.room, READ_RECORDS_MAX)
  }

  async #route(records: readonly LogRecord[]): Promise<void> {
    const first = records[0]?.position.offset
    if (first === undefined) return
    if (first > this.#readOffset) await this.#jump(first)
    let deliveries: Delivery[] = []
    const tally = { events: 0, matched: 0, deliveries: 0 }
    for (const record of records) {
      const { offset } = record.position
      if (record.kind === 'control') {
        this.#begin(deliveries)
        deliveries = []
        await this.#switch(record)
        this.#window.begin(offset, 0)
      } else {
        const before = deliveries.length
        this.#match(record, deliveries)
        const count = deliveries.length - before
        this.#window.begin(offset, count)
        tally.events += 1
        if (count > 0) tally.matched += 1
        tally.deliveries += count
      }
      this.#readOffset = offset + 1
    }
    if (channels.eventsRouted.hasSubscribers && tally.events > 0)
      channels.eventsRouted.publish(tally)
    this.#begin(deliveries)
    this.#commitWhenDue()
  }

  #match(record: LogRecord, deliveries: Delivery[]): void {
    const event = decodeStoredEvent(record.payload)
    const { partition, offset } = record.position
    const rules = this.#table!.rulesFor(event)
    if (channels.eventSteps.hasSubscribers) {
      const { busKey } = event
      channels.eventSteps.publish({ kind: 'routed', busKey, record: record.payload, rules })
    }
    for (const rule of rules) {
      for (const target of rule.targets) {
        deliveries.push({
          partition,
          offset,
          timestamp: record.timestamp,
          record: record.payload,
          event,
          rule,
          target,
        })
      }
    }
  }

  #begin(deliveries: readonly Delivery[]): void {
    if (deliveries.length > 0) this.#options.deliver.deliver(deliveries, this.#settle)
  }

  async #switch(record: LogRecord): Promise<void> {
    const { generation } = decodeControlRecord(record.payload)
    // An older generation again is a control record repeated after a crash: the newer table stays.
    if (generation > this.#table!.generation) {
      this.#table = this.#table!.next(await this.#options.rulesetAt(generation))
    }
    this.#generations.push({
      offset: record.position.offset,
      generation: this.#table!.generation,
    })
  }

  readonly #settle = (delivery: Delivery): void => {
    this.#window.settle(delivery.offset)
    this.#commitWhenDue()
  }

  #commitWhenDue(): void {
    const { prefix, committed } = this.#window
    if (prefix === committed || this.#options.ledger.isCommitting) {
      if (this.#stop.signal.aborted) this.#wake()
      return
    }
    if (prefix - committed >= COMMIT_POSITIONS) void this.#options.ledger.flush()
    else this.#options.ledger.schedule()
  }

  #advanceGeneration(prefix: number): void {
    while (this.#generations[0] !== undefined && this.#generations[0].offset < prefix) {
      this.#committedGeneration = this.#generations[0].generation
      this.#generations.shift()
    }
  }

  #end(): number {
    return this.#options.log.end()[0]?.offset ?? 0
  }

  /** Resolves at the next commit, or when the router is told to stop. */
  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  #changedOrLate(): Promise<void> {
    const timer = this.#options.clock.setTimer(SPILL_RETRY_MS, () => this.#wake())
    return this.#changed().finally(() => timer.cancel())
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
