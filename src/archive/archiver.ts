// The reader of the log that fills the archives: takes each event that an archive of its bus wants, gathers
// blocks, has them written, and then moves its cursor.
//
//   read ─▶ gather ─▶ write (full blocks at once, the rest within GATHER_MS) ─▶ all written: commit the cursor
//
// Invariant: the committed cursor never stands past an event that is not on disk in every archive that wants it.
// What lies between the cursor and a crash is read again, and known again by its offset (shelf.ts).

import { AppError, type Clock, isAppError, type Logger, type Timer, wait } from '../base/index.ts'
import { decodeStoredEvent, readEventTime, type StoredEvent } from '../event/index.ts'
import { type Cursor, type Log, type LogRecord, readPastDamage } from '../log/index.ts'
import { createMatcher, type Matcher, type MatchOptions, parsePattern } from '../match/index.ts'
import type { DeliveryStore, ReaderCursor } from '../store/index.ts'
import { BlockBuilder } from './block.ts'
import {
  BLOCK_SIZE_BYTES,
  FULL_RETRY_MS,
  GATHER_MS,
  GATHERED_SIZE_BYTES_MAX,
  READ_RECORDS_MAX,
} from './limits.ts'
import type { ShelfPort } from './shelf-port.ts'

/** What an archive takes in. */
export interface ArchiveDefinition {
  readonly uid: string
  readonly busKey: string
  /** The pattern's text; absent = every event of the bus. */
  readonly pattern?: string
  /** Events leave it when they are older than this, milliseconds; absent = never. */
  readonly retentionMs?: number
}

export interface ArchiverOptions {
  readonly reader: string
  readonly log: Pick<Log, 'read' | 'start' | 'end'>
  readonly cursors: Pick<DeliveryStore, 'cursor' | 'commit'>
  readonly shelf: Pick<ShelfPort, 'append'>
  readonly clock: Clock
  readonly logger: Logger
  /** A storage failure from which the process must not go on. */
  readonly onFatal: (error: unknown) => void
}

const LEFT_TO_THE_NEXT: ReadonlySet<string> = new Set(['LOG_CLOSED', 'LOG_FULL', 'STORE_FULL'])
const PLAIN: MatchOptions = { names: 'plain' }
const ENVELOPE: MatchOptions = { names: 'envelope' }

interface BusArchives {
  /** Those without a pattern. */
  readonly all: readonly string[]
  readonly matcher: Matcher<string>
}

interface Waiter {
  readonly offset: number
  readonly resolve: () => void
}

