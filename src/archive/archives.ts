// The archives of this process: the reader that fills them and the thread that keeps them, as one value.

import { AppError, type Clock, type Logger } from '../base/index.ts'
import type { Cursor, Log } from '../log/index.ts'
import type { DeliveryStore } from '../store/index.ts'
import { type ArchiveDefinition, Archiver } from './archiver.ts'
import type { ArchivedEvents, ArchiveRead, ArchiveStats } from './shelf.ts'
import { type ShelfPort, ThreadedShelf } from './shelf-port.ts'

export interface ArchivesOptions {
  /** Made when the first archive is. */
  readonly directory: string
  /** Whether an archive was ever kept there. */
  readonly hasFiles: boolean
  /** The name under which the reader's cursor is kept. */
  readonly reader: string
  readonly log: Pick<Log, 'read' | 'start' | 'end'>
  readonly cursors: Pick<DeliveryStore, 'cursor' | 'commit'>
  readonly clock: Clock
  readonly logger: Logger
  /** A storage failure from which the process must not go on. */
  readonly onFatal: (error: unknown) => void
  /** For tests without a thread. */
  readonly shelf?: ShelfPort
}

export interface Archives {
  /** The archives that there are from now on; wait for `settled` before a change is written down. */
  define(definitions: readonly ArchiveDefinition[]): void
  /** Resolves when every event that is durable now lies in the archives that want it. */
  settled(): Promise<void>
  /** Rejects `RESOURCE_NOT_FOUND` for an archive that is gone, as `read` does. */
  stats(uid: string): Promise<ArchiveStats>
  read(uid: string, request: ArchiveRead): Promise<ArchivedEvents>
  /** Drops what is older than its archive's retention, but for archives that are held. */
  tend(held: ReadonlySet<string>): Promise<void>
  /** Before this no record of the log is needed; undefined when no archive needs any. */
  committedCursor(): Cursor | undefined
  /** Durable records that no archive has seen yet. */
  lag(): number
  /** Events written since the start, once for each archive that took them. */
  archived(): number
  close(): Promise<void>
}

export async function openArchives(
  options: ArchivesOptions,
  definitions: readonly ArchiveDefinition[],
): Promise<Archives> {
  const shelf = options.shelf ?? new ThreadedShelf({ directory: options.directory }, options.logger)
  const archiver = await Archiver.open({ ...options, shelf }, definitions)
  const archives = new KeptArchives(options, { shelf, archiver, definitions })
  await archives.start()
  return archives
}

interface Parts {
  readonly shelf: ShelfPort
  readonly archiver: Archiver
  readonly definitions: readonly ArchiveDefinition[]
}

class KeptArchives implements Archives {
  readonly #options: ArchivesOptions
  readonly #shelf: ShelfPort
  readonly #archiver: Archiver
  #definitions: readonly ArchiveDefinition[]

  constructor(options: ArchivesOptions, { shelf, archiver, definitions }: Parts) {
    this.#options = options
    this.#shelf = shelf
    this.#archiver = archiver
    this.#definitions = definitions
  }

  async start(): Promise<void> {
    if (this.#definitions.length === 0 && !this.#options.hasFiles) return
    await this.#shelf.keep(new Set(this.#definitions.map(({ uid }) => uid)))
  }

  define(definitions: readonly ArchiveDefinition[]): void {
    const kept = new Set(definitions.map(({ uid }) => uid))
    const gone = this.#definitions.filter(({ uid }) => !kept.has(uid))
    this.#definitions = definitions
    this.#archiver.define(definitions)
    // Behind whatever the reader has under way; a removal that is cut short is made good at the next start.
    for (const { uid } of gone) this.#shelf.remove(uid).catch(this.#options.onFatal)
  }

  settled(): Promise<void> {
    return this.#archiver.settled()
  }

  async stats(uid: string): Promise<ArchiveStats> {
    this.#check(uid)
    return this.#shelf.stats(uid)
  }

  async read(uid: string, request: ArchiveRead): Promise<ArchivedEvents> {
    this.#check(uid)
    return this.#shelf.read(uid, request)
  }

  async tend(held: ReadonlySet<string>): Promise<void> {
    const now = this.#options.clock.now()
    for (const { uid, retentionMs } of this.#definitions) {
      if (retentionMs === undefined || held.has(uid)) continue
      await this.#shelf.drop(uid, now - retentionMs)
    }
  }

  committedCursor(): Cursor | undefined {
    return this.#archiver.committedCursor()
  }

  lag(): number {
    return this.#archiver.lag()
  }

  #check(uid: string): void {
    if (this.#definitions.some((one) => one.uid === uid)) return
    throw new AppError('RESOURCE_NOT_FOUND', 'the archive is not there any more')
  }

  archived(): number {
    return this.#archiver.archived
  }

  async close(): Promise<void> {
    await this.#archiver.close()
    await this.#shelf.close()
  }
}
