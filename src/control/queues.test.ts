import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { openMemoryQueueUses, type MemoryQueueUses } from './testing.ts'

const scope = { account: '123456789012', region: 'eu-west-1' }
const arn = (name: string): string => `arn:aws:sqs:eu-west-1:123456789012:${name}`
const never = new AbortController().signal
let control: MemoryQueueUses

beforeEach(async () => {
  control = await openMemoryQueueUses()
})

afterEach(() => control.close())

function create(name: string, attributes: Record<string, string> = {}) {
  return control.uses.create(scope, { name, attributes, tags: {} })
}

async function refused(promise: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof promise === 'function' ? promise() : promise)
  } catch (error) {
    if (isAppError(error)) return `${String(error.details['awsCode'])}: ${error.message}`
    throw error
  }
  return 'not refused'
}

function redrive(name: string): string {
  return JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount: 3 })
}

async function receiveAll(name: string): Promise<string[]> {
  const options = { limit: 10, select: { user: [], system: [] } }
  const messages = await control.uses.messages.receive(arn(name), options, never)
  return messages.map((message) => message.body)
}

test('a queue can be used as soon as it is made, and is a resource', async () => {
  const queue = await create('orders', { VisibilityTimeout: '5' })
  assert.equal(queue.arn, arn('orders'))
  await control.uses.messages.send(queue.arn, 'me', { body: 'a' })
  assert.deepEqual(await receiveAll('orders'), ['a'])
  const { rows } = await control.store.rows.list({ kind: 'Queue', namespace: scope.account })
  assert.deepEqual(
    rows.map((row) => row.name),
    ['eu-west-1.orders'],
  )
})

test('making a queue again is the same queue with equal attributes, and refused with others', async () => {
  const first = await create('orders', { DelaySeconds: '0' })
  assert.equal((await create('orders')).key, first.key)
  assert.equal((await create('orders', { VisibilityTimeout: '30' })).key, first.key)
  assert.equal(
    await refused(create('orders', { DelaySeconds: '1' })),
    'QueueNameExists: A queue already exists with the same name and a different value for attribute DelaySeconds',
  )
})

test('many making one queue at once all get that one', async () => {
  const queues = await Promise.all(Array.from({ length: 5 }, () => create('orders')))
  assert.equal(new Set(queues.map((queue) => queue.key)).size, 1)
})

test('names are those that SQS takes', async () => {
  for (const name of ['a b', '', 'x'.repeat(81), 'orders.fifo']) {
    assert.match(await refused(create(name)), /^InvalidParameterValue: Can only include/, name)
  }
  assert.match(
    await refused(create('orders', { FifoQueue: 'true' })),
    /must end with \.fifo suffix/,
  )
  assert.equal((await create('orders.fifo', { FifoQueue: 'true' })).spec.fifo, true)
  assert.equal(
    await refused(create('plain', { FifoQueue: 'false' })),
    'InvalidAttributeName: Unknown Attribute FifoQueue.',
  )
})

test('a redrive policy names a queue that is there, of the same type, and willing', async () => {
  assert.match(
    await refused(create('orders', { RedrivePolicy: redrive('dead') })),
    /Reason: Dead letter target does not exist\.$/,
  )
  await create('dead', { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' })
  assert.match(
    await refused(create('orders', { RedrivePolicy: redrive('dead') })),
    /does not allow this queue/,
  )
  await control.uses.update(scope, 'dead', {
    kind: 'attributes',
    attributes: { RedriveAllowPolicy: '' },
  })
  await create('orders', { RedrivePolicy: redrive('dead') })
  const sources = control.uses.listSources(scope, 'dead', {})
  assert.deepEqual(
    sources.queues.map((queue) => queue.spec.name),
    ['orders'],
  )
  assert.match(
    await refused(create('orders.fifo', { FifoQueue: 'true', RedrivePolicy: redrive('dead') })),
    /must be same type/,
  )
})

test('changed attributes count at once and show when they changed', async () => {
  const before = await create('orders')
  control.clock.advance(10_000)
  await control.uses.update(scope, 'orders', {
    kind: 'attributes',
    attributes: { VisibilityTimeout: '7' },
  })
  const after = control.uses.get(scope, 'orders')
  assert.equal(after.settings.visibilityTimeoutMs, 7000)
  assert.equal(after.key, before.key)
  assert.equal(after.modifiedAt, before.modifiedAt + 10)
})

test('a queue describes all of itself', async () => {
  await create('orders')
  await control.uses.messages.send(arn('orders'), 'me', { body: 'a' })
  assert.deepEqual(await control.uses.describe(scope, 'orders'), {
    VisibilityTimeout: '30',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
    QueueArn: arn('orders'),
    ApproximateNumberOfMessages: '1',
    ApproximateNumberOfMessagesNotVisible: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    CreatedTimestamp: '1767225600',
    LastModifiedTimestamp: '1767225600',
  })
})

test('one kind of encryption takes the place of the other, and both at once are refused', async () => {
  await create('orders', { SqsManagedSseEnabled: 'true' })
  const set = (attributes: Record<string, string>) =>
    control.uses.update(scope, 'orders', { kind: 'attributes', attributes })
  await set({ KmsMasterKeyId: 'key' })
  assert.equal((await control.uses.describe(scope, 'orders'))['SqsManagedSseEnabled'], 'false')
  await set({ SqsManagedSseEnabled: 'true' })
  assert.equal((await control.uses.describe(scope, 'orders'))['KmsMasterKeyId'], undefined)
  assert.match(
    await refused(set({ KmsMasterKeyId: 'key', SqsManagedSseEnabled: 'true' })),
    /one type of server-side encryption/,
  )
})

test('a deleted queue is gone at once, and its messages with it', async () => {
  const queue = await create('orders')
  await control.uses.messages.send(queue.arn, 'me', { body: 'a' })
  await control.uses.delete(scope, 'orders')
  assert.match(await refused(() => control.uses.get(scope, 'orders')), /^QueueDoesNotExist/)
  assert.match(await refused(control.uses.delete(scope, 'orders')), /^QueueDoesNotExist/)
  assert.notEqual((await create('orders')).key, queue.key)
  assert.deepEqual(await receiveAll('orders'), [])
  assert.equal((await control.store.messages.counts(queue.key, 0)).visible, 0)
})

test('tags are set, replaced and removed, fifty at most', async () => {
  await create('orders')
  const change = (tags: object) => control.uses.update(scope, 'orders', { kind: 'tags', tags })
  await change({ set: { a: '1', b: '2' } })
  await change({ set: { a: '3' }, remove: ['b'] })
  assert.deepEqual(control.uses.get(scope, 'orders').spec.tags, { a: '3' })
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, '']))
  assert.match(await refused(change({ set: many })), /Too many tags/)
})

