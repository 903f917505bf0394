// A process that a service is: started detached, ready when it says so or when its port answers, ended by pid.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const READY_MS_MAX = 60_000
const END_MS_MAX = 15_000
const OUTPUT_SHOWN = 2000

export interface ServiceProcess {
  readonly pid: number
  /** What it wrote so far. */
  output(): string
  /** Sends a signal to the process and all that it started. */
  signal(signal: NodeJS.Signals): void
  /** Asks it to end, and makes it end when it does not; resolves when it has. */
  end(): Promise<void>
}

export interface StartOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** A file for its output. */
  readonly logFile: string
  readonly uid?: number
  readonly gid?: number
  /** Looked at again and again until it says so; `output` is all that was written. */
  readonly isReady: (output: string) => boolean | Promise<boolean>
}

/** Rejects, with what the process said, when it ends or is not ready in time. */
export async function startProcess(options: StartOptions): Promise<ServiceProcess> {
  const { command, args, cwd, env, logFile, uid, gid } = options
  const log = openSync(logFile, 'w')
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  closeSync(log)
  const started = serviceProcess(child, logFile)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const deadline = performance.now() + READY_MS_MAX
  while (!(await options.isReady(started.output()))) {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (failure !== undefined || isOver || performance.now() > deadline) {
      if (child.pid !== undefined) await started.end()
      const why = failure?.message ?? (isOver ? 'it ended' : 'it was not ready in time')
      throw new Error(
        `cannot start \`${command}\`: ${why}\n${started.output().slice(-OUTPUT_SHOWN)}`,
      )
    }
    await delay(50)
  }
  return started
}

function serviceProcess(child: ChildProcess, logFile: string): ServiceProcess {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const signal = (name: NodeJS.Signals): void => {
    if (!isOver() && child.pid !== undefined) process.kill(-child.pid, name)
  }
  child.unref()
  return {
    pid: child.pid ?? 0,
    output: () => readFileSync(logFile, 'utf8'),
    signal,
    async end() {
      if (isOver()) return
      child.ref()
      signal('SIGCONT')
      signal('SIGTERM')
      await Promise.race([exited, delay(END_MS_MAX, undefined, { ref: false })])
      signal('SIGKILL')
      await exited
    },
  }
}

/** Ports of loopback that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
        }),
    ),
  )
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  )
  return ports
}

/** Whether something accepts connections at a port of loopback. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
