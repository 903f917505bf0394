import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLogger, systemClock } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { Event } from '../event/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { openTestObjects } from '../objects/testing.ts'
import { installManagedRoost, MANAGED_ROOST } from './managed-roost.ts'
import { ObeyedEvents } from './obeyed-events.ts'
import { createMemoryShelf } from './shelf.ts'
import { testRoost } from './testing.ts'
import { APPROVAL, TriggerActions } from './trigger-actions.ts'
import type { Trigger } from './trigger.ts'

const EVENT: Event = {
  id: 't-1',
  source: 'test',
  type: 'io.roost-keeper.trigger.teardown',
  time: '2026-01-01T00:00:00Z',
  extensions: {},
  bus: { account: '0', region: 'r', name: 'b' },
  resources: [],
}

const ONE = { kind: 'one', namespace: 'default', name: 'my-roost' } as const

async function open(context: TestContext, make?: (client: KubeClient) => KubeClient) {
  const objects = await openTestObjects()
  const { client } = objects
  context.after(() => objects.close())
  const { signal } = new AbortController()
  await installManagedRoost({ client, clock: systemClock, signal })
  const told: string[] = []
  const lines: Record<string, unknown>[] = []
  const actions = new TriggerActions({
    kube: make?.(client) ?? client,
    identity: 'system:serviceaccount:default:roosts',
    book: { teardown: async (key, _, { reason }) => void told.push(`${key} ${reason}`) },
    logger: createLogger({
      level: 'info',
      destination: {
        write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
      },
    }),
  })
  const obey = (trigger: Trigger): Promise<void> => actions.obey(trigger, EVENT)
  const get = (name = 'my-roost') => client.get({ ...MANAGED_ROOST, namespace: 'default', name })
  return { client, obey, get, told, lines }
}

/** As soon as its kind is served. */
test('roosts can be listed as soon as their kind is installed, and it is installed once', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { client } = objects
  const { signal } = new AbortController()
  const install = (): Promise<void> => installManagedRoost({ client, clock: systemClock, signal })
  await Promise.all([install(), install()])
  assert.deepEqual((await client.list(MANAGED_ROOST)).items, [])
})

function roost(name = 'my-roost', more: Parameters<typeof testRoost>[0] = {}): KubeObject {
  const made = testRoost({ name, ...more })
  const { uid: _, resourceVersion: __, ...metadata } = made.metadata
  return { ...made, metadata: { ...metadata, name } }
}

test('a scale sets the replicas, an update merges into the spec', async (context) => {
  const { client, obey, get } = await open(context)
  await client.create(roost('my-roost', { spec: { replicas: 1 } }))
  await obey({ kind: 'scale', target: ONE, replicas: 4 })
  await obey({ kind: 'update', target: ONE, fields: { chart: { version: '2.0.0' } } })
  const spec = (await get())?.['spec'] as { replicas: number; chart: Record<string, unknown> }
  assert.equal(spec.replicas, 4)
  assert.equal(spec.chart['version'], '2.0.0')
  assert.equal(spec.chart['name'], 'my-app')
})

test('a teardown is told before the roost goes, and is audited', async (context) => {
  const { client, obey, get, told, lines } = await open(context)
  await client.create(roost())
  await obey({ kind: 'teardown', target: ONE, reason: 'night', requestedBy: 'ann' })
  assert.deepEqual(told, ['default/my-roost night'])
  assert.equal(await get(), undefined)
  const { audit, event_id, identity, requestedBy, roost: of, outcome } = lines.at(-1)!
  assert.deepEqual(
    [audit, event_id, identity, requestedBy, of, outcome],
    ['trigger', 't-1', 'system:serviceaccount:default:roosts', 'ann', 'default/my-roost', 'done'],
  )
  await obey({ kind: 'teardown', target: ONE })
})

test('a roost whose teardown needs approval stays until somebody who may write it approves', async (context) => {
  const { client, obey, get, told, lines } = await open(context)
  await client.create(
    roost('my-roost', { spec: { teardownPolicy: { requireManualApproval: true } } }),
  )
  await obey({ kind: 'teardown', target: ONE })
  assert.ok(await get())
  assert.deepEqual(told, [])
  assert.equal(lines.at(-1)!['outcome'], 'refused')
  const key = { ...MANAGED_ROOST, namespace: 'default', name: 'my-roost' }
  await client.patch(key, 'merge', { metadata: { annotations: { [APPROVAL]: 'true' } } })
  await obey({ kind: 'teardown', target: ONE })
  assert.equal(await get(), undefined)
})

test('a selector acts on all that match and on no other', async (context) => {
  const { client, obey, get } = await open(context)
  for (const [name, app] of [
    ['a', 'x'],
    ['b', 'x'],
    ['c', 'y'],
  ] as const)
    await client.create(roost(name, { metadata: { labels: { app } } }))
  await obey({ kind: 'teardown', target: { kind: 'selected', selector: 'app=x' } })
  assert.deepEqual([await get('a'), await get('b')], [undefined, undefined])
  assert.ok(await get('c'))
})

const refusal = (reason: string) => Object.assign(new Error('no'), { reason })

test('what is not there, is refused or is wrong is of no use to try again; the rest is', async (context) => {
  let reason = ''
  const { client, obey } = await open(context, (inner) => ({
    get: (key) => inner.get(key),
    list: (type, query) => inner.list(type, query),
    create: (object) => inner.create(object),
    update: (object) => inner.update(object),
    delete: (key) => inner.delete(key),
    watch: (type, watch) => inner.watch(type, watch),
    patch: async (key, type, patch) => {
      if (reason !== '') throw refusal(reason)
      return inner.patch(key, type, patch)
    },
  }))
  const scale: Trigger = { kind: 'scale', target: ONE, replicas: 1 }
  await assert.rejects(obey(scale), { code: 'RESOURCE_NOT_FOUND' })
  await client.create(roost())
  for (const [said, code] of [
    ['Forbidden', 'ACCESS_DENIED'],
    ['Invalid', 'RESOURCE_INVALID'],
  ] as const) {
    reason = said
    await assert.rejects(obey(scale), { code })
  }
  reason = 'Conflict'
  await assert.rejects(obey(scale), { reason: 'Conflict' })
  reason = ''
  await assert.rejects(obey({ kind: 'scale', target: ONE, replicas: -1 }), {
    code: 'RESOURCE_INVALID',
  })
})

test('an event that was obeyed is known over a restart, and forgotten after a week', async () => {
  const shelf = createMemoryShelf()
  const clock = new FakeClock()
  const first = new ObeyedEvents(shelf, clock)
  await first.remember(EVENT)
  const second = new ObeyedEvents(shelf, clock)
  await second.load()
  assert.ok(second.has(EVENT))
  assert.ok(!second.has({ ...EVENT, source: 'another' }))
  clock.advance(8 * 86_400_000)
  const third = new ObeyedEvents(shelf, clock)
  await third.load()
  assert.ok(!third.has(EVENT))
  assert.equal((await shelf.load()).size, 0)
})
