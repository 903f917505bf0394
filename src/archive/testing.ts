// What tests need of the archives: all of the room in this thread, on a simulated disk that a crash can befall.

import { type Clock, type Random, seededRandom, silentLogger } from '../base/index.ts'
import type { Disk } from '../log/index.ts'
import { SimulatedDisk } from '../log/testing.ts'
import type { BlockDraft } from './block.ts'
import { type ArchivedEvents, type ArchiveRead, type ArchiveStats, Shelf } from './shelf.ts'
import type { ShelfPort } from './shelf-port.ts'

export interface InProcessShelfOptions {
  readonly clock: Clock
  readonly disk?: Disk
  readonly random?: Random
  readonly segmentSizeBytesMax?: number
  readonly seriesMax?: number
}

/** The shelf without its thread. */
export class InProcessShelf implements ShelfPort {
  readonly shelf: Shelf
  #isKilled = false

  constructor(options: InProcessShelfOptions) {
    this.shelf = new Shelf({
      directory: 'archives',
      disk: options.disk ?? new SimulatedDisk(),
      clock: options.clock,
      random: options.random ?? seededRandom(1),
      logger: silentLogger,
      segmentSizeBytesMax: options.segmentSizeBytesMax ?? 1_000_000,
      segmentAgeMsMax: 86_400_000,
      seriesMax: options.seriesMax ?? 8,
      freeBytesMin: 0,
    })
  }

  append = (uid: string, draft: BlockDraft, timestamp: number): Promise<boolean> =>
    this.#do(() => this.shelf.append(uid, draft, timestamp))

  stats = (uid: string): Promise<ArchiveStats> => this.#do(() => this.shelf.stats(uid))

  read = (uid: string, request: ArchiveRead): Promise<ArchivedEvents> =>
    this.#do(() => this.shelf.read(uid, request))

  drop = (uid: string, timestamp: number): Promise<void> =>
    this.#do(() => this.shelf.drop(uid, timestamp))

  remove = (uid: string): Promise<void> => this.#do(() => this.shelf.remove(uid))

  keep = (uids: ReadonlySet<string>): Promise<void> => this.#do(() => this.shelf.keep(uids))

  close = (): Promise<void> => this.#do(() => this.shelf.close())

  /** The process dies: nothing that is asked later reaches the disk, and nothing is answered. */
  kill(): void {
    this.#isKilled = true
  }

  async #do<T>(work: () => T): Promise<T> {
    if (this.#isKilled) return new Promise(() => {})
    return work()
  }
}
