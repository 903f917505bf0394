// A worker's end of its port: gathers what waits into batches, bounded in number and size, and answers.

import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { AppError } from '../../../base/index.ts'
import { TRANSACTION_REQUESTS_MAX, TRANSACTION_SIZE_BYTES_MAX } from '../../limits.ts'
import {
  toFailure,
  type FromWorker,
  type ReadCalls,
  type Request,
  type ToWorker,
  type WriteCalls,
} from './protocol.ts'

/** One call of a worker, by name; it throws an AppError only before it has changed anything. */
export type Call = (input: unknown) => unknown

/** The compiler has checked each call against its own input; from here on they go by name. */
export function untyped(calls: WriteCalls | ReadCalls): Readonly<Record<string, Call>> {
  return calls as unknown as Readonly<Record<string, Call>>
}

/** `run` answers false when nothing more may be answered. */
export class Inbox {
  readonly #port: MessagePort
  readonly #run: (requests: readonly Request[]) => boolean
  #isDead = false

  constructor(port: MessagePort, run: (requests: readonly Request[]) => boolean) {
    this.#port = port
    this.#run = run
  }

  take(first: ToWorker, close: () => void): void {
    let message: ToWorker | undefined = first
    while (message !== undefined && !this.#isDead) {
      const requests: Request[] = []
      let sizeBytes = 0
      while (message?.kind === 'requests') {
        requests.push(...message.requests)
        for (const request of message.requests) sizeBytes += sizeOf(request.input)
        if (
          requests.length >= TRANSACTION_REQUESTS_MAX ||
          sizeBytes >= TRANSACTION_SIZE_BYTES_MAX
        ) {
          message = undefined
          break
        }
        message = receive(this.#port)
      }
      if (requests.length > 0) this.#isDead = !this.#run(requests)
      if (message?.kind === 'close') {
        close()
        this.#port.close()
        return
      }
      message = receive(this.#port)
    }
  }
}

function receive(port: MessagePort): ToWorker | undefined {
  return receiveMessageOnPort(port)?.message as ToWorker | undefined
}

/** Only what can be large counts. */
function sizeOf(input: unknown): number {
  if (typeof input !== 'object' || input === null || !('bodies' in input)) return 0
  return (input.bodies as Uint8Array).byteLength
}

export function post(port: MessagePort, message: FromWorker): void {
  port.postMessage(message)
}

export function postFatal(port: MessagePort, error: unknown, isOpening: boolean): void {
  const failure =
    error instanceof AppError
      ? toFailure(error)
      : {
          code: 'STORAGE_FAILED' as const,
          message: `the store's database failed: ${toFailure(error).message}`,
          details: {},
        }
  post(port, { kind: 'fatal', isOpening, failure })
}
