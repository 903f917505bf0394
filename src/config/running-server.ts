// Where the server of a data directory listens, as it wrote there: so that commands find a server whose port
// was chosen by a flag or by the system, without being told.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLoopback } from './loopback.ts'

/** The address of the server that runs on `dataDir`, or undefined when none does. */
export function findRunningServer(dataDir: string): string | undefined {
  const { pid, url } = read(join(dataDir, 'server.json')) ?? {}
  if (typeof pid !== 'number' || typeof url !== 'string' || !isAlive(pid)) return undefined
  const parsed = URL.parse(url)
  // A data directory may come with somebody else's repository: it must not send events away.
  return parsed !== null && isLoopback(parsed.hostname) ? url : undefined
}

function read(path: string): { readonly pid?: unknown; readonly url?: unknown } | undefined {
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
