// Event triggers as people use them: objects are applied, events come, and what they ask for is there.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'
import { parseManifests } from '../base/index.ts'
import type { KubeClient, KubeObject } from '../objects/index.ts'
import { untilWithin } from '../objects/testing.ts'
import type { EventTriggerStatus } from './shapes.ts'
import { openTestTriggers, type TestTriggers } from './testing.ts'

const until = untilWithin(10_000)

const EVENTS = new URL('../../examples/registration/events/', import.meta.url)
const JOB = { apiVersion: 'batch/v1', kind: 'Job' }
const TRIGGER = { apiVersion: 'lib.projectsveltos.io/v1beta1', kind: 'EventTrigger' }
const PROFILE = { apiVersion: 'config.projectsveltos.io/v1beta1', kind: 'ClusterProfile' }
const SUBJECT = '550e8400-e29b-41d4-a716-446655440000'

let world: TestTriggers
let client: KubeClient

beforeEach(async () => {
  world = await openTestTriggers()
  client = world.client
})

afterEach(() => world.close())

async function apply(object: KubeObject): Promise<void> {
  const { apiVersion, kind, metadata } = object
  const { namespace, name } = metadata
  const isOfCluster = /^Event|^ClusterProfile/.test(kind)
  const key = {
    apiVersion,
    kind,
    name,
    ...(isOfCluster || namespace === undefined ? {} : { namespace }),
  }
  await client.patch(key, 'apply', object as never, { fieldManager: 'test', force: true })
}

async function applyExample(pattern: string): Promise<void> {
  for (const path of globSync(`${pattern}/*.yaml`, { cwd: EVENTS })) {
    for (const object of parseManifests(readFileSync(new URL(path, EVENTS), 'utf8'))) {
      await apply(object as KubeObject)
    }
  }
}

const REGISTERED = {
  source: 'registration',
  type: 'registration.customer.registered',
  subject: SUBJECT,
  data: { name: "Ann & <Bo's>", subscription_tier: 'basic', users: [{ name: 'A "B"', n: 1.5 }] },
}

function jobs(): Promise<readonly KubeObject[]> {
  return client.list(JOB).then(({ items }) => items)
}

function jobCalled(name: string): Promise<KubeObject> {
  return until(() => client.get({ ...JOB, namespace: 'registration', name }))
}

function environmentOf(job: KubeObject): Record<string, string> {
  const spec = job['spec'] as {
    template: { spec: { containers: { env: { name: string; value: string }[] }[] } }
  }
  return Object.fromEntries(
    spec.template.spec.containers[0]!.env.map(({ name, value }) => [name, value]),
  )
}

async function failureOf(name: string): Promise<string> {
  return until(async () => {
    const trigger = await client.get({ ...TRIGGER, name })
    const status = trigger?.['status'] as EventTriggerStatus | undefined
    return status?.clusterInfo?.find((info) => info.status === 'Failed')?.failureMessage
  })
}

test('an event makes the job of its template, in a namespace that is made for it', async () => {
  await applyExample('customer-registered')
  await world.publish('customer-registered', REGISTERED)
  const job = await jobCalled(`customer-registered-${SUBJECT}`)
  const { COMPANY_DATA, COMPANY_NAME, EVENT_SUBJECT } = environmentOf(job)
  assert.equal(COMPANY_NAME, REGISTERED.data.name)
  assert.deepEqual(JSON.parse(COMPANY_DATA!), REGISTERED.data)
  assert.equal(EVENT_SUBJECT, SUBJECT)
})

