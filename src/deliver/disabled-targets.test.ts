import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../model/index.ts'
import { DELIVERED, DeliveryBench, GONE, inTurn, later } from './testing.ts'

const URL = 'https://target.test/'
const DLQ = 'arn:aws:sqs:us-east-1:000000000000:dead'
const target: Target = { id: 'target', address: URL, deadLetterArn: DLQ }

function saidOf(bench: DeliveryBench): string[] {
  const said = bench.warnings.map(({ message }) => message)
  return said.filter((message) => message.includes('disabled'))
}

test('a target that says it is gone is disabled: what comes after is dead unasked, with its dead letter', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => GONE)
  const rule = bench.aim(target)
  bench.deliver(rule, 1)
  await bench.clock.run(100)
  bench.deliver(rule, 2, 3)
  await bench.clock.run(100)
  assert.deepEqual(bench.offsetsAt(URL), [1])
  assert.deepEqual(bench.settled, [1, 2, 3])
  assert.deepEqual(
    (await bench.rows()).map(({ offset, state, errorCode }) => [offset, state, errorCode]),
    [
      [1, 'dead', 'NO_RESOURCE'],
      [2, 'dead', 'NO_RESOURCE'],
      [3, 'dead', 'NO_RESOURCE'],
    ],
  )
  assert.deepEqual(
    bench.deadLetters.map(({ attributes }) => attributes['ERROR_MESSAGE']),
    [
      'status 410',
      'the target is disabled until it is changed: status 410',
      'the target is disabled until it is changed: status 410',
    ],
  )
  assert.deepEqual(saidOf(bench), ['a target was disabled'])
  assert.equal(bench.disablements.size, 1)
})

test('a disabled target stays so over a restart, and other targets are none of its business', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => GONE)
  bench.serve('https://other.test/', () => DELIVERED)
  bench.deliver(bench.aim(target), 1)
  await bench.clock.run(100)
  bench.kill()
  await bench.deliverer.start()
  bench.deliver(bench.aim(target), 2)
  bench.deliver(bench.aim({ id: 'other', address: 'https://other.test/' }), 3)
  await bench.clock.run(100)
  assert.deepEqual(bench.offsetsAt(URL), [1])
  assert.deepEqual(bench.offsetsAt('https://other.test/'), [3])
})

test('it is asked again once it was changed, or removed and put anew, and not for less', async () => {
  for (const change of ['changed', 'put anew', 'changed while down'] as const) {
    const bench = new DeliveryBench()
    bench.serve(URL, inTurn(GONE, DELIVERED))
    bench.deliver(bench.aim(target), 1)
    await bench.clock.run(100)
    // The same again, as when something else of the rule was changed.
    bench.deliver(bench.aim({ ...target }), 2)
    bench.deliverer.targetsChanged()
    await bench.clock.run(100)
    assert.deepEqual(bench.offsetsAt(URL), [1], change)
    const changed = { ...target, retry: { attemptsMax: 3 } }
    if (change === 'changed while down') bench.kill()
    if (change === 'put anew') bench.removeTarget(target.id)
    const rule = bench.aim(change === 'put anew' ? target : changed)
    if (change === 'changed while down') await bench.deliverer.start()
    bench.deliverer.targetsChanged()
    bench.deliver(rule, 3)
    await bench.clock.run(100)
    assert.deepEqual(bench.offsetsAt(URL), [1, 3], change)
    assert.deepEqual(saidOf(bench), ['a target was disabled', 'a target is no longer disabled'])
    assert.equal(bench.disablements.size, 0)
  }
})

test('an answer of the target as it was says nothing of the target as it is', async () => {
  const bench = new DeliveryBench()
  const { answer, release } = later()
  bench.serve(URL, answer)
  bench.deliver(bench.aim(target), 1)
  await bench.clock.run(100)
  bench.serve('https://new.test/', () => DELIVERED)
  const rule = bench.aim({ ...target, address: 'https://new.test/' })
  bench.deliverer.targetsChanged()
  release(GONE)
  await bench.clock.run(100)
  bench.deliver(rule, 2)
  await bench.clock.run(100)
  assert.deepEqual(bench.offsetsAt('https://new.test/'), [2])
  assert.deepEqual(saidOf(bench), [])
})
