// Workflows of ordinary objects, from kubectl: ConfigMaps, custom resources and Jobs are made, kept as they should be, and
// taken away the last first; and a step that runs a Job.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false
const TIMEOUT = `--timeout=${DEADLINE_MS / 1000}s`
const EVENT = 'events.elemental.aws.livewyer.io/shop'

const config = `
podman: off
programs:
  'registry.test/jobs/*': { command: [sh, -c, 'echo "$GREETING, $1"; exit \${CODE:-0}', job] }
`

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: databases.example.test }
spec:
  group: example.test
  scope: Namespaced
  names: { kind: Database, plural: databases, singular: database, listKind: DatabaseList }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer } } }
            status: { type: object, properties: { phase: { type: string }, host: { type: string } } }
`

const template = (greeting: string, code = 0): string => `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: shop }
spec:
  steps:
    - name: things
      resources:
        - name: shop-db
          spec: { apiVersion: example.test/v1, kind: Database, spec: { size: 3 } }
        - name: shop-settings
          spec: { apiVersion: v1, kind: ConfigMap, data: { greeting: ${greeting} } }
          dependsOn:
            - key: data.host
              source: { name: shop-db, apiVersion: example.test/v1, kind: Database, key: status.host }
    - name: migrate
      uses: job
      retry: { attempts: 1, delay: 100ms }
      with:
        image: registry.test/jobs/migrate:1
        args: [migrated]
        env: [{ name: GREETING, value: ${greeting} }, { name: CODE, value: "${code}" }]
`

const SHOP = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: Event
metadata: { name: shop }
spec: { workflowTemplate: { id: shop } }
`

function sayPhase(kubectl: Kubectl, phase: string): Promise<string> {
  const host = phase === 'Running' ? { host: 'db.example.test' } : {}
  const status = JSON.stringify({ status: { phase, ...host } })
  const args = ['patch', 'database', 'shop-db', '--subresource=status', '--type=merge', '-p']
  return kubectl.get(...args, status)
}

async function statusOf(kubectl: Kubectl): Promise<string> {
  return kubectl.get('get', EVENT, '-o', 'jsonpath={.status.conditions}')
}

test('a workflow of ordinary objects is made, kept, and taken away', { skip }, async (context) => {
  const kubectl = new Kubectl(await Signalbox.open(context, { config }))
  await kubectl.apply(CRD)
  await kubectl.get('wait', '--for=condition=Established', 'crd/databases.example.test', TIMEOUT)
  await kubectl.apply(template('hello'))
  await kubectl.apply(SHOP)
  const there = async (...args: readonly string[]): Promise<boolean> =>
    (await kubectl.get('get', ...args, '--ignore-not-found', '-o', 'name')) !== ''
  await until('the database is there', DEADLINE_MS, () => there('database', 'shop-db'))

  // The settings wait for a value of the database, and the workflow for its phase.
  await sayPhase(kubectl, 'Failed')
  await until('the failure is told', DEADLINE_MS, async () =>
    /Database shop-db: its phase is Failed/.test(await statusOf(kubectl)),
  )
  assert.equal(await there('configmap', 'shop-settings'), false)
  await sayPhase(kubectl, 'Running')
  await kubectl.get('wait', '--for=condition=Ready', EVENT, TIMEOUT)
  assert.equal(await kubectl.get('logs', 'job/shop-migrate-1'), 'hello, migrated\n')

  const host = ['-o', 'jsonpath={.data.host}']
  assert.equal(await kubectl.get('get', 'configmap', 'shop-settings', ...host), 'db.example.test')
  const owners = 'jsonpath={range .items[*]}{.metadata.ownerReferences[0].kind} {end}'
  const label = 'elemental.aws.livewyer.io/event=shop'
  const labelled = await kubectl.get('get', 'database,configmap,job', '-l', label, '-o', owners)
  assert.equal(labelled, 'Workflow Workflow Workflow ')

  // Changed and taken away by somebody: made again as it should be.
  const greeting = (): Promise<string> =>
    kubectl.get('get', 'configmap', 'shop-settings', '-o', 'jsonpath={.data.greeting}')
  const blue = ['-p', '{"data":{"greeting":"blue"}}', '--type=merge']
  await kubectl.get('patch', 'configmap', 'shop-settings', ...blue)
  await until('it is set right', DEADLINE_MS, async () => (await greeting()) === 'hello')
  await kubectl.get('delete', 'configmap', 'shop-settings')
  await until('it is there again', DEADLINE_MS, () => there('configmap', 'shop-settings'))

  // The last goes first: the settings, then the database, which a finalizer of its own keeps until then.
  const hold = (finalizers: string): Promise<string> => {
    const patch = `{"metadata":{"finalizers":${finalizers}}}`
    return kubectl.get('patch', 'configmap', 'shop-settings', '--type=merge', '-p', patch)
  }
  await hold('["example.test/hold"]')
  await kubectl.get('delete', EVENT, '--wait=false')
  const going = ['-o', 'jsonpath={.metadata.deletionTimestamp}']
  await until('the settings are going', DEADLINE_MS, async () => {
    return (await kubectl.get('get', 'configmap', 'shop-settings', ...going)) !== ''
  })
  assert.equal(await kubectl.get('get', 'database', 'shop-db', ...going), '')
  await hold('[]')
  await kubectl.get('wait', '--for=delete', EVENT, TIMEOUT)
  assert.equal(await there('database', 'shop-db'), false)
})