test('one event makes a job per user, and only the owner of the account is written to', async () => {
  await applyExample('{customer,user}-saved')
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
  const second = await jobCalled(`save-user-1-${SUBJECT}`)
  assert.equal(environmentOf(second)['USER_ROLE'], 'admin_user')
  assert.equal(
    environmentOf(await jobCalled(`save-user-0-${SUBJECT}`))['CUSTOMER_NAME'],
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
  await jobCalled('user-saved-user-0')
  assert.equal(
    await client.get({ ...JOB, namespace: 'registration', name: 'user-saved-user-1' }),
    undefined,
  )
  const said = await client.list({ apiVersion: 'v1', kind: 'Event' })
  assert.ok(said.items.some((event) => event['reason'] === 'EventIgnored'))
})

test('the same event again, and a restart between, leave one job', async () => {
  await applyExample('swag-ordered')
  const event = {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's1',
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', event)
  const first = await jobCalled('swag-ordered-s1')
  await world.restart()
  await world.publish('swag-ordered', event)
  await world.publish('swag-ordered', { ...event, subject: 's2' })
  await jobCalled('swag-ordered-s2')
  const again = await jobCalled('swag-ordered-s1')
  assert.equal(again.metadata.uid, first.metadata.uid)
  assert.equal((await client.list(PROFILE)).items.length, 2)
})

test('an event that came while the room was closed is dealt with when it opens', async () => {
  await applyExample('swag-ordered')
  const event = {
    source: 'registration',
    type: 'registration.swag.ordered',
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', { ...event, subject: 'before' })
  await jobCalled('swag-ordered-before')
  await world.triggers.close()
  await world.publish('swag-ordered', { ...event, subject: 'meanwhile' })
  await world.restart()
  await jobCalled('swag-ordered-meanwhile')
})

test('a job that ran and was tidied away is not run again', async () => {
  await applyExample('swag-ordered')
  const event = {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: { customer_name: 'N' },
  }
  await world.publish('swag-ordered', event)
  await jobCalled('swag-ordered-s')
  const isDone = async (): Promise<boolean> => {
    const { items } = await client.list(PROFILE)
    return items.every(
      (one) => (one['status'] as { phase?: string } | undefined)?.phase === 'Provisioned',
    )
  }
  await until(isDone)
  await client.delete({ ...JOB, namespace: 'registration', name: 'swag-ordered-s' })
  await world.restart()
  await world.publish('swag-ordered', event)
  await world.publish('swag-ordered', { ...event, subject: 'other' })
  await jobCalled('swag-ordered-other')
  assert.deepEqual(
    (await jobs()).map(({ metadata }) => metadata.name),
    ['swag-ordered-other'],
  )
})

test('a trigger that goes takes with it what it deployed', async () => {
  await applyExample('swag-ordered')
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: { customer_name: 'N' },
  })
  await jobCalled('swag-ordered-s')
  await client.delete({ ...TRIGGER, name: 'swag-ordered' })
  await until(async () => (await jobs()).length === 0)
  await until(async () => (await client.list(PROFILE)).items.length === 0)
})

test('a trigger that leaves its policies leaves what it deployed', async () => {
  await applyExample('swag-ordered')
  await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', {
    spec: { stopMatchingBehavior: 'LeavePolicies' },
  })
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: { customer_name: 'N' },
  })
  await jobCalled('swag-ordered-s')
  await client.delete({ ...TRIGGER, name: 'swag-ordered' })
  await until(async () => (await client.list(PROFILE)).items.length === 0)
  assert.equal((await jobs()).length, 1)
})

test('what a cluster is not chosen for any more is withdrawn', async () => {
  await applyExample('swag-ordered')
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: { customer_name: 'N' },
  })
  await jobCalled('swag-ordered-s')
  const cluster = {
    apiVersion: TRIGGER.apiVersion,
    kind: 'SveltosCluster',
    namespace: 'mgmt',
    name: 'mgmt',
  }
  await client.patch(cluster, 'merge', { metadata: { labels: { role: 'other' } } })
  await until(async () => (await jobs()).length === 0)
})

test('an event that says Delete takes back what the one before it made', async () => {
  await applyExample('swag-ordered')
  const cloudEventAction = '{{ if .CloudEvent.data.gone }}Delete{{ else }}Create{{ end }}'
  await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', { spec: { cloudEventAction } })
  const event = { source: 'registration', type: 'registration.swag.ordered', subject: 's' }
  await world.publish('swag-ordered', { ...event, data: { customer_name: 'N', gone: false } })
  await jobCalled('swag-ordered-s')
  await world.publish('swag-ordered', { ...event, data: { customer_name: 'N', gone: true } })
  await until(async () => (await jobs()).length === 0)
  await world.publish('swag-ordered', { ...event, data: { customer_name: 'N', gone: false } })
  await jobCalled('swag-ordered-s')
})

