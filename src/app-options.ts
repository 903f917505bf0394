// What the app is opened with; each part of the wiring takes what it needs of it.

import type { Clock, Logger, Random } from './base/index.ts'
import type { Config, Env } from './config/index.ts'
import type { openFileLog } from './log/index.ts'

export interface AppOptions {
  readonly config: Config
  /** The host's environment, for functions; nothing else reads it. */
  readonly env: Env
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly version: string
  /** The built console. */
  readonly consoleDirectory: string
  /** Storage failed: the process must end, with exit code 70. */
  readonly onFatal: (error: unknown) => void
  /** For tests that must see a loss: another log than the file log. */
  readonly openLog?: typeof openFileLog
}

/** The reader of the log that routes it. */
export const READER = 'route'

/** Closes what was opened, in the reverse order. */
export class Closers {
  readonly #closers: (() => unknown)[] = []

  add(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}
