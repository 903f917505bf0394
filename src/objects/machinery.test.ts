// What the machinery does by itself: kinds of CRDs, owners and dependents, namespaces that go.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { seededRandom, silentLogger, systemClock } from '../base/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { EventRecorder } from './event-recorder.ts'
import type { KubeClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import type { KubeKey, KubeObject, KubeOwner } from './kube-object.ts'
import { openMachinery } from './machinery.ts'
import { openTestObjects, type TestObjects, untilWithin } from './testing.ts'

const until = untilWithin(5000)

let world: TestObjects
let client: KubeClient

beforeEach(async () => {
  world = await openTestObjects()
  client = world.client
})

afterEach(() => world.close())

/** Looks again until it holds. */

function configMap(name: string, owner?: KubeOwner, namespace = 'default'): KubeObject {
  const metadata = { name, namespace, ...(owner === undefined ? {} : { ownerReferences: [owner] }) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} }
}

function keyOf(name: string, namespace = 'default'): KubeKey {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name }
}

function ownerOf({ metadata }: KubeObject, blockOwnerDeletion = true): KubeOwner {
  const { name, uid } = metadata
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: uid!, blockOwnerDeletion }
}

function widgets(rest: object = {}, plural = 'widgets'): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.gold.test` },
    spec: {
      group: 'gold.test',
      scope: 'Namespaced',
      names: { plural, kind: 'Widget', shortNames: ['wd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                apiVersion: { type: 'string' },
                spec: {
                  type: 'object',
                  properties: { size: { type: 'integer', minimum: 1, default: 5 } },
                },
              },
            },
          },
        },
      ],
      ...rest,
    },
  }
}

const WIDGET: KubeObject = {
  apiVersion: 'gold.test/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'default' },
  spec: {},
}

const WIDGETS = { apiVersion: 'gold.test/v1', kind: 'Widget' }
const CRD_KEY: KubeKey = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  name: 'widgets.gold.test',
}

async function isServed(): Promise<boolean> {
  return Promise.resolve(world.objects.types.find(WIDGETS) !== undefined)
}

async function conditionsOf(name: string): Promise<Record<string, string>> {
  const definition = await client.get({ ...CRD_KEY, name })
  const status = definition?.['status'] as
    | { readonly conditions?: readonly { type: string; status: string }[] }
    | undefined
  return Object.fromEntries((status?.conditions ?? []).map((one) => [one.type, one.status]))
}

test('a CRD makes a kind, with its defaults, its rules and its columns', async () => {
  await client.create(widgets())
  await until(isServed)
  const created = await client.create(WIDGET)
  assert.deepEqual(created['spec'], { size: 5 })
  const small = { ...WIDGET, metadata: { ...WIDGET.metadata, name: 'x' }, spec: { size: 0 } }
  await assert.rejects(client.create(small), (error) => isKubeError(error, 'Invalid'))
  const type = world.objects.types.find(WIDGETS)!
  assert.deepEqual(
    type.columns.map((column) => [column.name, column.cell(created, 0)]),
    [
      ['Name', 'w'],
      ['Size', 5],
    ],
  )
  await until(async () => (await conditionsOf('widgets.gold.test'))['Established'] === 'True')
  const definition = (await client.get(CRD_KEY))!
  const spec = definition['spec'] as { names: object }
  assert.deepEqual(spec.names, {
    kind: 'Widget',
    listKind: 'WidgetList',
    plural: 'widgets',
    shortNames: ['wd'],
    singular: 'widget',
  })
})

test('a CRD that is deleted takes its objects with it', async () => {
  await client.create(widgets())
  await until(isServed)
  await client.create({ ...WIDGET, metadata: { ...WIDGET.metadata, finalizers: ['x.test/f'] } })
  await client.delete(CRD_KEY)
  await until(async () => {
    const widget = await client.get({ ...WIDGETS, name: 'w', namespace: 'default' })
    return widget?.metadata.deletionTimestamp !== undefined
  })
  assert.notEqual(await client.get(CRD_KEY), undefined)
  await client.patch({ ...WIDGETS, name: 'w', namespace: 'default' }, 'merge', {
    metadata: { finalizers: null },
  })
  await until(async () => (await client.get(CRD_KEY)) === undefined)
  await until(async () => !(await isServed()))
})

test('a name that is taken is told in the status, and taken over when it is free', async () => {
  await client.create(widgets())
  await until(isServed)
  const other = widgets({ names: { plural: 'gadgets', kind: 'Widget' } }, 'gadgets')
  await client.create(other)
  await until(async () => (await conditionsOf('gadgets.gold.test'))['NamesAccepted'] === 'False')
  await client.delete(CRD_KEY)
  await until(async () => (await conditionsOf('gadgets.gold.test'))['NamesAccepted'] === 'True')
})

test('a CRD that is not structural is refused with every fault', async () => {
  const bad = widgets({
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { properties: { list: { type: 'array' } } } },
          },
        },
      },
    ],
  })
  await assert.rejects(client.create(bad), (error) => {
    assert.ok(isKubeError(error, 'Invalid'))
    assert.match(error.message, /properties\[spec\]\.type: Required value: must not be empty/)
    assert.match(error.message, /properties\[list\]\.items: Required value: must be specified/)
    return true
  })
})

test('kinds of CRDs are served again after a restart', async () => {
  const { rows } = openMemoryStore()
  const parts = { rows, clock: systemClock, random: seededRandom(1), logger: silentLogger }
  const first = await openMachinery(parts)
  await first.objects.client().create(widgets())
  await until(async () => Promise.resolve(first.objects.types.find(WIDGETS) !== undefined))
  await until(async () => {
    const status = (await first.objects.client().get(CRD_KEY))!['status']
    return Promise.resolve(JSON.stringify(status)?.includes('Established') ?? false)
  })
  await first.close()
  const second = await openMachinery(parts)
  assert.notEqual(second.objects.types.find(WIDGETS), undefined)
  await second.close()
})

test('dependents go when their last owner has gone', async () => {
  const [one, two] = [await client.create(configMap('one')), await client.create(configMap('two'))]
  await client.create(configMap('child', ownerOf(one)))
  const both = { ...configMap('both').metadata, ownerReferences: [ownerOf(one), ownerOf(two)] }
  await client.create({ ...configMap('both'), metadata: both })
  await client.delete(keyOf('one'))
  await until(async () => (await client.get(keyOf('child'))) === undefined)
  await until(async () => {
    const left = await client.get(keyOf('both'))
    return left?.metadata.ownerReferences?.length === 1
  })
  await client.delete(keyOf('two'))
  await until(async () => (await client.get(keyOf('both'))) === undefined)
})

test('an owner that goes in the foreground goes last', async () => {
  const owner = await client.create(configMap('owner'))
  const child = configMap('child', ownerOf(owner))
  await client.create({ ...child, metadata: { ...child.metadata, finalizers: ['x.test/f'] } })
  await client.delete(keyOf('owner'), { propagationPolicy: 'Foreground' })
  await until(async () => {
    const marked = await client.get(keyOf('child'))
    return marked?.metadata.deletionTimestamp !== undefined
  })
  assert.notEqual(await client.get(keyOf('owner')), undefined)
  const marked = (await client.get(keyOf('child')))!
  const left = (marked.metadata.finalizers ?? []).filter((one) => one !== 'x.test/f')
  await client.update({ ...marked, metadata: { ...marked.metadata, finalizers: left } })
  await until(async () => (await client.get(keyOf('owner'))) === undefined)
})

test('orphans stay, without their owner', async () => {
  const owner = await client.create(configMap('owner'))
  await client.create(configMap('child', ownerOf(owner)))
  await client.delete(keyOf('owner'), { propagationPolicy: 'Orphan' })
  await until(async () => (await client.get(keyOf('owner'))) === undefined)
  const child = await client.get(keyOf('child'))
  assert.deepEqual(child?.metadata.ownerReferences ?? [], [])
})

test('a namespace that goes takes what is in it, and lets nothing new in', async () => {
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gold' } })
  const kept = configMap('kept', undefined, 'gold')
  await client.create({ ...kept, metadata: { ...kept.metadata, finalizers: ['x.test/f'] } })
  await client.create(configMap('other', undefined, 'gold'))
  const key = { apiVersion: 'v1', kind: 'Namespace', name: 'gold' }
  await client.delete(key)
  await until(async () => (await client.get(keyOf('other', 'gold'))) === undefined)
  await assert.rejects(client.create(configMap('new', undefined, 'gold')), (error) => {
    assert.ok(isKubeError(error, 'Forbidden'))
    assert.equal(
      error.message,
      'configmaps "new" is forbidden: unable to create new content in namespace gold because it is being terminated',
    )
    return true
  })
  const namespace = await client.get(key)
  assert.equal((namespace!['status'] as { phase: string }).phase, 'Terminating')
  await client.patch(keyOf('kept', 'gold'), 'merge', { metadata: { finalizers: null } })
  await until(async () => (await client.get(key)) === undefined)
})

test('what is said again of an object is counted', async () => {
  const owner = await client.create(configMap('owner'))
  const parts = { client, clock: systemClock, random: seededRandom(3), component: 'tester' }
  const recorder = new EventRecorder(parts)
  const saying = { type: 'Normal', reason: 'Made', message: 'made it' } as const
  await recorder.record(owner, saying)
  await recorder.record(owner, saying)
  await recorder.record(owner, { ...saying, message: 'made another' })
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Event' })
  const counts = items.map((event) => [String(event['message']), event['count']])
  assert.deepEqual(Object.fromEntries(counts), { 'made it': 2, 'made another': 1 })
})
