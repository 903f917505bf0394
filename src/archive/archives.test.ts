import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Random, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import {
  decodeStoredEvent,
  type Directed,
  encodeReplayedEvent,
  storePutEvent,
} from '../event/index.ts'
import { type Log, openMemoryLog } from '../log/index.ts'
import { SimulatedDisk } from '../log/testing.ts'
import { openMemoryStore } from '../store/index.ts'
import { createMemoryStoreState } from '../store/testing.ts'
import type { ArchiveDefinition } from './archiver.ts'
import { type Archives, openArchives } from './archives.ts'
import { GATHER_MS } from './limits.ts'
import type { ArchiveRead } from './shelf.ts'
import { InProcessShelf } from './testing.ts'

const SHOP = '000000000000/us-east-1/shop'
const OTHER = '000000000000/us-east-1/other'
const DAY_MS = 86_400_000
const START_MS = Date.parse('2026-01-01T00:00:00Z')

const ALL: ArchiveDefinition = { uid: 'all', busKey: SHOP }
const GOLD: ArchiveDefinition = { uid: 'gold', busKey: SHOP, pattern: '{"detail-type":["gold"]}' }

const WHOLE: ArchiveRead = {
  from: 0,
  until: Infinity,
  earliest: -Infinity,
  latest: Infinity,
  writtenAfter: -Infinity,
  skip: 0,
  eventsMax: Infinity,
}

/** One data directory: a log, a store and a disk; archives come and go over them. */
class Bench {
  readonly clock = new FakeClock()
  readonly log: Log = openMemoryLog({ clock: this.clock })
  readonly disk = new SimulatedDisk()
  readonly state = createMemoryStoreState()
  readonly fatal: unknown[] = []
  readonly #random: Random
  #shelf: InProcessShelf | undefined

  constructor(seed = 1) {
    this.#random = seededRandom(seed)
  }

  async open(...definitions: readonly ArchiveDefinition[]): Promise<Archives> {
    const { clock, log, disk, state } = this
    const shelf = new InProcessShelf({
      clock,
      disk,
      random: this.#random,
      segmentSizeBytesMax: 2000,
    })
    this.#shelf = shelf
    return openArchives(
      {
        directory: 'archives',
        hasFiles: true,
        reader: 'archive',
        log,
        cursors: openMemoryStore({ state }).deliveries,
        clock,
        logger: silentLogger,
        // A process that was killed may find its cursor taken over, and nobody hears it.
        onFatal: (error) => void (shelf === this.#shelf && this.fatal.push(error)),
        shelf,
      },
      definitions,
    )
  }

  /** The process dies: what was not synced is lost. */
  crash(): void {
    this.#shelf?.kill()
    this.disk.crash(this.#random)
  }

  async put(
    id: string,
    options: { type?: string; busKey?: string; directed?: Directed } = {},
  ): Promise<void> {
    const { type = 'plain', busKey = SHOP, directed } = options
    const time = `${new Date(START_MS + Number(id) * 1000).toISOString().slice(0, 19)}Z`
    const record = storePutEvent({
      busKey,
      account: '000000000000',
      region: 'us-east-1',
      id,
      source: 's',
      detailType: type,
      time,
      resources: [],
      detail: '{}',
      ...(directed === undefined ? {} : { directed }),
    })
    await this.log.append([{ kind: 'event', payload: record }])
  }
}

async function idsIn(
  archives: Archives,
  uid: string,
  read: Partial<ArchiveRead> = {},
): Promise<readonly string[]> {
  const ids: string[] = []
  const { end } = await archives.stats(uid)
  let [from, skip] = [read.from ?? 0, read.skip ?? 0]
  while (from < end) {
    const events = await archives.read(uid, { ...WHOLE, ...read, from, skip, until: end })
    let start = 0
    for (const recordEnd of events.ends) {
      ids.push(decodeStoredEvent(events.bytes.subarray(start, recordEnd)).id)
      start = recordEnd
    }
    ;[from, skip] = [events.next, events.skip]
  }
  return ids
}

test('an archive takes the events of its bus that match its pattern, in order', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL, GOLD)
  await bench.put('1')
  await bench.put('2', { type: 'gold' })
  await bench.put('3', { busKey: OTHER })
  await bench.put('4', { type: 'gold' })
  await archives.settled()
  assert.deepEqual(await idsIn(archives, 'all'), ['1', '2', '4'])
  assert.deepEqual(await idsIn(archives, 'gold'), ['2', '4'])
  const { events, sizeBytes, damaged } = await archives.stats('gold')
  assert.deepEqual([events, damaged], [2, 0])
  assert.ok(sizeBytes > 200)
  await archives.close()
})

