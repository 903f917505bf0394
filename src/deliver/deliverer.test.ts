import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { channels, type Outcome } from '../base/index.ts'
import type { SinkResult } from '../connect/index.ts'
import type { Target } from '../model/index.ts'
import { type Answer, DELIVERED, DeliveryBench, FAILED, inTurn, later, REFUSED } from './testing.ts'

const URL = 'https://target.test/'
const DLQ = 'arn:aws:sqs:us-east-1:000000000000:dead'
const DAY_MS = 86_400_000
const target: Target = { id: 'target', address: URL }

test('a delivery that succeeds at first leaves no row', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => DELIVERED)
  bench.deliver(bench.aim(target), 7)
  await bench.clock.run(1000)
  assert.deepEqual(bench.settled, [7])
  assert.deepEqual(await bench.rows(), [])
  assert.equal(bench.deliverer.pending(), 0)
  const [attempt] = await bench.store.deliveries.attempts('event-7', 10)
  assert.deepEqual([attempt?.attempt, attempt?.result], [1, 'delivered'])
})

test('a failed attempt becomes a row that is due after the first delay, and gives its place back', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim(target), 7)
  await bench.clock.run(100)
  assert.deepEqual(bench.settled, [7])
  const [row, ...others] = await bench.rows()
  assert.deepEqual(others, [])
  const dueInMs = row!['dueInMs'] as number
  assert.ok(dueInMs >= 700 && dueInMs <= 1200, `due in ${dueInMs} ms`)
  assert.deepEqual(row, {
    offset: 7,
    targetId: 'target',
    state: 'pending',
    attempts: 1,
    errorCode: 'SDK_CLIENT_ERROR',
    dueInMs,
  })
})

test('a failing delivery is retried until it succeeds, and its row goes', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, inTurn(FAILED, FAILED, FAILED, DELIVERED))
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(60_000)
  assert.deepEqual(
    bench.arrivals.map(({ attempt }) => attempt),
    [1, 2, 3, 4],
  )
  assert.deepEqual(await bench.rows(), [])
  assert.equal(bench.deliverer.pending(), 0)
  assert.deepEqual(bench.settled, [0])
  const attempts = await bench.store.deliveries.attempts('event-0', 10)
  assert.deepEqual(
    attempts.map(({ result }) => result),
    ['retry', 'retry', 'retry', 'delivered'],
  )
})

test('every failed attempt is one warning with all that was decided', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, inTurn(FAILED, DELIVERED))
  bench.deliver(bench.aim(target), 3)
  await bench.clock.run(10_000)
  const [warning, ...others] = bench.warnings
  assert.deepEqual(others, [])
  assert.equal(warning?.message, 'a delivery attempt failed')
  const { retryAt, durationMs, ...fields } = warning.fields
  assert.deepEqual([typeof retryAt, typeof durationMs], ['number', 'number'])
  assert.deepEqual(fields, {
    busKey: '000000000000/us-east-1/default',
    rule: 'target',
    targetId: 'target',
    kind: 'https',
    eventId: 'event-3',
    attempt: 1,
    errorCode: 'SDK_CLIENT_ERROR',
    error: 'status 503',
    result: 'retry',
  })
})

test('the dead letter of a schedule says so as EventBridge Scheduler does, with the input for its body', async () => {
  const input = Buffer.from('input')
  const bench = new DeliveryBench({ prepare: () => ({ kind: 'input', body: input }) })
  bench.serve(URL, () => FAILED)
  const rule = bench.aim({ ...target, retry: { attemptsMax: 0 }, deadLetterArn: DLQ })
  const arn = 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s'
  bench.deliver({ ...rule, arn }, 4)
  await bench.clock.run(60_000)
  const [letter] = bench.deadLetters
  assert.equal(letter?.body, 'input')
  const { SCHEDULE_ARN, RULE_ARN, EXECUTION_ID, IS_PAYLOAD_TRUNCATED } = letter.attributes
  assert.deepEqual([SCHEDULE_ARN, RULE_ARN, IS_PAYLOAD_TRUNCATED], [arn, undefined, 'false'])
  assert.match(EXECUTION_ID ?? '', /^[0-9a-f]{16}$/)
  assert.match(letter.attributes['SCHEDULED_TIME'] ?? '', /^\d{4}-\d\d-\d\dT/)
})

