// The file driver, on the real disk through its threads, and on a simulated one in this thread.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channels, type LogSynced, seededRandom, silentLogger } from '../../../base/index.ts'
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

const PATIENT = { mayWaitMs: 100 }

/** A log on a disk that takes no time, and how many records each of its flushes had. */
function countFlushes(context: { after: (end: () => void) => void }): {
  readonly log: ReturnType<typeof openSimulatedLog>
  readonly clock: FakeClock
  readonly flushes: readonly number[]
} {
  const clock = new FakeClock()
  const [disk, random] = [new SimulatedDisk(), seededRandom(1)]
  const log = openSimulatedLog({ disk, clock, random, latencyMs: 0, onFatal: failTest })
  const flushes: number[] = []
  const count = (message: unknown): void => void flushes.push((message as LogSynced).records)
  channels.logSynced.subscribe(count)
  context.after(() => channels.logSynced.unsubscribe(count))
  return { log, clock, flushes }
}

function record(text: string): { readonly kind: 'event'; readonly payload: Uint8Array } {
  return { kind: 'event', payload: new TextEncoder().encode(text) }
}

test('records that may wait are flushed with the next that may not', async (context) => {
  const { log, clock, flushes } = countFlushes(context)
  const patient = [log.append([record('a')], PATIENT), log.append([record('b')], PATIENT)]
  await clock.run(PATIENT.mayWaitMs - 1)
  assert.deepEqual(flushes, [])
  const hurried = log.append([record('c')])
  const positions = await settle(clock, Promise.all([...patient, hurried]))
  assert.deepEqual(flushes, [3])
  assert.deepEqual(
    positions.flat().map(({ offset }) => offset),
    [0, 1, 2],
  )
})

test('records that nobody joins are flushed when they have waited long enough', async (context) => {
  const { log, clock, flushes } = countFlushes(context)
  const first = log.append([record('a')], PATIENT)
  await clock.run(PATIENT.mayWaitMs / 2)
  const second = log.append([record('b')], PATIENT)
  await clock.run(PATIENT.mayWaitMs / 2)
  await settle(clock, Promise.all([first, second]))
  assert.deepEqual(flushes, [2])
})

test('records behind a flush that is under way wait on, and those in a hurry do not', async (context) => {
  const { log, clock, flushes } = countFlushes(context)
  const first = log.append([record('a')])
  await Promise.resolve()
  const patient = log.append([record('b')], PATIENT)
  await settle(clock, first)
  await clock.run(PATIENT.mayWaitMs / 2)
  assert.deepEqual(flushes, [1])
  await settle(clock, Promise.all([log.append([record('c')]), patient]))
  assert.deepEqual(flushes, [1, 2])
})

test('a close does not wait for company', async (context) => {
  const { log, clock, flushes } = countFlushes(context)
  const patient = log.append([record('a')], PATIENT)
  await settle(clock, Promise.all([log.close(), patient]))
  assert.deepEqual(flushes, [1])
})

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