test('what a replay brought back, and what is for certain rules alone, is not archived', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  await bench.put('1', { directed: { rules: ['k'], matched: true } })
  await bench.put('2')
  const { records } = await bench.log.read([{ partition: 0, offset: 1 }], {
    recordsMax: 1,
    signal: new AbortController().signal,
  })
  const payload = encodeReplayedEvent(records[0]!.payload, { name: 'again', nth: 0 })
  await bench.log.append([{ kind: 'event', payload }])
  await archives.settled()
  assert.deepEqual(await idsIn(archives, 'all'), ['2'])
  await archives.close()
})

test('nothing from before an archive was made is in it, however it came to be there', async () => {
  const bench = new Bench()
  const archives = await bench.open()
  await bench.put('1')
  await archives.settled()
  await bench.put('2')
  archives.define([ALL])
  await bench.put('3')
  await archives.settled()
  assert.deepEqual(await idsIn(archives, 'all'), ['3'])
  await archives.close()
})

test('an archive made just before a crash begins where it was made', async () => {
  const bench = new Bench()
  const before = await bench.open(ALL)
  await bench.put('1')
  await before.settled()
  before.define([])
  await bench.put('2')
  // What control does before it writes the new archive down, after which the process dies.
  await before.settled()
  bench.crash()
  const archives = await bench.open({ ...ALL, uid: 'new' })
  await bench.put('3')
  await archives.settled()
  assert.deepEqual(await idsIn(archives, 'new'), ['3'])
  await archives.close()
})

test('events are written within a second without anybody asking, and then the log may let them go', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  assert.deepEqual(archives.committedCursor(), [{ partition: 0, offset: 0 }])
  await bench.put('1')
  await bench.clock.run(1)
  assert.deepEqual(archives.committedCursor(), [{ partition: 0, offset: 0 }])
  await bench.clock.run(GATHER_MS)
  assert.deepEqual(archives.committedCursor(), [{ partition: 0, offset: 1 }])
  assert.equal(bench.state.cursors.get('archive')?.positions[0]?.offset, 1)
  assert.equal((await archives.stats('all')).events, 1)
  await archives.close()
})

test('without archives the log need not be kept', async () => {
  const bench = new Bench()
  const archives = await bench.open()
  await bench.put('1')
  assert.equal(archives.committedCursor(), undefined)
  assert.equal(archives.lag(), 0)
  await archives.close()
})

test('an archive that is gone leaves no file, also when the process died before it could go', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL, GOLD)
  await bench.put('1', { type: 'gold' })
  await archives.settled()
  archives.define([ALL])
  await bench.clock.run(1)
  assert.equal(bench.disk.list('archives').includes('gold'), false)
  bench.crash()
  const again = await bench.open(ALL)
  assert.equal(bench.disk.list('archives').includes('gold'), false)
  assert.deepEqual(await idsIn(again, 'all'), ['1'])
  await again.close()
})

test('by time only the events in the range are read, both ends included', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  for (let id = 1; id <= 30; id += 1) {
    await bench.put(String(id))
    if (id % 7 === 0) await archives.settled()
  }
  await archives.settled()
  const second = START_MS / 1000
  assert.deepEqual(await idsIn(archives, 'all', { earliest: second + 6, latest: second + 9 }), [
    '6',
    '7',
    '8',
    '9',
  ])
  assert.deepEqual(await idsIn(archives, 'all', { earliest: second + 31 }), [])
  await archives.close()
})

test('a read goes on in the middle of a block', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  for (let id = 1; id <= 5; id += 1) await bench.put(String(id))
  await archives.settled()
  assert.deepEqual(await idsIn(archives, 'all', { eventsMax: 2 }), ['1', '2', '3', '4', '5'])
  const page = await archives.read('all', { ...WHOLE, until: 1, eventsMax: 2, skip: 1 })
  assert.deepEqual([page.ends.length, page.next, page.skip], [2, 0, 3])
  await archives.close()
})

