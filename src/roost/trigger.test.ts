import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../event/index.ts'
import { eventOfRecord } from './record-event.ts'
import { parseTrigger } from './trigger.ts'

function eventOf(type: string, data: unknown, more: object = {}): Event {
  const event = {
    specversion: '1.0',
    id: '1',
    source: 'test',
    type: `io.roost-keeper.trigger.${type}`,
    ...more,
    data,
  }
  return eventOfRecord({
    topic: 't',
    partition: 0,
    offset: 0n,
    key: undefined,
    value: Buffer.from(JSON.stringify(event)),
    headers: [],
    timestamp: 0,
    leaderEpoch: 0,
  })
}

const TARGET = { name: 'a', namespace: 'n' }
const ONE = { kind: 'one', namespace: 'n', name: 'a' }

test('the whole form says everything in its data', () => {
  const data = {
    type: 'scale',
    target: TARGET,
    action: 'scale',
    reason: 'night',
    parameters: { replicas: 0 },
    requestedBy: 'ann',
  }
  assert.deepEqual(parseTrigger(eventOf('scale', data)), {
    kind: 'scale',
    target: ONE,
    reason: 'night',
    requestedBy: 'ann',
    replicas: 0,
  })
})

test('the short form has its target in the extensions, under either name, or the subject', () => {
  const targets = [
    { 'roostkeeper-roost-name': 'a', 'roostkeeper-roost-namespace': 'n' },
    { roostkeeperroostname: 'a', roostkeeperroostnamespace: 'n' },
    { subject: 'roost/n/a' },
  ]
  for (const more of targets) {
    assert.deepEqual(parseTrigger(eventOf('teardown', { reason: 'done' }, more)), {
      kind: 'teardown',
      target: ONE,
      reason: 'done',
    })
  }
  assert.deepEqual(
    parseTrigger(eventOf('update', { chart: { version: '2' } }, targets[2]))?.fields,
    {
      chart: { version: '2' },
    },
  )
})

const targetOf = (target: object) => parseTrigger(eventOf('teardown', { target }))?.target

test('a selector is text or labels, within a namespace or everywhere', () => {
  assert.deepEqual(targetOf({ selector: 'app=x,tier in (a,b)' }), {
    kind: 'selected',
    selector: 'app=x,tier in (a,b)',
  })
  assert.deepEqual(targetOf({ namespace: 'n', selector: { matchLabels: { app: 'x' } } }), {
    kind: 'selected',
    namespace: 'n',
    selector: 'app=x',
  })
  assert.deepEqual(targetOf({ selector: { app: 'x', tier: 'a' } }), {
    kind: 'selected',
    selector: 'app=x,tier=a',
  })
})

test('an event of another type is no trigger', () => {
  assert.equal(parseTrigger(eventOf('explode', {})), undefined)
})

const MALFORMED: readonly (readonly [name: string, event: Event, said: RegExp])[] = [
  ['no target', eventOf('teardown', {}), /expected a target/],
  [
    'an empty selector',
    eventOf('teardown', { target: { selector: {} } }),
    /selector that is not empty/,
  ],
  [
    'a name and a selector',
    eventOf('teardown', { target: { ...TARGET, selector: 'a=b' } }),
    /got both/,
  ],
  ['data that is a list', eventOf('teardown', []), /`data` to be an object/],
  [
    'negative replicas',
    eventOf('scale', { target: TARGET, parameters: { replicas: -1 } }),
    /replicas` to be an integer/,
  ],
  ['no replicas', eventOf('scale', {}, { subject: 'roost/n/a' }), /got `undefined`/],
  [
    'another action',
    eventOf('scale', { target: TARGET, action: 'teardown', parameters: { replicas: 1 } }),
    /as the event's type says, got `"teardown"`/,
  ],
  [
    'a foreign field',
    eventOf('update', { target: TARGET, parameters: { tenancy: {} } }),
    /got `tenancy`/,
  ],
  [
    'another repository',
    eventOf('update', { target: TARGET, parameters: { chart: { repository: {} } } }),
    /got `repository`/,
  ],
  ['an update of nothing', eventOf('update', { target: TARGET }), /to have one of/],
]

for (const [name, event, said] of MALFORMED) {
  test(`a trigger with ${name} is malformed, and says why`, () => {
    assert.throws(
      () => parseTrigger(event),
      (error: Error) => {
        assert.match(error.message, said)
        return (error as { code?: string }).code === 'EVENT_INVALID'
      },
    )
  })
}

test('what is no CloudEvent is refused as one', () => {
  for (const value of ['nothing', '{"a":1}', '{"specversion":"1.0"}']) {
    const record = {
      topic: 't',
      partition: 0,
      offset: 0n,
      key: undefined,
      value: Buffer.from(value),
      headers: [],
      timestamp: 0,
      leaderEpoch: 0,
    }
    assert.throws(() => eventOfRecord(record), { code: 'EVENT_INVALID' })
  }
})
