// What may go wrong between a cluster and us: brokers die, stand still, lose the lead or a topic; we die. Of what was
// in the topic that is read nothing is lost, what comes twice is what was under way, and what was behind catches up.
//
// A standstill is a minute with SIGNALBOX_SOAK=1.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { type Kafka, startKafka } from '../../tools/services/kafka.ts'
import {
  consumeAll,
  createTopics,
  deleteTopic,
  kafkaTestsLack,
  produce,
  topicCommand,
} from '../support/kafka.ts'
import { cycles } from '../fault/harness/scratch.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const skip = kafkaTestsLack() ?? false
/** A minute in a soak, which is longer than every lease and session of both sides. */
const PAUSE_MS = cycles(10_000, 60_000)
const RECOVERY_MS = 90_000
/** Two batches of a source, and one of a producer: what may be under way at once. */
const WINDOW = 2 * 1000 + 2000

interface Flow {
  readonly kafka: Kafka
  readonly signalbox: Signalbox
}

/** `in` is read, and all of it leaves on `out`; what the source says of itself goes to a queue. */
async function openFlow(context: TestContext, nodes: 1 | 3 = 1, source = ''): Promise<Flow> {
  const kafka = await startKafka({ nodes })
  context.after(() => kafka.stop())
  createTopics(kafka, ['in', 'out'], { partitions: 3, replicas: nodes })
  const signalbox = await Signalbox.open(context, {
    config: `
delivery: { delayMsMin: 200ms, delayMsMax: 2s }
breaker: { openMsMin: 200ms, openMsMax: 1s }
brokers:
  main: { type: kafka, servers: ${JSON.stringify(kafka.brokers)}, requestTimeoutMs: 5000 }
sources:
  flow: { broker: main, topics: [in], mapping: { source: flow, type: flow }${source} }
`,
  })
  await signalbox.aws('sqs', 'create-queue', { 'queue-name': 'states' })
  await route(signalbox, 'flow', { source: ['flow'] }, 'kafka://main/out')
  await route(signalbox, 'states', { source: ['signalbox/sources'] }, signalbox.queueArn('states'))
  await until(
    'the source reads',
    RECOVERY_MS,
    async () => (await stateOf(signalbox)) === 'connected',
  )
  return { kafka, signalbox }
}

async function route(
  signalbox: Signalbox,
  name: string,
  pattern: object,
  arn: string,
): Promise<void> {
  await signalbox.aws('events', 'put-rule', { name, 'event-pattern': JSON.stringify(pattern) })
  await signalbox.aws('events', 'put-targets', {
    rule: name,
    targets: JSON.stringify([{ Id: 't', Arn: arn }]),
  })
}

interface SourceView {
  readonly state: string
  readonly reason?: string
  readonly lag: Readonly<Record<string, number>>
}

async function viewOf(signalbox: Signalbox): Promise<SourceView> {
  const answer = await fetch(`${signalbox.url}/_signalbox/v1/sources`)
  return ((await answer.json()) as { items: SourceView[] }).items[0]!
}

async function stateOf(signalbox: Signalbox): Promise<string> {
  return (await viewOf(signalbox)).state
}

function lines(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => JSON.stringify({ n: from + index }))
}

/** All of them arrived, and no more of them twice than were under way. */
async function assertArrived({ kafka, signalbox }: Flow, count: number): Promise<void> {
  let seen: readonly number[] = []
  await until(`${count} records in out`, RECOVERY_MS, () => {
    seen = consumeAll(kafka, 'out').map(({ payload }) => (JSON.parse(payload) as { n: number }).n)
    return new Set(seen).size === count
  })
  const twice = seen.length - count
  assert.ok(twice <= WINDOW, `${twice} records came twice`)
  await until('the source has caught up', RECOVERY_MS, async () => {
    const { state, lag } = await viewOf(signalbox)
    const behind = Object.values(lag).reduce((sum, records) => sum + records, 0)
    return state === 'connected' && Object.keys(lag).length === 3 && behind === 0
  })
}

