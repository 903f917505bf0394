// Controllers on another cluster: a Signalbox plays it, over HTTPS and with rights, whose own controllers look elsewhere.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { freePorts } from '../../tools/services/process.ts'
import { Https, httpsUrl, KEYS } from '../support/https.ts'
import { kubectlLacks } from '../support/kubectl.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const skip = kubectlLacks() ?? false
const PATIENCE_MS = 90_000

/** Nothing listens there. */
const NOWHERE = kubeconfig('https://127.0.0.1:1', { token: 'none' })
const TRIGGERS = `
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventSource
metadata: { name: any }
spec: { messagingMatchCriteria: [{ cloudEventType: ^work$ }] }
---
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventTrigger
metadata: { name: any }
spec:
  sourceClusterSelector: { matchLabels: { role: deploy } }
  eventSourceName: any
  oneForEvent: true
  policyRefs: [{ kind: ConfigMap, namespace: default, name: template }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: template, namespace: default, annotations: { projectsveltos.io/instantiate: ok } }
data:
  job.yaml: |
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: "work-{{ .CloudEvent.subject }}-{{ randAlphaNum 8 | lower }}"
      namespace: work
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{ name: work, image: registry.test/work, args: ["{{ .CloudEvent.subject }}"] }]
`

function kubeconfig(server: string, user: object, authority?: string): string {
  const trusted =
    authority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    clusters: [{ name: 'it', cluster: { server, ...trusted } }],
    users: [{ name: 'it', user }],
  })
}

async function openCluster(context: TestContext): Promise<Signalbox> {
  const [port] = await freePorts(1)
  return Signalbox.open(context, {
    command: 'start',
    config: `
https: { listen: on, port: ${port} }
programs:
  'registry.test/*': { command: [sh, -c, 'echo "did $1"', job] }
kubernetes: { kubeconfig: nowhere.yaml }
`,
    files: { 'keys.yaml': KEYS, 'nowhere.yaml': NOWHERE },
    args: ['--access-keys-file', '../keys.yaml'],
  })
}

/** A file with the token, which the kubeconfig names: it can be replaced. */
function accessTo(cluster: Signalbox, token: string): Readonly<Record<string, string>> {
  const authority = readFileSync(join(cluster.dataDir, 'tls/ca.crt'), 'utf8')
  return {
    kubeconfig: kubeconfig(httpsUrl(cluster), { tokenFile: 'token' }, authority),
    token: `${token}\n`,
  }
}

