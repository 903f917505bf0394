// The rest of a cloud, played by moto: for functions that call it, and for targets that are services of AWS.

import { spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { DEADLINE_MS, until } from './signalbox.ts'

/** Where it is called, until the test ends; undefined where it is not installed. */
export async function openCloud(context: Pick<TestContext, 'after'>): Promise<string | undefined> {
  const cloud = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let output = ''
  cloud.stderr.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  let isMissing = false
  cloud.once('error', () => {
    isMissing = true
  })
  context.after(() => {
    // The command may be a script that starts it.
    if (cloud.pid !== undefined) process.kill(-cloud.pid, 'SIGKILL')
  })
  const address = (): string | undefined =>
    /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1]
  await until('moto listens', DEADLINE_MS, () => isMissing || address() !== undefined)
  return address()
}
