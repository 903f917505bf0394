// The room over real objects in memory: Events become workflows, workflows become things, and go again.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../base/index.ts'
import type { KubeClient, KubeKey, KubeObject } from '../objects/index.ts'
import { openTestObjects, type TestObjects, untilWithin } from '../objects/testing.ts'
import type { Json } from '../structure/index.ts'
import { conditionsOf } from './judge.ts'
import { isObject, type JsonObject, valueAt } from './json-tree.ts'
import { API_VERSION } from './names.ts'
import type { CallRequest, Outside, WorkflowNews } from './outside.ts'
import type { Provider } from './provider.ts'
import { openWorkflows, type Workflows } from './workflows.ts'

const until = untilWithin(8000)

const FLOW = 'mediaconnect.aws.livewyer.io/v1alpha1'
const LIVE = 'medialive.aws.livewyer.io/v1alpha1'

let world: TestObjects
let client: KubeClient
let room: Workflows
let news: WorkflowNews[]
let calls: CallRequest[]
/** What the provider `aws` of these tests says when it is asked. */
let trouble: string | undefined

beforeEach(async () => {
  world = await openTestObjects()
  client = world.client
  news = []
  calls = []
  trouble = undefined
  room = await open()
})

afterEach(async () => {
  await room.close()
  await world.close()
})

function open(): Promise<Workflows> {
  const outside: Outside = {
    callFunction: async (request) => {
      calls.push(request)
      return { kind: 'done', output: { answer: 42 } }
    },
    callHttp: async () => ({ kind: 'failed', message: 'refused', isFinal: true }),
    putEvent: async () => ({ kind: 'done', output: {} }),
    awaitEvent: async () => ({ kind: 'done', output: {} }),
    position: () => '0',
    publish: async (list) => void news.push(...list),
  }
  const broken: Provider = {
    async apply({ object }) {
      if (trouble !== undefined) throw new Error(trouble)
      const { name } = object.metadata
      return { kind: 'ready', id: name, arn: `arn:${name}`, properties: {}, connection: {} }
    },
    async remove({ config }) {
      // As services do that say back what they were sent.
      if (trouble !== undefined) throw new Error(`${trouble}: ${JSON.stringify(config.secret)}`)
      return true
    },
  }
  return openWorkflows({
    client,
    clock: systemClock,
    random: seededRandom(3),
    logger: silentLogger,
    outside,
    renderText: (text) => text,
    isNamespaced: (of) => world.objects.types.find(of)?.namespaced,
    providers: { aws: broken },
  })
}

/** Looks again until something is there. */

function own(kind: string, name: string, namespace: string | undefined = 'default'): KubeKey {
  const place = kind.startsWith('X') || kind === 'ProviderConfig' ? {} : { namespace }
  return { apiVersion: API_VERSION, kind, name, ...place }
}

function objectOf(kind: string, name: string, spec: JsonObject, annotations = {}): KubeObject {
  const { apiVersion, namespace } = own(kind, name)
  const place = namespace === undefined ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place, annotations }, spec }
}

function thing(kind: string, name: string, forProvider: Json, dependsOn: Json = []): Json {
  const apiVersion = kind === 'Flow' ? FLOW : LIVE
  return { name, spec: { apiVersion, kind, spec: { forProvider } }, dependsOn }
}

const TEMPLATE = objectOf('WorkflowTemplate', 'live', {
  steps: [
    { name: 'flows', resources: [thing('Flow', '{{ show }}-flow', { rate: '{{ rate }}' })] },
    {
      name: 'channels',
      resources: [
        thing('Channel', '{{ show }}-channel', { inputs: '{{ inputs }}' }, [
          {
            key: 'flowArn',
            source: { name: '{{ show }}-flow', kind: 'Flow', key: 'status.atProvider.arn' },
          },
        ]),
      ],
    },
  ],
})

function event(name: string, parameters: JsonObject, rest: JsonObject = {}): KubeObject {
  return objectOf('Event', name, { workflowTemplate: { id: 'live', parameters }, ...rest })
}

