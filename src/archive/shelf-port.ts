// The archives' disk as the rest of the room asks it: by promises, over a thread of its own.

import { Worker } from 'node:worker_threads'
import { AppError, type Logger } from '../base/index.ts'
import type { BlockDraft } from './block.ts'
import type { ShelfAnswer, ShelfMessage, ShelfRequest, WorkerSettings } from './messages.ts'
import type { ArchivedEvents, ArchiveRead, ArchiveStats } from './shelf.ts'

/** Every call rejects `STORAGE_FAILED` when the disk, or the thread, does. */
export interface ShelfPort {
  /** Resolves to false when the disk has no room. */
  append(uid: string, draft: BlockDraft, timestamp: number): Promise<boolean>
  stats(uid: string): Promise<ArchiveStats>
  read(uid: string, request: ArchiveRead): Promise<ArchivedEvents>
  drop(uid: string, timestamp: number): Promise<void>
  remove(uid: string): Promise<void>
  keep(uids: ReadonlySet<string>): Promise<void>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (answer: ShelfAnswer) => void
  readonly reject: (error: AppError) => void
}

export class ThreadedShelf implements ShelfPort {
  readonly #settings: WorkerSettings
  readonly #logger: Logger
  /** Begun with the first request: most servers have no archive. */
  #worker: Worker | undefined
  readonly #waiting: Waiting[] = []
  #death: AppError | undefined

  constructor(settings: WorkerSettings, logger: Logger) {
    this.#settings = settings
    this.#logger = logger
  }

  async append(uid: string, draft: BlockDraft, timestamp: number): Promise<boolean> {
    const request = { kind: 'append', uid, draft, timestamp } as const
    return (await this.#request(request, 'appended')).isKept
  }

  async stats(uid: string): Promise<ArchiveStats> {
    return (await this.#request({ kind: 'stats', uid }, 'stats')).stats
  }

  async read(uid: string, read: ArchiveRead): Promise<ArchivedEvents> {
    return (await this.#request({ kind: 'read', uid, read }, 'events')).events
  }

  async drop(uid: string, timestamp: number): Promise<void> {
    await this.#request({ kind: 'drop', uid, timestamp }, 'done')
  }

  async remove(uid: string): Promise<void> {
    await this.#request({ kind: 'remove', uid }, 'done')
  }

  async keep(uids: ReadonlySet<string>): Promise<void> {
    await this.#request({ kind: 'keep', uids }, 'done')
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (this.#death === undefined && worker !== undefined) {
      await this.#request({ kind: 'close' }, 'done')
    }
    this.#death ??= new AppError('STORAGE_FAILED', 'the archives are closed')
    await worker?.terminate()
  }

  async #request<K extends ShelfAnswer['kind']>(
    request: ShelfRequest,
    _expected: K,
  ): Promise<Extract<ShelfAnswer, { kind: K }>> {
    if (this.#death !== undefined) throw this.#death
    const worker = (this.#worker ??= this.#start())
    const answer = await new Promise<ShelfAnswer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      worker.postMessage(request, [])
    })
    if (answer.kind === 'failed') {
      const cause = answer.cause === undefined ? undefined : new Error(answer.cause)
      throw new AppError('STORAGE_FAILED', answer.message, { cause })
    }
    // Answers come in the order of the requests, each of its request's kind.
    return answer as Extract<ShelfAnswer, { kind: K }>
  }

  #start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const url = new URL(file, import.meta.url)
    const worker = new Worker(url, { workerData: this.#settings, name: 'archive' })
    worker.on('message', (message: ShelfMessage) => this.#receive(message))
    worker.on('error', (error) => this.#die(error))
    worker.on('exit', (code) => this.#die(new Error(`the thread ended with code ${code}`)))
    return worker
  }

  #receive(message: ShelfMessage): void {
    if (message.kind === 'line') this.#logger[message.level](message.message, message.fields)
    else this.#waiting.shift()?.resolve(message)
  }

  #die(cause: unknown): void {
    this.#death ??= new AppError('STORAGE_FAILED', 'the thread of the archives died', { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#death)
  }
}
