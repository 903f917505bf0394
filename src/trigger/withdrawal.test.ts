// What event triggers take back, and what they leave.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import {
  ORDERED,
  POLICY,
  PROFILE,
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

test('a trigger that goes takes with it what it deployed', async () => {
  await world.applyExample('swag-ordered')
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: { customer_name: 'N' },
  })
  await world.jobCalled('swag-ordered-s')
  await world.client.delete({ ...TRIGGER, name: 'swag-ordered' })
  await until(async () => (await world.jobs()).length === 0)
  await until(async () => (await world.client.list(PROFILE)).items.length === 0)
})

test('a trigger that leaves its policies leaves what it deployed', async () => {
  await world.applyExample('swag-ordered')
  await world.client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', {
    spec: { stopMatchingBehavior: 'LeavePolicies' },
  })
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: { customer_name: 'N' },
  })
  await world.jobCalled('swag-ordered-s')
  await world.client.delete({ ...TRIGGER, name: 'swag-ordered' })
  await until(async () => (await world.client.list(PROFILE)).items.length === 0)
  assert.equal((await world.jobs()).length, 1)
})

test('what a cluster is not chosen for any more is withdrawn', async () => {
  await world.applyExample('swag-ordered')
  await world.publish('swag-ordered', {
    ...ORDERED,
    data: { customer_name: 'N' },
  })
  await world.jobCalled('swag-ordered-s')
  const cluster = {
    apiVersion: TRIGGER.apiVersion,
    kind: 'SveltosCluster',
    namespace: 'mgmt',
    name: 'mgmt',
  }
  await world.client.patch(cluster, 'merge', { metadata: { labels: { role: 'other' } } })
  await until(async () => (await world.jobs()).length === 0)
})

test('an event that says Delete takes back what the one before it made', async () => {
  await world.applyExample('swag-ordered')
  const cloudEventAction = '{{ if .CloudEvent.data.gone }}Delete{{ else }}Create{{ end }}'
  await world.client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', {
    spec: { cloudEventAction },
  })
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N', gone: false } })
  await world.jobCalled('swag-ordered-s')
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N', gone: true } })
  await until(async () => (await world.jobs()).length === 0)
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N', gone: false } })
  await world.jobCalled('swag-ordered-s')
})

test('an object that another trigger deployed is not taken over', async () => {
  await world.applyExample('{swag-ordered,marketing-notified}')
  const map = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shared' },
    data: {},
  })
  for (const name of ['swag-ordered-job', 'marketing-notified-job']) {
    await world.client.patch({ ...POLICY, name }, 'merge', { data: { 'job.yaml': map } })
  }
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  await until(() => world.client.get({ ...POLICY, name: 'shared' }))
  const other = {
    source: 'registration',
    type: 'registration.marketing.notified',
    subject: 's',
    data: {},
  }
  await world.publish('marketing-notified', other)
  assert.match(
    await world.failureOf('marketing-notified'),
    /is deployed by ClusterProfile sveltos-\w+ already/,
  )
})
