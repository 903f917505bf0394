// When a provider is asked: once for each reason there is, and later each time while it fails.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { systemClock } from '../base/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { openTestObjects, type TestObjects, untilWithin } from '../objects/testing.ts'
import { conditionsOf } from './judge.ts'
import { API_VERSION } from './names.ts'
import type { Provider } from './provider.ts'
import { openTestRoom } from './testing.ts'
import type { Workflows } from './workflows.ts'

const until = untilWithin(20_000)
const FLOW = {
  apiVersion: 'mediaconnect.aws.livewyer.io/v1alpha1',
  kind: 'Flow',
  namespace: 'default',
  name: 'f',
}
/** Timers may be early by so much, by a clock of another grain. */
const EARLY_MS = 5

let world: TestObjects
let client: KubeClient
let room: Workflows
let trouble: string | undefined
/** When the provider was asked. */
let asked: number[]

const provider: Provider = {
  apply({ object: { metadata } }) {
    asked.push(systemClock.monotonic())
    if (trouble !== undefined) return Promise.reject(new Error(trouble))
    const { name: id } = metadata
    return Promise.resolve({ kind: 'ready', id, properties: {}, connection: {} })
  },
  remove() {
    asked.push(systemClock.monotonic())
    return trouble === undefined ? Promise.resolve(true) : Promise.reject(new Error(trouble))
  },
}

beforeEach(async () => {
  world = await openTestObjects()
  client = world.client
  trouble = undefined
  asked = []
  room = await openTestRoom(world, { aws: provider })
  await client.create({
    apiVersion: API_VERSION,
    kind: 'ProviderConfig',
    metadata: { name: 'default' },
    spec: { provider: 'aws' },
  })
})

afterEach(async () => {
  await room.close()
  await world.close()
})

function createFlow(): Promise<KubeObject> {
  const { apiVersion, kind, ...metadata } = FLOW
  return client.create({ apiVersion, kind, metadata, spec: { forProvider: { rate: 1 } } })
}

/** Once the condition is so, and nothing waits to be looked at. */
async function comesToRest(reason: string): Promise<KubeObject> {
  return until(async () => {
    const found = await client.get(FLOW)
    const conditions = found === undefined ? [] : conditionsOf(found)
    return room.isIdle && conditions.some((one) => one.reason === reason) && found
  }, reason)
}

function gaps(): readonly number[] {
  return asked.slice(1).map((at, index) => at - asked[index]!)
}

test('a provider that fails is asked once, and then later each time', async () => {
  trouble = 'the service is down'
  await createFlow()
  await until(async () => asked.length === 3, 'three tries')
  const [first, second] = gaps()
  assert.ok(first! >= 1000 - EARLY_MS, `asked again after ${first} ms`)
  assert.ok(second! >= 2000 - EARLY_MS, `asked again after ${second} ms`)
})

test('a provider that fails to take a thing away is asked once, and then later', async () => {
  await createFlow()
  await comesToRest('Available')
  asked = []
  trouble = 'it is in use'
  await client.delete(FLOW)
  await until(async () => asked.length === 2, 'two tries')
  assert.ok(gaps()[0]! >= 1000 - EARLY_MS, `asked again after ${gaps()[0]} ms`)
  trouble = undefined
  await until(async () => (await client.get(FLOW)) === undefined, 'it to go')
})

test('what the provider said last is no reason to ask it again; what somebody changes is', async () => {
  await createFlow()
  await comesToRest('Available')
  assert.equal(asked.length, 1)
  await client.patch(FLOW, 'merge', { spec: { forProvider: { rate: 2 } } })
  await until(async () => asked.length === 2, 'it to be asked again')
  await comesToRest('Available')
  await client.patch(FLOW, 'merge', { status: { conditions: [] } }, { subresource: 'status' })
  await comesToRest('Available')
  assert.equal(asked.length, 3)
})

test('a ProviderConfig or a Secret that is mended is reason to ask at once', async () => {
  trouble = 'who are you'
  await createFlow()
  await comesToRest('ReconcileError')
  trouble = undefined
  const key = { apiVersion: API_VERSION, kind: 'ProviderConfig', name: 'default' }
  await client.patch(key, 'merge', { spec: { region: 'eu-west-1' } })
  await until(async () => asked.length === 2, 'it to be asked at once')
  assert.ok(gaps()[0]! < 900, `asked again after ${gaps()[0]} ms`)
})