test('lists are by name, by prefix and in pages, of one account and region alone', async () => {
  for (const name of ['b', 'a2', 'a1', 'a3']) await create(name)
  await control.uses.create(
    { ...scope, region: 'us-east-1' },
    { name: 'a4', attributes: {}, tags: {} },
  )
  const names = (request: object): [string[], string | undefined] => {
    const page = control.uses.list(scope, request)
    return [page.queues.map((queue) => queue.spec.name), page.nextToken]
  }
  assert.deepEqual(names({}), [['a1', 'a2', 'a3', 'b'], undefined])
  const [first, token] = names({ prefix: 'a', limit: 2 })
  assert.deepEqual(first, ['a1', 'a2'])
  assert.deepEqual(names({ prefix: 'a', limit: 2, token }), [['a3'], undefined])
})

test('queues and their messages are there again after a restart', async () => {
  await create('orders', { VisibilityTimeout: '9' })
  await control.uses.messages.send(arn('orders'), 'me', { body: 'kept' })
  await control.close()
  control = await openMemoryQueueUses({ store: control.store, seed: 2 })
  assert.equal(control.uses.get(scope, 'orders').settings.visibilityTimeoutMs, 9000)
  assert.deepEqual(await receiveAll('orders'), ['kept'])
})

test('a queue resource that somebody else wrote is a queue, and one that is not usable is passed over', async () => {
  const orders = await create('orders')
  const [row] = (await control.store.rows.list({ kind: 'Queue' })).rows
  const value = row!.value as { readonly spec: object; readonly metadata: object }
  const copy = (name: string, attributes: object) => ({
    ...row!,
    name: `eu-west-1.${name}`,
    value: { ...value, spec: { ...value.spec, name, attributes } },
  })
  await control.store.rows.write([copy('other', {}), copy('broken', { VisibilityTimeout: 'long' })])
  await create('last')
  assert.equal(control.uses.get(scope, 'other').arn, arn('other'))
  assert.match(await refused(() => control.uses.get(scope, 'broken')), /^QueueDoesNotExist/)
  assert.equal(control.uses.get(scope, 'orders').key, orders.key)
})

test('a queue resource under a name of its own is changed and deleted like any', async () => {
  await create('orders')
  const [row] = (await control.store.rows.list({ kind: 'Queue' })).rows
  const value = row!.value as { readonly spec: object; readonly metadata: object }
  const named = {
    ...value,
    metadata: { ...value.metadata, name: 'mine', uid: 'u' },
    spec: { ...value.spec, name: 'other' },
  }
  await control.store.rows.write([{ ...row!, name: 'mine', value: named }])
  await create('last')
  await control.uses.update(scope, 'other', { kind: 'tags', tags: { set: { a: '1' } } })
  assert.deepEqual(control.uses.get(scope, 'other').spec.tags, { a: '1' })
  await control.uses.delete(scope, 'other')
  assert.match(await refused(() => control.uses.get(scope, 'other')), /^QueueDoesNotExist/)
})

test('a queue that another process made meanwhile is answered like one that was there', async () => {
  const other = await openMemoryQueueUses({ store: control.store, seed: 3 })
  const wanted = { name: 'orders', attributes: {}, tags: {} }
  const [mine, theirs] = await Promise.all([
    control.uses.create(scope, wanted),
    other.uses.create(scope, wanted),
  ])
  assert.equal(mine.key, theirs.key)
  await other.close()
})
