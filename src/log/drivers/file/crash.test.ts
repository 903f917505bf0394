// Power cuts and failing disks, on a simulated disk: what was acknowledged is there, whole and in order, and
// what was refused is not.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAppError, seededRandom, type AppError, type Random } from '../../../base/index.ts'
import { FakeClock } from '../../../base/testing.ts'
import type { AppendRecord } from '../../log.ts'
import { SimulatedDisk, type DiskOperation } from './simulated-disk.ts'
import {
  openSimulatedLog,
  readOut,
  type SimulatedLog,
  type SimulatedLogOptions,
} from './testing.ts'

type Fate = 'unknown' | 'acknowledged' | 'refused'

/** What became of every append, by the number that its records carry. */
class History {
  readonly fates: Fate[] = []
  readonly offsets = new Map<number, number>()

  append(log: SimulatedLog, random: Random): void {
    const number = this.fates.push('unknown') - 1
    const count = 1 + Math.floor(random.next() * 3)
    const records = Array.from({ length: count }, (_, nth) => recordOf(number, nth, random))
    log.append(records).then(
      (positions) => {
        this.fates[number] = 'acknowledged'
        for (const [nth, { offset }] of positions.entries()) {
          this.offsets.set(number * 10 + nth, offset)
        }
      },
      (error: unknown) => {
        // What a failed disk was given may be there or not; what did not fit must not be.
        if (isFull(error)) this.fates[number] = 'refused'
      },
    )
  }

  count(fate: Fate): number {
    return this.fates.filter((one) => one === fate).length
  }

  /** How many acknowledged records are not where they were acknowledged; fails on anything made up. */
  async lost(log: SimulatedLog): Promise<number> {
    const { records, damaged } = await readOut(log)
    const found = new Map<number, number>()
    let expected = log.start()[0]!.offset
    for (const { position, payload } of records) {
      if (damaged.length === 0) assert.equal(position.offset, expected)
      expected += 1
      const id = Number(new TextDecoder().decode(payload).split(' ')[0])
      const fate = this.fates[Math.floor(id / 10)]
      assert.ok(fate !== undefined && fate !== 'refused', `record ${id} was never accepted`)
      found.set(id, position.offset)
    }
    let lost = 0
    for (const [id, offset] of this.offsets) if (found.get(id) !== offset) lost += 1
    if (lost === 0) assert.deepEqual(damaged, [])
    return lost
  }
}

function recordOf(number: number, nth: number, random: Random): AppendRecord {
  const padding = 'x'.repeat(Math.floor(random.next() * 1500))
  return { kind: 'event', payload: new TextEncoder().encode(`${number * 10 + nth} ${padding}`) }
}

interface RunOptions {
  readonly seed: number
  readonly rounds: number
  readonly steps: number
  readonly unsafe?: boolean
}

