// The crash loop in which the crash is a loss of power: the file system is cut off its disk, the server dies
// with what it had in the page cache, and the next one finds what the disk held.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { crashLoop, type CrashLoopResult } from './crash-loop.ts'
import { makeDisk, makeHistory, openWebhook } from './scratch.ts'

const DISK_MIB = 1024

export interface PowerLoopOptions {
  readonly cycles: number
  readonly seed: number
  readonly flag: 'flush-journal' | 'drop-all'
  readonly mountOptions?: string
  readonly nodeOptions?: readonly string[]
}

export async function powerLoop(
  context: TestContext,
  options: PowerLoopOptions,
): Promise<CrashLoopResult> {
  const { mountOptions, flag, ...rest } = options
  const disk = makeDisk(context, {
    sizeMib: DISK_MIB,
    ...(mountOptions === undefined ? {} : { mountOptions }),
  })
  const dataDir = join(disk.path, 'data')
  mkdirSync(dataDir)
  return crashLoop({
    ...rest,
    dataDir,
    history: makeHistory(context),
    webhook: await openWebhook(context),
    async crash(server) {
      disk.cut(flag)
      await server.end('SIGKILL')
      disk.unmount()
      disk.mount()
    },
  })
}