async function statesTold(signalbox: Signalbox, count: number): Promise<readonly string[]> {
  const told = await signalbox.python<readonly { readonly 'detail-type': string }[]>(
    "result = bodies('states', given['count'])",
    { count },
  )
  return told.map((event) => event['detail-type'])
}

test('a broker that is killed and comes back', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { kafka, signalbox } = flow
  produce(kafka, 'in', lines(0, 3000))
  await kafka.nodes[0]!.kill()
  await until('the loss is seen', RECOVERY_MS, async () => (await stateOf(signalbox)) === 'lost')
  assert.match((await viewOf(signalbox)).reason!, /broker `main`/)
  await kafka.nodes[0]!.start()
  produce(kafka, 'in', lines(3000, 5000))
  await assertArrived(flow, 5000)
  assert.deepEqual(await statesTold(signalbox, 2), [
    'io.signalbox.source.lost',
    'io.signalbox.source.recovered',
  ])
})

test('a broker that stands still for a while', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { kafka } = flow
  produce(kafka, 'in', lines(0, 3000))
  kafka.nodes[0]!.pause()
  await delay(PAUSE_MS)
  kafka.nodes[0]!.resume()
  produce(kafka, 'in', lines(3000, 5000))
  await assertArrived(flow, 5000)
})

test('we are killed in the middle of it', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { kafka, signalbox } = flow
  for (let round = 0; round < 3; round += 1) {
    produce(kafka, 'in', lines(round * 3000, (round + 1) * 3000))
    await signalbox.end('SIGKILL')
    await signalbox.start()
  }
  await assertArrived(flow, 9000)
})

test('a leader of three that is killed', { skip }, async (context) => {
  const flow = await openFlow(context, 3, ', instances: 2')
  const { kafka } = flow
  produce(kafka, 'in', lines(0, 2000))
  const described = topicCommand(kafka, ['--describe', '--topic', 'out'])
  const leader = Number(/Leader: (\d)/.exec(described)![1])
  await kafka.nodes[leader - 1]!.kill()
  produce(kafka, 'in', lines(2000, 4000), ['-X', 'acks=all'])
  await assertArrived(flow, 4000)
  await kafka.nodes[leader - 1]!.start()
  produce(kafka, 'in', lines(4000, 5000), ['-X', 'acks=all'])
  await assertArrived(flow, 5000)
})

test('a topic that is deleted and made again', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { kafka, signalbox } = flow
  produce(kafka, 'in', lines(0, 1000))
  await assertArrived(flow, 1000)
  deleteTopic(kafka, 'in')
  await until('the loss is seen', RECOVERY_MS, async () => (await stateOf(signalbox)) === 'lost')
  createTopics(kafka, ['in'], { partitions: 3 })
  produce(kafka, 'in', lines(1000, 2000))
  await assertArrived(flow, 2000)
})

test('a target that takes nothing, before a topic that is full', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { kafka, signalbox } = flow
  const server = createServer(() => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  await route(signalbox, 'slow', { source: ['flow'] }, `http://127.0.0.1:${port}/`)
  const text = 'x'.repeat(1000)
  const large = Array.from({ length: 60_000 }, (_, n) => JSON.stringify({ n, text }))
  produce(kafka, 'in', large)
  let peakBytes = 0
  const watching = { isOver: false }
  const watch = (async () => {
    while (!watching.isOver) {
      const metrics = await (await fetch(`${signalbox.url}/metrics`)).text()
      const bytes = Number(/process_resident_memory_bytes (\d+)/.exec(metrics)![1])
      peakBytes = Math.max(peakBytes, bytes)
      await delay(500)
    }
  })()
  await assertArrived(flow, 60_000)
  watching.isOver = true
  await watch
  // Three isolates, of which each has its own garbage.
  assert.ok(peakBytes < 800 * 1024 * 1024, `${peakBytes} bytes of memory`)
})
