// One process of one function. It leads a process group of its own, so that whatever its handler starts ends
// with it; it ends by itself when its control pipe does, so that it cannot outlive this process.
//
//   starting ──ready──▶ idle ◀──result── busy
//       └─unloadable, exit, timeout──▶ ended ◀──exit, timeout, abort, kill──┘

import { spawn, type ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'
import type { Duplex, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describeError, type Clock, type Logger } from '../../../base/index.ts'
import type { FunctionSpec } from '../../../model/index.ts'
import type { Environment } from './environment.ts'
import {
  encodeHead,
  ReplyReader,
  type FunctionFailure,
  type InvokeHeader,
  type Reply,
} from './frames.ts'
import type { Handler } from './handler.ts'
import {
  ERROR_MESSAGE_LENGTH_MAX,
  KILL_WAIT_MS,
  OUTPUT_TAIL_LENGTH_MAX,
  START_MS_MAX,
} from './limits.ts'
import { forwardLines } from './output-lines.ts'

export interface FunctionProcessOptions {
  readonly spec: FunctionSpec
  readonly handler: Handler
  readonly environment: Environment
  readonly executables: Executables
  readonly clock: Clock
  readonly logger: Logger
  /** Is given each line that the function prints on standard output. */
  readonly onLine?: ((spec: FunctionSpec, line: string) => void) | undefined
}

export interface Executables {
  readonly node: string
  readonly python: string
}

export type Invocation =
  | { readonly kind: 'returned'; readonly result: Uint8Array }
  /** The handler threw, or answered what cannot be passed on. */
  | { readonly kind: 'failed'; readonly message: string; readonly error?: FunctionFailure }
  /** The process is gone, and with it the invocation. */
  | { readonly kind: 'timeout' | 'exited' | 'aborted'; readonly message: string }

export type Start =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }

export class FunctionProcess {
  readonly #options: FunctionProcessOptions
  readonly #child: ChildProcess
  readonly #control: Duplex
  readonly #reader = new ReplyReader()
  readonly #start = Promise.withResolvers<Start>()
  readonly #ended = Promise.withResolvers<void>()
  #pending: ((invocation: Invocation) => void) | undefined
  #isEnded = false
  #tail = ''

  constructor(options: FunctionProcessOptions) {
    this.#options = options
    this.#child = spawnChild(options)
    this.#control = this.#child.stdio[3] as Duplex
    this.#forwardOutput()
    this.#control.on('data', (chunk: Buffer) => this.#onData(chunk))
    // A pipe that broke is the sign of an exit, which is told apart below.
    this.#control.on('error', () => {})
    this.#child.on('exit', (code, signal) => this.#end(describeExit(options.spec, code, signal)))
    this.#child.on('error', (error) => this.#end(describeError(error)))
    const timer = options.clock.setTimer(START_MS_MAX, () => {
      this.#end(`function \`${options.spec.name}\` did not load within ${START_MS_MAX} ms`)
      this.kill()
    })
    void this.#start.promise.then(() => timer.cancel())
  }

