// The `nats` command, as people have it: on the path, or where `.ci/run` puts it.

import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DEADLINE_MS, until } from './signalbox.ts'

const NAME = 'nats'
const CACHED = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'signalbox/bin/nats',
)

/** Why tests with it cannot run here; undefined when they can. */
export function natsCliLacks(): string | undefined {
  if (existsSync(CACHED) || spawnSync(NAME, ['--version']).status === 0) return undefined
  return 'the nats command is not installed'
}

export function natsCli(url: string, ...args: readonly string[]): Promise<string> {
  const options = { env: environment(url), timeout: DEADLINE_MS }
  return new Promise((resolve, reject) => {
    execFile(natsCliPath(), args, options, (error, stdout, stderr) => {
      if (error === null) resolve(`${stdout}${stderr}`)
      else reject(new Error(`nats ${args.join(' ')}: ${stdout}${stderr}`, { cause: error }))
    })
  })
}

/** Listens until the test ends; answers what it has printed so far. */
export async function natsListen(
  context: Pick<TestContext, 'after'>,
  url: string,
  ...args: readonly string[]
): Promise<() => string> {
  const child = spawn(natsCliPath(), args, { env: environment(url) })
  context.after(() => child.kill())
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (printed += bytes.toString()))
  await until('nats listens', DEADLINE_MS, () => /Subscribing|Listening/.test(printed))
  return () => printed
}

export function natsCliPath(): string {
  return existsSync(CACHED) ? CACHED : NAME
}

function environment(url: string): NodeJS.ProcessEnv {
  return { ...process.env, NATS_URL: url, XDG_CONFIG_HOME: '/nonexistent', NO_COLOR: '1' }
}
