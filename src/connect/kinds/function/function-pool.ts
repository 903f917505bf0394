// The processes of one function: as many as its concurrency, started when needed, kept for the next event,
// replaced when its file or its spec changes, and started again only after a growing pause when they crash.

import {
  backoffDelayMs,
  BoundedQueue,
  createUuid,
  describeError,
  type Backoff,
  type Clock,
  type Logger,
  type Random,
  type Timer,
  wait,
} from '../../../base/index.ts'
import { functionArn, type FunctionSpec } from '../../../model/index.ts'
import type { Environment } from './environment.ts'
import { FunctionProcess, type Executables, type Invocation } from './function-process.ts'
import { findHandler, type Handler } from './handler.ts'
import { IDLE_MS_MAX, INVOCATIONS_WAITING_MAX } from './limits.ts'

export interface FunctionPoolOptions {
  readonly environment: (spec: FunctionSpec) => Environment
  readonly executables: Executables
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Is given each line that a function prints on standard output. */
  readonly onLine?: (spec: FunctionSpec, line: string) => void
}

export interface PoolRequest {
  readonly payload: Uint8Array
  readonly traceHeader?: string
  /** The end of what the function printed is wanted too. */
  readonly withLog?: boolean
}

/** An invocation's end, or why there was none. Each is final; whether to try again is the caller's. */
export type PoolResult = { readonly log?: string } & (
  | Invocation
  | { readonly kind: 'unloadable' | 'throttled'; readonly message: string }
)

interface Member {
  readonly process: FunctionProcess
  /** The spec and file it was started from. */
  readonly version: string
  idleTimer?: Timer
}

interface Waiter {
  isGone: boolean
  readonly admit: () => void
}

const RESTART: Backoff = { delayMsMin: 100, delayMsMax: 10_000, jitter: 0.2 }

export class FunctionPool {
  readonly #options: FunctionPoolOptions
  readonly #idle: Member[] = []
  readonly #all = new Set<Member>()
  readonly #line = new BoundedQueue<Waiter>(INVOCATIONS_WAITING_MAX)
  readonly #closing = new AbortController()
  #busy = 0
  #crashes = 0
  #startAt = 0

  constructor(options: FunctionPoolOptions) {
    this.#options = options
  }

  /** Never rejects for what the function does. */
  async invoke(spec: FunctionSpec, request: PoolRequest, signal: AbortSignal): Promise<PoolResult> {
    const both = AbortSignal.any([signal, this.#closing.signal])
    const entry = await this.#enter(spec, both)
    if (entry !== 'entered') return entry
    try {
      return await this.#run(spec, request, both)
    } finally {
      this.#busy -= 1
      this.#admitNext()
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#all].map((member) => this.#retire(member)))
  }

  /** Takes one of the places that concurrency gives, waiting for it; or says why not. */
  #enter(spec: FunctionSpec, signal: AbortSignal): Promise<'entered' | PoolResult> {
    if (signal.aborted) return Promise.resolve(aborted(spec))
    if (this.#busy < spec.concurrency) {
      this.#busy += 1
      return Promise.resolve('entered')
    }
    return new Promise((resolve) => {
      const leave = (): void => {
        waiter.isGone = true
        resolve(aborted(spec))
      }
      const waiter: Waiter = {
        isGone: false,
        admit: () => {
          signal.removeEventListener('abort', leave)
          resolve('entered')
        },
      }
      if (this.#line.push(waiter)) signal.addEventListener('abort', leave, { once: true })
      else {
        const message = `${INVOCATIONS_WAITING_MAX} invocations of function \`${spec.name}\` wait already`
        resolve({ kind: 'throttled', message })
      }
    })
  }

  #admitNext(): void {
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
      if (next.isGone) continue
      this.#busy += 1
      next.admit()
      return
    }
  }

  async #run(spec: FunctionSpec, request: PoolRequest, signal: AbortSignal): Promise<PoolResult> {
    const acquired = await this.#acquire(spec, signal)
    if (!('process' in acquired)) return acquired
    const header = {
      requestId: createUuid(this.#options.random),
      functionName: spec.name,
      functionArn: functionArn(spec, spec.name),
      memoryMb: spec.memoryMb,
      timeoutMs: spec.timeoutMs,
      ...(request.traceHeader === undefined ? {} : { traceHeader: request.traceHeader }),
    }
    const invocation = await acquired.process.invoke(header, request.payload, signal)
    if (invocation.kind === 'exited') this.#crashed(spec, invocation.message)
    if (invocation.kind === 'returned') this.#crashes = 0
    const log = request.withLog === true ? { log: await acquired.process.outputTail() } : {}
    this.#release(acquired)
    return { ...invocation, ...log }
  }

  async #acquire(spec: FunctionSpec, signal: AbortSignal): Promise<Member | PoolResult> {
    let handler: Handler
    try {
      handler = findHandler(spec)
    } catch (error) {
      return { kind: 'unloadable', message: describeError(error) }
    }
    const version = JSON.stringify([spec, handler])
    for (let member = this.#idle.pop(); member !== undefined; member = this.#idle.pop()) {
      member.idleTimer?.cancel()
      if (member.version === version && !member.process.isEnded) return member
      void this.#retire(member)
    }
    return this.#start(spec, handler, { version, signal })
  }

  async #start(
    spec: FunctionSpec,
    handler: Handler,
    { version, signal }: { readonly version: string; readonly signal: AbortSignal },
  ): Promise<Member | PoolResult> {
    const { environment, executables, clock, logger, onLine } = this.#options
    await wait(clock, this.#startAt - clock.monotonic(), signal)
    if (signal.aborted) return aborted(spec)
    const process = new FunctionProcess({
      spec,
      handler,
      environment: environment(spec),
      executables,
      clock,
      logger,
      onLine,
    })
    const member: Member = { process, version }
    this.#all.add(member)
    void process.ended.then(() => this.#all.delete(member))
    const onAbort = (): void => process.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    const start = await process.started
    signal.removeEventListener('abort', onAbort)
    if (start.kind === 'ready' && !signal.aborted) return member
    void this.#retire(member)
    if (start.kind === 'ready' || signal.aborted) return aborted(spec)
    this.#crashed(spec, start.message)
    return { kind: 'unloadable', message: start.message }
  }

  #release(member: Member): void {
    if (member.process.isEnded || this.#closing.signal.aborted) {
      void this.#retire(member)
      return
    }
    member.idleTimer = this.#options.clock.setTimer(IDLE_MS_MAX, () => {
      const index = this.#idle.indexOf(member)
      if (index === -1) return
      this.#idle.splice(index, 1)
      void this.#retire(member)
    })
    this.#idle.push(member)
  }

  #crashed(spec: FunctionSpec, message: string): void {
    this.#crashes += 1
    const delayMs = backoffDelayMs(RESTART, this.#crashes, this.#options.random)
    this.#startAt = this.#options.clock.monotonic() + delayMs
    this.#options.logger.warn('a process of a function crashed', {
      function: spec.name,
      error: message,
      crashes: this.#crashes,
      restartInMs: Math.round(delayMs),
    })
  }

  #retire(member: Member): Promise<void> {
    member.idleTimer?.cancel()
    return member.process.close()
  }
}

function aborted(spec: FunctionSpec): PoolResult {
  return { kind: 'aborted', message: `function \`${spec.name}\` was interrupted` }
}
