import assert from 'node:assert/strict'
import { test } from 'node:test'
import { channels, type DeliveryStep } from '../base/index.ts'
import { DeliveryBench, REFUSED } from './testing.ts'

const URL = 'https://target.test/'

test('what a target without a queue of its own cannot be given goes to the queue of its bus', async () => {
  const bench = new DeliveryBench({ busDeadLetterArn: () => 'arn:of:the:bus' })
  bench.serve(URL, () => REFUSED)
  bench.deliver(bench.aim({ id: 'a', address: URL }), 0)
  bench.deliver(bench.aim({ id: 'b', address: URL, deadLetterArn: 'arn:of:its:own' }), 1)
  await bench.clock.run(100)
  assert.deepEqual(
    bench.deadLetters.map(({ queueArn }) => queueArn),
    ['arn:of:the:bus', 'arn:of:its:own'],
  )
})

test('while somebody listens each step of a delivery is told, in order', async () => {
  const steps: DeliveryStep[] = []
  const listener = (message: unknown): void => void steps.push(message as DeliveryStep)
  channels.deliverySteps.subscribe(listener)
  try {
    const bench = new DeliveryBench({ busDeadLetterArn: () => 'arn:of:the:bus' })
    bench.serve(URL, () => REFUSED)
    bench.deliver(bench.aim({ id: 'a', address: URL }), 0)
    await bench.clock.run(100)
  } finally {
    channels.deliverySteps.unsubscribe(listener)
  }
  assert.deepEqual(
    steps.map(({ kind, attempt, isFinal, deadLetterArn }) => [
      kind,
      attempt,
      isFinal,
      deadLetterArn,
    ]),
    [
      ['started', 1, undefined, undefined],
      ['failed', 1, true, undefined],
      ['buried', 1, undefined, 'arn:of:the:bus'],
    ],
  )
})
