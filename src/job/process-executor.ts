// Runs images that the operator has declared a program of this machine for. Nothing isolates it: what may run is what
// the configuration says and nothing else. A pod's command and arguments are handed to that program as its arguments;
// they never name a program themselves.
//
// A program is the head of a group of its own, is killed with all it started when its time is up, and dies with the
// server: by the kernel's word where `setpriv` is there, else when the next server finds it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/index.ts'
import {
  type ContainerExit,
  type ContainerStart,
  type Executor,
  type RunningContainer,
  StartError,
} from './executor.ts'
import { expand } from './environment.ts'

/** A program that stands for images. */
export interface Program {
  /** The name of an image, `*` standing for any part of it. */
  readonly image: string
  /** Program and first arguments. */
  readonly command: readonly string[]
  /** Where it runs; a folder of its own when absent. */
  readonly directory?: string
}

export interface ProcessExecutorOptions {
  readonly programs: readonly Program[]
  /** What `PATH` is to programs: all that they inherit. */
  readonly path: string
  readonly clock: Clock
}

const NOT_FOUND = 127
const SIGNAL_BASE = 128
/** Of what a program's children may still say when it has ended. */
const DRAIN_MS = 1000
const PID_FILE = 'pid'

export class ProcessExecutor implements Executor {
  readonly name = 'process'
  readonly #options: ProcessExecutorOptions
  readonly #patterns: readonly (readonly [RegExp, Program])[]
  /** Known once something has been run: finding out takes a process of its own. */
  #prefix: readonly string[] | undefined

  constructor(options: ProcessExecutorOptions) {
    this.#options = options
    this.#patterns = options.programs.map((program) => [patternOf(program.image), program])
  }

  serves(image: string): boolean {
    return this.#find(image) !== undefined
  }

  async start(start: ContainerStart): Promise<RunningContainer> {
    const { container, directory, hostname, env } = start
    const program = this.#find(container.image ?? '')!
    this.#prefix ??= hasSetpriv(this.#options.path) ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []
    const given = [...(container.command ?? []), ...(container.args ?? [])]
    const [command, ...args] = [
      ...this.#prefix,
      ...program.command,
      ...given.map((one) => expand(one, env)),
    ]
    const child = spawn(command!, args, {
      cwd: program.directory ?? directory,
      env: {
        PATH: this.#options.path,
        HOME: directory,
        HOSTNAME: hostname,
        ...mountVariables(start),
        ...Object.fromEntries(env),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    // One that follows at once when the program cannot be had is told as the reason.
    child.on('error', () => undefined)
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [Error]
      throw new StartError('CreateContainerError', `\`${command}\` cannot be run: ${error.message}`)
    }
    writeFileSync(join(directory, PID_FILE), identityOf(child.pid), { mode: 0o600 })
    return this.#running(child, child.pid, start)
  }

  /** What is left of it is ended: nobody hears what it says any more. */
  async adopt({ directory }: ContainerStart): Promise<undefined> {
    const path = join(directory, PID_FILE)
    const known = readText(path)
    const pid = Number(known.split(' ')[0])
    if (pid > 1 && known === identityOf(pid)) killGroup(pid, 'SIGKILL')
    rmSync(path, { force: true })
  }

  async remove(): Promise<void> {
    // Its folder is the pod's and goes with it.
  }

  #find(image: string): Program | undefined {
    return this.#patterns.find(([pattern]) => pattern.test(image))?.[1]
  }

  #running(child: ChildProcess, pid: number, { onOutput }: ContainerStart): RunningContainer {
    const { clock } = this.#options
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]!.on('data', (bytes: Buffer) => onOutput(stream, bytes))
    const ended = new Promise<ContainerExit>((resolve) => {
      child.once('exit', (code, signal) => {
        killGroup(pid, 'SIGKILL')
        const exit = exitOf(code, signal)
        const timer = clock.setTimer(DRAIN_MS, () => resolve(exit))
        child.once('close', () => {
          timer.cancel()
          resolve(exit)
        })
      })
    })
    return {
      containerId: `process://${pid}`,
      ended,
      stop(graceMs) {
        if (graceMs > 0) killGroup(pid, 'SIGTERM')
        const timer = clock.setTimer(graceMs, () => killGroup(pid, 'SIGKILL'))
        void ended.then(() => timer.cancel())
      },
      leave: () => killGroup(pid, 'SIGKILL'),
    }
  }
}

/** Where a program finds the volumes that a container would have at their paths: `SIGNALBOX_MOUNT_ETC_CONFIG` for `/etc/config`. */
function mountVariables({ mounts }: ContainerStart): Readonly<Record<string, string>> {
  return Object.fromEntries(
    mounts.map(({ path, source }) => {
      const name = path.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '')
      return [`SIGNALBOX_MOUNT_${name.toUpperCase()}`, source]
    }),
  )
}

function patternOf(image: string): RegExp {
  const parts = image
    .split('*')
    .map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`)
}

function hasSetpriv(path: string): boolean {
  const probe = ['--pdeathsig', 'KILL', '--', 'true']
  return spawnSync('setpriv', probe, { env: { PATH: path }, stdio: 'ignore' }).status === 0
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): ContainerExit {
  const exitCode = code ?? SIGNAL_BASE + constants.signals[signal!]
  if (exitCode === 0) return { exitCode, reason: 'Completed' }
  const reason = exitCode === NOT_FOUND ? 'ContainerCannotRun' : 'Error'
  return { exitCode, reason }
}

/** A number is given to another process one day; not with the same time of birth. */
function identityOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return `${pid} ${fields[19] ?? ''}`
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not there: it has ended, or was never written.
    return ''
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nobody is left in the group, which is what was wanted.
  }
}