test('a ConfigMap that is not there is said so, and waited for', async () => {
  await applyExample('swag-ordered')
  const key = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
  }
  const { resourceVersion: _, uid: __, ...metadata } = (await client.get(key))!.metadata
  const kept = (await client.get(key))!
  await client.delete(key)
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: { customer_name: 'N' },
  })
  assert.equal(
    await failureOf('swag-ordered'),
    'referenced ConfigMap default/swag-ordered-job does not exist',
  )
  await client.create({
    ...kept,
    metadata: { name: metadata.name, namespace: 'default', annotations: metadata.annotations! },
  })
  await jobCalled('swag-ordered-s')
})

test('what is wrong with a template stands in the status, in the words of Go', async () => {
  await applyExample('{user-saved,swag-ordered}')
  await world.publish('user-saved', {
    source: 'registration',
    type: 'registration.user.saved',
    subject: 'u',
    data: { name: 'x' },
  })
  assert.equal(
    await failureOf('user-saved'),
    'template: mgmt-mgmt-user-saved:1:20: executing "mgmt-mgmt-user-saved" at <.CloudEvent.data.user_role>: map has no entry for key "user_role"',
  )
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: {},
  })
  assert.match(await failureOf('swag-ordered'), /map has no entry for key "customer_name"/)
})

test('a name that is too long for a job is refused as a real server does, visibly', async () => {
  await applyExample('swag-ordered')
  const subject = `user-saved-0-${SUBJECT}-and-more`
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject,
    data: { customer_name: 'N' },
  })
  assert.match(await failureOf('swag-ordered'), /must be no more than 63 (?:characters|bytes)/)
})

test('criteria match anywhere in the text, all of one, and any of several', async () => {
  await applyExample('swag-ordered')
  const source = { ...TRIGGER, kind: 'EventSource', name: 'swag-ordered' }
  const messagingMatchCriteria = [
    { subject: 'other' },
    { subject: 'swag.orders\\.', cloudEventSource: '^registration$', cloudEventSubject: 'a|b' },
    { cloudEventType: '(' },
  ]
  await client.patch(source, 'merge', { spec: { messagingMatchCriteria } })
  const event = { source: 'registration', type: 't', data: { customer_name: 'N' } }
  await world.publish('x-swag-orders.eu', { ...event, subject: 'c' })
  await world.publish(undefined, { ...event, subject: 'a0' })
  await world.publish('x-swag-orders.eu', { ...event, source: 'registrations', subject: 'a1' })
  await world.publish('x-swag-orders.eu', { ...event, subject: 'xb' })
  await jobCalled('swag-ordered-xb')
  assert.deepEqual(
    (await jobs()).map(({ metadata }) => metadata.name),
    ['swag-ordered-xb'],
  )
})

test('the subject of a subscription is what an event came by, too', async () => {
  await applyExample('swag-ordered')
  await world.triggers.seedSettings('nats://127.0.0.1:1', ['orders.>'])
  await until(() => Promise.resolve(world.settings()?.core?.subjects.length === 1))
  const source = { ...TRIGGER, kind: 'EventSource', name: 'swag-ordered' }
  await client.patch(source, 'merge', {
    spec: { messagingMatchCriteria: [{ subject: '^orders\\.>$' }] },
  })
  await world.publish('orders.eu.1', {
    source: 'registration',
    type: 't',
    subject: 's',
    data: { customer_name: 'N' },
  })
  await jobCalled('swag-ordered-s')
})

test('without oneForEvent the events are deployed together, and the last of a subject counts', async () => {
  await applyExample('swag-ordered')
  await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', {
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
  const key = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
  }
  await client.patch(key, 'merge', { data: { 'job.yaml': template } })
  const event = { source: 'registration', type: 'registration.swag.ordered' }
  for (const [subject, n] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ] as const) {
    await world.publish('swag-ordered', { ...event, subject, data: { n } })
  }
  const all = await until(async () => {
    const found = await client.get({ ...key, name: 'all' })
    return JSON.stringify(found?.['data']) === '{"a":"3","b":"2"}' ? found : undefined
  })
  assert.equal(all.metadata.labels?.['projectsveltos.io/reason'], 'ClusterProfile')
  const [entry] = all.metadata.managedFields ?? []
  assert.equal(entry?.manager, 'application/apply-patch')
})

