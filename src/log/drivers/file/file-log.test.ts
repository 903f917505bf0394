// The file driver, on the real disk through its threads, and on a simulated one in this thread.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { seededRandom, silentLogger } from '../../../base/index.ts'
import { FakeClock } from '../../../base/testing.ts'
import { logConformance, type LogFixture } from '../../log.conformance.ts'
import { openFileLog } from './open-file-log.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { openSimulatedLog } from './testing.ts'

function failTest(error: Error): never {
  throw error
}

// A small tail cache, so that both ways of reading are taken.
logConformance(
  'the file driver',
  async (): Promise<LogFixture> => {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'signalbox-log-'))
    const clock = new FakeClock()
    return {
      clock,
      isDurable: true,
      open: () =>
        openFileLog({
          directory,
          clock,
          logger: silentLogger,
          onFatal: failTest,
          segmentSizeBytesMax: 4096,
          tailCacheSizeBytesMax: 2048,
          freeBytesMin: 0,
        }),
      settle: (promise) => promise,
      dispose: () => fs.rm(directory, { recursive: true }),
    }
  },
  { propertyRuns: 5 },
)

for (const tailCacheSizeBytesMax of [2 ** 20, 0]) {
  logConformance(
    `the simulated log with a tail cache of ${tailCacheSizeBytesMax} bytes`,
    async (): Promise<LogFixture> => {
      const disk = new SimulatedDisk()
      const clock = new FakeClock()
      const random = seededRandom(1)
      const options = { disk, clock, random, onFatal: failTest, segmentSizeBytesMax: 4096 }
      return {
        clock,
        isDurable: true,
        open: async () => openSimulatedLog({ ...options, tailCacheSizeBytesMax, latencyMs: 0 }),
        settle: (promise) => settle(clock, promise),
        dispose: async () => {},
      }
    },
  )
}

/** Lets time stand, but fires what is due, until the promise is settled. */
async function settle<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const progress = { isSettled: false }
  const done = promise.finally(() => {
    progress.isSettled = true
  })
  done.catch(() => {})
  while (!progress.isSettled) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    clock.advance(0)
  }
  return done
}
