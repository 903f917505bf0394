// Workflows of ordinary objects, which other controllers than ours may make something of: over real objects in memory.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../base/index.ts'
import type { KubeClient, KubeKey, KubeObject } from '../objects/index.ts'
import { openTestObjects, type TestObjects, untilWithin } from '../objects/testing.ts'
import type { Json } from '../structure/index.ts'
import { conditionsOf } from './judge.ts'
import { isObject, type JsonObject, valueAt } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import type { Provider } from './provider.ts'
import { openWorkflows, type Workflows } from './workflows.ts'

const until = untilWithin(30_000)

let world: TestObjects
let client: KubeClient
let room: Workflows
/** Whether the provider answers nothing. */
let isHanging: boolean

const hanging: Provider = {
  apply({ object: { metadata } }) {
    if (isHanging) return new Promise(() => undefined)
    const { name: id } = metadata
    return Promise.resolve({ kind: 'ready', id, properties: {}, connection: {} })
  },
  remove: () => Promise.resolve(true),
}

beforeEach(async () => {
  world = await openTestObjects()
  client = world.client
  isHanging = true
  room = await open()
})

afterEach(async () => {
  await room.close()
  await world.close()
})

function open(): Promise<Workflows> {
  return openWorkflows({
    client,
    clock: systemClock,
    random: seededRandom(3),
    logger: silentLogger,
    outside: {
      callFunction: async () => ({ kind: 'done', output: {} }),
      callHttp: async () => ({ kind: 'done', output: {} }),
      putEvent: async () => ({ kind: 'done', output: {} }),
      awaitEvent: async () => ({ kind: 'done', output: {} }),
      position: () => '0',
      publish: async () => undefined,
    },
    renderText: (text) => text,
    isNamespaced: (of) => world.objects.types.find(of)?.namespaced,
    providers: { hanging },
    providerTimeoutMs: 100,
  })
}

function own(kind: string, name: string): KubeKey {
  const place = kind === 'ProviderConfig' ? {} : { namespace: 'default' }
  return { apiVersion: API_VERSION, kind, name, ...place }
}

function objectOf(kind: string, name: string, spec: JsonObject): KubeObject {
  const { apiVersion, namespace } = own(kind, name)
  const place = namespace === undefined ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place }, spec }
}

function becomes(key: KubeKey, wanted: string): Promise<KubeObject> {
  return until(async () => {
    const found = await client.get(key)
    const all = found === undefined ? [] : conditionsOf(found)
    const ready = all.find(({ type }) => type === 'Ready')
    return `${ready?.status}/${ready?.reason}` === wanted && found
  }, `${key.kind} ${key.name} to be ${wanted}`)
}

function configMap(name: string, data: JsonObject): Json {
  return { name, spec: { apiVersion: 'v1', kind: 'ConfigMap', data } }
}

const PLAIN = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'plain' }

async function makePlain(data: JsonObject): Promise<void> {
  const steps = [{ name: 'plain', resources: [configMap('plain', data)] }]
  await client.create(objectOf('WorkflowTemplate', 'plain', { steps }))
  await client.create(objectOf('Event', 'e', { workflowTemplate: { id: 'plain' } }))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
}

test('what somebody changes of an object is set right again, and what somebody adds stays', async () => {
  await makePlain({ colour: 'red', size: '1' })
  await client.patch(PLAIN, 'merge', { data: { colour: 'blue', more: 'mine' } })
  const data = await until(async () => {
    const found = await client.get(PLAIN)
    return isObject(found?.['data']) && found['data']['colour'] === 'red' && found['data']
  }, 'the colour to be red again')
  assert.deepEqual(data, { colour: 'red', size: '1', more: 'mine' })
  await client.delete(PLAIN)
  await until(async () => await client.get(PLAIN), 'the object to be there again')
})

test('what was changed while nobody was here is set right after the start', async () => {
  await makePlain({ colour: 'red' })
  await room.close()
  await client.patch(PLAIN, 'merge', { data: { colour: 'blue' } })
  room = await open()
  await until(
    async () => valueAt(await client.get(PLAIN), ['data', 'colour']) === 'red',
    'the colour to be red again',
  )
})

test('what a template says no more of an object goes from it', async () => {
  await makePlain({ colour: 'red', size: '1' })
  await client.patch(own('WorkflowTemplate', 'plain'), 'merge', {
    spec: { steps: [{ name: 'plain', resources: [configMap('plain', { size: '2' })] }] },
  })
  await until(
    async () => valueAt(await client.get(PLAIN), ['data', 'size']) === '2',
    'the new size',
  )
  assert.deepEqual((await client.get(PLAIN))!['data'], { size: '2' })
})

const FLOW = {
  apiVersion: 'mediaconnect.aws.livewyer.io/v1alpha1',
  kind: 'Flow',
  namespace: 'default',
  name: 'flow',
}
const CHANNEL = {
  apiVersion: 'medialive.aws.livewyer.io/v1alpha1',
  kind: 'Channel',
  namespace: 'default',
  name: 'channel',
}

function thing({ apiVersion, kind, name }: KubeKey, dependsOn: Json): Json {
  return { name, spec: { apiVersion, kind, spec: { forProvider: { rate: 5 } } }, dependsOn }
}

