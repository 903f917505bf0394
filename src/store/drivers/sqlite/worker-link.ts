// The main thread's end of one worker: requests made in one turn travel together, answers settle their promises.
//
//   loading ──open()──► opening ──ready──► open ──close──► closed
//                          └──fatal──► failed ◄──fatal, error, exit──┘   (every pending request is refused)

import { Worker, isMarkedAsUntransferable } from 'node:worker_threads'
import { AppError } from '../../../base/index.ts'
import { REQUESTS_PENDING_MAX } from '../../limits.ts'
import type { StoredChange } from '../../stored-rows.ts'
import {
  fromFailure,
  type Failure,
  type FromWorker,
  type Reply,
  type Request,
  type ToWorker,
  type WorkerOptions,
} from './protocol.ts'

export interface WorkerLinkOptions extends WorkerOptions {
  /** Called before the promises of the same commit settle. */
  readonly onChanges: (changes: readonly StoredChange[]) => void
  /** At most once. */
  readonly onFatal: (error: AppError) => void
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

type Calls = Readonly<Record<string, (input: never) => unknown>>

export class WorkerLink<C extends { [K in keyof C]: (input: never) => unknown } = Calls> {
  readonly #options: WorkerLinkOptions
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #opened = Promise.withResolvers<number>()
  readonly #exited = Promise.withResolvers<void>()
  #outbox: Request[] = []
  #transfers: ArrayBuffer[] = []
  #nextId = 0
  #failure: AppError | undefined
  #isClosed = false

  constructor(options: WorkerLinkOptions) {
    this.#options = options
    const { role, path, sizeBytesMax } = options
    const workerData: WorkerOptions = { role, path, sizeBytesMax }
    this.#worker = new Worker(workerUrl(), { workerData, name: `store-${role}` })
    this.#worker.on('message', (message: FromWorker) => this.#take(message))
    this.#worker.on('error', (error) => this.#fail(workerDied(role, error)))
    this.#worker.on('exit', () => {
      this.#exited.resolve()
      if (!this.#isClosed) this.#fail(workerDied(role))
    })
  }

  /** Opens the database, once. Resolves to the revision at opening. */
  open(): Promise<number> {
    this.#post({ kind: 'open' })
    return this.#opened.promise
  }

  call<K extends keyof C & string>(
    name: K,
    input: Parameters<C[K]>[0],
    transfer?: Uint8Array,
  ): Promise<ReturnType<C[K]>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#isClosed) return Promise.reject(new AppError('STORE_CLOSED', 'the store is closed'))
    if (this.#pending.size >= REQUESTS_PENDING_MAX) return Promise.reject(overloaded())
    this.#nextId += 1
    const id = this.#nextId
    const promise = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
    })
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush())
    this.#outbox.push({ id, call: name, input })
    if (transfer !== undefined && canTransfer(transfer)) this.#transfers.push(transfer.buffer)
    return promise as Promise<ReturnType<C[K]>>
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) return
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#flush()
      this.#post({ kind: 'close' })
    }
    await this.#exited.promise
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const requests = this.#outbox
    const transfers = this.#transfers
    this.#outbox = []
    this.#transfers = []
    try {
      this.#post({ kind: 'requests', requests }, transfers)
    } catch (error) {
      // What cannot be cloned is a bug of one caller; which one is not known.
      for (const { id } of requests) this.#settle({ id, failure: toBug(error) })
    }
  }

  #post(message: ToWorker, transfers: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfers)
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#opened.resolve(message.revision)
        return
      case 'replies':
        for (const changes of message.changes) this.#options.onChanges(changes)
        for (const reply of message.replies) this.#settle(reply)
        return
      case 'fatal':
        this.#fail(fromFailure(message.failure) as AppError, message.isOpening)
    }
  }

  #settle({ id, value, failure }: Reply): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    if (failure === undefined) pending.resolve(value)
    else pending.reject(fromFailure(failure))
  }

  #fail(error: AppError, isOpening = false): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#opened.promise.catch(() => {})
    this.#opened.reject(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    void this.#worker.terminate()
    if (!isOpening) this.#options.onFatal(error)
  }
}

/** The same file from source and from the build. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}

// A small Buffer is a view of Node's pool, which must not be given away.
function canTransfer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(bytes.buffer)
}

function overloaded(): AppError {
  return new AppError(
    'OVERLOADED',
    `the store already has ${REQUESTS_PENDING_MAX} requests waiting`,
  )
}

function workerDied(role: string, cause?: unknown): AppError {
  return new AppError('STORAGE_FAILED', `the store's ${role} ended unexpectedly`, { cause })
}

function toBug(error: unknown): Failure {
  return { code: undefined, message: `a request cannot be sent: ${String(error)}`, details: {} }
}
