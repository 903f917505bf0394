import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../model/index.ts'
import { BREAKER_DEFAULTS } from './breaker.ts'
import { DELIVERED, DeliveryBench, FAILED, inTurn, later } from './testing.ts'

const URL = 'https://target.test/'
const OTHER = 'https://other.test/'
const target: Target = { id: 'target', address: URL }

test('an open breaker sends nothing, keeps everything, and lets one probe through when its time is up', async () => {
  const bench = new DeliveryBench()
  let isHealthy = false
  bench.serve(URL, () => (isHealthy ? DELIVERED : FAILED))
  const rule = bench.aim(target)
  bench.deliver(rule, 0, 1, 2, 3, 4)
  await bench.clock.run(10)
  assert.equal(bench.deliverer.lanes()[0]!.breaker, 'open')
  bench.deliver(rule, 5, 6, 7)
  assert.equal(bench.settled.length, 8)
  await bench.clock.run(29_000)
  assert.equal(bench.arrivals.length, 5)
  await bench.clock.run(2000)
  assert.equal(bench.arrivals.length, 6, 'one probe')
  assert.equal(bench.deliverer.lanes()[0]!.breaker, 'open')
  isHealthy = true
  await bench.clock.run(120_000)
  assert.equal(bench.deliverer.pending(), 0)
  assert.deepEqual(await bench.rows(), [])
  assert.deepEqual(new Set(bench.offsetsAt(URL)), new Set([0, 1, 2, 3, 4, 5, 6, 7]))
  assert.equal(bench.deliverer.lanes()[0]!.breaker, 'closed')
})

test('what an open breaker skipped counts as no attempt', async () => {
  const bench = new DeliveryBench()
  let isHealthy = false
  bench.serve(URL, () => (isHealthy ? DELIVERED : FAILED))
  const rule = bench.aim(target)
  bench.deliver(rule, 0, 1, 2, 3, 4)
  await bench.clock.run(10)
  bench.deliver(rule, 5)
  isHealthy = true
  await bench.clock.run(120_000)
  const later = bench.arrivals.find(({ offset }) => offset === 5)!
  assert.equal(later.attempt, 1)
  assert.ok(later.at >= 30_000)
})

test('while a breaker is open the age of what it holds back goes on', async () => {
  const bench = new DeliveryBench({
    breakerOptions: { ...BREAKER_DEFAULTS, consecutiveMax: 1, openMsMin: 90_000 },
  })
  bench.serve(URL, () => FAILED)
  const rule = bench.aim({ ...target, retry: { ageSecondsMax: 60 } })
  bench.deliver(rule, 0)
  await bench.clock.run(10)
  bench.deliver(rule, 1)
  await bench.clock.run(100_000)
  assert.deepEqual(bench.offsetsAt(URL), [0])
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['state'], row['exhausted']]),
    [
      ['dead', 'MaximumEventAgeInSeconds'],
      ['dead', 'MaximumEventAgeInSeconds'],
    ],
  )
})

test('an open breaker outlives the process, and is forgotten when it closes', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  const rule = bench.aim(target)
  bench.deliver(rule, 0, 1, 2, 3, 4)
  await bench.clock.run(100)
  assert.deepEqual([...bench.breakers.keys()], ['rule-target/target'])
  bench.kill()
  bench.serve(URL, () => DELIVERED)
  await bench.deliverer.start()
  await bench.clock.run(29_000)
  assert.equal(bench.arrivals.length, 5)
  await bench.clock.run(60_000)
  assert.equal(bench.deliverer.pending(), 0)
  assert.equal(bench.breakers.size, 0)
})

test('a retry goes to the target as it is by then', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.serve(OTHER, () => DELIVERED)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  bench.aim({ id: 'target', address: OTHER })
  bench.deliverer.targetsChanged()
  await bench.clock.run(10_000)
  assert.deepEqual(bench.offsetsAt(URL), [0])
  assert.deepEqual(bench.offsetsAt(OTHER), [0])
  assert.equal(bench.deliverer.pending(), 0)
})

test('what waits when its target changes is prepared for and sent to the new form, whole', async () => {
  const prepared: string[] = []
  const bench = new DeliveryBench({
    prepare: (delivery) => {
      prepared.push(delivery.target.address)
      return { kind: 'input', body: delivery.event.envelope }
    },
  })
  const first = later()
  bench.serve(URL, first.answer, { concurrencyMax: 1 })
  bench.serve(OTHER, () => DELIVERED)
  bench.deliver(bench.aim(target), 0, 1)
  bench.aim({ id: 'target', address: OTHER })
  bench.deliverer.targetsChanged()
  first.release(DELIVERED)
  await bench.clock.run(100)
  assert.deepEqual(prepared, [URL, OTHER])
  assert.deepEqual(bench.offsetsAt(OTHER), [1])
})

test('events matched before a change do not lead later ones to the old form', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => DELIVERED)
  bench.serve(OTHER, () => DELIVERED)
  const old = bench.aim(target)
  const current = bench.aim({ id: 'target', address: OTHER })
  bench.deliver(current, 0)
  bench.deliver(old, 1)
  bench.deliver(current, 2)
  await bench.clock.run(100)
  assert.deepEqual(bench.offsetsAt(URL), [])
  assert.deepEqual(bench.offsetsAt(OTHER), [0, 1, 2])
})

test('an event matched by a rule that is gone by now is delivered all the same', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => DELIVERED)
  const rule = bench.aim(target)
  bench.removeTarget('target')
  bench.deliver(rule, 0)
  await bench.clock.run(100)
  assert.deepEqual(bench.offsetsAt(URL), [0])
})

test('when a target is deleted, what was pending is cancelled at once and audited', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim(target), 0, 1)
  await bench.clock.run(3000)
  const before = bench.arrivals.length
  bench.removeTarget('target')
  await bench.clock.run(100)
  assert.equal(bench.arrivals.length, before)
  assert.deepEqual(await bench.rows(), [])
  assert.equal(bench.deliverer.pending(), 0)
  const history = await bench.store.deliveries.attempts('event-1', 100)
  assert.equal(history.at(-1)?.result, 'cancelled')
})

test('what an open breaker holds back is cancelled at once too', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim(target), 0, 1, 2, 3, 4)
  await bench.clock.run(100)
  assert.equal(bench.deliverer.lanes()[0]!.breaker, 'open')
  bench.removeTarget('target')
  await bench.clock.run(100)
  assert.equal(bench.deliverer.pending(), 0)
  bench.deliverer.targetsChanged()
  assert.deepEqual(bench.deliverer.lanes(), [])
  assert.equal(bench.breakers.size, 0)
})

test('what was pending for a target deleted while the process was down is cancelled', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  bench.removeTarget('target')
  bench.kill()
  await bench.deliverer.start()
  await bench.clock.run(10_000)
  assert.deepEqual(await bench.rows(), [])
  assert.equal(bench.arrivals.length, 1)
})

test('a lane says who it serves and how it does', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, inTurn(FAILED, FAILED, FAILED), { concurrencyMax: 1 })
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  assert.deepEqual(bench.deliverer.lanes(), [
    {
      key: 'rule-target/target',
      rule: 'target',
      targetId: 'target',
      address: URL,
      breaker: 'closed',
      waiting: 0,
      sending: 0,
      pendingRows: 1,
    },
  ])
})