async function say(key: KubeKey, type: string, status: string): Promise<void> {
  const conditions = [{ type, status, reason: 'Said', message: 'no such quota' }]
  const said = { status: { conditions, atProvider: { arn: 'arn:theirs' } } }
  await client.patch(key, 'merge', said, { subresource: 'status' })
}

test('with the provider kubernetes other controllers make the things, and take them away', async () => {
  await client.create(objectOf('ProviderConfig', 'others', { provider: 'kubernetes' }))
  const source = { name: 'flow', kind: 'Flow', key: 'status.atProvider.arn' }
  const steps = [
    { name: 'flows', resources: [thing(FLOW, [])] },
    { name: 'channels', resources: [thing(CHANNEL, [{ key: 'flowArn', source }])] },
  ]
  await client.create(objectOf('WorkflowTemplate', 'live', { steps }))
  const ref = { providerConfigRef: { name: 'others' } }
  await client.create(objectOf('Event', 'e', { workflowTemplate: { id: 'live' }, ...ref }))
  const flow = await until(async () => await client.get(FLOW), 'the flow')
  await until(async () => room.isIdle, 'rest')
  assert.equal(flow['status'], undefined)
  await say(FLOW, 'Synced', 'False')
  const failing = await becomes(own('Event', 'e'), 'False/ResourceFailed')
  assert.match(JSON.stringify(failing['status']), /Flow flow: no such quota/)
  await say(FLOW, 'Ready', 'True')
  const channel = await until(async () => await client.get(CHANNEL), 'the channel')
  assert.equal(valueAt(channel, ['spec', 'forProvider', 'flowArn']), 'arn:theirs')
  await say(CHANNEL, 'Ready', 'True')
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  await client.delete(own('Event', 'e'))
  await until(async () => (await client.get(own('Event', 'e'))) === undefined, 'the Event to go')
  for (const key of [FLOW, CHANNEL]) assert.equal(await client.get(key), undefined)
})

test('an Event with a lifetime goes after it has run, unless it has made things', async () => {
  const told = { name: 'told', uses: 'event', with: { detailType: 'Told' } }
  await client.create(objectOf('WorkflowTemplate', 'telling', { steps: [told] }))
  const briefly = { 'elemental.aws.livewyer.io/ttl': '0s' }
  const eventOf = (name: string, id: string, annotations: Readonly<Record<string, string>>) => {
    const wish = objectOf('Event', name, { workflowTemplate: { id } })
    return { ...wish, metadata: { ...wish.metadata, annotations } }
  }
  await client.create(eventOf('long', 'telling', { 'elemental.aws.livewyer.io/ttl': '1h' }))
  await becomes(own('Event', 'long'), 'True/WorkflowExecuted')
  await makePlain({ colour: 'red' })
  await client.patch(own('Event', 'e'), 'merge', { metadata: { annotations: briefly } })
  await client.create(eventOf('brief', 'telling', briefly))
  await until(
    async () => (await client.get(own('Event', 'brief'))) === undefined,
    'the Event to go',
  )
  await until(async () => room.isIdle, 'rest')
  for (const name of ['long', 'e']) assert.ok(await client.get(own('Event', name)), name)
})

test('a provider that hangs is told of in the Event, and is asked again', async () => {
  await client.create(objectOf('ProviderConfig', 'default', { provider: 'hanging' }))
  const steps = [{ name: 'flows', resources: [thing(FLOW, [])] }]
  await client.create(objectOf('WorkflowTemplate', 'live', { steps }))
  await client.create(objectOf('Event', 'e', { workflowTemplate: { id: 'live' } }))
  const failing = await becomes(own('Event', 'e'), 'False/ResourceFailed')
  const told = /Flow flow: the provider did not answer within 100 ms/
  assert.match(JSON.stringify(failing['status']), told)
  isHanging = false
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
})

test('an Event whose lifetime is none says so, and runs and stays', async () => {
  const steps = [{ name: 'pause', uses: 'wait', with: { for: '1ms' } }]
  await client.create(objectOf('WorkflowTemplate', 'short', { steps }))
  const wish = objectOf('Event', 'e', { workflowTemplate: { id: 'short' } })
  const annotations = { 'elemental.aws.livewyer.io/ttl': 'soon' }
  await client.create({ ...wish, metadata: { ...wish.metadata, annotations } })
  const done = await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const synced = conditionsOf(done).find(({ type }) => type === 'Synced')
  assert.equal(synced?.reason, 'LifetimeInvalid')
  assert.match(synced?.message ?? '', /ttl: `soon` is no duration, such as `30s`/)
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' })
  const warnings = items.filter((one) => one['reason'] === 'LifetimeInvalid')
  assert.deepEqual(
    warnings.map((one) => [one['type'], one['count']]),
    [['Warning', 1]],
  )
  await client.patch(own('Event', 'e'), 'merge', {
    metadata: { annotations: { 'elemental.aws.livewyer.io/ttl': '1ms' } },
  })
  await until(async () => (await client.get(own('Event', 'e'))) === undefined, 'it to go')
})
