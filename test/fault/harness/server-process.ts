// A real server process: started, watched until it is ready, and ended in every way a process can end.

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from '../../../tools/tree.ts'

const READY_DEADLINE_MS = 60_000
const POLL_MS = 5
const OUTPUT_BYTES_KEPT = 64 * 1024

export interface ServerOptions {
  readonly dataDir: string
  /** `dev` when absent. */
  readonly command?: 'dev' | 'start'
  /** Options of Node itself, such as `--import`. */
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerProcess {
  readonly pid: number
  readonly url: string
  /** From the start of the process to its first 200 on /readyz. */
  readonly readyMs: number
  readonly exited: Promise<Exit>
  /** The last of what it wrote to standard error. */
  output(): string
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>
}

/** Rejects, with what the server said, when it ends before it is ready. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const startedAt = performance.now()
  const child = spawnServer(options)
  let output = ''
  child.stderr!.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_BYTES_KEPT)
  })
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const url = await untilReady(child, options.dataDir, () => output)
  return {
    pid: child.pid!,
    url,
    readyMs: performance.now() - startedAt,
    exited,
    output: () => output,
    end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** The process, as soon as there is one: for what happens to it before it is ready. */
export function spawnServer(options: ServerOptions): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...(options.nodeOptions ?? []),
      join(ROOT, 'bin/signalbox.cjs'),
      options.command ?? 'dev',
      '--port',
      '0',
      '--data-dir',
      options.dataDir,
      ...(options.args ?? []),
    ],
    {
      // Not the repository: no configuration file or function of a developer shall take part.
      cwd: options.dataDir,
      env: { ...plainEnvironment(), SIGNALBOX_LOG_LEVEL: 'warn', ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
}

/** Without what is meant for the tests: a server refuses options it does not know. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('SIGNALBOX_')))
}

async function untilReady(
  child: ChildProcess,
  dataDir: string,
  output: () => string,
): Promise<string> {
  const deadline = performance.now() + READY_DEADLINE_MS
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${output()}`)
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server was not ready in time:\n${output()}`)
    }
    const url = readUrl(dataDir, child.pid!)
    if (url !== undefined && (await isReady(url))) return url
    await delay(POLL_MS)
  }
}

/** From `server.json`, once it is this process's: a killed one leaves its file behind. */
function readUrl(dataDir: string, pid: number): string | undefined {
  const path = join(dataDir, 'server.json')
  if (!existsSync(path)) return undefined
  try {
    const written = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; url: string }
    return written.pid === pid ? written.url : undefined
  } catch {
    return undefined
  }
}

async function isReady(url: string): Promise<boolean> {
  return (await readiness(url)) === 200
}

/** The status of /readyz, or that nobody answers there any more. */
export async function readiness(url: string): Promise<number | 'refused'> {
  try {
    const answer = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(2000) })
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 'refused'
  }
}