const GIVEN = { show: 'x', rate: 5, inputs: ['a', { b: true }] }

function ready(object: KubeObject | undefined): string {
  const one =
    object === undefined ? undefined : conditionsOf(object).find((c) => c.type === 'Ready')
  return `${one?.status}/${one?.reason}`
}

function becomes(key: KubeKey, wanted: string): Promise<KubeObject> {
  return until(async () => {
    const found = await client.get(key)
    return ready(found) === wanted && found
  }, `${key.kind} ${key.name} to be ${wanted}`)
}

async function providerOf(apiVersion: string, kind: string, name: string): Promise<JsonObject> {
  const found = await client.get({ apiVersion, kind, namespace: 'default', name })
  const value = valueAt(found, ['spec', 'forProvider'])
  assert.ok(isObject(value), `${kind} ${name} is there`)
  return value
}

test('an Event runs its template: values keep their types, flow on, and its status says so', async () => {
  await client.create(TEMPLATE)
  const wish = { forProvider: { region: 'eu-west-1', tags: { Team: 'news' } } }
  await client.create(event('e', GIVEN, wish))
  const done = await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const shown = valueAt(done, ['status', 'atProvider']) as JsonObject
  assert.equal(shown['workflowStatus'], 'Completed')
  assert.equal(shown['resourcesCreated'], 2)
  assert.match(JSON.stringify(shown['executionTime']), /^"\d{4}-.*Z"$/)
  const common = { region: 'eu-west-1', tags: { Team: 'news' } }
  assert.deepEqual(await providerOf(FLOW, 'Flow', 'x-flow'), { rate: 5, ...common })
  const channel = await providerOf(LIVE, 'Channel', 'x-channel')
  assert.deepEqual(channel['inputs'], ['a', { b: true }])
  assert.match(JSON.stringify(channel['flowArn']), /^"arn:aws:mediaconnect:eu-west-1:/)
  const flow = await client.get({
    apiVersion: FLOW,
    kind: 'Flow',
    namespace: 'default',
    name: 'x-flow',
  })
  const labels = flow!.metadata.labels!
  assert.deepEqual(
    ['event', 'workflow', 'template'].map((label) => labels[`elemental.aws.livewyer.io/${label}`]),
    ['e', 'e', 'live'],
  )
  assert.equal(flow!.metadata.ownerReferences![0]!.kind, 'Workflow')
  const told = await until(async () => news.some((one) => one.what === 'completed') && news, 'news')
  assert.deepEqual(
    told
      .filter(({ what }) => what.startsWith('step.completed'))
      .map(({ detail }) => detail['step']),
    ['flows', 'channels'],
  )
})

test('a template that is not there is named, and making it later is enough', async () => {
  await client.create(event('e', GIVEN))
  const waiting = await becomes(own('Event', 'e'), 'False/TemplateNotFound')
  assert.match(
    JSON.stringify(waiting['status']),
    /there is no WorkflowTemplate `live` in namespace/,
  )
  await client.create(TEMPLATE)
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
})

test('what is wrong with the parameters is told at once, and nothing is made', async () => {
  const parameters = {
    type: 'object',
    required: ['show', 'rate'],
    properties: { show: { type: 'string' }, rate: { type: 'integer' }, inputs: { default: [] } },
  }
  await client.create({ ...TEMPLATE, spec: { ...(TEMPLATE['spec'] as object), parameters } })
  await client.create(event('e', { rate: 'fast' }))
  const refused = await becomes(own('Event', 'e'), 'False/ParametersInvalid')
  const { message } = conditionsOf(refused).find((one) => one.type === 'Ready')!
  assert.match(message!, /parameters\.show: Required.*parameters\.rate.*type integer/)
  assert.equal(await client.get(own('Workflow', 'e')), undefined)
})

test('a changed parameter changes what was made, and what is wanted no more goes', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const key = { apiVersion: FLOW, kind: 'Flow', namespace: 'default', name: 'x-flow' }
  const { uid } = (await client.get(key))!.metadata
  const change = { workflowTemplate: { id: 'live', parameters: { ...GIVEN, rate: 6 } } }
  await client.patch(own('Event', 'e'), 'merge', { spec: change })
  await until(async () => (await providerOf(FLOW, 'Flow', 'x-flow'))['rate'] === 6, 'the new rate')
  assert.equal((await client.get(key))!.metadata.uid, uid)
  const other = { workflowTemplate: { id: 'live', parameters: { ...GIVEN, show: 'y' } } }
  await client.patch(own('Event', 'e'), 'merge', { spec: other })
  await until(async () => (await client.get(key)) === undefined, 'the old flow to go')
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  assert.ok(await client.get({ ...key, name: 'y-flow' }))
})

