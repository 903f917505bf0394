// Event triggers over servers of NATS that the Secret `projectsveltos/sveltos-nats` names: core and JetStream, another
// server from one moment to the next, a secret in between, and a process that is killed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { natsLacks, startNats } from '../../tools/services/nats.ts'
import { Kubectl, kubectlLacks } from '../support/kubectl.ts'
import { createStream, publishAll, withNats } from '../support/nats.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const skip = natsLacks() ?? kubectlLacks() ?? false
const PATIENCE_MS = 40_000

const SOURCES = `
apiVersion: lib.projectsveltos.io/v1beta1
kind: EventSource
metadata: { name: any }
spec: { messagingMatchCriteria: [{ subject: ^welcome$ }, { subject: ^orders\\.>$ }] }
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
  map.yaml: |
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: "got-{{ .CloudEvent.subject }}", namespace: results }
`

function secretOf(settings: object): string {
  const stringData = { 'sveltos-nats': JSON.stringify(settings) }
  const metadata = { name: 'sveltos-nats', namespace: 'projectsveltos' }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })
}

function cloudEvent(subject: string): string {
  const attributes = { specversion: '1.0', id: `id-${subject}`, source: 'shop', type: 't', subject }
  return JSON.stringify({ ...attributes, datacontenttype: 'application/json', data: {} })
}

test(
  'what the Secret subscribes to is deployed for, over a kill and a change of servers',
  { skip },
  async (context) => {
    const nats = await startNats()
    context.after(() => nats.stop())
    await createStream(nats.url, 'ORDERS', ['orders.>'])
    const signalbox = await Signalbox.open(context, { config: 'nats: { listen: off }' })
    const kubectl = new Kubectl(signalbox)
    await kubectl.apply(SOURCES)
    const results = async (): Promise<readonly string[]> => {
      const args = ['get', 'configmaps', '-n', 'results', '-o', 'name', '--ignore-not-found']
      const { stdout } = await kubectl.run(args)
      return stdout
        .trim()
        .split('\n')
        .filter((name) => name.includes('got-'))
    }
    const hasGot = (...subjects: readonly string[]): Promise<void> =>
      until(`deployed for ${subjects.join(', ')}`, PATIENCE_MS, async () => {
        const names = await results()
        return subjects.every((subject) => names.includes(`configmap/got-${subject}`))
      })
    const streams = [{ name: 'ORDERS', subjects: ['orders.>'] }]
    await kubectl.apply(
      secretOf({
        nats: { configuration: { url: nats.url, subjects: ['welcome'] } },
        jetstream: { configuration: { url: nats.url, streams } },
      }),
    )
    // Core NATS does not wait for who comes later.
    await until('core NATS is heard', PATIENCE_MS, async () => {
      await withNats(nats.url, async (connection) => {
        connection.publish('welcome', cloudEvent('core'))
        await connection.flush()
      })
      return (await results()).includes('configmap/got-core')
    })
    await publishAll(nats.url, 'orders.eu', [cloudEvent('one')])
    await hasGot('one')
    await signalbox.end('SIGKILL')
    await publishAll(nats.url, 'orders.us.west', ['two', 'three'].map(cloudEvent))
    await signalbox.start()
    await hasGot('one', 'two', 'three', 'core')

    const guarded = await startNats({ configuration: 'authorization { token: "s3cret-token" }' })
    context.after(() => guarded.stop())
    const authorization = { token: 's3cret-token' }
    await kubectl.apply(
      secretOf({
        nats: { configuration: { url: guarded.url, subjects: ['welcome'], authorization } },
      }),
    )
    await until('the other server is heard', PATIENCE_MS, async () => {
      await withNats(
        guarded.url,
        async (connection) => {
          connection.publish('welcome', cloudEvent('guarded'))
          await connection.flush()
        },
        { token: 's3cret-token' },
      )
      return (await results()).includes('configmap/got-guarded')
    })
    assert.equal((await results()).length, 5)
    assert.ok(!signalbox.output.includes('s3cret-token'))
  },
)

test(
  'whoever has our port by now is not read, until the Secret is made to say so',
  { skip },
  async (context) => {
    const nats = await startNats()
    context.after(() => nats.stop())
    const { port } = new URL(nats.url)
    await nats.kill()
    const signalbox = await Signalbox.open(context, { config: `nats: { port: ${port} }` })
    const kubectl = new Kubectl(signalbox)
    await kubectl.apply(SOURCES.replaceAll('^welcome$', '^customer-saved$'))
    const saved = (name: string): Promise<void> =>
      withNats(nats.url, async (connection) => {
        connection.publish('customer-saved', cloudEvent(name))
        await connection.flush()
      })
    const got = async (): Promise<readonly string[]> => {
      const args = ['get', 'configmaps', '-n', 'results', '-o', 'name', '--ignore-not-found']
      const { stdout } = await kubectl.run(args)
      return stdout.split('\n').filter((name) => name.includes('got-'))
    }
    await saved('ours')
    await until('it comes by our own listener', PATIENCE_MS, async () => {
      return (await got()).includes('configmap/got-ours')
    })
    await signalbox.end('SIGTERM')
    await nats.start()
    await signalbox.start()
    await until('it says so', PATIENCE_MS, () =>
      /sveltos-nats is of the NATS listener of this server, which is off/.test(signalbox.output),
    )
    await saved('foreign')
    const configuration = { url: nats.url, subjects: ['customer-saved'] }
    await kubectl.apply(secretOf({ nats: { configuration } }))
    await until('it is read now', PATIENCE_MS, async () => {
      await saved('wanted')
      return (await got()).includes('configmap/got-wanted')
    })
    assert.deepEqual(await got(), ['configmap/got-ours', 'configmap/got-wanted'])
  },
)
