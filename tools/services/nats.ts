// A real nats-server with JetStream, from Debian's package.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, isListening, type ServiceProcess, startProcess } from './process.ts'

export interface NatsOptions {
  readonly folder?: string
  /** More lines of the server's configuration: authorization, tls. */
  readonly configuration?: string
}

export interface Nats {
  readonly url: string
  readonly pid: number
  kill(): Promise<void>
  /** Comes back at the same port with the same streams. */
  start(): Promise<void>
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export function natsLacks(): string | undefined {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'nats-server is not installed'
  }
}

export async function startNats(options: NatsOptions = {}): Promise<Nats> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'signalbox-nats-'))
  mkdirSync(folder, { recursive: true })
  const [port] = await freePorts(1)
  const file = join(folder, 'nats.conf')
  const store = JSON.stringify(join(folder, 'streams'))
  writeFileSync(
    file,
    `listen: 127.0.0.1:${port}\njetstream { store_dir: ${store} }\n${options.configuration ?? ''}\n`,
  )
  let running: ServiceProcess | undefined
  async function start(): Promise<void> {
    running = await startProcess({
      command: 'nats-server',
      args: ['-c', file],
      logFile: join(folder, 'nats.log'),
      isReady: () => isListening(port!),
    })
  }
  await start()
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return running?.pid ?? 0
    },
    start,
    async kill() {
      running?.signal('SIGKILL')
      await running?.end()
    },
    pause: () => running?.signal('SIGSTOP'),
    resume: () => running?.signal('SIGCONT'),
    async stop() {
      await running?.end()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
