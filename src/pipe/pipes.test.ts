import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BUS,
  DELIVERED,
  FUNCTION,
  PipeBench,
  pipeResource,
  REFUSED,
  settle,
  SOURCE,
  TARGET,
} from './testing.ts'

const NOW = new AbortController().signal

test('what the target took is acknowledged, and nothing before', async () => {
  const bench = new PipeBench()
  const { promise, resolve } = Promise.withResolvers<typeof DELIVERED>()
  bench.serve(TARGET, () => promise)
  bench.define()
  await bench.run([{ n: 1 }])
  assert.equal(bench.arrivals.length, 1)
  assert.deepEqual(bench.source.acknowledged, [])
  resolve(DELIVERED)
  await settle()
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  await bench.pipes.close(NOW)
})

test('what the target did not take is not acknowledged, and the rest is', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, (body) => (body.includes('bad') ? REFUSED : DELIVERED))
  bench.define()
  await bench.run(['a', 'bad', 'c'])
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm2'])
  await bench.pipes.close(NOW)
})

test('a target that nothing serves takes nothing', async () => {
  const bench = new PipeBench()
  bench.define({ target: `${TARGET}-gone` })
  await bench.run(['a'])
  assert.deepEqual(bench.source.acknowledged, [])
  await bench.pipes.close(NOW)
})

test('records that no filter wants are done, and nobody hears of them', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  const patterns = [{ body: { n: [{ numeric: ['>', 1] }] } }, { body: ['text'] }]
  bench.define({
    sourceParameters: {
      FilterCriteria: {
        Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
      },
    },
  })
  await bench.run([{ n: 1 }, { n: 2 }, 'text', 'other'])
  assert.deepEqual(
    bench.messages.map(({ deliveryId }) => deliveryId),
    ['uid-1/m1/0', 'uid-1/m2/0'],
  )
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm1', 'm2', 'm3'])
  await bench.pipes.close(NOW)
})

test('in a group nothing passes what was not taken', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, (body) => (body.includes('bad') ? REFUSED : DELIVERED))
  bench.define()
  await bench.run(['a1', 'b1', 'bad', 'b2', 'a3'], ['a', 'b', 'a', 'b', 'a'])
  assert.ok(!bench.bodies().some((body) => body.includes('a3')))
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm1', 'm3'])
  await bench.pipes.close(NOW)
})

test('in a group nothing passes what no template could be filled with', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.define({ targetParameters: { InputTemplate: '{"text": "<$.body.text>"}' } })
  await bench.run([{ text: 'a' }, { text: { a: 'b' } }, { text: 'c' }], ['g', 'g', 'g'])
  assert.deepEqual(bench.bodies(), ['{"text": "a"}'])
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  await bench.pipes.close(NOW)
})

test('a bus gets the event with what the parameters say, and objects only', async () => {
  const bench = new PipeBench()
  bench.serve(BUS, () => DELIVERED)
  bench.define({
    target: BUS,
    targetParameters: {
      InputTemplate: '<$.body>',
      EventBridgeEventBusParameters: {
        Source: 'shop',
        Resources: ['$.body.id', 'fixed'],
        Time: '$.body.at',
      },
    },
  })
  await bench.run([{ id: 'o1', at: 1_700_000_000 }, 'text'])
  const event = JSON.parse(Buffer.from(bench.messages[0]!.event.envelope).toString()) as object
  const { id, ...rest } = event as { id: string }
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(rest, {
    version: '0',
    'detail-type': 'Event from aws:sqs',
    source: 'shop',
    account: '000000000000',
    time: '2023-11-14T22:13:20Z',
    region: 'us-east-1',
    resources: ['o1', 'fixed'],
    detail: { id: 'o1', at: 1_700_000_000 },
  })
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  await bench.pipes.close(NOW)
})

test('parameters of the target are filled in from each event', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.define({
    targetParameters: {
      SqsQueueParameters: { MessageGroupId: '$.body.user', MessageDeduplicationId: '$.messageId' },
      EcsTaskParameters: { TaskDefinitionArn: 'arn', Overrides: { Cpu: '$.body.cpu' } },
    },
  })
  await bench.run([{ user: 'u1', cpu: 2 }])
  const [{ target }] = bench.messages as [(typeof bench.messages)[number]]
  assert.equal(target.messageGroupId, 'u1')
  assert.equal(target.messageDeduplicationId, 'm0')
  assert.deepEqual(target.parameters, {
    EcsParameters: { TaskDefinitionArn: 'arn', Overrides: { Cpu: '2' } },
  })
  await bench.pipes.close(NOW)
})

test('a stopped pipe reads nothing until it is started, and then from where it was', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  const stopped = bench.define({ state: 'STOPPED' })
  await bench.run(['a'])
  assert.deepEqual(bench.pipes.status(stopped), { state: 'STOPPED' })
  assert.deepEqual(bench.source.acknowledged, [])
  const started = bench.define({ state: 'RUNNING' })
  assert.deepEqual(bench.pipes.status(started), { state: 'STARTING' })
  await settle()
  assert.deepEqual(bench.pipes.status(started), { state: 'RUNNING' })
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  await bench.pipes.close(NOW)
})

test('stopping waits for the batch in hand', async () => {
  const bench = new PipeBench()
  const { promise, resolve } = Promise.withResolvers<typeof DELIVERED>()
  bench.serve(TARGET, () => promise)
  bench.define()
  await bench.run(['a'])
  const stopped = bench.define({ state: 'STOPPED' })
  await settle()
  assert.deepEqual(bench.pipes.status(stopped), { state: 'STOPPING' })
  resolve(DELIVERED)
  await settle()
  assert.deepEqual(bench.pipes.status(stopped), { state: 'STOPPED' })
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  assert.equal(bench.source.closed, 1)
})

