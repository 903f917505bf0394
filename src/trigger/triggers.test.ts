// Event triggers as people use them: objects are applied, events come, and what they ask for is there.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import {
  JOB,
  ORDERED,
  POLICY,
  PROFILE,
  SUBJECT,
  TRIGGER,
  environmentOf,
  openRegistration,
  type Registration,
  untilSoon as until,
} from './testing.ts'

let world: Registration

beforeEach(async () => {
  world = await openRegistration()
})

afterEach(() => world.close())

const REGISTERED = {
  source: 'registration',
  type: 'registration.customer.registered',
  subject: SUBJECT,
  data: { name: "Ann & <Bo's>", subscription_tier: 'basic', users: [{ name: 'A "B"', n: 1.5 }] },
}

test('an event makes the job of its template, in a namespace that is made for it', async () => {
  await world.applyExample('customer-registered')
  await world.publish('customer-registered', REGISTERED)
  const job = await world.jobCalled(`customer-registered-${SUBJECT}`)
  const { COMPANY_DATA, COMPANY_NAME, EVENT_SUBJECT } = environmentOf(job)
  assert.equal(COMPANY_NAME, REGISTERED.data.name)
  assert.deepEqual(JSON.parse(COMPANY_DATA!), REGISTERED.data)
  assert.equal(EVENT_SUBJECT, SUBJECT)
})

test('one event makes a job per user, and only the owner of the account is written to', async () => {
  await world.applyExample('{customer,user}-saved')
  const users = ['customer_account_owner', 'admin_user'].map((role, index) => ({
    name: `U${index}`,
    email: `u${index}@example.com`,
    role,
  }))
  const data = { name: 'Northern Lights', users }
  await world.publish('customer-saved', {
    source: 'registration',
    type: 'registration.customer.saved',
    subject: SUBJECT,
    data,
  })
  const second = await world.jobCalled(`save-user-1-${SUBJECT}`)
  assert.equal(environmentOf(second)['USER_ROLE'], 'admin_user')
  assert.equal(
    environmentOf(await world.jobCalled(`save-user-0-${SUBJECT}`))['CUSTOMER_NAME'],
    'Northern Lights',
  )
  for (const [index, { role }] of [...users.entries()].reverse()) {
    await world.publish('user-saved', {
      source: 'registration',
      type: 'registration.user.saved',
      subject: `user-${index}`,
      data: { user_name: 'U', user_email: 'e', user_role: role, customer_name: 'N' },
    })
  }
  await world.jobCalled('user-saved-user-0')
  assert.equal(
    await world.client.get({ ...JOB, namespace: 'registration', name: 'user-saved-user-1' }),
    undefined,
  )
  const said = await world.client.list({ apiVersion: 'v1', kind: 'Event' })
  assert.ok(said.items.some((event) => event['reason'] === 'EventIgnored'))
})

