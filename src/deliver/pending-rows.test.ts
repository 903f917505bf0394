import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../model/index.ts'
import { DELIVERED, DeliveryBench, FAILED, later } from './testing.ts'

const URL = 'https://target.test/'
const target: Target = { id: 'target', address: URL }

test('a new process takes up what the last one left, with its attempts and its age', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim({ ...target, retry: { attemptsMax: 3 } }), 0)
  await bench.clock.run(1300)
  assert.equal(bench.arrivals.length, 2)
  bench.kill()
  await bench.deliverer.start()
  assert.equal(bench.deliverer.pending(), 1)
  await bench.clock.run(60_000)
  assert.deepEqual(
    bench.arrivals.map(({ attempt }) => attempt),
    [1, 2, 3, 4],
  )
  assert.deepEqual(
    (await bench.rows()).map((row) => row['state']),
    ['dead'],
  )
})

test('a delivery ahead of the cursor that has a row is the row’s: it is settled and not sent again', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  const rule = bench.aim(target)
  await bench.store.deliveries.commit({ cursor: cursorAt(5), put: [], remove: [], attempts: [] })
  bench.deliver(rule, 5, 6)
  await bench.clock.run(100)
  bench.kill()
  bench.serve(URL, () => DELIVERED)
  await bench.deliverer.start()
  bench.deliver(rule, 5, 6, 7)
  await bench.clock.run(30_000)
  assert.deepEqual(
    bench.offsetsAt(URL).toSorted((a, b) => a - b),
    [5, 5, 6, 6, 7],
  )
  assert.deepEqual(bench.settled, [5, 6, 5, 6, 7])
  assert.equal(bench.deliverer.pending(), 0)
})

test('a delivery that died before the crash is not brought back to life by the cursor', async () => {
  const bench = new DeliveryBench()
  await bench.store.deliveries.commit({ cursor: cursorAt(0), put: [], remove: [], attempts: [] })
  const rule = bench.aim(target)
  bench.deliver(rule, 0)
  await bench.clock.run(100)
  bench.kill()
  bench.serve(URL, () => DELIVERED)
  await bench.deliverer.start()
  bench.deliver(rule, 0)
  await bench.clock.run(10_000)
  assert.deepEqual(bench.arrivals, [])
  assert.deepEqual(bench.settled, [0, 0])
  assert.deepEqual(
    (await bench.rows()).map((row) => row['state']),
    ['dead'],
  )
})

test('no row is tried twice at a time, however many are due', async () => {
  const bench = new DeliveryBench()
  let isDown = true
  const sending = new Set<number>()
  bench.serve(
    URL,
    ({ offset }) => {
      if (isDown) return FAILED
      assert.equal(sending.has(offset), false)
      sending.add(offset)
      return new Promise((resolve) => {
        bench.clock.setTimer(700, () => {
          sending.delete(offset)
          resolve(DELIVERED)
        })
      })
    },
    { concurrencyMax: 3 },
  )
  const rule = bench.aim(target)
  bench.deliver(rule, ...Array.from({ length: 40 }, (_, offset) => offset))
  await bench.clock.run(10)
  isDown = false
  await bench.clock.run(120_000)
  assert.equal(bench.deliverer.pending(), 0)
  const tries = bench.offsetsAt(URL).filter((offset) => offset === 39)
  assert.equal(tries.length, 1)
})

test('rows that cannot be read now are looked for again', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, ({ attempt }) => (attempt === 1 ? FAILED : DELIVERED))
  const { deliveries } = bench.store
  const due = deliveries.due.bind(deliveries)
  let failures = 0
  deliveries.due = (query) => {
    failures += 1
    return failures <= 2 ? Promise.reject(new Error('the disk is away')) : due(query)
  }
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(30_000)
  assert.equal(bench.deliverer.pending(), 0)
  assert.equal(bench.arrivals.length, 2)
})

test('a closed deliverer claims nothing more', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  await bench.deliverer.close(new AbortController().signal)
  await bench.clock.run(60_000)
  assert.equal(bench.arrivals.length, 1)
})

test('a row that was claimed and then found no room is claimed again', async () => {
  const bench = new DeliveryBench()
  const slow = later()
  bench.serve(
    URL,
    (arrival) => {
      if (arrival.attempt === 1) return FAILED
      return arrival.offset === 0 ? slow.answer(arrival) : DELIVERED
    },
    { concurrencyMax: 1, batchMax: 4 },
  )
  const rule = bench.aim(target)
  bench.deliver(rule, 0, 1, 2)
  await bench.clock.run(5000)
  slow.release(FAILED)
  await bench.clock.run(60_000)
  assert.equal(bench.deliverer.pending(), 1)
  assert.deepEqual(
    (await bench.rows()).map((row) => row['offset']),
    [0],
  )
})

function cursorAt(offset: number): {
  reader: string
  epoch: number
  positions: { partition: number; offset: number }[]
  generation: number
} {
  return { reader: 'route', epoch: 1, positions: [{ partition: 0, offset }], generation: 0 }
}
