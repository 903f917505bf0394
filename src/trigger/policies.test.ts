// What event triggers deploy: ConfigMaps and Secrets with templates and without.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import {
  ORDERED,
  POLICY,
  PROFILE,
  openRegistration,
  type Registration,
  untilSoon as until,
} from './testing.ts'

let world: Registration

beforeEach(async () => {
  world = await openRegistration()
})

afterEach(() => world.close())

function plainManifest(value: string): string {
  const metadata = { name: 'plain' }
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } })
}

function emptyMap(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: {} })
}

test('a ConfigMap without templates is deployed as it is, and again when it changes', async () => {
  await world.applyExample('swag-ordered')
  const annotations = { 'projectsveltos.io/instantiate': null }
  await world.client.patch(POLICY, 'merge', {
    metadata: { annotations },
    data: { 'job.yaml': plainManifest('{{ .x }}') },
  })
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: {},
  })
  const value = async (): Promise<string | undefined> => {
    const plain = await world.client.get({ ...POLICY, name: 'plain' })
    return (plain?.['data'] as { value: string } | undefined)?.value
  }
  await until(async () => (await value()) === '{{ .x }}')
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': plainManifest('two') } })
  await until(async () => (await value()) === 'two')
})

test('what cannot be changed fails, and is made anew where its policy forces it', async () => {
  await world.applyExample('swag-ordered')
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed' }, immutable: true }
  const template = JSON.stringify({ ...map, data: { value: '{{ .CloudEvent.data.n }}' } })
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': template } })
  const fixed = { ...POLICY, name: 'fixed' }
  await world.publish('swag-ordered', { ...ORDERED, data: { n: 1 } })
  const before = await until(() => world.client.get(fixed))
  await world.publish('swag-ordered', { ...ORDERED, data: { n: 2 } })
  assert.match(await world.failureOf('swag-ordered'), /field is immutable/)
  const reference = {
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
    force: true,
  }
  await world.setTrigger({ policyRefs: [reference] })
  const after = await until(async () => {
    const found = await world.client.get(fixed)
    return found !== undefined && found.metadata.uid !== before.metadata.uid ? found : undefined
  })
  assert.deepEqual(after['data'], { value: '2' })
})

test('drift is mended where that is asked for', async () => {
  await world.applyExample('swag-ordered')
  await world.setTrigger({ syncMode: 'ContinuousWithDriftDetection' })
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'plain' },
    data: { value: 'kept' },
  }
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(map) } })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  const plain = { ...POLICY, name: 'plain' }
  await until(() => world.client.get(plain))
  await world.client.patch(plain, 'merge', { data: { value: 'changed' } })
  // Every look mends it; a restart is one that need not be waited for.
  await world.restart()
  await until(async () => {
    const found = await world.client.get(plain)
    return (found?.['data'] as { value: string } | undefined)?.value === 'kept'
  })
})

test('a second round of templates sees the objects that the trigger refers to', async () => {
  await world.applyExample('swag-ordered')
  const resource = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: 'default',
    name: '{{ .CloudEvent.subject }}-secret',
  }
  await world.client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 's-secret' },
    data: { word: Buffer.from('hidden').toString('base64') },
  })
  await world.setTrigger({ templateResourceRefs: [{ resource, identifier: 'Found' }] })
  const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .CloudEvent.subject }}-map" }
data: { word: '{{ "{{" }} (getResource "Found").data.word | b64dec {{ "}}" }}', role: '{{ "{{" }} .Cluster.metadata.labels.role {{ "}}" }}' }
`
  await world.client.patch(POLICY, 'merge', {
    metadata: { annotations: { 'projectsveltos.io/template': 'ok' } },
    data: { 'job.yaml': template },
  })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  const made = await until(() => world.client.get({ ...POLICY, name: 's-map' }))
  assert.deepEqual(made['data'], { word: 'hidden', role: 'deploy' })
  const text = JSON.stringify((await world.client.list(PROFILE)).items)
  assert.ok(!text.includes('hidden'), 'a profile keeps nothing secret')
})

test('a Secret may hold the template, a missing one may be optional, and what is left out of it goes', async () => {
  await world.applyExample('swag-ordered')
  const policy = { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'policy' }
  const stringData = { 'a.yaml': emptyMap('one'), 'b.yaml': emptyMap('two') }
  await world.client.create({
    ...policy,
    metadata: { namespace: 'default', name: 'policy' },
    stringData,
  })
  const policyRefs = [
    { kind: 'Secret', namespace: 'default', name: 'policy' },
    { kind: 'ConfigMap', namespace: 'default', name: 'nowhere', optional: true },
  ]
  await world.setTrigger({ policyRefs })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  await until(() => world.client.get({ ...POLICY, name: 'two' }))
  await world.client.patch(policy, 'merge', { data: { 'b.yaml': null } })
  await until(async () => (await world.client.get({ ...POLICY, name: 'two' })) === undefined)
  assert.notEqual(await world.client.get({ ...POLICY, name: 'one' }), undefined)
})