test('the same event again, and a restart between, leave one job', async () => {
  await world.applyExample('swag-ordered')
  const event = {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's1',
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', event)
  const first = await world.jobCalled('swag-ordered-s1')
  await world.restart()
  await world.publish('swag-ordered', event)
  await world.publish('swag-ordered', { ...event, subject: 's2' })
  await world.jobCalled('swag-ordered-s2')
  const again = await world.jobCalled('swag-ordered-s1')
  assert.equal(again.metadata.uid, first.metadata.uid)
  assert.equal((await world.client.list(PROFILE)).items.length, 2)
})

test('an event that came while the room was closed is dealt with when it opens', async () => {
  await world.applyExample('swag-ordered')
  const event = {
    source: 'registration',
    type: 'registration.swag.ordered',
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', { ...event, subject: 'before' })
  await world.jobCalled('swag-ordered-before')
  await world.triggers.close()
  await world.publish('swag-ordered', { ...event, subject: 'meanwhile' })
  await world.restart()
  await world.jobCalled('swag-ordered-meanwhile')
})

test('a job that ran and was tidied away is not run again', async () => {
  await world.applyExample('swag-ordered')
  const event = {
    ...ORDERED,
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', event)
  await world.jobCalled('swag-ordered-s')
  const isDone = async (): Promise<boolean> => {
    const { items } = await world.client.list(PROFILE)
    return items.every(
      (one) => (one['status'] as { phase?: string } | undefined)?.phase === 'Provisioned',
    )
  }
  await until(isDone)
  await world.client.delete({ ...JOB, namespace: 'registration', name: 'swag-ordered-s' })
  await world.restart()
  await world.publish('swag-ordered', event)
  await world.publish('swag-ordered', { ...event, subject: 'other' })
  await world.jobCalled('swag-ordered-other')
  assert.deepEqual(
    (await world.jobs()).map(({ metadata }) => metadata.name),
    ['swag-ordered-other'],
  )
})

test('criteria match anywhere in the text, all of one, and any of several', async () => {
  await world.applyExample('swag-ordered')
  const source = { ...TRIGGER, kind: 'EventSource', name: 'swag-ordered' }
  const messagingMatchCriteria = [
    { subject: 'other' },
    { subject: 'swag.orders\\.', cloudEventSource: '^registration$', cloudEventSubject: 'a|b' },
    { cloudEventType: '(' },
  ]
  await world.client.patch(source, 'merge', { spec: { messagingMatchCriteria } })
  const event = { source: 'registration', type: 't', data: { customer_name: 'N' } }
  await world.publish('x-swag-orders.eu', { ...event, subject: 'c' })
  await world.publish(undefined, { ...event, subject: 'a0' })
  await world.publish('x-swag-orders.eu', { ...event, source: 'registrations', subject: 'a1' })
  await world.publish('x-swag-orders.eu', { ...event, subject: 'xb' })
  await world.jobCalled('swag-ordered-xb')
  assert.deepEqual(
    (await world.jobs()).map(({ metadata }) => metadata.name),
    ['swag-ordered-xb'],
  )
})

test('the subject of a subscription is what an event came by, too', async () => {
  await world.applyExample('swag-ordered')
  await world.triggers.seedSettings({
    url: 'nats://127.0.0.1:1',
    subjects: ['orders.>'],
    for: 'own',
  })
  await until(() => Promise.resolve(world.settings()?.core?.subjects.length === 1))
  const source = { ...TRIGGER, kind: 'EventSource', name: 'swag-ordered' }
  await world.client.patch(source, 'merge', {
    spec: { messagingMatchCriteria: [{ subject: '^orders\\.>$' }] },
  })
  await world.publish('orders.eu.1', {
    source: 'registration',
    type: 't',
    subject: 's',
    data: { customer_name: 'N' },
  })
  await world.jobCalled('swag-ordered-s')
})

test('without oneForEvent the events are deployed together, and the last of a subject counts', async () => {
  await world.applyExample('swag-ordered')
  await world.client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', {
    spec: { oneForEvent: false },
  })
  const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: all }
data:
{{- range .CloudEvents }}
  {{ .subject }}: {{ .data.n | quote }}
{{- end }}
`
  await world.client.patch(POLICY, 'merge', { data: { 'job.yaml': template } })
  const event = { source: 'registration', type: 'registration.swag.ordered' }
  for (const [subject, n] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ] as const) {
    await world.publish('swag-ordered', { ...event, subject, data: { n } })
  }
  const all = await until(async () => {
    const found = await world.client.get({ ...POLICY, name: 'all' })
    return JSON.stringify(found?.['data']) === '{"a":"3","b":"2"}' ? found : undefined
  })
  assert.equal(all.metadata.labels?.['projectsveltos.io/reason'], 'ClusterProfile')
  const [entry] = all.metadata.managedFields ?? []
  assert.equal(entry?.manager, 'application/apply-patch')
})
