// Programs in Go that tests drive: built once for each form of their sources, into the cache of this user.

import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'signalbox/bin')
/** Everything is compiled the first time, on a machine that does much else. */
export const BUILD_MS = 900_000

/** Why tests with such a program cannot run here; undefined when they can. */
export function goLacks(): string | undefined {
  if (spawnSync('go', ['version']).status === 0) return undefined
  return 'Go is not installed: https://go.dev/dl'
}

/** The program of a folder that is a module, as a file to be run. Its modules are fetched as `go.sum` has them. */
export async function goProgram(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).toSorted())
    hash.update(`${name}\n`).update(readFileSync(join(folder, name)))
  const name = `${basename(folder)}-${hash.digest('hex').slice(0, 16)}`
  const program = join(CACHE, name)
  if (existsSync(program)) return program
  mkdirSync(CACHE, { recursive: true })
  // Two tests may build it at once: whoever is first has it whole.
  const made = join(CACHE, `.${name}-${process.pid}`)
  await run('go', ['build', '-mod=readonly', '-o', made, '.'], {
    cwd: folder,
    timeout: BUILD_MS,
  })
  renameSync(made, program)
  return program
}
