// The log's heavier trials, on the real disk: thousands of flipped bits over a whole segment, and how long a
// large log takes to open.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isAppError, seededRandom, silentLogger, systemClock } from '../../src/base/index.ts'
import { openFileLog, type AppendRecord, type Cursor, type FileLog } from '../../src/log/index.ts'
import { openSimulatedLog, readOut, SimulatedDisk } from '../../src/log/testing.ts'

const PAYLOAD_BYTES = 1024
const SEGMENT_BYTES = 64 * 1024 * 1024
const FLIPS = 10_000
const GIBIBYTE = 1024 ** 3

describe('a large log', { timeout: 300_000 }, () => {
  let directory = ''
  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'signalbox-fault-'))
  })
  after(() => fs.rmSync(directory, { recursive: true }))

  test(`shows no wrong record, and all but the hit ones, after ${FLIPS} flipped bits`, async () => {
    const own = path.join(directory, 'flips')
    const log = await open(own)
    await fill(log, SEGMENT_BYTES - 4 * 1024 * 1024)
    const count = log.end()[0]!.offset
    await log.close()
    const [segment] = fs.readdirSync(own).filter((name) => name.endsWith('.log'))
    const bytes = fs.readFileSync(path.join(own, segment!))
    const hit = new Set<number>()
    const random = seededRandom(11)
    for (let flip = 0; flip < FLIPS; flip += 1) {
      const at = 64 + Math.floor(random.next() * (count * (PAYLOAD_BYTES + 40)))
      bytes[at]! ^= 1 << Math.floor(random.next() * 8)
      hit.add(Math.floor((at - 64) / (PAYLOAD_BYTES + 40)))
    }
    fs.writeFileSync(path.join(own, segment!), bytes)
    // Of the processor: another's work is not this one's.
    const before = process.cpuUsage()
    const damaged = await open(own)
    const { user, system } = process.cpuUsage(before)
    const openMs = (user + system) / 1000
    const out = await readOut(damaged)
    await damaged.close()
    for (const { position, payload } of out.records) checkPayload(position.offset, payload)
    const shown = out.records.length
    // Two flips of the same bit undo each other.
    assert.ok(shown >= count - hit.size, `${shown} of ${count} shown, ${hit.size} were hit`)
    const reported = out.damaged.reduce((sum, { from, to }) => sum + to - from, 0)
    assert.equal(shown + reported, count)
    assert.ok(openMs < 2000, `opening took ${openMs} ms`)
  })

  test('opens 1 GiB within 2 s, and reads all of it soundly', async () => {
    const own = path.join(directory, 'large')
    const log = await open(own)
    await fill(log, GIBIBYTE)
    const end = log.end()
    // Not closed: what a killed process leaves. The lock's owner lives, so the files move instead.
    const copy = path.join(directory, 'copy')
    fs.mkdirSync(copy)
    for (const name of fs.readdirSync(own).filter((name) => name.endsWith('.log'))) {
      fs.linkSync(path.join(own, name), path.join(copy, name))
    }
    const startedAt = systemClock.monotonic()
    const again = await open(copy)
    const openMs = systemClock.monotonic() - startedAt
    assert.ok(openMs < 2000, `opening took ${openMs} ms`)
    assert.deepEqual(again.end(), end)
    let cursor: Cursor = again.start()
    const { signal } = new AbortController()
    while (cursor[0]!.offset < end[0]!.offset) {
      const read = await again.read(cursor, { recordsMax: 10_000, signal })
      for (const { position, payload } of read.records) {
        if (position.offset % 101 === 0) checkPayload(position.offset, payload)
      }
      cursor = read.cursor
    }
    await again.close()
    await log.close()
  })

  test('refuses with LOG_FULL, never in part, while a disk fills and empties again', async () => {
    const disk = new SimulatedDisk({ capacityBytes: 1024 * 1024 })
    const options = { disk, clock: systemClock, random: seededRandom(4), latencyMs: 0 }
    const log = openSimulatedLog({ ...options, segmentSizeBytesMax: 128 * 1024 })
    let accepted = 0
    let refused = 0
    for (let nth = 0; nth < 2000; nth += 1) {
      try {
        await log.append([record(accepted)])
        accepted += 1
      } catch (error) {
        assert.ok(isAppError(error, 'LOG_FULL'))
        refused += 1
      }
    }
    assert.ok(accepted > 500 && refused > 500)
    log.kill()
    disk.crash(seededRandom(5))
    const out = await readOut(openSimulatedLog(options))
    assert.equal(out.records.length, accepted)
    for (const { position, payload } of out.records) checkPayload(position.offset, payload)
  })
})

function open(directory: string): Promise<FileLog> {
  return openFileLog({
    directory,
    logger: silentLogger,
    onFatal(error) {
      throw error
    },
    segmentSizeBytesMax: SEGMENT_BYTES,
    tailCacheSizeBytesMax: 0,
    freeBytesMin: 0,
  })
}

async function fill(log: FileLog, sizeBytes: number): Promise<void> {
  const batch = 1000
  for (let size = 0; size < sizeBytes; size += batch * (PAYLOAD_BYTES + 40)) {
    const first = log.end()[0]!.offset
    await log.append(Array.from({ length: batch }, (_, nth) => record(first + nth)))
  }
}

/** A payload that says which record it is, all over. */
function record(offset: number): AppendRecord {
  const payload = new Uint8Array(PAYLOAD_BYTES)
  new Uint32Array(payload.buffer).fill(offset)
  return { kind: 'event', payload }
}

function checkPayload(offset: number, payload: Uint8Array): void {
  assert.ok(Buffer.from(payload).equals(record(offset).payload), `record ${offset} is wrong`)
}
