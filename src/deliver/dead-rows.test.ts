// Dead deliveries that people have a word on: tried again, or forgotten.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryRow } from '../store/index.ts'
import { DELIVERED, DeliveryBench, REFUSED } from './testing.ts'

const URL = 'https://target.test/'
const target = { id: 'target', address: URL }

async function withDead(count: number): Promise<DeliveryBench> {
  const bench = new DeliveryBench()
  // Once.
  bench.serve(URL, () => (bench.arrivals.length > count ? DELIVERED : REFUSED))
  const rule = bench.aim(target)
  bench.deliver(rule, ...Array.from({ length: count }, (_, index) => index))
  await bench.clock.run(1000)
  assert.equal((await deadOf(bench)).length, count)
  return bench
}

function deadOf(bench: DeliveryBench): Promise<readonly DeliveryRow[]> {
  return bench.store.deliveries.list({ state: 'dead', limit: 100 })
}

test('a dead delivery that is redriven is tried again from the first attempt, and is then over', async () => {
  const bench = await withDead(3)
  const redriven = bench.deliverer.redrive(await deadOf(bench))
  await bench.clock.run(1000)
  assert.equal(await redriven, 3)
  assert.deepEqual(
    bench.arrivals.slice(3).map(({ offset, attempt }) => [offset, attempt]),
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
  )
  assert.deepEqual(await bench.rows(), [])
  assert.equal(bench.deliverer.pending(), 0)
})

test('asked for twice at once it is tried once', async () => {
  const bench = await withDead(1)
  const dead = await deadOf(bench)
  const counts = Promise.all([bench.deliverer.redrive(dead), bench.deliverer.redrive(dead)])
  await bench.clock.run(1000)
  assert.deepEqual(await counts, [1, 0])
  assert.equal(bench.arrivals.length, 2)
  assert.equal(bench.deliverer.pending(), 0)
})

test('what is redriven survives a kill as soon as that was answered', async () => {
  const bench = await withDead(1)
  const redriven = bench.deliverer.redrive(await deadOf(bench))
  await bench.clock.run(21)
  assert.equal(await redriven, 1)
  bench.kill()
  bench.serve(URL, () => DELIVERED)
  await bench.deliverer.start()
  await bench.clock.run(1000)
  assert.deepEqual(await bench.rows(), [])
})

test('what has no target any more stays dead', async () => {
  const bench = await withDead(1)
  bench.removeTarget('target')
  const redriven = bench.deliverer.redrive(await deadOf(bench))
  await bench.clock.run(1000)
  assert.equal(await redriven, 0)
  assert.equal((await deadOf(bench)).length, 1)
})

test('what is purged is gone and tried no more', async () => {
  const bench = await withDead(2)
  const [first, second] = await deadOf(bench)
  const purged = bench.deliverer.purge([first!])
  await bench.clock.run(1000)
  assert.equal(await purged, 1)
  assert.deepEqual(
    (await deadOf(bench)).map(({ id }) => id),
    [second!.id],
  )
  assert.equal(bench.arrivals.length, 2)
})
