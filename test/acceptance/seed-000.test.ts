// The media workflows: events with parameters, the templates they name, and what becomes of them, by kubectl.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ROOT } from '../../tools/tree.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { shareSignalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false
const EXAMPLES = join(ROOT, 'examples/broadcast')
const EVENTS = 'events.elemental.aws.livewyer.io'
const LABEL = 'elemental.aws.livewyer.io/event'

/** The six of the document: where each lives, and how many resources its template makes. */
const SIX: readonly (readonly [name: string, namespace: string, resources: number])[] = [
  ['simple-live-stream', 'default', 3],
  ['sports-broadcast-event', 'broadcast', 8],
  ['cross-region-workflow', 'default', 5],
  ['dev-test-event', 'development', 3],
  ['company-townhall', 'corporate', 6],
  ['breaking-news-alert', 'news', 5],
]

/** In the order of the list: `..resourceVersion` prints in whatever order Go's maps have. */
const VERSIONS = 'jsonpath={range .items[*]}{.metadata.resourceVersion} {end}'

const TYPED = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: typed }
spec:
  parameters:
    type: object
    required: [streamName, bitrate]
    properties:
      streamName: { type: string, pattern: '^[a-z]+$' }
      bitrate: { type: number, minimum: 1000 }
      recordingEnabled: { type: boolean }
      outputBitrates: { type: array, items: { type: number } }
      encryptionSettings: { type: object }
      tier: { type: string, default: basic }
  steps:
    - name: only
      resources:
        - name: '{{ streamName }}-typed'
          spec:
            apiVersion: mediaconnect.aws.livewyer.io/v1alpha1
            kind: Flow
            spec:
              forProvider:
                name: '{{ streamName }}'
                bitrate: '{{ bitrate }}'
                recording: '{{ recordingEnabled }}'
                outputs: '{{ outputBitrates }}'
                encryption: '{{ encryptionSettings }}'
                description: '{{ streamName }} at {{ bitrate }}, {{ tier }}'
`

const typedEvent = (parameters: string, name = 'typed'): string => `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: Event
metadata: { name: ${name} }
spec:
  forProvider: { region: eu-west-1, tags: { Team: blue } }
  workflowTemplate: { id: typed, parameters: ${parameters} }
`

const PARAMETERS = `{
  streamName: live, bitrate: 5000000, recordingEnabled: true, outputBitrates: [8000000, 5000000],
  encryptionSettings: { algorithm: AES256, keyRotation: true } }`

const annotated = (name: string, annotations: string, id: string, parameters: string): string => `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: Event
metadata: { name: ${name}, annotations: ${annotations} }
spec: { workflowTemplate: { id: ${id}, parameters: ${parameters} } }
`

/** A manifest without what YAML does not look at. */
const words = (text: string): string => text.replaceAll(/['"\s]|#.*/g, '')

test('000 the events run here are those of the document', (context) => {
  const [path] = globSync(join(ROOT, '../shared/seeds/000*'))
  if (path === undefined) return context.skip('the document is not beside this checkout')
  const document = readFileSync(path, 'utf8')
  for (const [name] of SIX) {
    const example = readFileSync(join(EXAMPLES, 'events', `${name}.yaml`), 'utf8')
    assert.ok(words(document).includes(words(example)), name)
  }
})

/** Applied first, so that a time of its has come when it is asked for. */
const MINUTELY = `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: WorkflowTemplate
metadata: { name: minutely }
spec:
  steps:
    - name: only
      resources: [{ name: minutely, spec: { apiVersion: v1, kind: ConfigMap } }]
---
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: Event
metadata: { name: minutely, annotations: { schedule.cron: '* * * * *' } }
spec: { workflowTemplate: { id: minutely } }
`

const policies = (name: string, spec: string): string => `
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: Event
metadata: { name: ${name} }
spec:
  ${spec}
  workflowTemplate: { id: typed, parameters: { streamName: ${name}, bitrate: 2000 } }