export class Archiver {
  readonly #options: ArchiverOptions
  readonly #epoch: number
  readonly #partition: number
  readonly #stop = new AbortController()
  #buses: ReadonlyMap<string, BusArchives> = new Map()
  /** By archive: what waits to be written. */
  readonly #builders = new Map<string, BlockBuilder>()
  #gatheredBytes = 0
  #archived = 0
  #timer: Timer | undefined
  #isFlushDue = false
  #readOffset: number
  /** What the store has, or would have where it has nothing yet. */
  #committed: number
  #isCommitted: boolean
  #waiters: Waiter[] = []
  /** Ends whatever the loop waits for. */
  #nudge = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  private constructor(options: ArchiverOptions, stored: ReaderCursor | undefined) {
    this.#options = options
    const oldest = options.log.start()[0] ?? { partition: 0, offset: 0 }
    const position = stored?.positions[0] ?? options.log.end()[0] ?? oldest
    this.#epoch = (stored?.epoch ?? 0) + 1
    this.#partition = position.partition
    this.#readOffset = Math.max(position.offset, oldest.offset)
    this.#committed = this.#readOffset
    this.#isCommitted = stored !== undefined
  }

  /** Goes on at its cursor for the archives there are. */
  static async open(
    options: ArchiverOptions,
    definitions: readonly ArchiveDefinition[],
  ): Promise<Archiver> {
    const archiver = new Archiver(options, await options.cursors.cursor(options.reader))
    archiver.#buses = compile(definitions)
    if (definitions.length > 0) await archiver.#flush()
    archiver.#loop = archiver.#run()
    return archiver
  }

  /**
   * The archives that there are from now on. Who changes one waits for `settled` before, so that what came
   * before the change is taken as it was asked for then.
   */
  define(definitions: readonly ArchiveDefinition[]): void {
    // Without archives nothing was read, and an archive takes nothing from before it was made.
    if (this.#buses.size === 0) this.#readOffset = this.#end()
    this.#buses = compile(definitions)
    const uids = new Set(definitions.map(({ uid }) => uid))
    for (const [uid, builder] of this.#builders) if (!uids.has(uid)) this.#leave(uid, builder)
    this.#wake()
  }

  /** Resolves when what is durable in the log now is in its archives, and the cursor says so. */
  settled(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push({ offset: this.#end(), resolve })
      this.#wake()
    })
  }

  /** Records before this are not needed any more; undefined when no archive needs any. */
  committedCursor(): Cursor | undefined {
    if (this.#buses.size === 0) return undefined
    return [{ partition: this.#partition, offset: this.#committed }]
  }

  /** Events written since the start, once for each archive that took them. */
  get archived(): number {
    return this.#archived
  }

  /** Durable records that were not looked at yet. */
  lag(): number {
    return this.#buses.size === 0 ? 0 : this.#end() - this.#readOffset
  }

  /** Writes what was gathered, commits, ends. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#wake()
    await this.#loop
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        if (this.#mustFlush()) await this.#flush()
        else if (this.#buses.size === 0) await this.#nudged()
        else await this.#read()
      }
      await this.#flush()
    } catch (error) {
      // What a full disk or a closed log keeps from being written now is read again by the next process.
      const isLeftToTheNext = isAppError(error) && LEFT_TO_THE_NEXT.has(error.code)
      if (!isLeftToTheNext) this.#options.onFatal(error)
    } finally {
      this.#timer?.cancel()
      for (const { resolve } of this.#waiters.splice(0)) resolve()
    }
  }

  #mustFlush(): boolean {
    if (this.#isFlushDue || this.#gatheredBytes >= GATHERED_SIZE_BYTES_MAX) return true
    if (this.#buses.size === 0) return this.#waiters.length > 0
    return this.#waiters.some(({ offset }) => offset <= this.#readOffset)
  }

  async #read(): Promise<void> {
    const cursor = [{ partition: this.#partition, offset: this.#readOffset }]
    const { signal } = this.#nudge
    const reading = { recordsMax: READ_RECORDS_MAX, signal }
    const result = await readPastDamage(this.#options.log, cursor, reading)
    for (const record of result.records) this.#take(record)
    if (result.records.length > 0) this.#flushSoon()
    this.#readOffset = result.cursor[0]?.offset ?? this.#readOffset
    for (const [uid, builder] of this.#builders) {
      if (builder.sizeBytes >= BLOCK_SIZE_BYTES) await this.#write(uid, builder)
    }
    this.#renewNudge()
  }

  #take(record: LogRecord): void {
    if (record.kind !== 'event') return
    const event = decodeStoredEvent(record.payload)
    // What is for certain rules alone was not put on the bus, and a replay would fill what it is read from.
    if (event.isDirected || event.isReplayed) return
    const bus = this.#buses.get(event.busKey)
    if (bus === undefined) return
    const matching =
      bus.matcher.size === 0
        ? bus.all
        : [...bus.all, ...bus.matcher.match(event.envelope, event.hasPlainNames ? PLAIN : ENVELOPE)]
    for (const uid of matching) this.#gather(uid, record, event)
  }

  #gather(uid: string, { position, payload }: LogRecord, { envelope }: StoredEvent): void {
    let builder = this.#builders.get(uid)
    if (builder === undefined) {
      builder = new BlockBuilder(this.#partition)
      this.#builders.set(uid, builder)
    }
    const before = builder.sizeBytes
    builder.add({ offset: position.offset, time: readEventTime(envelope), record: payload })
    this.#gatheredBytes += builder.sizeBytes - before
  }

  #flushSoon(): void {
    this.#timer ??= this.#options.clock.setTimer(GATHER_MS, () => {
      this.#isFlushDue = true
      this.#wake()
    })
  }

  /** Writes all that was gathered, then moves the cursor behind it. */
  async #flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isFlushDue = false
    for (const [uid, builder] of this.#builders) await this.#write(uid, builder)
    if (this.#buses.size === 0) this.#readOffset = Math.max(this.#readOffset, this.#end())
    const offset = this.#readOffset
    if (offset !== this.#committed || !this.#isCommitted) await this.#commit(offset)
    this.#committed = offset
    this.#isCommitted = true
    const settled = this.#waiters.filter((waiter) => waiter.offset <= offset)
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset > offset)
    for (const { resolve } of settled) resolve()
    this.#renewNudge()
  }

  async #write(uid: string, builder: BlockBuilder): Promise<void> {
    this.#leave(uid, builder)
    const draft = builder.finish()
    const { shelf, clock, logger } = this.#options
    for (let isFirst = true; ; isFirst = false) {
      if (await shelf.append(uid, draft, clock.now())) {
        this.#archived += draft.count
        return
      }
      if (isFirst) logger.warn('an archive cannot be written: the disk is full', { archive: uid })
      // What is lost by stopping now lies in the log, before the cursor's next place.
      if (this.#stop.signal.aborted) throw new AppError('LOG_FULL', 'the disk is full')
      await wait(this.#options.clock, FULL_RETRY_MS, this.#stop.signal)
    }
  }

  #leave(uid: string, builder: BlockBuilder): void {
    this.#builders.delete(uid)
    this.#gatheredBytes -= builder.sizeBytes
  }

  async #commit(offset: number): Promise<void> {
    const { cursors, reader } = this.#options
    const positions = [{ partition: this.#partition, offset }]
    const cursor = { reader, epoch: this.#epoch, positions, generation: 0 }
    while (!(await this.#tryCommit(cursors, cursor)))
      await wait(this.#options.clock, FULL_RETRY_MS, this.#stop.signal)
  }

  async #tryCommit(cursors: ArchiverOptions['cursors'], cursor: ReaderCursor): Promise<boolean> {
    try {
      await cursors.commit({ cursor, put: [], remove: [], attempts: [] })
      return true
    } catch (error) {
      if (!isAppError(error, 'STORE_FULL') || this.#stop.signal.aborted) throw error
      this.#options.logger.warn('the place of the archives cannot be kept: the disk is full')
      return false
    }
  }

  #nudged(): Promise<void> {
    const { signal } = this.#nudge
    return new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    }).then(() => this.#renewNudge())
  }

  #wake(): void {
    this.#nudge.abort()
  }

  #renewNudge(): void {
    if (this.#nudge.signal.aborted && !this.#stop.signal.aborted)
      this.#nudge = new AbortController()
  }

  #end(): number {
    return this.#options.log.end()[0]?.offset ?? 0
  }
}

function compile(definitions: readonly ArchiveDefinition[]): ReadonlyMap<string, BusArchives> {
  const buses = new Map<string, BusArchives>()
  for (const { uid, busKey, pattern } of definitions) {
    const bus = buses.get(busKey) ?? { all: [], matcher: createMatcher<string>() }
    const taken =
      pattern === undefined
        ? { ...bus, all: [...bus.all, uid] }
        : { ...bus, matcher: bus.matcher.with(uid, parsePattern(pattern)) }
    buses.set(busKey, taken)
  }
  return buses
}
