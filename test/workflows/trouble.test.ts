// What goes wrong with workflows, as kubectl shows it: templates that cannot be, parameters that are missing, providers
// that fail or do not answer. Each is told where people look, nothing is half hidden, and once it is mended it finishes.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { DEADLINE_MS, shareSignalbox, until } from '../support/signalbox.ts'
import { runFlow } from '../support/flow.ts'

const skip = kubectlLacks() ?? false
const TIMEOUT = `--timeout=${DEADLINE_MS / 1000}s`
const EVENTS = 'events.elemental.aws.livewyer.io'
const CHANNELS = 'channels.mediapackage.aws.livewyer.io'
const API = 'elemental.aws.livewyer.io/v1alpha1'
const PACKAGE = 'mediapackage.aws.livewyer.io/v1alpha1'

/** MediaPackage as far as a channel needs it; it can be told to refuse, and not to answer. */
class Packages {
  mood: 'well' | 'refusing' | 'silent' = 'well'
  /** How often it was asked, in whatever mood. */
  asked = 0
  readonly channels = new Set<string>()
  readonly #server = createServer((request, response) => this.#answer(request, response))

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked += 1
    const end = (status: number, body: object): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    }
    if (this.mood === 'silent') return
    if (this.mood === 'refusing') return end(503, { message: 'out of capacity in this region' })
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [, , id = ''] = request.url!.split('/')
      if (request.method === 'POST') {
        const made = JSON.parse(Buffer.concat(chunks).toString()) as { id: string }
        this.channels.add(made.id)
        return end(200, { ...made, arn: `arn:aws:mediapackage:x:1:channels/${made.id}` })
      }
      if (!this.channels.has(id)) return end(404, { message: 'channel not found' })
      if (request.method === 'DELETE') this.channels.delete(id)
      return end(200, { id, arn: `arn:aws:mediapackage:x:1:channels/${id}` })
    })
  }
}

const template = (name: string, timeout = '5m'): string => `
apiVersion: ${API}
kind: WorkflowTemplate
metadata: { name: ${name} }
spec:
  steps:
    - name: settings
      resources:
        - { name: ${name}-settings, spec: { apiVersion: v1, kind: ConfigMap, data: { a: b } } }
    - name: packaging
      timeout: ${timeout}
      resources:
        - name: ${name}-channel
          spec: { apiVersion: ${PACKAGE}, kind: Channel, spec: { forProvider: {} } }
`

const event = (name: string, parameters = '{}', id = name): string => `
apiVersion: ${API}
kind: Event
metadata: { name: ${name} }
spec:
  providerConfigRef: { name: packages }
  workflowTemplate: { id: ${id}, parameters: ${parameters} }
`

const providerConfig = (url: string): string => `
apiVersion: ${API}
kind: ProviderConfig
metadata: { name: packages }
spec: { provider: aws, endpoint: '${url}', timeout: 500ms }
`

const round = (name: string, other: string): string =>
  `{ name: ${name}, spec: { apiVersion: v1, kind: ConfigMap }, dependsOn: [{ key: data.x, source: { name: ${other}, kind: ConfigMap, key: data.a } }] }`

const cycle = (kind: string): string => `
apiVersion: ${API}
kind: ${kind}
metadata: { name: round }
spec: { steps: [{ name: s, resources: [${round('a', 'b')}, ${round('b', 'a')}] }] }
`

const textual = (kind: string): string => `
apiVersion: ${API}
kind: WorkflowTemplate
metadata: { name: textual, annotations: { parameters.required: size } }
spec:
  template: |
    steps:
      - name: only
        resources:
          - name: textual-{{ .size }}
            spec: { apiVersion: v1, ${kind} data: { size: "{{ .size }}" } }
`

const REFERRING = `
apiVersion: ${API}
kind: WorkflowTemplate
metadata: { name: referring, annotations: { parameters.required: sizes, parameters.types: 'sizes: array' } }
spec: { templateRef: { name: texts } }
`

const texts = (word: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: texts }
data:
  template: |
    steps:
      - name: notes
        resources:
          {{- range $i, $size := .sizes }}
          - name: note-{{ $size }}
            spec: { apiVersion: v1, kind: ConfigMap, data: { is: "${word} {{ mul $size 2 }}" } }
          {{- end }}