test('the same Event applied again writes nothing', async () => {
  await client.create(TEMPLATE)
  const wish = event('e', GIVEN)
  await client.create(wish)
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  await until(async () => room.isIdle, 'rest')
  const key = { apiVersion: LIVE, kind: 'Channel', namespace: 'default', name: 'x-channel' }
  const versions = async (): Promise<readonly (string | undefined)[]> =>
    Promise.all([client.get(key), client.get(own('Workflow', 'e'))]).then((all) =>
      all.map((one) => one?.metadata.resourceVersion),
    )
  const before = await versions()
  await client.patch(own('Event', 'e'), 'apply', wish as unknown as Json, {
    fieldManager: 'kubectl',
    force: true,
  })
  await until(async () => room.isIdle, 'rest')
  assert.deepEqual(await versions(), before)
})

test('deleting an Event takes everything away, the last first; Orphan leaves the things', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN))
  await client.create(event('kept', { ...GIVEN, show: 'k' }, { deletionPolicy: 'Orphan' }))
  for (const name of ['e', 'kept']) await becomes(own('Event', name), 'True/WorkflowExecuted')
  const gone: string[] = []
  const stop = new AbortController()
  const watching = Promise.all(
    (
      [
        [FLOW, 'Flow'],
        [LIVE, 'Channel'],
      ] as const
    ).map(async ([apiVersion, kind]) => {
      const watch = client.watch({ apiVersion, kind }, { signal: stop.signal })
      for await (const change of watch)
        if (change.type === 'DELETED') gone.push(change.object.metadata.name)
    }),
  )
  for (const name of ['e', 'kept']) await client.delete(own('Event', name))
  for (const name of ['e', 'kept'])
    await until(async () => (await client.get(own('Event', name))) === undefined, `${name} to go`)
  assert.equal(await client.get(own('Workflow', 'e')), undefined)
  await until(async () => gone.length === 2, 'both things to go')
  stop.abort()
  await watching
  assert.deepEqual(gone, ['x-channel', 'x-flow'])
  const kept = await client.get({
    apiVersion: FLOW,
    kind: 'Flow',
    namespace: 'default',
    name: 'k-flow',
  })
  assert.deepEqual(kept!.metadata.ownerReferences ?? [], [])
})

test('a provider that fails is shown as it is, and is tried until it does not', async () => {
  trouble = 'the service is down'
  await client.create(objectOf('ProviderConfig', 'aws', { provider: 'aws' }))
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN, { providerConfigRef: { name: 'aws' } }))
  const failing = await becomes(own('Event', 'e'), 'False/ResourceFailed')
  assert.match(JSON.stringify(failing['status']), /Flow x-flow: the service is down/)
  trouble = undefined
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const flow = await client.get({
    apiVersion: FLOW,
    kind: 'Flow',
    namespace: 'default',
    name: 'x-flow',
  })
  assert.equal(ready(flow), 'True/Available')
})

