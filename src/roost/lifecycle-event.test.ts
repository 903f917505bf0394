import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffRoosts } from './differ.ts'
import { eventOfChange, recordOfEvent } from './lifecycle-event.ts'
import { eventOfRecord } from './record-event.ts'
import { viewRoost } from './roost-view.ts'
import { testRoost } from './testing.ts'

const CONTEXT = {
  now: Date.UTC(2023, 5, 10, 14, 30),
  occasion: '7',
  extensionNames: 'seed',
} as const

function created(parts: Parameters<typeof testRoost>[0] = {}) {
  return diffRoosts(undefined, viewRoost(testRoost(parts)))[0]!
}

function consumed(record: ReturnType<typeof recordOfEvent>) {
  return eventOfRecord({
    ...record,
    key: record.key,
    partition: 0,
    offset: 0n,
    headers: Object.entries(record.headers ?? {}),
    timestamp: 0,
    leaderEpoch: 0,
  })
}

test('a creation has the printed structure, in the value and in the headers', () => {
  const correlated = { ...CONTEXT, correlationId: 'req-abc123' }
  const record = recordOfEvent(eventOfChange(created(), correlated), 'lifecycle', 'structured')
  const { id, ...value } = JSON.parse(record.value.toString()) as Record<string, unknown>
  assert.match(String(id), /^event-[0-9a-f]{24}$/)
  assert.deepEqual(value, {
    specversion: '1.0',
    type: 'io.roost-keeper.roost.lifecycle.created',
    source: 'roost-keeper-operator',
    time: '2023-06-10T14:30:00.000Z',
    subject: 'roost/default/my-roost',
    datacontenttype: 'application/json',
    data: {
      roost: {
        name: 'my-roost',
        namespace: 'default',
        uid: '550e8400-e29b-41d4-a716-446655440000',
      },
      chart: { name: 'my-app', version: '1.0.0', repository: 'https://charts.example.com' },
    },
    'roostkeeper-roost-name': 'my-roost',
    'roostkeeper-roost-namespace': 'default',
    'roostkeeper-roost-uid': '550e8400-e29b-41d4-a716-446655440000',
    'roostkeeper-correlationid': 'req-abc123',
  })
  assert.equal(record.key?.toString(), 'roost/default/my-roost')
  assert.equal(record.headers?.['ce_type'], 'io.roost-keeper.roost.lifecycle.created')
  assert.equal(record.headers?.['ce_roostkeeper-roost-name'], 'my-roost')
  assert.match(String(record.headers?.['content-type']), /^application\/cloudevents\+json/)
})

test('strict names have no dashes, and binary mode has the data alone', () => {
  const event = eventOfChange(created(), { ...CONTEXT, extensionNames: 'strict' })
  const record = recordOfEvent(event, 'lifecycle', 'binary')
  assert.equal(record.headers?.['ce_roostkeeperroostname'], 'my-roost')
  assert.deepEqual(Object.keys(JSON.parse(record.value.toString()) as object), ['roost', 'chart'])
  assert.equal(record.headers?.['content-type'], 'application/json')
})

test('the id follows from what happened, and from nothing else', () => {
  const one = eventOfChange(created(), CONTEXT)
  assert.equal(eventOfChange(created(), { ...CONTEXT, now: 0 }).id, one.id)
  assert.notEqual(eventOfChange(created(), { ...CONTEXT, occasion: '8' }).id, one.id)
  assert.notEqual(eventOfChange(created({ uid: 'other' }), CONTEXT).id, one.id)
})

test('an event is read back from its record in both modes', () => {
  for (const mode of ['structured', 'binary'] as const) {
    const event = eventOfChange(created(), CONTEXT)
    const { data, ...read } = consumed(recordOfEvent(event, 't', mode))
    const { data: sent, ...written } = event
    assert.deepEqual(read, written)
    assert.deepEqual(Buffer.from(data!), Buffer.from(sent!))
  }
})

test('nothing of values, credentials or secrets leaves, wherever they stand', () => {
  const canary = 'canary-7f3a'
  const places: readonly ((spec: Record<string, unknown>) => void)[] = [
    (spec) =>
      (spec['chart'] = { name: 'a', values: { inline: canary, deep: { password: canary } } }),
    (spec) =>
      (spec['chart'] = {
        name: 'a',
        repository: { url: `https://u:${canary}@x.test/c?token=${canary}#${canary}` },
      }),
    (spec) =>
      (spec['chart'] = {
        name: 'a',
        repository: { url: 'https://x.test', auth: { password: canary } },
      }),
    (spec) => (spec['chart'] = { name: 'a', repository: { url: `git@${canary}:x` } }),
    (spec) =>
      (spec['healthChecks'] = [{ name: 'a', type: 'http', headers: { authorization: canary } }]),
    (spec) => (spec['teardownPolicy'] = { webhook: canary }),
    (spec) => (spec['metadata'] = { annotations: { token: canary } }),
    (spec) => (spec['somethingNew'] = canary),
  ]
  fc.assert(
    fc.property(fc.subarray([...places], { minLength: 1 }), fc.boolean(), (some, isBefore) => {
      const spec: Record<string, unknown> = { chart: { name: 'a' } }
      for (const place of some) place(spec)
      const tainted = viewRoost(testRoost({ spec, metadata: { annotations: { canary } } }))
      const clean = viewRoost(testRoost({ spec: { chart: { name: 'b', version: '1' } } }))
      const [before, after] = isBefore ? [tainted, clean] : [clean, tainted]
      const changes = [...diffRoosts(before, after), ...diffRoosts(undefined, tainted)]
      assert.ok(changes.length > 1)
      assert.ok(
        !JSON.stringify([tainted, changes]).includes(canary),
        'what is remembered, and what is told',
      )
      for (const change of changes) {
        const { value, headers } = recordOfEvent(eventOfChange(change, CONTEXT), 't', 'structured')
        assert.ok(!(value.toString() + JSON.stringify(headers)).includes(canary))
      }
    }),
  )
})
