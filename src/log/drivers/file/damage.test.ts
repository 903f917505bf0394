// Damaged segments: whatever happens to the bytes, what is shown is what was appended, all before the damage
// is shown, and the damage is told.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { seededRandom, type Logger } from '../../../base/index.ts'
import { FakeClock } from '../../../base/testing.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { openSimulatedLog, readOut, type ReadOut, type SimulatedLog } from './testing.ts'

const SEGMENT = 'log/0000000000000000.log'

interface Written {
  /** File contents by path. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Payloads by offset. */
  readonly payloads: readonly Uint8Array[]
  /** Where each record of the first segment ends. */
  readonly ends: readonly number[]
}

interface WriteOptions {
  readonly count: number
  readonly payloadBytes: (index: number) => number
  readonly segmentSizeBytesMax?: number
  /** Ends with a close, and so with a mark; else with a kill. */
  readonly closes: boolean
}

/** A log of `count` records, each in a batch of its own. */
async function write(options: WriteOptions): Promise<Written> {
  const disk = new SimulatedDisk()
  const clock = new FakeClock()
  const { segmentSizeBytesMax = 2 ** 20 } = options
  const log = openSimulatedLog({ disk, clock, random: seededRandom(7), segmentSizeBytesMax })
  const payloads: Uint8Array[] = []
  const ends: number[] = []
  for (let index = 0; index < options.count; index += 1) {
    const payload = new Uint8Array(options.payloadBytes(index)).fill(index + 1)
    payloads.push(payload)
    const appended = log.append([{ kind: 'event', payload }])
    await turn()
    clock.advance(1)
    await appended
    ends.push(disk.contents(SEGMENT).length)
  }
  if (options.closes) await log.close()
  else log.kill()
  const files = new Map(
    disk.list('log').map((name) => [`log/${name}`, disk.contents(`log/${name}`)]),
  )
  return { files, payloads, ends }
}

interface Reopened {
  readonly disk: SimulatedDisk
  readonly clock: FakeClock
  readonly log: SimulatedLog
  readonly lines: readonly string[]
}

function reopen(files: ReadonlyMap<string, Uint8Array>, knownDurable = 0): Reopened {
  const disk = new SimulatedDisk()
  for (const [path, bytes] of files) disk.overwrite(path, bytes)
  const clock = new FakeClock()
  const lines: string[] = []
  const logger = collecting(lines)
  const random = seededRandom(8)
  const log = openSimulatedLog({ disk, clock, random, logger, knownDurable })
  return { disk, clock, log, lines }
}

function collecting(lines: string[]): Logger {
  const add = (message: string): void => void lines.push(message)
  return { debug: add, info: add, warn: add, error: add, child: () => collecting(lines) }
}

