// Where the server of a data directory listens, as it wrote there: so that commands find a server whose port
// was chosen by a flag or by the system, without being told.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SecuredServer } from './config.ts'
import { isLoopback } from './loopback.ts'

export interface RunningServer {
  readonly url: string
  /** Absent when it does not listen for HTTPS. */
  readonly httpsUrl?: string
  /** How its administrator calls it; absent where it does not ask who calls, or this user may not read it. */
  readonly secured?: SecuredServer
}

/** The server that runs on `dataDir`, or undefined when none does. */
export function findRunningServer(dataDir: string): RunningServer | undefined {
  const { pid, mode, url, httpsUrl } = read(join(dataDir, 'server.json')) ?? {}
  if (typeof pid !== 'number' || !isAlive(pid) || !isNear(url)) return undefined
  if (!isNear(httpsUrl)) return { url }
  const secured = mode === 'start' ? findSecured(dataDir, httpsUrl) : undefined
  return { url, httpsUrl, ...(secured === undefined ? {} : { secured }) }
}

/** The token goes to whoever has the key of the authority, and to nobody who merely listens there. */
function findSecured(dataDir: string, url: string): SecuredServer | undefined {
  try {
    const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()
    return { url, token, authority: readFileSync(join(dataDir, 'tls', 'ca.crt'), 'utf8') }
  } catch {
    return undefined
  }
}

// A data directory may come with somebody else's repository: it must not send events away.
function isNear(url: unknown): url is string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  return parsed !== null && isLoopback(parsed.hostname)
}

interface Announced {
  readonly pid?: unknown
  readonly mode?: unknown
  readonly url?: unknown
  readonly httpsUrl?: unknown
}

function read(path: string): Announced | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof content === 'object' && content !== null ? content : undefined
  } catch {
    // No file, or half of one: no server to be found here.
    return undefined
  }
}

// A server that was killed leaves its file behind.
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
