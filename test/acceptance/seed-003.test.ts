// The customer registration of Knapscen: its events come by NATS, published as the document says.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'node:test'
import { ROOT } from '../../tools/tree.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { natsCliLacks, natsCliPath } from '../support/nats-cli.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

/** As it stands in the document, kept here as people have it. */
const PUBLISH = `nats pub customer-saved '{
  "specversion": "1.0",
  "type": "disco.knapscen.customer.saved",
  "source": "knapscen.disco",
  "subject": "550e8400-e29b-41d4-a716-446655440000",
  "id": "test-event-001",
  "time": "'$(date -u +"%Y-%m-%dT%H:%M:%SZ")'",
  "datacontenttype": "application/json",
  "data": {
    "name": "Test Company",
    "subscription_tier": "basic"
  }
}'`

test('003 the command run here is that of the document', (context) => {
  const [path] = globSync(join(ROOT, '../shared/seeds/003*'))
  if (path === undefined) return context.skip('the document is not beside this checkout')
  assert.ok(readFileSync(path, 'utf8').includes(PUBLISH))
})

test(
  '003.3 `nats pub customer-saved` arrives, and a rule routes it to a queue',
  { skip: natsCliLacks() ?? false },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config: 'nats: { listen: on, port: 0 }' })
    await signalbox.python(
      `
      sqs.create_queue(QueueName='customers')
      route('basic', {'source': ['knapscen.disco'], 'detail': {'subscription_tier': ['basic']}},
            {'Id': 'queue', 'Arn': given})
      `,
      signalbox.queueArn('customers'),
    )
    const url = /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
    const env = { ...process.env, NATS_URL: url, XDG_CONFIG_HOME: '/nonexistent' }
    await promisify(execFile)('bash', ['-c', `nats() { ${natsCliPath()} "$@"; }\n${PUBLISH}`], {
      env,
    })
    const [event] = await signalbox.python<Record<string, unknown>[]>(
      `result = bodies('customers', 1)`,
    )
    const { id, source, detail } = event!
    assert.deepEqual(
      { id, type: event!['detail-type'], source, detail },
      {
        id: 'test-event-001',
        type: 'disco.knapscen.customer.saved',
        source: 'knapscen.disco',
        detail: { name: 'Test Company', subscription_tier: 'basic' },
      },
    )
  },
)

const EVENTS = join(ROOT, 'examples/registration/events')
const NAMES = [
  'customer-registered',
  'customer-saved',
  'marketing-notified',
  'swag-ordered',
  'touchpoints-created',
  'user-saved',
  'welcome-email-sent',
]

/** What the job of the document's `customer-saved` directory may look like. */
const CUSTOMER_SAVED = `
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventSource
metadata: { name: knapscen-customer-saved, namespace: default }
spec:
  messagingMatchCriteria: [{ subject: customer-saved, cloudEventType: disco.knapscen.customer.saved }]
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventTrigger
metadata: { name: knapscen-customer-saved, namespace: default }
spec:
  sourceClusterSelector: { matchLabels: { role: deploy } }
  eventSourceName: knapscen-customer-saved
  oneForEvent: true
  policyRefs: [{ kind: ConfigMap, namespace: default, name: knapscen-customer-saved }]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: knapscen-customer-saved
  namespace: default
  annotations: { projectsveltos.io/instantiate: ok }
data:
  job.yaml: |
    apiVersion: batch/v1
    kind: Job
    metadata: { name: "save-{{ .CloudEvent.subject }}", namespace: default }
    spec:
      suspend: true
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: work
              image: knapscen/save-customer:latest
              env:
                - name: CUSTOMER
                  value: "{{ .CloudEvent.data.name }}"
                - name: EVENT
                  value: {{ .CloudEvent | toJson | quote }}
`

const lacks = natsCliLacks() ?? kubectlLacks() ?? false

test(
  '003.1 003.2 003.6 the directories are applied, seen and deleted',
  { skip: lacks },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config: 'nats: { listen: on, port: 0 }' })
    const kubectl = new Kubectl(signalbox)
    const applied = await kubectl.get('apply', '-R', '-f', EVENTS)
    assert.equal(applied.match(/ created$/gm)?.length, 21)
    const again = await kubectl.get('apply', '-R', '-f', EVENTS)
    assert.equal(again.match(/ unchanged$/gm)?.length, 14)
    assert.equal(again.match(/ configured$/gm)?.length, 7)
    for (const kind of ['eventsources', 'eventtriggers'])
      assert.deepEqual(firstColumn(await kubectl.get('get', kind)), NAMES)
    assert.match(await kubectl.get('get', 'eventsources'), /^NAME +AGE$/m)
    const maps = firstColumn(await kubectl.get('get', 'configmaps', '-n', 'default'))
    assert.deepEqual(
      maps.filter((name) => name.endsWith('-job')),
      NAMES.map((name) => `${name}-job`),
    )
    assert.deepEqual(firstColumn(await kubectl.get('get', 'clusters', '-A', '-l', 'role=deploy')), [
      'mgmt',
    ])
    assert.match(
      await kubectl.get('describe', 'eventsource', 'swag-ordered'),
      /Cloud Event Type: +registration.swag.ordered/,
    )
    await until('the manager tells of NATS', DEADLINE_MS, async () =>
      /nats/i.test(
        await kubectl.get('logs', '-n', 'projectsveltos', '-l', 'control-plane=sc-manager'),
      ),
    )
    await kubectl.get('delete', '-f', join(EVENTS, 'swag-ordered'))
    await kubectl.get('delete', '-R', '--ignore-not-found', '-f', EVENTS)
    assert.equal(await kubectl.get('get', 'eventtriggers'), '')
  },
)