test('a Job that fails is told, and a retry goes on from it', { skip }, async (context) => {
  const kubectl = new Kubectl(await Signalbox.open(context, { config }))
  await kubectl.apply(CRD)
  await kubectl.get('wait', '--for=condition=Established', 'crd/databases.example.test', TIMEOUT)
  await kubectl.apply(template('hello', 3))
  await kubectl.apply(SHOP)
  await until('the database is there', DEADLINE_MS, async () => {
    return (await kubectl.run(['get', 'database', 'shop-db'])).code === 0
  })
  await sayPhase(kubectl, 'Running')
  await until('the failure is told', DEADLINE_MS, async () =>
    /step `migrate`.*BackoffLimitExceeded|migrate.*backoff limit/i.test(await statusOf(kubectl)),
  )
  await until('it is told in the end', DEADLINE_MS, async () =>
    /StepFailed/.test(await kubectl.get('describe', EVENT)),
  )
  await kubectl.apply(template('hello', 0))
  await kubectl.get('wait', '--for=condition=Ready', EVENT, TIMEOUT)
})

test('an event that aws puts starts a workflow by a rule', { skip }, async (context) => {
  const signalbox = (await Signalbox.open(context)).as('000000000000')
  const kubectl = new Kubectl(signalbox)
  await kubectl.apply(`
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: greet }
spec:
  steps:
    - name: note
      resources:
        - name: 'note-{{ show }}'
          spec: { apiVersion: v1, kind: ConfigMap, data: { show: '{{ show }}' } }
`)
  await signalbox.python(
    `
route('greet', {'source': ['shop']}, {'Id': 'w', 'Arn': given, 'RoleArn': 'arn:aws:iam::000000000000:role/r'})
`,
    'arn:aws:states:us-east-1:000000000000:stateMachine:greet',
  )
  await signalbox.aws('events', 'put-events', {
    entries: JSON.stringify([{ Source: 'shop', DetailType: 'Opened', Detail: '{"show":"news"}' }]),
  })
  const events = 'events.elemental.aws.livewyer.io'
  await until('the workflow is started', DEADLINE_MS, async () => {
    return (await kubectl.get('get', events, '-o', 'name')) !== ''
  })
  await kubectl.get('wait', '--for=condition=Ready', events, '--all', TIMEOUT)
  const show = ['-o', 'jsonpath={.data.show}']
  assert.equal(await kubectl.get('get', 'configmap', 'note-news', ...show), 'news')
  assert.match(await kubectl.get('get', events, '-o', 'yaml'), /livewyer.io\/ttl: 1h/)
})