test('a change that the pipe need not know of leaves it alone', async () => {
  const bench = new PipeBench()
  bench.define()
  await settle()
  bench.define({ description: 'other', tags: { a: 'b' } })
  await settle()
  assert.equal(bench.source.closed, 0)
  bench.define({ targetParameters: { InputTemplate: '<$.body>' } })
  await settle()
  assert.equal(bench.source.closed, 1)
  await bench.pipes.close(NOW)
})

test('a source that cannot be read is said, and looked at again', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.source.fault = 'queue `in` does not exist'
  const resource = bench.define()
  await settle()
  const failed = { state: 'START_FAILED', reason: 'queue `in` does not exist' }
  assert.deepEqual(bench.pipes.status(resource), failed)
  bench.source.fault = undefined
  await bench.run(['a'])
  assert.deepEqual(bench.source.acknowledged, [])
  await bench.clock.run(10_000)
  await settle()
  assert.deepEqual(bench.pipes.status(resource), { state: 'RUNNING' })
  assert.deepEqual(bench.source.acknowledged, ['m0'])
  await bench.pipes.close(NOW)
})

test('a target that takes nothing is not run over: the next batch waits longer each time', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => REFUSED)
  bench.define()
  for (let batch = 0; batch < 20; batch += 1) bench.source.put([recordOfText(`x${batch}`)])
  await settle()
  await bench.clock.run(1000)
  const early = bench.arrivals.length
  assert.ok(early < 10, `${early} batches within a second`)
  await bench.clock.run(300_000)
  assert.equal(bench.arrivals.length, 20)
  await bench.pipes.close(NOW)
})

test('no more batches are under way than may be', async () => {
  const bench = new PipeBench()
  const { promise, resolve } = Promise.withResolvers<typeof DELIVERED>()
  bench.serve(TARGET, () => promise)
  bench.define()
  for (let batch = 0; batch < 20; batch += 1) bench.source.put([recordOfText(`x${batch}`)])
  await settle()
  assert.equal(bench.arrivals.length, 5)
  resolve(DELIVERED)
  await settle()
  assert.equal(bench.source.acknowledged.length, 20)
  await bench.pipes.close(NOW)
})

test('a pipe that was forgotten ends', async () => {
  const bench = new PipeBench()
  const { metadata } = bench.define()
  await settle()
  bench.pipes.forget(metadata)
  await settle()
  assert.equal(bench.source.closed, 1)
  assert.deepEqual(bench.pipes.resources(), [])
})

test('a spec that cannot run says why', async () => {
  const bench = new PipeBench()
  const resource = bench.define({ source: `${SOURCE}-other` })
  await settle()
  assert.equal(bench.pipes.status(resource).state, 'START_FAILED')
  const broken = bench.define({ targetParameters: { InputTemplate: '{"a": <aws.pipes.no>}' } })
  await settle()
  assert.match(bench.pipes.status(broken).reason!, /aws\.pipes\.no/)
  await bench.pipes.close(NOW)
})

test('addresses of running pipes are kept, those of stopped ones are not', () => {
  const bench = new PipeBench()
  bench.define({ enrichment: FUNCTION })
  assert.deepEqual(bench.pipes.addresses(), [TARGET, FUNCTION])
  bench.pipes.define(pipeResource({ state: 'STOPPED' }))
  assert.deepEqual(bench.pipes.addresses(), [])
})

const LEVELS = {
  OFF: [],
  ERROR: ['TARGET_STAGE_FAILED', 'EXECUTION_FAILED'],
  INFO: ['EXECUTION_STARTED', 'TARGET_STAGE_ENTERED', 'TARGET_STAGE_FAILED', 'EXECUTION_FAILED'],
} as const

for (const [level, steps] of Object.entries(LEVELS)) {
  test(`at level ${level} the log says ${steps.length} steps of a failure`, async () => {
    const bench = new PipeBench()
    bench.serve(TARGET, () => REFUSED)
    bench.define({ logConfiguration: { Level: level as keyof typeof LEVELS } })
    await bench.run(['secret'])
    assert.deepEqual(bench.steps(), steps)
    assert.ok(!JSON.stringify(bench.lines).includes('secret'))
    await bench.pipes.close(NOW)
  })
}

test('the data of an execution is logged only when that was asked for', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.define({ logConfiguration: { Level: 'INFO', IncludeExecutionData: ['ALL'] } })
  await bench.run(['shown'])
  assert.deepEqual(bench.steps(), [
    'EXECUTION_STARTED',
    'TARGET_STAGE_ENTERED',
    'TARGET_STAGE_SUCCEEDED',
    'EXECUTION_SUCCEEDED',
  ])
  assert.match(String(bench.lines[0]!['payload']), /shown/)
  await bench.pipes.close(NOW)
})

function recordOfText(id: string): Parameters<PipeBench['source']['put']>[0][number] {
  const received = Buffer.from(`{"messageId":"${id}","body":"text"}`)
  return { id, received, decoded: received }
}

test('of the names in what a pipe sends to a bus as much is known as of any other event', async () => {
  const bench = new PipeBench()
  bench.serve(BUS, () => DELIVERED)
  bench.define({ target: BUS, targetParameters: { InputTemplate: '<$.body>' } })
  await bench.run([{ a: { b: 1 } }, { 'a.b': 1 }])
  assert.deepEqual(
    bench.messages.map(({ event }) => event.hasPlainNames),
    [true, false],
  )
  await bench.pipes.close(AbortSignal.abort())
})