/** Rounds of appends at random moments, each ended by a kill or a power cut; answers what the last opening had lost. */
async function crashRun(options: RunOptions): Promise<{ lost: number; history: History }> {
  const random = seededRandom(options.seed)
  const clock = new FakeClock()
  const disk = new SimulatedDisk()
  const history = new History()
  const open = (): SimulatedLog =>
    openSimulatedLog({
      disk,
      clock,
      random,
      latencyMs: 2,
      segmentSizeBytesMax: 8192,
      tailCacheSizeBytesMax: 4096,
      unsafeAcknowledgeBeforeSync: options.unsafe ?? false,
    })
  let lost = 0
  for (let round = 0; round < options.rounds; round += 1) {
    const log = open()
    lost += await history.lost(log)
    if (lost > 0) return { lost, history }
    const steps = Math.floor(random.next() * options.steps)
    for (let step = 0; step < steps; step += 1) {
      if (random.next() < 0.7) history.append(log, random)
      if (random.next() < 0.6) clock.advance(1)
      await turn()
    }
    log.kill()
    // A kill alone keeps the page cache: what it leaves undone, the next power cut must not lose.
    if (random.next() < 0.6) disk.crash(random, { reorder: random.next() < 0.5 })
  }
  disk.crash(random)
  return { lost: lost + (await history.lost(open())), history }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

interface Failing extends Pick<SimulatedLogOptions, 'freeBytesMin'> {
  readonly capacityBytes?: number
}

function openFailing(options: Failing = {}): {
  disk: SimulatedDisk
  clock: FakeClock
  log: SimulatedLog
  fatal: AppError[]
} {
  const disk = new SimulatedDisk({ capacityBytes: options.capacityBytes ?? 2 ** 30 })
  const clock = new FakeClock()
  const fatal: AppError[] = []
  const log = openSimulatedLog({
    disk,
    clock,
    random: seededRandom(3),
    latencyMs: 0,
    freeBytesMin: options.freeBytesMin ?? 0,
    onFatal: (error) => fatal.push(error),
  })
  return { disk, clock, log, fatal }
}

async function append(
  { log, clock }: { log: SimulatedLog; clock: FakeClock },
  sizeBytes: number,
): Promise<number> {
  const appended = log.append([{ kind: 'event', payload: new Uint8Array(sizeBytes).fill(1) }])
  appended.catch(() => {})
  for (let nth = 0; nth < 3; nth += 1) {
    await turn()
    clock.advance(0)
  }
  return (await appended)[0]!.offset
}

function failOnce(operation: DiskOperation, code: string): SimulatedDisk['fault'] {
  let isDone = false
  return (called) => {
    if (isDone || called !== operation) return undefined
    isDone = true
    return code
  }
}

describe('a log whose power is cut', () => {
  test('has every acknowledged record, whole and in place, and nothing made up', async () => {
    let acknowledged = 0
    let unknown = 0
    for (let seed = 1; seed <= 150; seed += 1) {
      const { lost, history } = await crashRun({ seed, rounds: 6, steps: 30 })
      assert.equal(lost, 0, `seed ${seed} lost ${lost} records`)
      acknowledged += history.count('acknowledged')
      unknown += history.count('unknown')
    }
    assert.ok(acknowledged > 2000, `only ${acknowledged} appends were acknowledged`)
    assert.ok(unknown > 300, `only ${unknown} appends were under way when the power was cut`)
  })

  test('loses records if it acknowledges before the sync, which shows that a loss is seen', async () => {
    let losing = 0
    for (let seed = 1; seed <= 20; seed += 1) {
      const { lost } = await crashRun({ seed, rounds: 6, steps: 30, unsafe: true })
      if (lost > 0) losing += 1
    }
    assert.ok(losing >= 10, `only ${losing} of 20 seeds showed a loss`)
  })

  test('is the same history for the same seed', async () => {
    const once = await crashRun({ seed: 42, rounds: 5, steps: 30 })
    const twice = await crashRun({ seed: 42, rounds: 5, steps: 30 })
    assert.deepEqual(once.history.fates, twice.history.fates)
    assert.deepEqual(once.history.offsets, twice.history.offsets)
  })

  test('survives a fault at any operation on the disk, then a power cut', async () => {
    let faults = 0
    for (const code of ['EIO', 'ENOSPC', 'EROFS', 'EMFILE']) {
      for (let at = 0; ; at += 1) {
        const { hit, fatal } = await faultRun(at, code)
        if (!hit) break
        faults += 1
        if (code === 'EIO') assert.ok(fatal <= 1)
      }
    }
    assert.ok(faults > 200, `only ${faults} faults were tried`)
  })
})

/** A fixed workload in which operation number `at` fails. */
async function faultRun(at: number, code: string): Promise<{ hit: boolean; fatal: number }> {
  const random = seededRandom(5)
  const clock = new FakeClock()
  let operations = 0
  const progress = { hit: false, fatal: 0 }
  const disk = new SimulatedDisk({
    fault(operation) {
      if (operation === 'read') return undefined
      operations += 1
      if (operations !== at + 1) return undefined
      progress.hit = true
      return code
    },
  })
  const history = new History()
  const options = { disk, clock, random, latencyMs: 0, segmentSizeBytesMax: 4096 }
  try {
    const log = openSimulatedLog({ ...options, onFatal: () => (progress.fatal += 1) })
    for (let step = 0; step < 25; step += 1) {
      history.append(log, random)
      await turn()
      clock.advance(step === 12 ? 1000 : 0)
      await turn()
    }
    log.kill()
  } catch (error) {
    // A fault while opening: the process would not have started.
    assert.ok(error instanceof Error && 'code' in error)
  }
  disk.fault = () => undefined
  // The process ends and starts again on what it left in the page cache; only then does the power go.
  const second = openSimulatedLog(options)
  assert.equal(await history.lost(second), 0, `${code} at operation ${at}, before the power cut`)
  history.append(second, random)
  await turn()
  clock.advance(0)
  await turn()
  second.kill()
  disk.crash(at % 2 === 0 ? random : FORGETFUL)
  assert.equal(await history.lost(openSimulatedLog(options)), 0, `${code} at operation ${at}`)
  return progress
}

/** With this a crash keeps nothing that was not synced. */
const FORGETFUL: Random = { next: () => 0, bytes: (length) => new Uint8Array(length) }

describe('a log whose disk fails', () => {
  test('ends for good at a failed sync, and never tries it again', async () => {
    const failing = openFailing()
    await append(failing, 10)
    failing.disk.fault = failOnce('syncData', 'EIO')
    const waiting = append(failing, 10)
    await assert.rejects(waiting, isStorageFailed)
    await assert.rejects(append(failing, 10), isStorageFailed)
    assert.equal(failing.fatal.length, 1)
    assert.equal(failing.log.end()[0]!.offset, 1)
    await failing.log.close()
  })

  test('ends for good at a write that the disk cannot do', async () => {
    const failing = openFailing()
    await append(failing, 10)
    failing.disk.fault = failOnce('write', 'EIO')
    await assert.rejects(append(failing, 10), isStorageFailed)
    assert.equal(failing.fatal.length, 1)
  })

  test('ends for good when what did not fit cannot be taken back', async () => {
    const failing = openFailing()
    await append(failing, 10)
    failing.disk.capacityBytes = 3000
    failing.disk.fault = failOnce('truncate', 'EIO')
    await assert.rejects(append(failing, 4000), isStorageFailed)
    assert.equal(failing.fatal.length, 1)
  })

  test('rejects all that wait when the disk fails', async () => {
    const failing = openFailing()
    await append(failing, 10)
    failing.disk.fault = failOnce('syncData', 'EIO')
    const appends = Array.from({ length: 5 }, () => append(failing, 10))
    const results = await Promise.allSettled(appends)
    assert.ok(results.every((one) => one.status === 'rejected' && isStorageFailed(one.reason)))
  })
})

describe('a log whose disk is full', () => {
  test('refuses what does not fit whole, keeps nothing of it, and takes what fits later', async () => {
    const failing = openFailing()
    const { disk, log, clock } = failing
    await append(failing, 1000)
    disk.capacityBytes = 3000
    const size = disk.contents('log/0000000000000000.log').length
    await assert.rejects(append(failing, 4000), isFull)
    assert.equal(disk.contents('log/0000000000000000.log').length, size)
    assert.equal(log.end()[0]!.offset, 1)
    await assert.rejects(append(failing, 10), isFull, 'it looks again once a second only')
    disk.capacityBytes = 10_000
    clock.advance(1000)
    assert.equal(await append(failing, 4000), 1)
    assert.deepEqual(failing.fatal, [])
  })

  test('does not bring a refused batch back after a power cut', async () => {
    const failing = openFailing()
    await append(failing, 1000)
    // The free space is looked at once a second, so these get as far as the disk and are written in part.
    failing.disk.capacityBytes = 2500
    const appends = Array.from({ length: 8 }, () => append(failing, 400))
    const results = await Promise.allSettled(appends)
    assert.ok(results.every((one) => one.status === 'rejected' && isFull(one.reason)))
    failing.log.kill()
    failing.disk.crash(seededRandom(1))
    const again = openSimulatedLog({ ...failing, random: seededRandom(2) })
    assert.equal((await readOut(again)).records.length, 1)
  })

  test('keeps the reserve that it was told to keep', async () => {
    const failing = openFailing({ capacityBytes: 20_000, freeBytesMin: 10_000 })
    await append(failing, 4000)
    await append(failing, 4000)
    failing.clock.advance(1000)
    await assert.rejects(append(failing, 4000), isFull)
    failing.disk.capacityBytes = 40_000
    failing.clock.advance(1000)
    assert.equal(await append(failing, 4000), 2)
  })
})

function isStorageFailed(error: unknown): boolean {
  return isAppError(error, 'STORAGE_FAILED')
}

function isFull(error: unknown): boolean {
  return isAppError(error, 'LOG_FULL')
}