`

function flow(name: string): string {
  return `flows.mediaconnect.aws.livewyer.io/${name}-typed`
}

describe('000', { skip }, () => {
  const signalbox = shareSignalbox()
  let kubectl: Kubectl
  const ready = (
    name: string,
    namespace = 'default',
    reason = 'condition=Ready',
  ): Promise<string> =>
    kubectl.get('wait', `${EVENTS}/${name}`, '-n', namespace, `--for=${reason}`, '--timeout=20s')
  const conditionIs = (name: string, reason: string): Promise<string> =>
    ready(name, 'default', `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`)
  before(async () => {
    kubectl = new Kubectl(signalbox())
    await kubectl.apply(MINUTELY)
    for (const path of ['namespaces.yaml', 'provider-configs.yaml', 'templates', 'events'])
      await kubectl.get('apply', '-f', join(EXAMPLES, path))
  })

  test('000.1 the six events are ready, with as many resources as their templates make', async () => {
    for (const [name, namespace, resources] of SIX) {
      await ready(name, namespace)
      const text = await kubectl.get('get', EVENTS, name, '-n', namespace, '-o', 'json')
      const { status } = JSON.parse(text)
      const condition = status.conditions.find(({ type }: { type: string }) => type === 'Ready')
      assert.deepEqual([condition.status, condition.reason], ['True', 'WorkflowExecuted'])
      const { workflowStatus, resourcesCreated, executionTime } = status.atProvider
      assert.deepEqual([workflowStatus, resourcesCreated], ['Completed', resources])
      assert.match(executionTime, /^\d{4}-\d\d-\d\dT[\d:]+Z$/)
    }
  })

  test('000.2, 000.5 parameters keep their types, and region and tags reach the resource', async () => {
    await kubectl.apply(TYPED)
    await kubectl.apply(typedEvent(PARAMETERS))
    await ready('typed')
    const text = await kubectl.get(
      'get',
      'flows.mediaconnect.aws.livewyer.io',
      'live-typed',
      '-o',
      'json',
    )
    const { forProvider } = JSON.parse(text).spec
    assert.deepEqual(
      [forProvider.bitrate, forProvider.recording, forProvider.outputs, forProvider.encryption],
      [5_000_000, true, [8_000_000, 5_000_000], { algorithm: 'AES256', keyRotation: true }],
    )
    assert.equal(forProvider.description, 'live at 5000000, basic')
    assert.deepEqual([forProvider.region, forProvider.tags], ['eu-west-1', { Team: 'blue' }])
  })

  test('000.3 everything that is wrong with parameters is said at once', async () => {
    await kubectl.apply(TYPED)
    await kubectl.apply(typedEvent('{ bitrate: 5, recordingEnabled: perhaps }', 'wrong'))
    await conditionIs('wrong', 'ParametersInvalid')
    const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].message}'
    const said = await kubectl.get('get', EVENTS, 'wrong', '-o', path)
    for (const word of ['streamName', 'bitrate', 'recordingEnabled'])
      assert.match(said, RegExp(word))
  })

  test('000.4 a template that is not there is named, and making it later is enough', async () => {
    await kubectl.apply(typedEvent(PARAMETERS, 'early').replace('id: typed', 'id: later'))
    await conditionIs('early', 'TemplateNotFound')
    const later = TYPED.replace('name: typed', 'name: later').replace('-typed', '-later')
    await kubectl.apply(later)
    await ready('early')
  })

  const isThere = async (object: string): Promise<boolean> =>
    (await kubectl.get('get', object, '--ignore-not-found', '-o', 'name')) !== ''
  const secret = async (name: string): Promise<Record<string, string>> => {
    const { data } = JSON.parse(await kubectl.get('get', 'secret', name, '-o', 'json'))
    const entries = Object.entries(data as Record<string, string>)
    return Object.fromEntries(
      entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    )
  }

  test('000.5, 000.9 what an event makes goes with it, or stays where it is to be orphaned', async () => {
    await kubectl.apply(TYPED)
    await kubectl.apply(policies('gone', 'deletionPolicy: Delete'))
    await kubectl.apply(policies('orphan', 'deletionPolicy: Orphan'))
    for (const name of ['gone', 'orphan']) {
      await ready(name)
      await kubectl.get('delete', EVENTS, name, '--timeout=20s')
    }
    assert.deepEqual([await isThere(flow('gone')), await isThere(flow('orphan'))], [false, true])
    const owners = ['-o', 'jsonpath={.metadata.ownerReferences}']
    assert.match(await kubectl.get('get', flow('orphan'), ...owners), /^(?:\[\])?$/)
  })

  test('000.5 an event that may only observe makes nothing, and says so', async () => {
    await kubectl.apply(TYPED)
    await kubectl.apply(policies('watcher', 'managementPolicies: [Observe]'))
    await conditionIs('watcher', 'ResourceFailed')
    const describe = await kubectl.get('describe', EVENTS, 'watcher')
    assert.match(describe, /the managementPolicies do not let it be made/)
    assert.equal(await isThere(flow('watcher')), false)
    const wrong = policies('wrong', 'managementPolicies: [Look]')
    assert.match(await kubectl.refused(['apply', '-f', '-'], wrong), /managementPolicies.*"Look"/)
  })

  test('000.5 the provider that an event names makes its things; one that is not there is named', async () => {
    await kubectl.apply(TYPED)
    await kubectl.apply(policies('elsewhere', 'providerConfigRef: { name: elsewhere }'))
    await conditionIs('elsewhere', 'ResourceFailed')
    const path = 'jsonpath={.status.conditions[?(@.type=="Synced")].message}'
    assert.match(
      await kubectl.get('get', flow('elsewhere'), '-o', path),
      /there is no ProviderConfig `elsewhere`; create it/,
    )
    await kubectl.apply(`