test('when its retries are used up a delivery is dead, with the original bytes as its dead letter', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  bench.deliver(bench.aim({ ...target, retry: { attemptsMax: 2 }, deadLetterArn: DLQ }), 4)
  await bench.clock.run(60_000)
  assert.equal(bench.arrivals.length, 3)
  const [row, ...others] = await bench.rows()
  assert.deepEqual(others, [])
  assert.deepEqual(
    [row!['state'], row!['attempts'], row!['exhausted']],
    ['dead', 3, 'MaximumRetryAttempts'],
  )
  assert.deepEqual(bench.deadLetters, [
    {
      queueArn: DLQ,
      body: bench.arrivals[0]!.body,
      attributes: {
        RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/target',
        TARGET_ARN: URL,
        ERROR_CODE: 'SDK_CLIENT_ERROR',
        ERROR_MESSAGE: 'status 503',
        EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
        RETRY_ATTEMPTS: '2',
      },
    },
  ])
  assert.match(bench.deadLetters[0]!.body, /"detail":\{ "offset" : 4 \}\}$/)
  assert.equal(bench.deliverer.pending(), 0)
})

test('no retry is made that would come after the event’s age', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => FAILED)
  const outcomes = collectOutcomes()
  bench.deliver(bench.aim({ ...target, retry: { ageSecondsMax: 60 }, deadLetterArn: DLQ }), 0)
  await bench.clock.run(DAY_MS)
  assert.equal(bench.arrivals.at(-1)!.at <= 60_000, true)
  assert.equal(
    bench.deadLetters[0]!.attributes['EXHAUSTED_RETRY_CONDITION'],
    'MaximumEventAgeInSeconds',
  )
  assert.deepEqual(outcomes.end(), { expired: 1 })
})

test('what the target asks for with Retry-After is waited for', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, inTurn({ ...FAILED, afterMs: 90_000 } as SinkResult, DELIVERED))
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(89_000)
  assert.equal(bench.arrivals.length, 1)
  await bench.clock.run(6000)
  assert.equal(bench.arrivals.length, 2)
})

test('an address that nothing serves is dead at once, for want of a resource', async () => {
  const bench = new DeliveryBench()
  bench.deliver(bench.aim({ ...target, deadLetterArn: DLQ }), 0)
  await bench.clock.run(100)
  const attributes = bench.deadLetters[0]!.attributes
  assert.equal(attributes['ERROR_CODE'], 'NO_RESOURCE')
  assert.equal(attributes['RETRY_ATTEMPTS'], '0')
  assert.equal('EXHAUSTED_RETRY_CONDITION' in attributes, false)
  assert.deepEqual(
    (await bench.rows()).map((row) => row['state']),
    ['dead'],
  )
})

test('a refusal is not retried', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => REFUSED)
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(DAY_MS)
  assert.equal(bench.arrivals.length, 1)
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['state'], row['errorCode']]),
    [['dead', 'NO_PERMISSIONS']],
  )
})

test('an input that cannot be made is dead, and never sent', async () => {
  const bench = new DeliveryBench({
    prepare: () => ({ kind: 'failed', error: new Error('no `$.detail.x`') }),
  })
  bench.serve(URL, () => DELIVERED)
  bench.deliver(bench.aim({ ...target, deadLetterArn: DLQ }), 0)
  await bench.clock.run(100)
  assert.deepEqual(bench.arrivals, [])
  const { ERROR_CODE, ERROR_MESSAGE } = bench.deadLetters[0]!.attributes
  assert.deepEqual([ERROR_CODE, ERROR_MESSAGE], ['INVALID_INPUT', 'no `$.detail.x`'])
})