function plainManifest(value: string): string {
  const metadata = { name: 'plain' }
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } })
}

test('a ConfigMap without templates is deployed as it is, and again when it changes', async () => {
  await applyExample('swag-ordered')
  const key = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
  }
  const annotations = { 'projectsveltos.io/instantiate': null }
  await client.patch(key, 'merge', {
    metadata: { annotations },
    data: { 'job.yaml': plainManifest('{{ .x }}') },
  })
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: {},
  })
  const value = async (): Promise<string | undefined> => {
    const plain = await client.get({ ...key, name: 'plain' })
    return (plain?.['data'] as { value: string } | undefined)?.value
  }
  await until(async () => (await value()) === '{{ .x }}')
  await client.patch(key, 'merge', { data: { 'job.yaml': plainManifest('two') } })
  await until(async () => (await value()) === 'two')
})

test('a trigger gives no rights', async () => {
  await applyExample('swag-ordered')
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'all' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'eve', apiGroup: 'rbac.authorization.k8s.io' }],
  }
  const key = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
  }
  await client.patch(key, 'merge', { data: { 'job.yaml': JSON.stringify(binding) } })
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: {},
  })
  assert.match(await failureOf('swag-ordered'), /triggers give no rights/)
  const { apiVersion, kind } = binding
  assert.equal(await client.get({ apiVersion, kind, name: 'all' }), undefined)
})

test('what is not supported is said rather than left out', async () => {
  await applyExample('swag-ordered')
  const helmCharts = [{ chartName: 'x' }]
  await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', { spec: { helmCharts } })
  await world.publish('swag-ordered', {
    source: 'registration',
    type: 'registration.swag.ordered',
    subject: 's',
    data: {},
  })
  assert.match(await failureOf('swag-ordered'), /`helmCharts` is not supported/)
})

const POLICY = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name: 'swag-ordered-job',
}
const ORDERED = { source: 'registration', type: 'registration.swag.ordered', subject: 's' }

async function setTrigger(spec: object): Promise<void> {
  await client.patch({ ...TRIGGER, name: 'swag-ordered' }, 'merge', { spec } as never)
}

test('what cannot be changed fails, and is made anew where its policy forces it', async () => {
  await applyExample('swag-ordered')
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed' }, immutable: true }
  const template = JSON.stringify({ ...map, data: { value: '{{ .CloudEvent.data.n }}' } })
  await client.patch(POLICY, 'merge', { data: { 'job.yaml': template } })
  const fixed = { ...POLICY, name: 'fixed' }
  await world.publish('swag-ordered', { ...ORDERED, data: { n: 1 } })
  const before = await until(() => client.get(fixed))
  await world.publish('swag-ordered', { ...ORDERED, data: { n: 2 } })
  assert.match(await failureOf('swag-ordered'), /field is immutable/)
  const reference = {
    kind: 'ConfigMap',
    namespace: 'default',
    name: 'swag-ordered-job',
    force: true,
  }
  await setTrigger({ policyRefs: [reference] })
  const after = await until(async () => {
    const found = await client.get(fixed)
    return found !== undefined && found.metadata.uid !== before.metadata.uid ? found : undefined
  })
  assert.deepEqual(after['data'], { value: '2' })
})

test('a template that is mended is rendered anew for what it failed for', async () => {
  await applyExample('swag-ordered')
  const wrong = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Wrong_Name' } }
  await client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(wrong) } })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  assert.match(await failureOf('swag-ordered'), /a lowercase RFC 1123 subdomain/)
  const right = { ...wrong, metadata: { name: 'right' } }
  await client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(right) } })
  await until(() => client.get({ ...POLICY, name: 'right' }))
})

