// This process's end of a worker thread: a request, then its answer, in order. A worker that dies fails all
// that wait for it and all that comes after.

import { Worker } from 'node:worker_threads'
import { AppError, type Logger } from '../../../base/index.ts'
import type { Commit, Reader, Writer } from './file-log.ts'
import type {
  StoreSettings,
  WorkerAnswer,
  WorkerMessage,
  WorkerRequest,
  WorkerSettings,
} from './messages.ts'
import type { StoreState } from './segment-store.ts'

export async function startWriter(
  settings: StoreSettings,
  knownDurable: number | Promise<number>,
  logger: Logger,
): Promise<{ readonly writer: Writer; readonly state: StoreState }> {
  const link = new WorkerLink({ role: 'writer', settings }, logger)
  const writer: Writer = {
    async commit(buffer, sizeBytes): Promise<Commit> {
      return link.request({ kind: 'commit', buffer, sizeBytes }, 'commit', [buffer])
    },
    async remove(bases) {
      await link.request({ kind: 'remove', bases }, 'done')
    },
    close: () => link.close(),
  }
  try {
    const { state } = await link.request(
      { kind: 'open', knownDurable: await knownDurable },
      'opened',
    )
    return { writer, state }
  } catch (error) {
    await link.close()
    throw error
  }
}

/** With `isWanted` its thread starts at once, otherwise with the first reader that lags: a new log may never have one. */
export function startReader(directory: string, logger: Logger, isWanted: boolean): Reader {
  let started: WorkerLink | undefined
  const link = (): WorkerLink => (started ??= new WorkerLink({ role: 'reader', directory }, logger))
  if (isWanted) link()
  return {
    read: async (request) => (await link().request({ kind: 'read', request }, 'read')).answer,
    async offsetAt(segment, timestamp) {
      return (await link().request({ kind: 'offsetAt', segment, timestamp }, 'offsetAt')).offset
    },
    async forget(bases) {
      await started?.request({ kind: 'forget', bases }, 'done')
    },
    async close() {
      await started?.close()
    },
  }
}

interface Waiting {
  readonly resolve: (answer: WorkerAnswer) => void
  readonly reject: (error: AppError) => void
}

class WorkerLink {
  readonly #worker: Worker
  readonly #logger: Logger
  /** Few: one commit at a time, and what readers ask. */
  readonly #waiting: Waiting[] = []
  #death: AppError | undefined

  constructor(settings: WorkerSettings, logger: Logger) {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    this.#logger = logger
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: settings })
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', (error) => this.#die(error))
    this.#worker.on('exit', (code) =>
      this.#die(new Error(`the log worker ended with code ${code}`)),
    )
  }

  async request<K extends WorkerAnswer['kind']>(
    request: WorkerRequest,
    expected: K,
    transfer: ArrayBuffer[] = [],
  ): Promise<Extract<WorkerAnswer, { kind: K }>> {
    if (this.#death !== undefined) throw this.#death
    const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(request, transfer)
    })
    if (answer.kind === 'failed') {
      const cause = answer.cause === undefined ? undefined : new Error(answer.cause)
      throw new AppError('STORAGE_FAILED', answer.message, { cause })
    }
    return answer as Extract<WorkerAnswer, { kind: K }>
  }

  /** Lets the worker finish what it was given, then ends it. */
  async close(): Promise<void> {
    if (this.#death !== undefined) return
    await this.request({ kind: 'close' }, 'done')
    this.#death = new AppError('LOG_CLOSED', 'the log is closed')
    await this.#worker.terminate()
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'line') this.#logger[message.level](message.message, message.fields)
    else this.#waiting.shift()?.resolve(message)
  }

  #die(cause: unknown): void {
    this.#death ??= new AppError('STORAGE_FAILED', 'the thread of the log died', { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#death)
  }
}