test('a sink that rejects is taken for a failure and reported', async () => {
  const bench = new DeliveryBench()
  let isBroken = true
  bench.serve(URL, () => (isBroken ? Promise.reject(new Error('a bug')) : DELIVERED))
  bench.deliver(bench.aim(target), 0)
  await bench.clock.run(100)
  assert.equal((await bench.rows())[0]!['state'], 'pending')
  isBroken = false
  await bench.clock.run(10_000)
  assert.equal(bench.deliverer.pending(), 0)
})

test('a sink that answers for fewer than it was given has the others tried again', async () => {
  const sent: number[] = []
  const bench = new DeliveryBench({
    openSink: () => ({
      batchMax: 10,
      concurrencyMax: 1,
      send: (batch) => {
        sent.push(batch.length)
        return Promise.resolve(batch.slice(0, 2).map(() => DELIVERED))
      },
      close: () => Promise.resolve(),
    }),
  })
  bench.deliver(bench.aim(target), 0, 1, 2)
  await bench.clock.run(10_000)
  assert.deepEqual(sent, [3, 1])
  assert.equal(bench.deliverer.pending(), 0)
})

test('a dead letter that cannot be sent is owed in the row, and paid once it can be', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => REFUSED)
  bench.payDeadLetter = () => Promise.reject(new Error('the queue is full'))
  bench.deliver(bench.aim({ ...target, deadLetterArn: DLQ }), 0)
  await bench.clock.run(30_000)
  assert.deepEqual(
    (await bench.rows()).map((row) => row['state']),
    ['pending'],
  )
  assert.equal(bench.deliverer.pending(), 1)
  bench.kill()
  bench.payDeadLetter = () => Promise.resolve(true)
  await bench.deliverer.start()
  await bench.clock.run(30_000)
  assert.equal(bench.arrivals.length, 1, 'the target itself is not asked again')
  assert.equal(bench.deadLetters.length, 1)
  assert.equal(bench.deadLetters[0]!.attributes['ERROR_CODE'], 'NO_PERMISSIONS')
  assert.deepEqual(
    (await bench.rows()).map((row) => row['state']),
    ['dead'],
  )
})

test('a dead-letter queue that does not exist ends the delivery, and the row says so', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => REFUSED)
  bench.payDeadLetter = () => Promise.resolve(false)
  bench.deliver(bench.aim({ ...target, deadLetterArn: DLQ }), 0)
  await bench.clock.run(100)
  const [row] = await bench.store.deliveries.list({ limit: 1 })
  assert.equal(row?.state, 'dead')
  assert.equal(row.errorMessage, `status 403; its dead-letter queue \`${DLQ}\` does not exist`)
})

test('closing turns what waits into rows at once and waits for what is being sent', async () => {
  const bench = new DeliveryBench()
  const first = later()
  bench.serve(URL, first.answer, { concurrencyMax: 1 })
  bench.deliver(bench.aim(target), 0, 1)
  let isClosed = false
  const closing = bench.deliverer.close(new AbortController().signal).then(() => {
    isClosed = true
  })
  await bench.clock.run(100)
  assert.equal(isClosed, false)
  assert.deepEqual(bench.settled, [1])
  first.release(DELIVERED)
  await closing
  await bench.ledger.flush()
  assert.deepEqual(bench.settled, [1, 0])
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['offset'], row['attempts']]),
    [[1, 0]],
  )
})

test('closing waits for a dead letter under way, and no longer than that', async () => {
  const bench = new DeliveryBench()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  bench.payDeadLetter = () => promise
  bench.serve(URL, () => REFUSED)
  bench.deliver(bench.aim({ ...target, deadLetterArn: DLQ }), 0)
  await bench.clock.run(10)
  let isClosed = false
  const closing = bench.deliverer.close(new AbortController().signal).then(() => {
    isClosed = true
  })
  await bench.clock.run(10)
  assert.equal(isClosed, false)
  resolve(true)
  await bench.clock.run(0)
  assert.equal(isClosed, true)
  await closing
})

