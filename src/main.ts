// The process: arguments, signals, exit code. `dev` and `start` live here; everything else is the CLI's.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { App } from './app.ts'
import { createLogger, describeError, systemClock, systemRandom } from './base/index.ts'
import {
  buildConsole,
  type CliIo,
  createProcessIo,
  EXIT_CODES,
  readVersion,
  runCli,
} from './cli/index.ts'
import { type Config, readEnv } from './config/index.ts'

/** From the first signal to the end, whatever is still under way. */
const DRAIN_MS_MAX = 25_000

/** Two signals within this time are one. */
const ECHO_MS = 1000

const ROOT = fileURLToPath(new URL('..', import.meta.url))

await main()

async function main(): Promise<void> {
  const stop = new AbortController()
  let askedAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const now = systemClock.monotonic()
      askedAt ??= now
      // Who asks again does not want to wait; what was acknowledged is on disk either way. A terminal and npm
      // both pass one Ctrl-C on, so an echo is not a second question.
      if (now - askedAt > ECHO_MS) process.exit(EXIT_CODES.failed)
      if (!stop.signal.aborted) stop.abort(signal)
    })
  }
  const io = createProcessIo(stop.signal, serve)
  process.exitCode = await runCli(process.argv.slice(2), io)
}

async function serve(config: Config, io: CliIo): Promise<number> {
  process.umask(0o077)
  const logger = createLogger({ level: config.logLevel })
  // Most of the code is the server's: other commands do without.
  const { openApp } = await import('./app.ts')
  const app = await openApp({
    config,
    env: readEnv(),
    clock: systemClock,
    random: systemRandom,
    logger,
    version: readVersion(),
    consoleDirectory: join(ROOT, 'console/dist'),
    onFatal(error) {
      logger.error('storage failed: nothing more is acknowledged, the process ends', {
        error: describeError(error),
      })
      process.exit(EXIT_CODES.storage)
    },
  })
  greet(config, app, io)
  if (config.mode === 'dev') {
    void buildConsole({ root: ROOT, stderr: io.stderr, clock: systemClock, signal: io.signal })
  }
  await aborted(io.signal)
  const deadline = systemClock.setTimer(DRAIN_MS_MAX, () => process.exit(EXIT_CODES.failed))
  await app.close(DRAIN_MS_MAX - 5000)
  deadline.cancel()
  return EXIT_CODES.ok
}

function greet(
  config: Config,
  app: Pick<App, 'url' | 'httpsUrl' | 'natsUrl' | 'functions'>,
  io: CliIo,
): void {
  const lines = [
    `signalbox ${readVersion()} (${config.mode}) listens on ${app.url}`,
    `  console    ${app.url}/_signalbox/ui`,
    `  data       ${config.dataDir}`,
    ...(app.httpsUrl === undefined ? [] : [`  https      ${app.httpsUrl}`]),
    ...(app.natsUrl === undefined ? [] : [`  nats       ${app.natsUrl}`]),
    ...(app.functions.length === 0 ? [] : [`  functions  ${app.functions.join(', ')}`]),
    ...(config.mode === 'dev' ? ['  clients    eval "$(npx signalbox env)"'] : []),
  ]
  void io.stderr.write(`${lines.join('\n')}\n`)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
