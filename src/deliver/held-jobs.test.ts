import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../model/index.ts'
import { DELIVERED, DeliveryBench, FAILED, later } from './testing.ts'

const URL = 'https://target.test/'
const target: Target = { id: 'target', address: URL }

test('a target that hangs gives its place in the window back after about a second', async () => {
  const bench = new DeliveryBench()
  const answer = later()
  bench.serve(URL, answer.answer)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(900)
  assert.deepEqual(bench.settled, [])
  await bench.clock.run(400)
  assert.deepEqual(bench.settled, [0])
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['state'], row['errorCode']]),
    [['pending', 'PENDING']],
  )
  assert.equal(bench.deliverer.pending(), 1)
})

test('a spilled attempt goes on: its row is not tried beside it, and goes when it ends well', async () => {
  const bench = new DeliveryBench()
  const answer = later()
  bench.serve(URL, answer.answer)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(60_000)
  assert.equal(bench.arrivals.length, 1)
  answer.release(DELIVERED)
  await bench.clock.run(1000)
  assert.equal(bench.arrivals.length, 1)
  assert.deepEqual(await bench.rows(), [])
  assert.deepEqual(bench.settled, [0])
})

test('a spilled attempt that fails is retried from its row', async () => {
  const bench = new DeliveryBench()
  const { promise, resolve } = Promise.withResolvers<typeof FAILED>()
  bench.serve(URL, ({ attempt }) => (attempt === 1 ? promise : DELIVERED))
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(5000)
  resolve(FAILED)
  await bench.clock.run(5000)
  assert.deepEqual(
    bench.arrivals.map(({ attempt }) => attempt),
    [1, 2],
  )
  assert.equal(bench.deliverer.pending(), 0)
})

test('a target that hangs holds up no other target', async () => {
  const bench = new DeliveryBench()
  bench.serve('https://hangs.test/', later().answer, { concurrencyMax: 2 })
  bench.serve(URL, () => DELIVERED)
  const hanging = bench.aim({ id: 'hangs', address: 'https://hangs.test/' })
  const healthy = bench.aim(target)
  for (let offset = 0; offset < 20; offset += 1) {
    bench.deliver(hanging, offset)
    bench.deliver(healthy, offset)
    await bench.clock.run(0)
    assert.equal(bench.offsetsAt(URL).at(-1), offset)
  }
  assert.equal(bench.offsetsAt('https://hangs.test/').length, 2)
})

test('behind a lane whose sends have been busy for long a delivery does not wait in the window', async () => {
  const bench = new DeliveryBench()
  const answer = later()
  bench.serve(URL, answer.answer, { concurrencyMax: 1 })
  const rule = bench.aim(target)
  bench.deliver(rule, 0)
  await bench.clock.run(101)
  bench.deliver(rule, 1)
  assert.deepEqual(bench.settled, [1])
  answer.release(DELIVERED)
  await bench.clock.run(2000)
  assert.deepEqual(bench.offsetsAt(URL), [0, 1])
  assert.equal(bench.deliverer.pending(), 0)
})

test('a full window spills what has held its place for a moment, and nothing younger', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, later().answer)
  bench.serve('https://other.test/', later().answer)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  bench.deliver(bench.aim({ id: 'other', address: 'https://other.test/' }), 1)
  await bench.clock.run(50)
  bench.deliverer.spill()
  assert.deepEqual(bench.settled, [0])
  await bench.clock.run(50)
  bench.deliverer.spill()
  assert.deepEqual(bench.settled, [0, 1])
})

test('a sink that says what is slow for it keeps its place in a full window for so long', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, later().answer, { concurrencyMax: 1, slowMs: 500 })
  const rule = bench.aim(target)
  bench.deliver(rule, 0)
  await bench.clock.run(200)
  bench.deliver(rule, 1)
  bench.deliverer.spill()
  assert.deepEqual(bench.settled, [])
  await bench.clock.run(301)
  bench.deliverer.spill()
  assert.deepEqual(bench.settled, [0])
  bench.deliver(rule, 2)
  assert.deepEqual(bench.settled, [0, 2])
})

test('what waited unsent when it was spilled has made no attempt', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, later().answer, { concurrencyMax: 1 })
  bench.deliver(bench.aim(target), 0, 1)
  await bench.clock.run(1300)
  assert.deepEqual(new Set(bench.settled), new Set([0, 1]))
  assert.deepEqual(bench.offsetsAt(URL), [0])
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['offset'], row['attempts']]),
    [
      [0, 0],
      [1, 0],
    ],
  )
})

test('a message says which attempt it is, and each has one stable delivery id', async () => {
  const ids = new Set<string>()
  const attempts: number[] = []
  const bench = new DeliveryBench({
    openSink: () => ({
      batchMax: 1,
      concurrencyMax: 1,
      send: ([message]) => {
        ids.add(message!.deliveryId)
        attempts.push(message!.attempt)
        return Promise.resolve([attempts.length < 3 ? FAILED : DELIVERED])
      },
      close: () => Promise.resolve(),
    }),
  })
  bench.deliver(bench.aim(target), 5)
  await bench.clock.run(30_000)
  assert.deepEqual(attempts, [1, 2, 3])
  assert.deepEqual([...ids], ['0:5/rule-target/target'])
})

test('a sink that takes batches gets what waits in one, no larger than it said', async () => {
  const sizes: number[] = []
  const bench = new DeliveryBench({
    openSink: () => ({
      batchMax: 4,
      concurrencyMax: 1,
      send: async (batch) => {
        sizes.push(batch.length)
        return batch.map(() => DELIVERED)
      },
      close: () => Promise.resolve(),
    }),
  })
  bench.deliver(bench.aim(target), ...Array.from({ length: 10 }, (_, offset) => offset))
  await bench.clock.run(10)
  assert.deepEqual(sizes, [4, 4, 2])
  assert.equal(bench.settled.length, 10)
})