function damaged(
  written: Written,
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Map<string, Uint8Array> {
  const files = new Map(written.files)
  files.set(path, change(files.get(path)!.slice()))
  return files
}

/** All that is shown is what was appended, and what is not shown is said to be damaged. */
function checkShown({ payloads }: Written, out: ReadOut, expectedEnd = payloads.length): void {
  const shown = new Set<number>()
  for (const { position, payload } of out.records) {
    assert.ok(Buffer.from(payload).equals(payloads[position.offset] ?? NOTHING), 'a wrong record')
    shown.add(position.offset)
  }
  for (const { from, to } of out.damaged) {
    for (let offset = from; offset < to; offset += 1) {
      assert.ok(!shown.has(offset))
      shown.add(offset)
    }
  }
  for (let offset = 0; offset < expectedEnd; offset += 1) {
    assert.ok(shown.has(offset), `record ${offset} is neither shown nor reported`)
  }
}

async function appendOne({ log, clock }: Reopened): Promise<number> {
  const appended = log.append([{ kind: 'event', payload: Uint8Array.of(1, 2, 3) }])
  await turn()
  clock.advance(1)
  return (await appended)[0]!.offset
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

const NOTHING = new Uint8Array(0)

describe('a damaged log', () => {
  test('keeps exactly the whole records of a segment cut at any byte', async () => {
    const written = await write({
      count: 64,
      payloadBytes: (index) => 60 + (index % 40),
      closes: false,
    })
    const size = written.files.get(SEGMENT)!.length
    for (let cut = 0; cut < size; cut += 1) {
      const opened = reopen(damaged(written, SEGMENT, (bytes) => bytes.slice(0, cut)))
      const expected = written.ends.filter((end) => end <= cut).length
      const out = await readOut(opened.log)
      assert.equal(out.records.length, expected)
      checkShown(written, out, expected)
      assert.equal(opened.log.stats().quarantined.length > 0, cut < 64)
    }
  })

  test('goes on behind a cut as if nothing had been there', async () => {
    const written = await write({ count: 10, payloadBytes: () => 50, closes: false })
    for (let cut = 64; cut <= written.ends.at(-1)!; cut += 37) {
      const opened = reopen(damaged(written, SEGMENT, (bytes) => bytes.slice(0, cut)))
      const expected = written.ends.filter((end) => end <= cut).length
      assert.equal(await appendOne(opened), expected)
      opened.log.kill()
      const files = new Map([[SEGMENT, opened.disk.contents(SEGMENT)]])
      const again = reopen(files)
      assert.equal((await readOut(again.log)).records.length, expected + 1)
      assert.deepEqual(again.log.stats().quarantined, [])
    }
  })

  test('detects every flipped bit of a segment, and loses only the record it hit', async () => {
    const written = await write({ count: 40, payloadBytes: () => 60, closes: true })
    const size = written.files.get(SEGMENT)!.length
    assert.ok(size >= 4096)
    for (let bit = 0; bit < size * 8; bit += 1) {
      const opened = reopen(damaged(written, SEGMENT, (bytes) => flip(bytes, bit)))
      const out = await readOut(opened.log)
      checkShown(written, out)
      const hit = written.ends.findIndex((end) => bit >> 3 < end)
      const isInRecord = bit >> 3 >= 64 && hit !== -1
      assert.deepEqual(out.damaged, isInRecord ? [{ from: hit, to: hit + 1 }] : [])
      assert.ok(opened.lines.length > 0, `flipping bit ${bit} went unnoticed`)
    }
  })

  test('detects every flipped bit of a sealed segment, when it is opened or read', async () => {
    const written = await write({
      count: 40,
      payloadBytes: () => 60,
      segmentSizeBytesMax: 2048,
      closes: true,
    })
    assert.ok(written.files.size > 1)
    const size = written.files.get(SEGMENT)!.length
    for (let bit = 0; bit < size * 8; bit += 1) {
      const opened = reopen(damaged(written, SEGMENT, (bytes) => flip(bytes, bit)))
      const out = await readOut(opened.log)
      checkShown(written, out)
      assert.ok(out.damaged.length <= 1)
      assert.ok(out.records.length >= 39)
      assert.ok(opened.lines.length > 0, `flipping bit ${bit} went unnoticed`)
    }
  })

  test('cuts any garbage behind the last record, and nothing else', async () => {
    const written = await write({ count: 12, payloadBytes: () => 80, closes: false })
    const tail = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 2000 }),
      fc.integer({ min: 1, max: 100_000 }).map((length) => new Uint8Array(length)),
      fc
        .tuple(fc.nat(written.ends.at(-1)! - 65), fc.nat(2000))
        .map(([from, length]) =>
          written.files.get(SEGMENT)!.slice(64 + from, 64 + from + length + 1),
        ),
    )
    await fc.assert(
      fc.asyncProperty(tail, async (bytes) => {
        const opened = reopen(damaged(written, SEGMENT, (before) => Buffer.concat([before, bytes])))
        const out = await readOut(opened.log)
        checkShown(written, out)
        assert.deepEqual(out.damaged, [])
        assert.equal(opened.disk.contents(SEGMENT).length, written.ends.at(-1))
        assert.deepEqual(opened.lines, ['the torn tail of the log is cut'])
        assert.equal(await appendOne(opened), 12)
      }),
    )
  })

  test('never cuts what the caller knows to have been durable', async () => {
    const written = await write({ count: 12, payloadBytes: () => 80, closes: false })
    const last = damaged(written, SEGMENT, (bytes) => flip(bytes, (bytes.length - 10) * 8))
    const opened = reopen(last, 12)
    const out = await readOut(opened.log)
    checkShown(written, out)
    assert.deepEqual(out.damaged, [{ from: 11, to: 12 }])
    assert.deepEqual(opened.disk.contents(SEGMENT), last.get(SEGMENT))
    assert.equal(await appendOne(opened), 12)
  })

  test('says which durable records are missing altogether', async () => {
    const opened = reopen(new Map(), 5)
    assert.deepEqual((await readOut(opened.log)).damaged, [{ from: 0, to: 5 }])
    assert.equal(await appendOne(opened), 5)
  })

  test('does not touch a damaged segment again, and goes on in a new one', async () => {
    const written = await write({ count: 12, payloadBytes: () => 80, closes: false })
    const files = damaged(written, SEGMENT, (bytes) => flip(bytes, written.ends[4]! * 8 + 400))
    const opened = reopen(files)
    assert.equal(await appendOne(opened), 12)
    assert.deepEqual(opened.disk.contents(SEGMENT), files.get(SEGMENT))
    const [range] = opened.log.stats().quarantined
    assert.deepEqual([range?.from, range?.to], [5, 6])
    await opened.log.close()
    const again = openSimulatedLog({ ...opened, random: seededRandom(9) })
    assert.deepEqual(again.stats().quarantined, [range])
    assert.equal((await readOut(again)).records.length, 12)
  })

  test('shows a misdirected record nowhere but in its own place', async () => {
    const written = await write({ count: 30, payloadBytes: () => 60, closes: true })
    const indexes = fc.tuple(fc.nat(29), fc.nat(29)).filter(([from, to]) => from !== to)
    await fc.assert(
      fc.asyncProperty(indexes, async ([from, to]) => {
        const files = damaged(written, SEGMENT, (bytes) =>
          bytes.copyWithin(start(written, to), start(written, from), written.ends[from]),
        )
        const out = await readOut(reopen(files).log)
        checkShown(written, out)
        assert.deepEqual(out.damaged, [{ from: to, to: to + 1 }])
      }),
    )
  })

  test('reports a missing segment and reads what is around it', async () => {
    const written = await write({
      count: 60,
      payloadBytes: () => 60,
      segmentSizeBytesMax: 1024,
      closes: true,
    })
    const paths = Array.from(written.files.keys()).sort()
    const files = new Map(written.files)
    files.delete(paths[2]!)
    const opened = reopen(files)
    const out = await readOut(opened.log)
    checkShown(written, out)
    assert.deepEqual(out.damaged, [{ from: baseOf(paths[2]!), to: baseOf(paths[3]!) }])
  })

  test('reads a segment whose footer is lost, stale or of another', async () => {
    const written = await write({
      count: 60,
      payloadBytes: () => 60,
      segmentSizeBytesMax: 1024,
      closes: true,
    })
    const [first, second] = Array.from(written.files.keys()).sort()
    const footer = footerOf(written.files.get(second!)!)
    for (const change of [
      (bytes: Uint8Array) => bytes.slice(0, -footerOf(bytes).length),
      (bytes: Uint8Array) => bytes.slice(0, -5),
      (bytes: Uint8Array) => Buffer.concat([bytes.slice(0, -footerOf(bytes).length), footer]),
    ]) {
      const out = await readOut(reopen(damaged(written, first!, change)).log)
      checkShown(written, out)
      assert.deepEqual(out.damaged, [])
    }
  })

  test('never takes a payload for records, whatever it holds', async () => {
    const inner = await write({ count: 5, payloadBytes: () => 60, closes: true })
    const image = inner.files.get(SEGMENT)!.slice(64)
    const disk = new SimulatedDisk()
    const clock = new FakeClock()
    const log = openSimulatedLog({ disk, clock, random: seededRandom(99) })
    const opened = { disk, clock, log, lines: [] }
    await appendOne(opened)
    const appended = log.append([{ kind: 'event', payload: image }])
    await turn()
    clock.advance(1)
    await appended
    log.kill()
    // The header of the record that holds the image goes; nothing in it may be shown.
    const bytes = flip(disk.contents(SEGMENT), (64 + 43 + 5) * 8)
    const again = reopen(new Map([[SEGMENT, bytes]]))
    assert.equal((await readOut(again.log)).records.length, 1)
  })

  test('survives any bytes at all', async () => {
    const written = await write({
      count: 30,
      payloadBytes: () => 60,
      segmentSizeBytesMax: 1500,
      closes: false,
    })
    const paths = Array.from(written.files.keys()).sort()
    const splice = fc.record({
      path: fc.constantFrom(...paths),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(600),
      insert: fc.uint8Array({ maxLength: 300 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(splice, { minLength: 1, maxLength: 4 }), async (splices) => {
        let files = new Map(written.files)
        for (const { path, at, remove, insert } of splices) {
          files = damaged({ ...written, files }, path, (bytes) => {
            const from = Math.floor(bytes.length * at)
            return Buffer.concat([bytes.slice(0, from), insert, bytes.slice(from + remove)])
          })
        }
        const opened = reopen(files)
        const out = await readOut(opened.log)
        const { start, end } = opened.log.stats()
        checkShown(written, out, Math.min(30, end[0]!.offset))
        assert.equal(start[0]!.offset, 0)
        const offset = await appendOne(opened)
        assert.ok(offset >= out.records.length)
        await opened.log.close()
        const again = openSimulatedLog({ ...opened, random: seededRandom(9), verify: true })
        const last = (await readOut(again)).records.at(-1)!
        assert.deepEqual([last.position.offset, Array.from(last.payload)], [offset, [1, 2, 3]])
      }),
      { numRuns: 300 },
    )
  })
})

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  return bytes
}

function start(written: Written, index: number): number {
  return index === 0 ? 64 : written.ends[index - 1]!
}

function baseOf(path: string): number {
  return Number(/(\d{16})\.log$/.exec(path)![1])
}

function footerOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return bytes.slice(-view.getUint32(bytes.length - 12, true))
}
