// A real PostgreSQL, from Debian's package; it refuses to run as root, so there it runs as its own user.

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, isListening, startProcess } from './process.ts'

const INSTALLED = '/usr/lib/postgresql'

export interface PostgresOptions {
  readonly folder?: string
}

export interface Postgres {
  /** `postgresql://postgres@127.0.0.1:PORT/postgres` */
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

export function postgresLacks(): string | undefined {
  return programs() === undefined ? 'PostgreSQL is not installed' : undefined
}

export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const bin = programs()
  if (bin === undefined) throw new Error('PostgreSQL is not installed')
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'signalbox-postgres-'))
  mkdirSync(folder, { recursive: true })
  const owner = ownerOf(folder)
  const data = join(folder, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres'], {
    stdio: 'pipe',
    ...owner,
  })
  const [port] = await freePorts(1)
  const running = await startProcess({
    command: join(bin, 'postgres'),
    args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', folder],
    logFile: join(folder, 'postgres.log'),
    isReady: async (output) =>
      output.includes('ready to accept connections') && (await isListening(port!)),
    ...owner,
  })
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    pid: running.pid,
    async stop() {
      await running.end()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The folder of the newest version's programs. */
function programs(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')))
}

function ownerOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  execFileSync('chown', ['postgres', folder])
  chmodSync(folder, 0o755)
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
}
