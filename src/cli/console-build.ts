// The console's first build: in a checkout, `dev` starts at once and the page is built beside it. The built
// files appear together, by one rename, so that the server never serves half of them.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/index.ts'
import type { Output } from './io.ts'
import { CONSOLE_BUILD_MS_MAX } from './limits.ts'

export interface ConsoleBuildOptions {
  /** The package's root. */
  readonly root: string
  readonly stderr: Output
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Builds `console/dist` where its sources are newer or it is not there; resolves when done, never rejects. */
export async function buildConsole(options: ConsoleBuildOptions): Promise<void> {
  const { root, stderr, clock } = options
  const directory = join(root, 'console')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  // An installed package comes built, and without its sources.
  if (!existsSync(join(directory, 'src')) || !existsSync(vite)) return
  if (isFresh(directory)) return
  const start = clock.monotonic()
  void stderr.write('building the console, the server runs meanwhile …\n')
  const failure = await build(vite, directory, options)
  const seconds = ((clock.monotonic() - start) / 1000).toFixed(1)
  const text =
    failure === undefined
      ? `the console is built (${seconds} s)\n`
      : `the console was not built: ${failure}; \`npm run build -w console\` says more\n`
  if (!options.signal.aborted) void stderr.write(text)
}

function isFresh(directory: string): boolean {
  const page = join(directory, 'dist/index.html')
  if (!existsSync(page)) return false
  const builtAt = statSync(page).mtimeMs
  const sources = readdirSync(join(directory, 'src'), { recursive: true, withFileTypes: true })
  const paths = sources.map((entry) => join(entry.parentPath, entry.name))
  return [join(directory, 'index.html'), ...paths].every(
    (path) => statSync(path).mtimeMs <= builtAt,
  )
}

/** Resolves with what went wrong, or undefined. */
function build(
  vite: string,
  directory: string,
  { clock, signal }: ConsoleBuildOptions,
): Promise<string | undefined> {
  // Where no tool looks for sources: a server that is killed meanwhile leaves it behind.
  const target = `node_modules/.console-${process.pid}`
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const args = [vite, 'build', '--logLevel', 'error', '--outDir', target, '--emptyOutDir']
  const child = spawn(process.execPath, args, { cwd: directory, stdio: 'ignore', signal })
  const timer = clock.setTimer(CONSOLE_BUILD_MS_MAX, () => child.kill('SIGKILL'))
  child.on('error', (error) => resolve(error.message))
  child.on('exit', (code, killedBy) => {
    timer.cancel()
    const built = join(directory, target)
    if (code === 0) {
      rmSync(join(directory, 'dist'), { recursive: true, force: true })
      renameSync(built, join(directory, 'dist'))
      return resolve(undefined)
    }
    rmSync(built, { recursive: true, force: true })
    return resolve(`vite ended with ${killedBy ?? code}`)
  })
  return promise
}
