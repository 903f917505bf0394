import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, silentLogger } from '../../../base/index.ts'
import { FakeClock } from '../../../base/testing.ts'
import { Segments, type SegmentsOptions, removeSegments } from './segments.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const HOUR_MS = 3_600_000

class Bench {
  readonly clock = new FakeClock()
  readonly disk = new SimulatedDisk()
  readonly #random = seededRandom(1)

  open(options: Partial<SegmentsOptions> = {}): Segments {
    const { clock, disk } = this
    return new Segments({
      directory: 'series',
      segmentSizeBytesMax: 400,
      segmentAgeMsMax: 24 * HOUR_MS,
      freeBytesMin: 0,
      logger: silentLogger,
      clock,
      random: this.#random,
      disk,
      ...options,
    })
  }

  crash(): void {
    this.disk.crash(this.#random)
  }
}

function text(series: Segments, position: number): string | undefined {
  const read = series.read(position)
  return read.kind === 'record' ? Buffer.from(read.payload).toString() : undefined
}

function fill(series: Segments, count: number): void {
  for (let nth = 0; nth < count; nth += 1) series.append(Buffer.from(`record ${nth}`), nth)
}

test('records are read back by the positions they were given, over many segments', () => {
  const series = new Bench().open()
  fill(series, 30)
  assert.deepEqual([series.start, series.end], [0, 30])
  for (let nth = 0; nth < 30; nth += 1) assert.equal(text(series, nth), `record ${nth}`)
  const read = series.read(7)
  assert.ok(read.kind === 'record')
  assert.equal(read.timestamp, 7)
})

test('what was appended is there after a crash, and positions go on', () => {
  const bench = new Bench()
  fill(bench.open(), 13)
  bench.crash()
  const again = bench.open()
  assert.equal(again.end, 13)
  for (let nth = 0; nth < 13; nth += 1) assert.equal(text(again, nth), `record ${nth}`)
  assert.equal(again.append(Buffer.from('more'), 99), 13)
  assert.equal(text(again, 13), 'more')
})

test('a series that was closed and opened again is read over where it was closed', () => {
  const bench = new Bench()
  for (let round = 0; round < 3; round += 1) {
    const series = bench.open()
    series.append(Buffer.from(`record ${round}`), round)
    series.close()
  }
  const series = bench.open()
  for (let nth = 0; nth < 3; nth += 1) assert.equal(text(series, nth), `record ${nth}`)
})

test('whole segments of old records go, and the newest stays', () => {
  const bench = new Bench()
  const series = bench.open()
  fill(series, 30)
  const before = series.sizeBytes
  series.drop(15)
  assert.ok(series.start > 0 && series.start <= 15)
  assert.ok(series.sizeBytes < before)
  assert.deepEqual(series.read(0), { kind: 'damaged', to: series.start })
  assert.equal(text(series, 15), 'record 15')
  series.drop(1000)
  assert.equal(text(series, 29), 'record 29')
  series.close()
  assert.equal(bench.open().append(Buffer.from('more'), 99), 30)
})

test('a segment takes no more once its oldest record is old', () => {
  const bench = new Bench()
  const series = bench.open({ segmentSizeBytesMax: 1_000_000 })
  series.append(Buffer.from('old'), 0)
  series.append(Buffer.from('still'), 24 * HOUR_MS)
  series.append(Buffer.from('new'), 24 * HOUR_MS + 1)
  series.drop(24 * HOUR_MS + 1)
  assert.deepEqual([series.start, series.end], [2, 3])
  assert.equal(text(series, 2), 'new')
})

test('a damaged record is stepped over, and the rest is read', () => {
  const bench = new Bench()
  const series = bench.open({ segmentSizeBytesMax: 1_000_000 })
  fill(series, 5)
  const name = bench.disk.list('series').find((one) => one.endsWith('.log'))!
  const handle = bench.disk.open(`series/${name}`, 'write')
  bench.disk.write(handle, Buffer.from('?'), 64 + 2 * 48 + 44)
  bench.disk.close(handle)
  const found: (string | undefined)[] = []
  for (let position = 0; position < series.end;) {
    const read = series.read(position)
    if (read.kind === 'record') found.push(Buffer.from(read.payload).toString())
    position = read.kind === 'record' ? position + 1 : read.to
  }
  assert.deepEqual(found, ['record 0', 'record 1', 'record 3', 'record 4'])
})

test('a full disk keeps nothing of the record it refuses', () => {
  const bench = new Bench()
  const series = bench.open()
  fill(series, 3)
  bench.disk.capacityBytes = 0
  assert.equal(series.append(Buffer.alloc(300), 3), undefined)
  bench.disk.capacityBytes = 2 ** 40
  bench.clock.advance(5000)
  assert.equal(series.append(Buffer.from('later'), 4), 3)
})

test('a series that was removed leaves nothing', () => {
  const bench = new Bench()
  const series = bench.open()
  fill(series, 3)
  series.close()
  removeSegments('series', bench.disk)
  assert.deepEqual(bench.disk.list('series'), [])
  assert.equal(bench.open().end, 0)
})