test('what a service says back of its credentials is in no status and no event', async () => {
  const data = { aws_secret_access_key: Buffer.from('do-not-show-me').toString('base64') }
  const metadata = { name: 'keys', namespace: 'default' }
  await client.create({ apiVersion: 'v1', kind: 'Secret', metadata, data })
  const credentials = { source: 'Secret', secretRef: metadata }
  await client.create(objectOf('ProviderConfig', 'aws', { provider: 'aws', credentials }))
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN, { providerConfigRef: { name: 'aws' } }))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  trouble = 'it is in use'
  const key = { apiVersion: FLOW, kind: 'Flow', namespace: 'default', name: 'x-flow' }
  await client.delete(key)
  await until(async () =>
    JSON.stringify((await client.get(key))?.['status']).includes('it is in use'),
  )
  const told = await client.list({ apiVersion: 'v1', kind: 'Event' })
  const shown = JSON.stringify([await client.get(key), told.items])
  assert.doesNotMatch(shown, /do-not-show-me/)
  assert.match(shown, /\[masked\]/)
  trouble = undefined
})

test('a ProviderConfig that is not there is named, and making it is enough', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN, { providerConfigRef: { name: 'mine' } }))
  const failing = await becomes(own('Event', 'e'), 'False/ResourceFailed')
  assert.match(JSON.stringify(failing['status']), /there is no ProviderConfig `mine`/)
  await client.create(objectOf('ProviderConfig', 'mine', { provider: 'local' }))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
})

test('Observe makes nothing outside, and says so', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN, { managementPolicies: ['Observe'] }))
  const seen = await becomes(own('Event', 'e'), 'False/ResourceFailed')
  assert.match(JSON.stringify(seen['status']), /managementPolicies do not let it be made/)
})

test('connection details land in a Secret of each resource, and in the one that is named', async () => {
  await client.create(TEMPLATE)
  const metadata = { labels: { for: 'players' }, type: 'Opaque' }
  const wish = {
    writeConnectionSecretsToNamespace: 'default',
    publishConnectionDetailsTo: { name: 'all', metadata },
  }
  await client.create(event('e', GIVEN, wish))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const secret = (name: string): Promise<KubeObject | undefined> =>
    client.get({ apiVersion: 'v1', kind: 'Secret', namespace: 'default', name })
  const one = await secret('x-flow-flow-connection')
  const arn = Buffer.from((one!['data'] as { arn: string }).arn, 'base64').toString()
  assert.match(arn, /^arn:aws:mediaconnect:/)
  const all = (await secret('all'))!
  assert.equal(all['type'], 'Opaque')
  assert.equal(all.metadata.labels!['for'], 'players')
  const keys = Object.keys(all['data'] as object)
  assert.ok(keys.includes('x-flow.arn') && keys.includes('x-channel.id'), String(keys))
  await client.delete(own('Event', 'e'))
  await until(async () => (await secret('all')) === undefined, 'the Secret to go')
})

test('a parameter from a Secret reaches what is called, and is shown nowhere', async () => {
  const data = { token: Buffer.from('hush-hush-42').toString('base64') }
  const metadata = { name: 's', namespace: 'default' }
  await client.create({ apiVersion: 'v1', kind: 'Secret', metadata, data })
  const steps = [
    { name: 'tell', uses: 'function', with: { name: 'f', payload: { token: '{{ token }}' } } },
    { name: 'make', resources: [thing('Flow', 'sf', { key: 'k={{ token }}' })] },
  ]
  await client.create(objectOf('WorkflowTemplate', 'live', { steps }))
  const parametersFrom = [{ secretKeyRef: { name: 's', key: 'token' } }]
  await client.create(objectOf('Event', 'e', { workflowTemplate: { id: 'live', parametersFrom } }))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  assert.deepEqual(calls[0]!.with['payload'], { token: 'hush-hush-42' })
  const kinds = [
    own('Event', ''),
    own('Workflow', ''),
    { apiVersion: FLOW, kind: 'Flow' },
    { apiVersion: 'v1', kind: 'Event' },
  ]
  for (const type of kinds) {
    const text = JSON.stringify(await client.list(type))
    assert.ok(!text.includes('hush-hush-42'), type.kind)
  }
  assert.equal((await providerOf(FLOW, 'Flow', 'sf'))['key'], 'k=${secret:default/s/token}')
})

