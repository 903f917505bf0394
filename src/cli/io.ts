// Everything a command touches of the process, given as a value, so that tests run commands in process.
// Standard output is for data, standard error for people.

import type { Clock, Random } from '../base/index.ts'
import type { Config, Env } from '../config/index.ts'

export interface CliIo {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array>
  readonly env: Env
  readonly cwd: string
  readonly clock: Clock
  readonly random: Random
  /** Aborts when the user or the system asks to stop; the reason is the signal's name. */
  readonly signal: AbortSignal
  /** Runs the server until it is asked to stop, and answers the exit code. */
  serve(config: Config, io: CliIo): Promise<number>
}

export interface Output {
  /** A promise when there is no room: to be awaited before more is written. */
  write(text: string): Promise<void> | undefined
  /** Whether a person reads it as it comes. */
  readonly isTty: boolean
}
