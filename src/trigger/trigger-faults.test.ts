// What is wrong with event triggers, and how people come to know of it.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { triggerStatusOf } from './shapes.ts'
import {
  ORDERED,
  POLICY,
  PROFILE,
  SUBJECT,
  TRIGGER,
  openRegistration,
  type Registration,
  untilSoon as until,
} from './testing.ts'

let world: Registration

beforeEach(async () => {
  world = await openRegistration()
})

afterEach(() => world.close())

test('a ConfigMap that is not there is said so, and waited for', async () => {
  await world.applyExample('swag-ordered')
  const { resourceVersion: _, uid: __, ...metadata } = (await world.client.get(POLICY))!.metadata
  const kept = (await world.client.get(POLICY))!
  await world.client.delete(POLICY)
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: { customer_name: 'N' },
  })
  assert.equal(
    await world.failureOf('swag-ordered'),
    'referenced ConfigMap default/swag-ordered-job does not exist',
  )
  await world.client.create({
    ...kept,
    metadata: { name: metadata.name, namespace: 'default', annotations: metadata.annotations! },
  })
  await world.jobCalled('swag-ordered-s')
})

test('what is wrong with a template stands in the status, in the words of Go', async () => {
  await world.applyExample('{user-saved,swag-ordered}')
  await world.publish('user-saved', {
    source: 'registration',
    type: 'registration.user.saved',
    subject: 'u',
    data: { name: 'x' },
  })
  assert.equal(
    await world.failureOf('user-saved'),
    'template: mgmt-mgmt-user-saved:1:20: executing "mgmt-mgmt-user-saved" at <.CloudEvent.data.user_role>: map has no entry for key "user_role"',
  )
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: {},
  })
  assert.match(await world.failureOf('swag-ordered'), /map has no entry for key "customer_name"/)
})

test('a name that is too long for a job is refused as a real server does, visibly', async () => {
  await world.applyExample('swag-ordered')
  const subject = `user-saved-0-${SUBJECT}-and-more`
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject,
    data: { customer_name: 'N' },
  })
  assert.match(
    await world.failureOf('swag-ordered'),
    /must be no more than 63 (?:characters|bytes)/,
  )
})

test('a trigger gives no rights', async () => {
  await world.applyExample('swag-ordered')
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'all' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'eve', apiGroup: 'rbac.authorization.k8s.io' }],
  }
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(binding) } })
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: {},
  })
  assert.match(await world.failureOf('swag-ordered'), /triggers give no rights/)
  const { apiVersion, kind } = binding
  assert.equal(await world.client.get({ apiVersion, kind, name: 'all' }), undefined)
})

test('what is not supported is said at once, with what to do instead, and nothing is deployed', async () => {
  await world.applyExample('swag-ordered')
  await world.setTrigger({ helmCharts: [{ chartName: 'x' }] })
  const said =
    '`helmCharts` is not supported: render the chart with `helm template` and put the manifests into a ConfigMap that policyRefs names'
  assert.equal(await world.failureOf('swag-ordered'), said)
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N' } })
  const profile = await until(async () => (await world.client.list(PROFILE)).items[0])
  await until(async () => {
    const found = await world.client.get({ ...PROFILE, name: profile.metadata.name })
    return (found?.['status'] as { message?: string } | undefined)?.message === said
  })
  assert.deepEqual(await world.jobs(), [])
  await world.setTrigger({ helmCharts: null, kustomizationRefs: [{ kind: 'GitRepository' }] })
  await until(async () => (await world.failureOf('swag-ordered')).startsWith('`kustomizationRefs`'))
  await world.setTrigger({ kustomizationRefs: [] })
  await world.jobCalled('swag-ordered-s')
  await until(async () => {
    const trigger = await world.client.get({ ...TRIGGER, name: 'swag-ordered' })
    return triggerStatusOf(trigger!).clusterInfo?.[0]?.status === 'Provisioned'
  })
})

test('what has no effect is said of the trigger', async () => {
  await world.applyExample('swag-ordered')
  await world.setTrigger({ reloader: true, validateHealths: [{ name: 'x' }] })
  const messages = async (): Promise<readonly unknown[]> => {
    const { items } = await world.client.list({ apiVersion: 'v1', kind: 'Event' })
    return items.filter(({ reason }) => reason === 'NotSupported').map(({ message }) => message)
  }
  await until(async () => (await messages()).length === 2)
  assert.ok(
    (await messages()).includes(
      '`validateHealths` has no effect: deployed objects are not watched for health',
    ),
  )
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N' } })
  await world.jobCalled('swag-ordered-s')
})

test('policies that are not here are refused with what would be right', async () => {
  await world.applyExample('swag-ordered')
  await world.setTrigger({ policyRefs: [{ kind: 'GitRepository', name: 'x', path: 'y' }] })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  assert.equal(
    await world.failureOf('swag-ordered'),
    'policyRefs of kind GitRepository are not supported: name a ConfigMap or a Secret',
  )
})

test('a template that is mended is rendered anew for what it failed for', async () => {
  await world.applyExample('swag-ordered')
  const wrong = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Wrong_Name' } }
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(wrong) } })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  assert.match(await world.failureOf('swag-ordered'), /a lowercase RFC 1123 subdomain/)
  const right = { ...wrong, metadata: { name: 'right' } }
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(right) } })
  await until(() => world.client.get({ ...POLICY, name: 'right' }))
})

test('a dry run makes nothing and still finds what is wrong', async () => {
  await world.applyExample('swag-ordered')
  await world.setTrigger({ syncMode: 'DryRun' })
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N' } })
  await until(async () => {
    const [profile] = (await world.client.list(PROFILE)).items
    return (profile?.['status'] as { phase?: string } | undefined)?.phase === 'Provisioned'
  })
  assert.deepEqual(await world.jobs(), [])
})
