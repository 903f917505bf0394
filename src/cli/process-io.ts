// The real process as CliIo.

import { once } from 'node:events'
import { systemClock, systemRandom } from '../base/index.ts'
import { readEnv } from '../config/index.ts'
import type { CliIo, Output } from './io.ts'

/** `signal` aborts when the process is asked to stop; `serve` runs the server. */
export function createProcessIo(signal: AbortSignal, serve: CliIo['serve']): CliIo {
  return {
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    stdin: process.stdin,
    env: readEnv(),
    cwd: process.cwd(),
    clock: systemClock,
    random: systemRandom,
    signal,
    serve,
  }
}

function createOutput(stream: NodeJS.WriteStream): Output {
  // `signalbox tail | head` closes the pipe: there is nobody left to tell anything.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    isTty: stream.isTTY,
    write(text) {
      if (stream.write(text)) return undefined
      return once(stream, 'drain').then(() => undefined)
    },
  }
}