test(
  '003.3 003.5 003.6 `nats pub` makes the job, a changed template the next one, and both go with the trigger',
  { skip: lacks },
  async (context) => {
    const signalbox = await Signalbox.open(context, { config: 'nats: { listen: on, port: 0 }' })
    const kubectl = new Kubectl(signalbox)
    await kubectl.apply(CUSTOMER_SAVED)
    const url = /nats +(nats:\/\/\S+)/.exec(signalbox.output)![1]!
    const env = { ...process.env, NATS_URL: url, XDG_CONFIG_HOME: '/nonexistent' }
    const publish = (text: string): Promise<unknown> =>
      promisify(execFile)('bash', ['-c', `nats() { ${natsCliPath()} "$@"; }\n${text}`], { env })
    const specOf = (job: string, path: string): Promise<string> =>
      kubectl.get(
        'get',
        'job',
        job,
        '-n',
        'default',
        '-o',
        `jsonpath={.spec.template.spec.${path}}`,
      )
    const environmentOf = async (job: string): Promise<Record<string, string>> => {
      const text = await specOf(job, 'containers[0].env')
      const list = JSON.parse(text) as { readonly name: string; readonly value: string }[]
      return Object.fromEntries(list.map(({ name, value }) => [name, value]))
    }
    const isThere = async (job: string): Promise<boolean> =>
      (await kubectl.run(['get', 'job', job, '-n', 'default'])).code === 0
    const job = 'save-550e8400-e29b-41d4-a716-446655440000'
    await publish(PUBLISH)
    await until('the job is there', DEADLINE_MS, () => isThere(job))
    const { CUSTOMER, EVENT } = await environmentOf(job)
    assert.equal(CUSTOMER, 'Test Company')
    const { id, type } = JSON.parse(EVENT!) as { readonly id: string; readonly type: string }
    assert.deepEqual([id, type], ['test-event-001', 'disco.knapscen.customer.saved'])
    const added = '- name: CUSTOMER\n                  value: "{{ .CloudEvent.data.my_field }}"'
    const template = CUSTOMER_SAVED.replace(/- name: CUSTOMER\n.*/, added)
    await kubectl.apply(template.replace('save-customer:latest', 'save-customer:v2'))
    const second = PUBLISH.replace('550e8400', '650e8400').replace('event-001', 'event-002')
    await publish(second.replace('"name": "Test Company"', '"my_field": "mine"'))
    await until('the second job is there', DEADLINE_MS, () => isThere(job.replace('550e', '650e')))
    assert.equal((await environmentOf(job.replace('550e', '650e')))['CUSTOMER'], 'mine')
    assert.match(await specOf(job.replace('550e', '650e'), 'containers[0].image'), /:v2$/)
    assert.equal((await kubectl.run(['get', 'clusters', '-l', 'role=deploy'])).code, 0)
    const elsewhere = template.replace('role: deploy', 'role: elsewhere')
    assert.notEqual(elsewhere, template)
    await kubectl.apply(elsewhere)
    await until('what was deployed goes with the cluster', DEADLINE_MS, async () => {
      return !(await isThere(job)) && !(await isThere(job.replace('550e', '650e')))
    })
    await kubectl.apply(template)
    await publish(
      PUBLISH.replace('550e8400', '750e8400')
        .replace('event-001', 'event-003')
        .replace('"name": "Test Company"', '"my_field": "3"'),
    )
    await until('the next is there', DEADLINE_MS, () => isThere(job.replace('550e', '750e')))
    const { stdout } = await kubectl.run(['delete', '-f', '-'], CUSTOMER_SAVED)
    assert.match(stdout, /eventtrigger.* "knapscen-customer-saved" deleted/)
    await until('the jobs are gone', DEADLINE_MS, async () => {
      return !(await isThere(job.replace('550e', '750e')))
    })
  },
)

/** The names that `kubectl get` prints, without namespaces. */
function firstColumn(table: string): readonly string[] {
  const [head = '', ...lines] = table.trimEnd().split('\n')
  const at = head.startsWith('NAMESPACE') ? 1 : 0
  return lines.map((line) => line.split(/ +/)[at]!)
}
