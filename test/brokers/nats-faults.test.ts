// What may go wrong between JetStream and us: the server dies, stands still or loses the stream; a message means
// nothing; who is sent to is slow; we die. Of what a stream has nothing is lost, and what was behind catches up.
//
// A standstill is a minute with SIGNALBOX_SOAK=1.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { type Nats, natsLacks, startNats } from '../../tools/services/nats.ts'
import { createStream, deleteStream, publishAll, readStream } from '../support/nats.ts'
import { Receiver } from '../support/receiver.ts'
import { cycles } from '../fault/harness/scratch.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const skip = natsLacks() ?? false
/** A minute in a soak, which is longer than every lease and session of both sides. */
const PAUSE_MS = cycles(12_000, 60_000)
const RECOVERY_MS = 90_000

interface Flow {
  readonly nats: Nats
  readonly signalbox: Signalbox
}

/** Stream IN is read, and all of it leaves to stream OUT, unless it is to go elsewhere. */
async function openFlow(context: TestContext, target = 'nats://edge/out.flow'): Promise<Flow> {
  const nats = await startNats()
  context.after(() => nats.stop())
  await createStream(nats.url, 'IN', ['in.>'])
  await createStream(nats.url, 'OUT', ['out.>'])
  const signalbox = await Signalbox.open(context, {
    config: `
delivery: { delayMsMin: 200ms, delayMsMax: 2s, timeoutMs: 5s }
breaker: { openMsMin: 200ms, openMsMax: 1s }
brokers:
  edge: { type: nats, servers: [${JSON.stringify(nats.url)}] }
sources:
  flow: { broker: edge, stream: IN, format: auto, mapping: { source: flow, type: flow, subject: '$.n' } }
`,
  })
  const pattern = JSON.stringify({ source: ['flow'] })
  await signalbox.aws('events', 'put-rule', { name: 'flow', 'event-pattern': pattern })
  const targets = JSON.stringify([{ Id: 't', Arn: target }])
  await signalbox.aws('events', 'put-targets', { rule: 'flow', targets })
  await whenState(signalbox, 'connected')
  return { nats, signalbox }
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

function whenState(signalbox: Signalbox, state: string): Promise<void> {
  return until(`the source is ${state}`, RECOVERY_MS, async () => {
    return (await viewOf(signalbox)).state === state
  })
}

function bodies(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => JSON.stringify({ n: from + index }))
}

/** All of them are in OUT, and none is twice: a stream drops what it has. */
async function assertArrived({ nats, signalbox }: Flow, count: number): Promise<void> {
  let numbers: readonly number[] = []
  await until(`${count} messages in OUT`, RECOVERY_MS, async () => {
    const seen = await readStream(nats.url, 'OUT')
    numbers = seen.map(({ body }) => (JSON.parse(body) as { n: number }).n)
    return new Set(numbers).size === count
  })
  assert.equal(numbers.length, count)
  await until('the source has caught up', RECOVERY_MS, async () => {
    const { state, lag } = await viewOf(signalbox)
    return state === 'connected' && lag['IN'] === 0
  })
}

test('a server that is killed and comes back', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { nats, signalbox } = flow
  await publishAll(nats.url, 'in.flow', bodies(0, 3000))
  await nats.kill()
  await whenState(signalbox, 'lost')
  await nats.start()
  await publishAll(nats.url, 'in.flow', bodies(3000, 4000))
  await assertArrived(flow, 4000)
})

test('a server that stands still and goes on', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { nats, signalbox } = flow
  await publishAll(nats.url, 'in.flow', bodies(0, 3000))
  nats.pause()
  await delay(PAUSE_MS)
  if (PAUSE_MS >= 12_000) await whenState(signalbox, 'lost')
  nats.resume()
  await publishAll(nats.url, 'in.flow', bodies(3000, 4000))
  await assertArrived(flow, 4000)
})

test('a stream that is deleted and made again', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { nats, signalbox } = flow
  await publishAll(nats.url, 'in.flow', bodies(0, 100))
  await assertArrived(flow, 100)
  await deleteStream(nats.url, 'IN')
  await until('it says what is missing', RECOVERY_MS, async () => {
    const { state, reason = '' } = await viewOf(signalbox)
    return state === 'lost' && /stream|consumer/.test(reason)
  })
  await createStream(nats.url, 'IN', ['in.>'])
  await publishAll(nats.url, 'in.flow', bodies(100, 200))
  await assertArrived(flow, 200)
})

test('messages that mean nothing hold up nothing, and are told of', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { nats, signalbox } = flow
  await signalbox.aws('sqs', 'create-queue', { 'queue-name': 'rejected' })
  const pattern = JSON.stringify({ 'detail-type': ['io.signalbox.source.rejected'] })
  await signalbox.aws('events', 'put-rule', { name: 'rejected', 'event-pattern': pattern })
  const targets = JSON.stringify([{ Id: 'q', Arn: signalbox.queueArn('rejected') }])
  await signalbox.aws('events', 'put-targets', { rule: 'rejected', targets })
  // Neither has the `n` that the mapping names.
  const poison = ['not json', '{"specversion":"1.0","id":"1","source":"x","type":""}']
  await publishAll(nats.url, 'in.flow', [...bodies(0, 50), ...poison, ...bodies(50, 100)])
  await assertArrived(flow, 100)
  const told = await signalbox.python<readonly { detail: { place: string } }[]>(
    "result = bodies('rejected', 2)",
  )
  assert.deepEqual(told.map(({ detail }) => detail.place).sort(), ['IN/51', 'IN/52'])
})

test('we are killed in the middle', { skip }, async (context) => {
  const flow = await openFlow(context)
  const { nats, signalbox } = flow
  await publishAll(nats.url, 'in.flow', bodies(0, 20_000))
  await until('some have left', RECOVERY_MS, async () => {
    return (await readStream(nats.url, 'OUT')).length > 500
  })
  await signalbox.end('SIGKILL')
  await signalbox.start()
  await assertArrived(flow, 20_000)
})

test(
  'a target that says nothing does not stop the source, and gets all in the end',
  { skip },
  async (context) => {
    const receiver = await Receiver.open(context)
    receiver.behaviour = { status: 503 }
    const { nats, signalbox } = await openFlow(context, receiver.url)
    await publishAll(nats.url, 'in.flow', bodies(0, 2000))
    await until('all are in the log', RECOVERY_MS, async () => {
      return (await viewOf(signalbox)).lag['IN'] === 0
    })
    receiver.behaviour = { status: 200 }
    await until('all were taken', RECOVERY_MS, () => {
      const taken = receiver.requests.filter(({ isTaken }) => isTaken)
      return new Set(taken.map(({ body }) => body)).size === 2000
    })
  },
)