test('a read that wants more than a block has goes on with the next, and ends with a whole one', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  for (let id = 1; id <= 12; id += 1) {
    await bench.put(String(id))
    if (id % 3 === 0) await archives.settled()
  }
  const { sizeBytes } = await archives.stats('all')
  const all = await archives.read('all', { ...WHOLE, sizeBytesMin: Infinity })
  assert.deepEqual([all.ends.length, all.next, all.skip], [12, 4, 0])
  assert.equal(all.bytes.length, sizeBytes)
  const most = await archives.read('all', { ...WHOLE, sizeBytesMin: sizeBytes / 3 })
  assert.deepEqual([most.ends.length, most.next, most.skip], [6, 2, 0])
  const rest = await archives.read('all', { ...WHOLE, from: 2, skip: 1, sizeBytesMin: Infinity })
  assert.deepEqual([rest.ends.length, rest.next, rest.skip], [5, 4, 0])
  const few = await archives.read('all', { ...WHOLE, sizeBytesMin: Infinity, eventsMax: 4 })
  assert.deepEqual([few.ends.length, few.next, few.skip], [4, 1, 1])
  await archives.close()
})

test('what is older than the retention goes by whole segments, and not while it is held', async () => {
  const bench = new Bench()
  const archives = await bench.open({ ...ALL, retentionMs: 3 * DAY_MS })
  for (let id = 1; id <= 8; id += 1) {
    await bench.put(String(id))
    await archives.settled()
    bench.clock.stepWall(DAY_MS)
    await bench.clock.run(1)
  }
  await archives.tend(new Set(['all']))
  assert.equal((await archives.stats('all')).events, 8)
  await archives.tend(new Set())
  const { events } = await archives.stats('all')
  assert.ok(events >= 2 && events <= 4, String(events))
  assert.deepEqual((await idsIn(archives, 'all')).at(-1), '8')
  await archives.close()
})

test('on a full disk nothing is lost: it is written once there is room', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  await bench.put('1')
  bench.disk.capacityBytes = 0
  const settled = archives.settled()
  await bench.clock.run(5000)
  assert.deepEqual(archives.committedCursor(), [{ partition: 0, offset: 0 }])
  bench.disk.capacityBytes = 2 ** 40
  await bench.clock.run(5000)
  await settled
  assert.deepEqual(await idsIn(archives, 'all'), ['1'])
  assert.deepEqual(bench.fatal, [])
  await archives.close()
})

test('a disk that fails is fatal, and the cursor stays', async () => {
  const bench = new Bench()
  const archives = await bench.open(ALL)
  await bench.put('1')
  bench.disk.fault = (operation) => (operation === 'syncData' ? 'EIO' : undefined)
  await archives.settled()
  assert.equal(bench.fatal.length, 1)
  assert.deepEqual(archives.committedCursor(), [{ partition: 0, offset: 0 }])
})

test('more archives than files may be open take their events all the same', async () => {
  const bench = new Bench()
  const definitions = Array.from({ length: 20 }, (_, nth) => ({ uid: `a${nth}`, busKey: SHOP }))
  const archives = await bench.open(...definitions)
  for (let id = 1; id <= 3; id += 1) {
    await bench.put(String(id))
    await archives.settled()
  }
  for (const { uid } of definitions) assert.deepEqual(await idsIn(archives, uid), ['1', '2', '3'])
  await archives.close()
})

test('whatever dies and when, every event is in its archive once, in order', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('put' as const) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('crash' as const, 'close' as const, 'settle' as const),
    },
  )
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60 }),
    fc.nat(),
    async (steps, seed) => {
      const bench = new Bench(seed)
      let archives = await bench.open(ALL, GOLD)
      let count = 0
      for (const one of steps) {
        if (one === 'put')
          await bench.put(String((count += 1)), { type: count % 3 === 0 ? 'gold' : 'plain' })
        else if (one === 'wait') await bench.clock.run(GATHER_MS / 2)
        else if (one === 'settle') await archives.settled()
        else {
          if (one === 'close') await archives.close()
          else bench.crash()
          archives = await bench.open(ALL, GOLD)
        }
      }
      await archives.settled()
      const ids = Array.from({ length: count }, (_, index) => String(index + 1))
      assert.deepEqual(await idsIn(archives, 'all'), ids)
      assert.deepEqual(
        await idsIn(archives, 'gold'),
        ids.filter((id) => Number(id) % 3 === 0),
      )
      assert.deepEqual(bench.fatal, [])
      await archives.close()
    },
  )
  await fc.assert(property, { numRuns: 60 })
})