  /** Never rejects. */
  get started(): Promise<Start> {
    return this.#start.promise
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** The end of what was printed since the latest invocation began, once all of it has been read. */
  async outputTail(): Promise<string> {
    // A child prints before it replies, so its output is at the latest in the turn that brought the reply.
    await new Promise<void>((resolve) => void setImmediate(resolve))
    return this.#tail
  }

  /** One at a time, once started. Never rejects. */
  invoke(header: InvokeHeader, payload: Uint8Array, signal: AbortSignal): Promise<Invocation> {
    if (this.#isEnded) return Promise.resolve(gone(this.#options.spec))
    this.#tail = ''
    return new Promise((resolve) => {
      const { spec, clock } = this.#options
      const onAbort = (): void =>
        this.#lose({ kind: 'aborted', message: `function \`${spec.name}\` was interrupted` })
      const timer = clock.setTimer(header.timeoutMs, () =>
        this.#lose({
          kind: 'timeout',
          message: `function \`${spec.name}\` did not end within ${header.timeoutMs} ms`,
        }),
      )
      this.#pending = (invocation) => {
        this.#pending = undefined
        timer.cancel()
        signal.removeEventListener('abort', onAbort)
        resolve(invocation)
      }
      if (signal.aborted) onAbort()
      else {
        signal.addEventListener('abort', onAbort, { once: true })
        this.#control.write(encodeHead(header, payload.length))
        this.#control.write(payload)
      }
    })
  }

  /** Ends the process and all it started, at once. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    killGroup(pid)
  }

  /** Kills, and resolves when the process is gone or could not be ended in time. */
  async close(): Promise<void> {
    this.kill()
    const patience = Promise.withResolvers<void>()
    const timer = this.#options.clock.setTimer(KILL_WAIT_MS, patience.resolve)
    await Promise.race([this.#ended.promise, patience.promise])
    timer.cancel()
  }

  #onData(chunk: Buffer): void {
    try {
      for (const reply of this.#reader.push(chunk)) this.#onReply(reply)
    } catch (error) {
      this.#pending?.({ kind: 'failed', message: describeError(error) })
      this.kill()
    }
  }

  #onReply({ header, payload }: Reply): void {
    switch (header.kind) {
      case 'ready':
        this.#start.resolve({ kind: 'ready' })
        return
      case 'unloadable':
        this.#end(describeFailure(header.error))
        return
      case 'result':
        this.#pending?.({ kind: 'returned', result: payload })
        return
      case 'error':
        this.#pending?.({
          kind: 'failed',
          message: describeFailure(header.error),
          error: header.error,
        })
    }
  }

  #lose(invocation: Invocation): void {
    this.#isEnded = true
    this.#pending?.(invocation)
    this.kill()
  }

  #end(message: string): void {
    this.#isEnded = true
    this.#start.resolve({ kind: 'failed', message })
    this.#pending?.({ kind: 'exited', message })
    const { pid, exitCode, signalCode } = this.#child
    if (pid !== undefined && exitCode === null && signalCode === null) return
    // What the handler started may still be there.
    if (pid !== undefined) killGroup(pid)
    this.#control.destroy()
    this.#ended.resolve()
  }

  #forwardOutput(): void {
    const { logger, spec, onLine } = this.#options
    for (const stream of ['stdout', 'stderr'] as const) {
      const readable: Readable | null = this.#child[stream]
      if (readable === null) continue
      forwardLines(readable, (line) => {
        this.#tail = `${this.#tail}${line}\n`.slice(-OUTPUT_TAIL_LENGTH_MAX)
        logger.info('function output', { function: spec.name, stream, line })
        if (stream === 'stdout') onLine?.(spec, line)
      })
    }
  }
}

function spawnChild(options: FunctionProcessOptions): ChildProcess {
  const { spec, handler, executables } = options
  const names = handler.names.join(',')
  const args =
    spec.runtime === 'node'
      ? [`--max-old-space-size=${spec.memoryMb}`, bootstrap('bootstrap.mjs'), handler.file, names]
      : [bootstrap('bootstrap.py'), handler.file, names, String(spec.memoryMb)]
  return spawn(executables[spec.runtime], args, {
    cwd: dirname(handler.file),
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A group of its own, which can be killed whole.
    detached: true,
    shell: false,
    windowsHide: true,
  })
}

function bootstrap(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: nobody is left in the group, which is what was wanted.
  }
}

function gone(spec: FunctionSpec): Invocation {
  return { kind: 'exited', message: `the process of function \`${spec.name}\` is gone` }
}

function describeExit(spec: FunctionSpec, code: number | null, signal: string | null): string {
  const how = signal === null ? `exit code \`${code}\`` : `signal \`${signal}\``
  return `the process of function \`${spec.name}\` ended with ${how}`
}

function describeFailure(error: FunctionFailure): string {
  return `${error.name}: ${error.message}`.slice(0, ERROR_MESSAGE_LENGTH_MAX)
}
