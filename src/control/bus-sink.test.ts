import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/index.ts'
import type { SinkMessage, SinkResult } from '../connect/index.ts'
import { decodeStoredEvent, encodeStoredEvent } from '../event/index.ts'
import type { IncomingEvent, Ingress } from '../ingress/index.ts'
import type { BusRules, PolicyStatement } from '../model/index.ts'
import { type BusAccess, createBusAccess } from './bus-access.ts'
import { createBusSinkKind } from './bus-sink.ts'

const ADDRESS = 'arn:aws:events:eu-west-1:111111111111:event-bus/to'
const BUS_KEY = '111111111111/eu-west-1/to'
const STATEMENT = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::000000000000:root' },
  Action: 'events:PutEvents',
  Resource: ADDRESS,
}

function accessBy(...policy: readonly object[]): BusAccess {
  const findBus = (): BusRules => ({
    busKey: BUS_KEY,
    rules: new Map(),
    policy: policy as readonly PolicyStatement[],
  })
  return createBusAccess({ findBus })
}

/** An ingress that keeps what it is given, or refuses it. */
function openBench(
  refusal?: AppError,
  access = accessBy(STATEMENT),
): {
  send: (...hops: readonly number[]) => Promise<readonly SinkResult[]>
  taken: { dialect: string; event: IncomingEvent }[]
  buses: Set<string>
} {
  const taken: { dialect: string; event: IncomingEvent }[] = []
  const buses = new Set([BUS_KEY])
  const accept: Ingress['accept'] = async (dialect, events) => {
    if (refusal !== undefined) throw refusal
    for (const event of events) taken.push({ dialect, event })
    return events.map(({ id }, offset) => ({
      kind: 'accepted',
      id,
      position: { partition: 0, offset },
    }))
  }
  const sink = createBusSinkKind({
    ingress: { accept },
    hasBus: (key) => buses.has(key),
    access,
  }).open(ADDRESS)
  const { signal } = new AbortController()
  return {
    taken,
    buses,
    send: (...hops) =>
      sink.send(
        hops.map((count) => messageWith(count)),
        signal,
      ),
  }
}

function messageWith(hops: number): SinkMessage {
  const record = encodeStoredEvent({
    busKey: '000000000000/us-east-1/from',
    ...(hops === 0 ? {} : { meta: { hops } }),
    envelopeHead: `{"version":"0","id":"e${hops}","detail":`,
    detail: '{ "a" : 1 }',
    hasData: true,
  })
  const event = decodeStoredEvent(record)
  const target = { id: 't', address: ADDRESS }
  return { deliveryId: 'd', event, eventId: event.id, body: event.envelope, target, attempt: 1 }
}

test('it serves event buses of any account and region, and nothing else', () => {
  const kind = createBusSinkKind({
    ingress: { accept: async () => [] },
    hasBus: () => true,
    access: accessBy(),
  })
  assert.equal(kind.serves(ADDRESS), true)
  for (const address of [
    'arn:aws:events:eu-west-1:111111111111:rule/to',
    'arn:aws:sqs:eu-west-1:111111111111:event-bus/to',
    'https://event-bus/to',
  ]) {
    assert.equal(kind.serves(address), false, address)
  }
})

test('an event goes to the other bus as it is, one hop further', async () => {
  const { send, taken } = openBench()
  assert.deepEqual(await send(0, 1), [{ kind: 'delivered' }, { kind: 'delivered' }])
  assert.deepEqual(
    taken.map(({ dialect, event }) => [dialect, event.id, event.busKey, event.dedupeKey]),
    [
      ['internal', 'e0', BUS_KEY, undefined],
      ['internal', 'e1', BUS_KEY, undefined],
    ],
  )
  const stored = taken.map(({ event }) => decodeStoredEvent(event.record))
  assert.deepEqual(
    stored.map((event) => [event.busKey, event.meta().hops]),
    [
      [BUS_KEY, 1],
      [BUS_KEY, 2],
    ],
  )
  assert.equal(
    Buffer.from(stored[0]!.envelope).toString(),
    '{"version":"0","id":"e0","detail":{ "a" : 1 }}',
  )
})

test('a third hop is refused for good, beside others that go on', async () => {
  const { send, taken } = openBench()
  const results = await send(2, 0)
  assert.deepEqual(
    results.map((result) => (result.kind === 'delivered' ? result.kind : result.failure.code)),
    ['HOPS_EXCEEDED', 'delivered'],
  )
  assert.equal(results[0]!.kind, 'dead')
  assert.equal(taken.length, 1)
})

test('a bus that does not exist is no resource', async () => {
  const { send, buses } = openBench()
  buses.clear()
  assert.deepEqual(await send(0), [
    {
      kind: 'dead',
      failure: { code: 'NO_RESOURCE', message: `event bus \`${ADDRESS}\` does not exist` },
    },
  ])
})

test('what ingress cannot take now is tried again', async () => {
  const { send } = openBench(new AppError('LOG_FULL', 'the disk is full'))
  assert.deepEqual(await send(0, 2), [
    { kind: 'retry', failure: { code: 'LOG_FULL', message: 'the disk is full' } },
    {
      kind: 'dead',
      failure: { code: 'HOPS_EXCEEDED', message: 'an event is forwarded by at most 2 buses' },
    },
  ])
})

test('a bus of another account takes only what its policy lets in', async () => {
  const { send, taken } = openBench(undefined, accessBy())
  const [result] = await send(0)
  assert.ok(result?.kind === 'dead')
  assert.equal(result.failure.code, 'NO_PERMISSIONS')
  assert.match(result.failure.message, /000000000000.*events:PutEvents.*event-bus\/to/)
  assert.equal(taken.length, 0)
})