test('a workflow that is interrupted goes on after a restart, and makes nothing twice', async () => {
  trouble = 'not yet'
  await client.create(objectOf('ProviderConfig', 'aws', { provider: 'aws' }))
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN, { providerConfigRef: { name: 'aws' } }))
  await becomes(own('Event', 'e'), 'False/ResourceFailed')
  const key = { apiVersion: FLOW, kind: 'Flow', namespace: 'default', name: 'x-flow' }
  const { uid } = (await client.get(key))!.metadata
  await room.close()
  trouble = undefined
  room = await open()
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  assert.equal((await client.get(key))!.metadata.uid, uid)
})

test('an XEvent runs a template of the cluster', async () => {
  const { spec } = TEMPLATE
  const metadata = { name: 'live' }
  await client.create({ apiVersion: API_VERSION, kind: 'XWorkflowTemplate', metadata, spec })
  const wish = { workflowTemplate: { id: 'live', parameters: GIVEN } }
  await client.create(objectOf('XEvent', 'x', wish))
  await becomes(own('XEvent', 'x'), 'True/WorkflowExecuted')
  assert.ok(await providerOf(FLOW, 'Flow', 'x-flow'))
  await client.delete(own('XEvent', 'x'))
  await until(async () => (await client.get(own('XEvent', 'x'))) === undefined, 'it to go')
  const key = { apiVersion: FLOW, kind: 'Flow', namespace: 'default', name: 'x-flow' }
  assert.equal(await client.get(key), undefined)
})

test('a claim is found among core Events by its own name, and its steps are told there', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  const pointer = await until(async () => {
    const found = await client.get({
      apiVersion: 'v1',
      kind: 'Event',
      namespace: 'default',
      name: 'e',
    })
    return found?.['reason'] === 'WorkflowExecuted' && found
  }, 'the pointer')
  assert.match(
    String(pointer['message']),
    /kubectl describe events\.elemental\.aws\.livewyer\.io e/,
  )
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' })
  const said = items.filter((one) => valueAt(one, ['involvedObject', 'kind']) === 'Event')
  assert.ok(said.some((one) => one['message'] === 'step `flows` has completed'))
})

test('a failed step can be tried again, and a running workflow cancelled, by an annotation', async () => {
  const steps = [{ name: 'call', uses: 'http', with: { url: 'http://x' } }]
  await client.create(objectOf('WorkflowTemplate', 'live', { steps }))
  await client.create(event('e', {}))
  await becomes(own('Event', 'e'), 'False/ResourceFailed')
  const annotations = { 'elemental.aws.livewyer.io/retry': 'one' }
  await client.patch(own('Workflow', 'e'), 'merge', { metadata: { annotations } })
  await until(async () => {
    const found = await client.get(own('Workflow', 'e'))
    return valueAt(found, ['status', 'run', 'steps', '0', 'attempt']) === 2
  }, 'another attempt')
  const waiting = [{ name: 'pause', uses: 'wait', with: { for: '1h' } }]
  await client.create(objectOf('WorkflowTemplate', 'slow', { steps: waiting }))
  await client.create(objectOf('Event', 'slow', { workflowTemplate: { id: 'slow' } }))
  await becomes(own('Workflow', 'slow'), 'False/Progressing')
  const stop = { 'elemental.aws.livewyer.io/cancel': 'now' }
  await client.patch(own('Workflow', 'slow'), 'merge', { metadata: { annotations: stop } })
  await becomes(own('Event', 'slow'), 'False/Cancelled')
})

test('an object of another workflow is left alone, and that is said', async () => {
  await client.create(TEMPLATE)
  await client.create(event('e', GIVEN))
  await becomes(own('Event', 'e'), 'True/WorkflowExecuted')
  await client.create(event('rival', GIVEN))
  const refused = await becomes(own('Event', 'rival'), 'False/ResourceFailed')
  assert.match(JSON.stringify(refused['status']), /belongs to workflow `e`/)
})