test('when the deadline comes what is still being sent is kept as a row', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, later().answer)
  bench.deliver(bench.aim(target), 0)
  const deadline = new AbortController()
  const closing = bench.deliverer.close(deadline.signal)
  await bench.clock.run(0)
  deadline.abort()
  await closing
  await bench.ledger.flush()
  assert.deepEqual(bench.settled, [0])
  assert.deepEqual(
    (await bench.rows()).map((row) => [row['state'], row['errorCode']]),
    [['pending', 'PENDING']],
  )
})

test('a delivery that comes while closing becomes a row and is not sent', async () => {
  const bench = new DeliveryBench()
  bench.serve(URL, () => DELIVERED)
  const rule = bench.aim(target)
  await bench.deliverer.close(AbortSignal.abort())
  bench.deliver(rule, 0)
  await bench.ledger.flush()
  assert.deepEqual(bench.arrivals, [])
  assert.deepEqual(bench.settled, [0])
  assert.equal((await bench.rows()).length, 1)
})

test('whatever targets do, every delivery ends in exactly one way or is pending', async () => {
  const result = fc.constantFrom<SinkResult>(DELIVERED, FAILED, FAILED, REFUSED)
  const scenario = fc.record({
    results: fc.array(fc.tuple(result, fc.nat(3000)), { minLength: 1, maxLength: 20 }),
    bursts: fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(4000)), { maxLength: 6 }),
    attemptsMax: fc.nat(6),
    ageSecondsMax: fc.constantFrom(60, 600),
    batchMax: fc.integer({ min: 1, max: 4 }),
    concurrencyMax: fc.integer({ min: 1, max: 3 }),
    removeAfterMs: fc.option(fc.nat(40_000)),
    restMs: fc.constantFrom(0, 5000, DAY_MS),
  })
  const property = fc.asyncProperty(scenario, async (plan) => {
    const bench = new DeliveryBench()
    const outcomes = collectOutcomes()
    const { batchMax, concurrencyMax, attemptsMax, ageSecondsMax } = plan
    bench.serve(URL, slowly(bench, plan.results), { batchMax, concurrencyMax })
    const rule = bench.aim({ ...target, retry: { attemptsMax, ageSecondsMax }, deadLetterArn: DLQ })
    let offset = 0
    for (const [count, pauseMs] of plan.bursts) {
      bench.deliver(rule, ...Array.from({ length: count }, () => offset++))
      await bench.clock.run(pauseMs)
    }
    if (plan.removeAfterMs !== null) {
      await bench.clock.run(plan.removeAfterMs)
      bench.removeTarget('target')
    }
    await bench.clock.run(plan.restMs)
    await bench.ledger.flush()
    const ended = outcomes.end()
    const { delivered = 0, dead = 0, expired = 0, cancelled = 0 } = ended
    const pending = bench.deliverer.pending()
    assert.equal(delivered + dead + expired + cancelled + pending, offset)
    const counts = await bench.store.deliveries.counts()
    assert.equal(counts.dead, dead + expired)
    assert.equal(bench.deadLetters.length, dead + expired)
    assert.equal(new Set(bench.settled).size, bench.settled.length)
    if (plan.restMs === DAY_MS) {
      assert.equal(pending, 0)
      assert.equal(counts.pending, 0)
      assert.equal(bench.settled.length, offset)
    }
  })
  await fc.assert(property, { numRuns: 150 })
})

/** Each answer after its delay; the last one for ever. */
function slowly(bench: DeliveryBench, results: readonly (readonly [SinkResult, number])[]): Answer {
  let index = 0
  return () => {
    const [result, delayMs] = results[Math.min(index++, results.length - 1)]!
    return new Promise((resolve) => {
      bench.clock.setTimer(delayMs, () => resolve(result))
    })
  }
}

function collectOutcomes(): { end(): Partial<Record<Outcome, number>> } {
  const counts: Partial<Record<Outcome, number>> = {}
  const listener = (message: unknown): void => {
    const { outcome, count } = message as { outcome: Outcome; count: number }
    counts[outcome] = (counts[outcome] ?? 0) + count
  }
  channels.deliveriesSettled.subscribe(listener)
  return {
    end() {
      channels.deliveriesSettled.unsubscribe(listener)
      return counts
    },
  }
}
