// `signalbox flow` as people run it, against a server of a test.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../../tools/tree.ts'
import { DEADLINE_MS, type Signalbox } from './signalbox.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export function runFlow(signalbox: Signalbox, ...args: readonly string[]): Promise<Ended> {
  const bin = join(ROOT, 'bin/signalbox.cjs')
  const child = spawn(process.execPath, [bin, 'flow', ...args, '--endpoint-url', signalbox.url], {
    timeout: DEADLINE_MS,
  })
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      })
    })
  })
}