test('a dry run makes nothing and still finds what is wrong', async () => {
  await applyExample('swag-ordered')
  await setTrigger({ syncMode: 'DryRun' })
  await world.publish('swag-ordered', { ...ORDERED, data: { customer_name: 'N' } })
  await until(async () => {
    const [profile] = (await client.list(PROFILE)).items
    return (profile?.['status'] as { phase?: string } | undefined)?.phase === 'Provisioned'
  })
  assert.deepEqual(await jobs(), [])
})

test('drift is mended where that is asked for', async () => {
  await applyExample('swag-ordered')
  await setTrigger({ syncMode: 'ContinuousWithDriftDetection' })
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'plain' },
    data: { value: 'kept' },
  }
  await client.patch(POLICY, 'merge', { data: { 'job.yaml': JSON.stringify(map) } })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  const plain = { ...POLICY, name: 'plain' }
  await until(() => client.get(plain))
  await client.patch(plain, 'merge', { data: { value: 'changed' } })
  // Every look mends it; a restart is one that need not be waited for.
  await world.restart()
  await until(async () => {
    const found = await client.get(plain)
    return (found?.['data'] as { value: string } | undefined)?.value === 'kept'
  })
})

test('a second round of templates sees the objects that the trigger refers to', async () => {
  await applyExample('swag-ordered')
  const resource = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: 'default',
    name: '{{ .CloudEvent.subject }}-secret',
  }
  await client.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: 's-secret' },
    data: { word: Buffer.from('hidden').toString('base64') },
  })
  await setTrigger({ templateResourceRefs: [{ resource, identifier: 'Found' }] })
  const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: "{{ .CloudEvent.subject }}-map" }
data: { word: '{{ "{{" }} (getResource "Found").data.word | b64dec {{ "}}" }}', role: '{{ "{{" }} .Cluster.metadata.labels.role {{ "}}" }}' }
`
  await client.patch(POLICY, 'merge', {
    metadata: { annotations: { 'projectsveltos.io/template': 'ok' } },
    data: { 'job.yaml': template },
  })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  const made = await until(() => client.get({ ...POLICY, name: 's-map' }))
  assert.deepEqual(made['data'], { word: 'hidden', role: 'deploy' })
  const text = JSON.stringify((await client.list(PROFILE)).items)
  assert.ok(!text.includes('hidden'), 'a profile keeps nothing secret')
})

function emptyMap(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: {} })
}

test('a Secret may hold the template, a missing one may be optional, and what is left out of it goes', async () => {
  await applyExample('swag-ordered')
  const policy = { apiVersion: 'v1', kind: 'Secret', namespace: 'default', name: 'policy' }
  const stringData = { 'a.yaml': emptyMap('one'), 'b.yaml': emptyMap('two') }
  await client.create({
    ...policy,
    metadata: { namespace: 'default', name: 'policy' },
    stringData,
  })
  const policyRefs = [
    { kind: 'Secret', namespace: 'default', name: 'policy' },
    { kind: 'ConfigMap', namespace: 'default', name: 'nowhere', optional: true },
  ]
  await setTrigger({ policyRefs })
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  await until(() => client.get({ ...POLICY, name: 'two' }))
  await client.patch(policy, 'merge', { data: { 'b.yaml': null } })
  await until(async () => (await client.get({ ...POLICY, name: 'two' })) === undefined)
  assert.notEqual(await client.get({ ...POLICY, name: 'one' }), undefined)
})

test('an object that another trigger deployed is not taken over', async () => {
  await applyExample('{swag-ordered,marketing-notified}')
  const map = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shared' },
    data: {},
  })
  for (const name of ['swag-ordered-job', 'marketing-notified-job']) {
    await client.patch({ ...POLICY, name }, 'merge', { data: { 'job.yaml': map } })
  }
  await world.publish('swag-ordered', { ...ORDERED, data: {} })
  await until(() => client.get({ ...POLICY, name: 'shared' }))
  const other = {
    source: 'registration',
    type: 'registration.marketing.notified',
    subject: 's',
    data: {},
  }
  await world.publish('marketing-notified', other)
  assert.match(
    await failureOf('marketing-notified'),
    /is deployed by ClusterProfile sveltos-\w+ already/,
  )
})