`

describe('trouble with workflows', { skip }, () => {
  const signalbox = shareSignalbox()
  const packages = new Packages()
  let kubectl: Kubectl
  before(async () => {
    kubectl = new Kubectl(signalbox())
    await kubectl.apply(providerConfig(await packages.open()))
  })
  after(() => packages.close())

  const field = (object: string, path: string): Promise<string> =>
    kubectl.get('get', object, '-o', `jsonpath=${path}`)
  const ready = (object: string): Promise<string> =>
    field(
      object,
      '{range .status.conditions[?(@.type=="Ready")]}{.status} {.reason}: {.message}{end}',
    )
  const says = (object: string, text: RegExp): Promise<void> =>
    until(`${object} says ${text}`, DEADLINE_MS, async () => text.test(await ready(object)))
  const described = (object: string, text: RegExp): Promise<void> =>
    until(`${object} is described with ${text}`, DEADLINE_MS, async () =>
      text.test(await kubectl.get('describe', object)),
    )
  const isThere = async (object: string): Promise<boolean> =>
    (await kubectl.get('get', object, '--ignore-not-found', '-o', 'name')) !== ''
  const finishes = (name: string): Promise<string> =>
    kubectl.get('wait', '--for=condition=Ready', `${EVENTS}/${name}`, TIMEOUT)

  test('a template that cannot be is refused with all that is wrong with it, and is not there', async () => {
    const wrong = template('wrong')
      .replace('kind: ConfigMap, data', 'data')
      .replace('timeout: 5m', 'timeout: soon\n      uses: magic')
    const said = await kubectl.refused(['apply', '-f', '-'], wrong)
    assert.match(said, /spec\.steps\[0\]\.resources\[0\]\.spec\.kind: Required value/)
    assert.match(said, /spec\.steps\[1\]\.uses: .*"magic": expected one of job, function, http/)
    assert.match(said, /spec\.steps\[1\]\.timeout: .*"soon": expected a duration/)
    assert.equal(await isThere('workflowtemplate/wrong'), false)
  })

  test('a cycle is refused by its members, in a template and in a workflow', async () => {
    for (const kind of ['WorkflowTemplate', 'Workflow']) {
      const said = await kubectl.refused(['apply', '-f', '-'], cycle(kind))
      assert.match(said, /spec\.steps\[0\]\.resources: .*"a → b → a".*break the cycle/)
      assert.equal(await isThere(`${kind.toLowerCase()}/round`), false)
    }
  })

  test('a text that is no template once it is rendered is told in the Event, until it is mended', async () => {
    await kubectl.apply(textual(''))
    await kubectl.apply(event('textual', '{ size: 3 }'))
    await says(
      `${EVENTS}/textual`,
      /^False TemplateInvalid: .*resources\[0\]\.spec\.kind: Required/,
    )
    await described('event/textual', /Warning.*TemplateInvalid|TemplateInvalid/)
    assert.equal(await isThere('workflow/textual'), false)
    await kubectl.apply(textual('kind: ConfigMap,'))
    await finishes('textual')
    assert.equal(await field('configmap/textual-3', '{.data.size}'), '3')
  })

  test('a text in a ConfigMap that is not there yet is told, and a change of it changes what was made', async () => {
    await kubectl.apply(REFERRING)
    await kubectl.apply(event('referring', '{ sizes: [1, 2] }'))
    await says(`${EVENTS}/referring`, /^False TemplateInvalid: .*ConfigMap `default\/texts`/)
    await kubectl.apply(texts('small'))
    await finishes('referring')
    const notes = '{.items[?(@.data.is)].data.is}'
    assert.equal(await field('configmap', notes), 'small 2 small 4')
    await kubectl.apply(texts('large'))
    await until('the notes are changed', DEADLINE_MS, async () => {
      return (await field('configmap', notes)) === 'large 2 large 4'
    })
  })

  test('a missing parameter is named, nothing is made, and giving it is enough', async () => {
    const settings = template('named').replaceAll(
      'name: named-settings',
      "name: '{{ show }}-settings'",
    )
    await kubectl.apply(settings.replace('name: named-channel', "name: '{{ show }}-channel'"))
    await kubectl.apply(event('named'))
    const missing = /^False ParametersInvalid: .*parameters\.show: Required value/
    await says(`${EVENTS}/named`, missing)
    await described('event/named', /ParametersInvalid.*parameters\.show/)
    assert.equal(await isThere('workflow/named'), false)
    assert.equal(await isThere('configmap/show-settings'), false)
    await kubectl.apply(event('named', '{ show: late }'))
    await finishes('named')
    assert.ok(await isThere(`${CHANNELS}/late-channel`))
    await kubectl.get('delete', `${EVENTS}/named`, TIMEOUT)
  })

  test('a lifetime that is none is refused with the value and what would be right', async () => {
    const short = event('short').replace(
      'name: short }',
      'name: short, annotations: { elemental.aws.livewyer.io/ttl: soon } }',
    )
    const said = await kubectl.refused(['apply', '-f', '-'], short)
    assert.match(
      said,
      /elemental\.aws\.livewyer\.io\/ttl\]: Invalid value: "soon": .*such as `30s`/,
    )
    assert.equal(await isThere(`${EVENTS}/short`), false)
  })

  test('a provider that fails is told everywhere, asked later each time, and finishes when it is well', async () => {
    await kubectl.apply(template('failing'))
    packages.mood = 'refusing'
    packages.asked = 0
    await kubectl.apply(event('failing'))
    const why =
      /ResourceFailed: step `packaging`: Channel failing-channel: mediapackage answered 503: out of capacity in this region/
    await says(`${EVENTS}/failing`, why)
    await says('workflow/failing', why)
    await says(`${CHANNELS}/failing-channel`, /^False ReconcileError: mediapackage answered 503/)
    assert.match(
      await kubectl.get('get', CHANNELS, 'failing-channel'),
      /SYNCED +READY[\s\S]*failing-channel +False +False/,
    )
    await described(`${CHANNELS}/failing-channel`, /Warning +ReconcileError .*out of capacity/)
    await described('event/failing', /ResourceFailed/)
    // What was made before it stays as it is.
    assert.ok(await isThere('configmap/failing-settings'))
    assert.match(await field('workflow/failing', '{.status.atProvider.step}'), /^packaging$/)
    packages.mood = 'well'
    await finishes('failing')
    await described(`${EVENTS}/failing`, /WorkflowCompleted/)
    assert.deepEqual([...packages.channels], ['failing-channel'])
    await kubectl.get('delete', `${EVENTS}/failing`, TIMEOUT)
    assert.deepEqual([...packages.channels], [])
  })

  test('a step that fails for too long ends the workflow, and a retry goes on from it', async () => {
    await kubectl.apply(template('late', '2s'))
    packages.mood = 'refusing'
    await kubectl.apply(event('late'))
    await says(
      `${EVENTS}/late`,
      /not ready in time: Channel late-channel: mediapackage answered 503/,
    )
    assert.equal(await field(`${EVENTS}/late`, '{.status.atProvider.workflowStatus}'), 'Failed')
    await described(`${EVENTS}/late`, /Warning +StepFailed /)
    await described(`${EVENTS}/late`, /Warning +WorkflowFailed /)
    const settings = await field('configmap/late-settings', '{.metadata.uid}')
    packages.mood = 'well'
    const retried = await runFlow(signalbox(), 'retry', 'late', '--watch')
    assert.equal(retried.code, 0, retried.stdout + retried.stderr)
    await finishes('late')
    assert.equal(await field('configmap/late-settings', '{.metadata.uid}'), settings)
    assert.match((await runFlow(signalbox(), 'logs', 'late')).stdout, /retried[\s\S]*completed/)
    await kubectl.get('delete', `${EVENTS}/late`, TIMEOUT)
  })

  test('a provider that does not answer is told, and a retry asks it at once', async () => {
    await kubectl.apply(template('silent'))
    packages.mood = 'silent'
    await kubectl.apply(event('silent'))
    await says(
      `${EVENTS}/silent`,
      /Channel silent-channel: the provider did not answer within 500 ms/,
    )
    await described(`${CHANNELS}/silent-channel`, /Warning +ReconcileError .*did not answer within/)
    // By then it is left alone for longer than the test waits.
    await until('it was asked some times', DEADLINE_MS, () => packages.asked >= 4)
    packages.mood = 'well'
    const retried = await runFlow(signalbox(), 'retry', 'silent', '--watch')
    assert.equal(retried.code, 0, retried.stdout + retried.stderr)
    await finishes('silent')
  })

  test('an Event that cannot go says what keeps it, and goes when that is mended', async () => {
    await kubectl.apply(template('stuck'))
    packages.mood = 'well'
    await kubectl.apply(event('stuck'))
    await finishes('stuck')
    packages.mood = 'refusing'
    await kubectl.get('delete', `${EVENTS}/stuck`, '--wait=false')
    const why =
      /^False DeletionFailed: being deleted, waiting for Channel stuck-channel: mediapackage answered 503.*; then 1 more that were made before/
    await says(`${EVENTS}/stuck`, why)
    await says('workflow/stuck', why)
    // The last goes first: what was made before it is still there.
    assert.equal(await field('configmap/stuck-settings', '{.metadata.deletionTimestamp}'), '')
    packages.mood = 'well'
    await kubectl.get('wait', '--for=delete', `${EVENTS}/stuck`, TIMEOUT)
    assert.equal(await isThere('configmap/stuck-settings'), false)
  })
})