apiVersion: elemental.aws.livewyer.io/v1alpha1
kind: ProviderConfig
metadata: { name: elsewhere }
spec: { provider: local }
`)
    await ready('elsewhere')
    const ref = 'jsonpath={.spec.providerConfigRef.name}'
    assert.equal(await kubectl.get('get', flow('elsewhere'), '-o', ref), 'elsewhere')
  })

  test('000.5 how to reach what was made lands in Secrets, which go with the event', async () => {
    await kubectl.apply(TYPED)
    const spec = `writeConnectionSecretsToNamespace: broadcast
  publishConnectionDetailsTo: { name: reach, metadata: { labels: { for: players }, type: Opaque } }`
    await kubectl.apply(policies('reached', spec))
    await ready('reached')
    const own = ['secret', 'reached-typed-flow-connection', '-n', 'broadcast']
    const arn = await kubectl.get('get', ...own, '-o', 'jsonpath={.data.arn}')
    assert.match(Buffer.from(arn, 'base64').toString(), /^arn:aws:mediaconnect:/)
    assert.equal(
      (await secret('reach'))['reached-typed.arn'],
      Buffer.from(arn, 'base64').toString(),
    )
    const label = await kubectl.get('get', 'secret', '-l', 'for=players', '-o', 'name')
    assert.equal(label, 'secret/reach\n')
    await kubectl.get('delete', EVENTS, 'reached', '--timeout=20s')
    assert.equal(await isThere('secret/reach'), false)
    assert.equal(await kubectl.get('get', ...own, '--ignore-not-found', '-o', 'name'), '')
  })

  test('000.6 an event of the cluster runs a template of the cluster', async () => {
    await kubectl.apply(
      TYPED.replace('kind: WorkflowTemplate', 'kind: XWorkflowTemplate').replace('-typed', '-wide'),
    )
    await kubectl.apply(typedEvent(PARAMETERS, 'wide').replace('kind: Event', 'kind: XEvent'))
    const xevent = 'xevents.elemental.aws.livewyer.io/wide'
    await kubectl.get('wait', xevent, '--for=condition=Ready', '--timeout=20s')
  })

  test('000.7 a scheduled event waits for its time, the annotated ones run', async () => {
    await kubectl.apply(
      annotated(
        'automated-deployment',
        '{ pipeline.id: "build-123", commit.sha: "abc123def456" }',
        'deployment-template',
        '{ version: "v1.2.3", environment: "staging" }',
      ),
    )
    await kubectl.apply(
      annotated(
        'failover-activation',
        '{ monitoring.alert: "primary-failure", automation.trigger: "disaster-recovery" }',
        'failover-template',
        '{ triggerReason: "primary-system-failure", failoverRegion: "us-west-2" }',
      ),
    )
    await kubectl.apply(
      annotated(
        'daily-news-broadcast',
        '{ schedule.cron: "0 18 * * *" }',
        'daily-news-template',
        '{ broadcastTime: "evening", duration: "1800" }',
      ),
    )
    await ready('automated-deployment')
    await ready('failover-activation')
    const label = `${LABEL}=daily-news-broadcast`
    assert.equal(await kubectl.get('get', 'workflows', '-l', label, '-o', 'name'), '')
  })

  test('000.8 the commands for whoever looks for trouble answer', async () => {
    await ready('simple-live-stream')
    const label = `${LABEL}=simple-live-stream`
    assert.match(
      await kubectl.get('get', 'workflowtemplates'),
      /^basic-streaming-template +2 +3 +True/m,
    )
    const template = await kubectl.get('describe', 'workflowtemplate', 'basic-streaming-template')
    assert.match(template, /TemplateValidated/)
    assert.match(await kubectl.get('describe', 'event', 'simple-live-stream'), /WorkflowExecuted/)
    assert.match(
      await kubectl.get('get', 'workflows', '-l', label),
      /^simple-live-stream +Completed/m,
    )
    const all = await kubectl.get('get', 'all', '-l', label)
    for (const kind of ['workflow', 'flow', 'channel', 'originendpoint'])
      assert.match(all, RegExp(String.raw`^${kind}\.[a-z.]+/`, 'm'))
    const flow = 'flows.mediaconnect.aws.livewyer.io'
    assert.match(await kubectl.get('describe', flow, 'live-channel-1-flow'), /arn:aws:mediaconnect/)
    assert.equal(await kubectl.get('auth', 'can-i', 'create', 'events'), 'yes\n')
    await kubectl.get('describe', 'rolebinding', '-n', 'broadcast')
    const logs = ['logs', '-n', 'crossplane-system', 'deployment/crossplane', '--tail=100']
    assert.match(await kubectl.get(...logs), /"room":"workflow"/)
    assert.match(await kubectl.get('get', 'events'), /simple-live-stream/)
  })

  test('000.7 a scheduled event runs at its times, under the name of the minute', async () => {
    const label = `${LABEL}=minutely`
    const names = (): Promise<string> =>
      kubectl.get('get', 'workflows', '-l', label, '-o', 'jsonpath={.items[0].metadata.name}')
    await until('its minute has come', 90_000, async () => {
      return (await kubectl.get('get', 'workflows', '-l', label, '-o', 'name')) !== ''
    })
    const name = await names()
    assert.match(name, /^minutely-\d{8}$/)
    await kubectl.get('wait', `workflow/${name}`, '--for=condition=Ready', '--timeout=20s')
    await kubectl.get('get', 'configmap', 'minutely')
    const shown = await kubectl.get('describe', EVENTS, 'minutely')
    assert.match(shown, /Normal +ScheduledRun [\s\S]*workflow `minutely-\d+` is made/)
  })

  test('000.9 applied twice an event changes nothing; deleted it takes all away', async () => {
    await kubectl.apply(TYPED)
    const event = typedEvent(PARAMETERS.replace('live', 'twice'), 'twice')
    await kubectl.apply(event)
    await ready('twice')
    const label = `${LABEL}=twice`
    const before1 = await kubectl.get('get', 'all', '-l', label, '-o', VERSIONS)
    assert.match(before1, /^\d+ \d+ $/)
    assert.equal(await kubectl.apply(event), 'event.elemental.aws.livewyer.io/twice unchanged\n')
    const after = await kubectl.get('get', 'all', '-l', label, '-o', VERSIONS)
    assert.equal(after, before1)
    await kubectl.get('delete', EVENTS, 'twice')
    assert.equal(await kubectl.get('get', 'all', '-l', label, '-o', 'name'), '')
  })
})