function put(operator: Signalbox, subject: string): Promise<Response> {
  const event = { specversion: '1.0', id: subject, source: 'test', type: 'work', subject, data: {} }
  return fetch(`${operator.url}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(event),
  })
}

async function jobs(kubectl: Https): Promise<readonly string[]> {
  const path = 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'
  const { stdout } = await kubectl.kubectl('get', 'jobs', '-n', 'work', '-o', path)
  return stdout
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => name.split('-')[1]!)
    .sort()
}

test(
  'triggers make Jobs in a cluster, with the rights that they have there, over kills of either side',
  { skip },
  async (context) => {
    const cluster = await openCluster(context)
    const token = await cluster.ownCli('token', 'create', 'operator')
    const kubectl = new Https(cluster)
    const operator = await Signalbox.open(context, {
      files: accessTo(cluster, token),
      args: ['--kubeconfig', '../kubeconfig', '--log-level', 'info'],
    })
    await operator.python(
      `
sqs.create_queue(QueueName='ends')
route('ends', {'source': ['signalbox/jobs']}, {'Id': 'q', 'Arn': given})
`,
      operator.queueArn('ends'),
    )
    await until('it is told what it may not do', PATIENCE_MS, () =>
      /User \\"operator\\" cannot/.test(operator.output),
    )
    const bind = ['create', 'clusterrolebinding', 'operator', '--clusterrole=cluster-admin']
    assert.equal((await kubectl.kubectl(...bind, '--user=operator')).code, 0)
    await until('the kinds are there', PATIENCE_MS, async () => {
      const { code } = await kubectl.kubectl('get', 'eventtriggers,eventsources')
      return code === 0
    })
    cluster.write('triggers.yaml', TRIGGERS)
    const applied = await kubectl.kubectl('apply', '-f', join(cluster.folder, 'triggers.yaml'))
    assert.equal(applied.code, 0, applied.stderr)
    assert.ok((await put(operator, 'one')).ok)
    await until('a Job is there', PATIENCE_MS, async () => (await jobs(kubectl)).length === 1)
    const ends = await operator.python<Record<string, string>[]>(`result = bodies('ends', 1)`)
    assert.deepEqual(
      ends.map((end) => end['detail-type']),
      ['io.signalbox.job.completed'],
    )

    await operator.end('SIGKILL')
    await operator.start()
    assert.ok((await put(operator, 'two')).ok)
    await until('the next', PATIENCE_MS, async () => (await jobs(kubectl)).length === 2)

    await cluster.end('SIGKILL')
    assert.ok((await put(operator, 'three')).ok)
    await cluster.start()
    await until('the third', PATIENCE_MS, async () => (await jobs(kubectl)).length === 3)
    assert.deepEqual(await jobs(kubectl), ['one', 'three', 'two'])
    const later = await operator.python<Record<string, string>[]>(`result = bodies('ends', 2)`)
    assert.equal(later.length, 2)
    assert.ok(!operator.output.includes(token), 'a token was shown')

    const next = await cluster.ownCli('token', 'rotate', 'operator')
    operator.write('token', `${next}\n`)
    assert.ok((await put(operator, 'four')).ok)
    await until('with a new token', PATIENCE_MS, async () => (await jobs(kubectl)).length === 4)
  },
)

const LIMITED = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: limited }
rules:
  - apiGroups: [lib.projectsveltos.io, config.projectsveltos.io]
    resources: ['*']
    verbs: [get, list, watch, create, update, patch, delete]
  - { apiGroups: [''], resources: [secrets, configmaps], verbs: [get, list, watch] }
  - { apiGroups: [''], resources: [events, namespaces], verbs: [get, create, patch] }
  - { apiGroups: [batch], resources: [jobs], verbs: [get, list, watch, create, patch, delete] }
`

test(
  'with no right to definitions it says which are missing, and works as soon as they are there',
  { skip },
  async (context) => {
    const cluster = await openCluster(context)
    const kubectl = new Https(cluster)
    const may = async (...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await kubectl.kubectl(...args)
      assert.equal(code, 0, stderr)
    }
    cluster.write('limited.yaml', LIMITED)
    cluster.write('triggers.yaml', TRIGGERS)
    await may('apply', '-f', join(cluster.folder, 'limited.yaml'))
    for (const [user, role] of [
      ['limited', 'limited'],
      ['chief', 'cluster-admin'],
    ] as const)
      await may('create', 'clusterrolebinding', user, `--clusterrole=${role}`, `--user=${user}`)
    const start = async (user: string): Promise<Signalbox> =>
      Signalbox.open(context, {
        files: accessTo(cluster, await cluster.ownCli('token', 'create', user)),
        args: ['--kubeconfig', '../kubeconfig', '--log-level', 'info'],
      })
    const operator = await start('limited')
    await until('it says what is missing', PATIENCE_MS, () =>
      /may not be made: eventsources\.lib\.projectsveltos\.io, eventtriggers\./.test(
        operator.output,
      ),
    )
    const chief = await start('chief')
    await until('the kinds are there', PATIENCE_MS, async () => {
      const { code } = await kubectl.kubectl('get', 'eventtriggers,clusterprofiles')
      return code === 0
    })
    await until('the cluster is there', PATIENCE_MS, async () => {
      const { code } = await kubectl.kubectl('get', 'clusters', 'mgmt', '-n', 'mgmt')
      return code === 0
    })
    await chief.end('SIGTERM')
    await may('apply', '-f', join(cluster.folder, 'triggers.yaml'))
    assert.ok((await put(operator, 'one')).ok)
    await until('a Job is there', PATIENCE_MS, async () => (await jobs(kubectl)).length === 1)
  },
)

test('a kubeconfig that is none stops the start, and says why', { skip }, async (context) => {
  const cases: readonly [string, string, RegExp][] = [
    ['not: [yaml', '', /is not YAML/],
    ['kind: Pod', '', /expected a kubeconfig/],
    [NOWHERE, 'other', /has no context `other`; it has `it`/],
  ]
  for (const [text, name, why] of cases) {
    const args = name === '' ? [] : ['--context', name]
    await assert.rejects(
      Signalbox.open(context, {
        files: { kubeconfig: text },
        args: ['--kubeconfig', '../kubeconfig', ...args],
      }),
      why,
    )
  }
})
