import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { isAppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openMemoryStore } from '../store/testing.ts'
import { openQueues, type Queues } from './queues.ts'
import { queueResource } from './testing.ts'

const ARN = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`
const never = new AbortController().signal
let clock: FakeClock
let queues: Queues

beforeEach(() => {
  clock = new FakeClock()
  const { messages } = openMemoryStore()
  queues = openQueues({ messages, clock, random: seededRandom(1), logger: silentLogger })
  define('dead')
  define('source', { RedrivePolicy: redrive('dead') })
  define('elsewhere')
})

afterEach(() => queues.close())

function define(name: string, attributes: Record<string, string> = {}): void {
  const fifo = name.endsWith('.fifo')
  queues.registry.define(queueResource({ name, uid: `uid-${name}`, fifo, attributes }))
}

function redrive(name: string): string {
  return JSON.stringify({ deadLetterTargetArn: ARN(name), maxReceiveCount: 1 })
}

/** Sends to `source`, and receives so often that all are dead letters. */
async function bury(count: number, name = 'source'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const group = name.endsWith('.fifo') ? { groupId: 'g', deduplicationId: `d-${index}` } : {}
    await queues.messages.send(ARN(name), 'me', { body: `m-${index}`, ...group })
  }
  while ((await receive(name)).length > 0);
  await clock.run(31_000)
  while ((await receive(name)).length > 0);
}

async function receive(name: string): Promise<readonly string[]> {
  const options = { limit: 10, waitSeconds: 0, select: { user: [], system: [] } }
  const messages = await queues.messages.receive(ARN(name), options, never)
  return messages.map(({ body }) => body)
}

async function visibleIn(name: string): Promise<number> {
  return (await queues.messages.counts(ARN(name))).visible
}

async function refused(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (error) {
    if (isAppError(error)) return `${String(error.details['awsCode'])}: ${error.message}`
    throw error
  }
  return 'not refused'
}

test('without a destination every message goes back to the queue it came from, as a new message', async () => {
  await bury(25)
  assert.equal(await visibleIn('dead'), 25)
  const handle = await queues.moves.start({ sourceArn: ARN('dead') })
  const [running] = queues.moves.list(ARN('dead'))
  assert.deepEqual(running, {
    handle,
    status: 'RUNNING',
    sourceArn: ARN('dead'),
    moved: 0,
    toMove: 25,
    startedAt: running!.startedAt,
  })
  await clock.run(1000)
  const [done] = queues.moves.list(ARN('dead'))
  assert.deepEqual([done?.status, done?.moved, done?.handle], ['COMPLETED', 25, undefined])
  assert.equal(await visibleIn('source'), 25)
  const counts = await queues.messages.counts(ARN('dead'))
  assert.deepEqual([counts.visible, counts.inFlight], [0, 0])
})

test('with a destination all go there, with their attributes', async () => {
  const attributes = { colour: { DataType: 'String', StringValue: 'red' } }
  await queues.messages.send(ARN('dead'), 'me', { body: 'straight', attributes })
  await queues.moves.start({ sourceArn: ARN('dead'), destinationArn: ARN('elsewhere') })
  await clock.run(100)
  const select = { user: ['All'], system: ['All'] }
  const [message] = await queues.messages.receive(
    ARN('elsewhere'),
    { waitSeconds: 0, select },
    never,
  )
  assert.equal(message?.body, 'straight')
  assert.deepEqual(message?.attributes, attributes)
  assert.equal(message?.systemAttributes['ApproximateReceiveCount'], '1')
})

test('no more than so many a second are moved, and cancelling leaves the rest', async () => {
  await bury(30)
  const handle = await queues.moves.start({ sourceArn: ARN('dead'), perSecond: 5 })
  await clock.run(2100)
  const [task] = queues.moves.list(ARN('dead'))
  assert.deepEqual([task?.status, task?.moved, task?.perSecond], ['RUNNING', 15, 5])
  assert.equal(await queues.moves.cancel(handle), 15)
  await clock.run(10_000)
  assert.equal(queues.moves.list(ARN('dead'))[0]?.status, 'CANCELLED')
  assert.deepEqual([await visibleIn('dead'), await visibleIn('source')], [15, 15])
})

test('first-in first-out queues keep the order, and no duplicate swallows what comes back', async () => {
  define('dead.fifo', { FifoQueue: 'true' })
  define('source.fifo', { FifoQueue: 'true', RedrivePolicy: redrive('dead.fifo') })
  await bury(3, 'source.fifo')
  assert.equal(await visibleIn('dead.fifo'), 3)
  await queues.moves.start({ sourceArn: ARN('dead.fifo') })
  await clock.run(1000)
  assert.deepEqual(await receive('source.fifo'), ['m-0', 'm-1', 'm-2'])
})

test('a message that has nowhere to go fails the task, and shows again', async () => {
  await queues.messages.send(ARN('dead'), 'me', { body: 'never was elsewhere' })
  await queues.moves.start({ sourceArn: ARN('dead') })
  await clock.run(100)
  const [task] = queues.moves.list(ARN('dead'))
  assert.deepEqual([task?.status, task?.moved], ['FAILED', 0])
  assert.match(task!.failureReason!, /did not come from a queue; name a destination queue/)
  assert.deepEqual(await receive('dead'), ['never was elsewhere'])
})

test('what SQS refuses is refused in its words', async () => {
  const start = (task: object): Promise<string> =>
    refused(() => queues.moves.start({ sourceArn: ARN('dead'), ...task }))
  assert.equal(
    await start({ sourceArn: ARN('none') }),
    "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.",
  )
  assert.equal(
    await start({ sourceArn: ARN('elsewhere') }),
    'InvalidParameterValue: Source queue must be configured as a Dead Letter Queue.',
  )
  assert.match(await start({ destinationArn: ARN('none') }), /^ResourceNotFound.*DestinationArn/)
  assert.match(
    await start({ destinationArn: ARN('dead') }),
    /^InvalidParameterValue.*another queue/,
  )
  for (const perSecond of [0, 501, 1.5]) {
    assert.match(await start({ perSecond }), /^InvalidParameterValue.*PerSecond is invalid/)
  }
  await bury(1)
  assert.equal(await start({ perSecond: 1 }), 'not refused')
  assert.match(await start({}), /^InvalidParameterValue: There is already a task running/)
  const [{ handle } = { handle: '' }] = queues.moves.list(ARN('dead'))
  await clock.run(5000)
  assert.match(await refused(() => queues.moves.cancel(handle!)), /^UnsupportedOperation/)
  assert.equal(
    await refused(() => queues.moves.cancel('x')),
    'ResourceNotFoundException: Task does not exist.',
  )
  assert.match(await refused(() => queues.moves.list(ARN('dead'), 11)), /MaxResults is invalid/)
  assert.match(await refused(() => queues.moves.list(ARN('none'))), /^ResourceNotFound/)
})

test('closing ends what runs, and a task that is listed first is the newest', async () => {
  await bury(30)
  await queues.moves.start({
    sourceArn: ARN('dead'),
    destinationArn: ARN('elsewhere'),
    perSecond: 1,
  })
  await queues.close()
  assert.equal(queues.moves.list(ARN('dead'))[0]?.status, 'CANCELLED')
})
