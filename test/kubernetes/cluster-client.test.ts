// The client of a real cluster beside the one of this process: controllers must not be able to tell them apart. Both do
// the same, one over HTTP against a server, and what they answer, refuse and tell is compared.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger, silentLogger, systemClock } from '../../src/base/index.ts'
import { openCluster, readKubeconfig } from '../../src/cluster/index.ts'
import { isKubeError, type KubeClient, type KubeObject } from '../../src/objects/index.ts'
import { openTestObjects } from '../../src/objects/testing.ts'
import { freePorts } from '../../tools/services/process.ts'
import { Signalbox, until } from '../support/signalbox.ts'

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const NAMESPACE = 'compared'
const one = { ...CONFIG_MAP, namespace: NAMESPACE, name: 'one' }
const PATIENCE_MS = 20_000

function configMap(name: string, data: object, more: object = {}): KubeObject {
  return { ...CONFIG_MAP, metadata: { namespace: NAMESPACE, name, ...more }, data }
}

/** Without what is different each time; who names no manager of fields is known by another name in each. */
function still(value: unknown): unknown {
  const drawn = new Set([
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'deletionTimestamp',
    'time',
  ])
  const text = JSON.stringify(value, (name, inner: unknown) =>
    drawn.has(name) && inner !== undefined ? 'drawn' : inner,
  )
  if (text === undefined) return undefined
  return JSON.parse(text.replaceAll(/\bunknown\b/g, 'signalbox').replaceAll(TIME, 'drawn'))
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g

const STEPS: readonly (readonly [string, (client: KubeClient) => Promise<unknown>])[] = [
  ['a namespace is made', (client) => client.create(namespace())],
  ['what is not there is undefined', (client) => client.get(one)],
  ['one is made', (client) => client.create(configMap('one', { a: '1' }, { labels: { l: 'x' } }))],
  ['a second of the name is refused', (client) => client.create(configMap('one', {}))],
  ['it is found', (client) => client.get(one)],
  [
    'a kind that is not served is named',
    (client) => client.get({ apiVersion: 'none.dev/v1', kind: 'Nothing', name: 'x' }),
  ],
  [
    'a namespace that is not there',
    (client) =>
      client.create({ ...CONFIG_MAP, metadata: { name: 'x', namespace: 'no-such-place' } }),
  ],
  ['a name that is none', (client) => client.create(configMap('Not a name', {}))],
  [
    'an update of a version that is gone',
    (client) => client.update(configMap('one', { a: '2' }, { resourceVersion: '1' })),
  ],
  ['an update', (client) => client.update(configMap('one', { a: '2' }))],
  ['a merge patch', (client) => client.patch(one, 'merge', { data: { b: '3', a: null } })],
  [
    'a JSON patch',
    (client) => client.patch(one, 'json', [{ op: 'add', path: '/data/c', value: '4' }]),
  ],
  [
    'a JSON patch whose test fails',
    (client) => client.patch(one, 'json', [{ op: 'test', path: '/data/c', value: '5' }]),
  ],
  ['a strategic patch', (client) => client.patch(one, 'strategic', { data: { d: '5' } })],
  [
    'an apply of another manager that takes a field',
    (client) =>
      client.patch(one, 'apply', applied({ d: '6' }), { fieldManager: 'm', force: false }),
  ],
  [
    'the same by force',
    (client) => client.patch(one, 'apply', applied({ d: '6' }), { fieldManager: 'm', force: true }),
  ],
  [
    'an apply of what is not there makes it',
    (client) =>
      client.patch(
        { ...one, name: 'two' },
        'apply',
        { ...applied({}), metadata: { name: 'two', namespace: NAMESPACE } },
        { fieldManager: 'm' },
      ),
  ],
  [
    'a dry run stores nothing',
    async (client) => {
      await client.create(configMap('dry', {}), { dryRun: true })
      return client.get({ ...one, name: 'dry' })
    },
  ],
  [
    'an unknown field is warned of',
    async (client) => {
      const warnings: string[] = []
      await client.create(
        { ...configMap('warned', {}), other: 1 },
        { fieldValidation: 'Warn', onWarning: (text) => warnings.push(text) },
      )
      return warnings
    },
  ],
  [
    'a list by label',
    async (client) =>
      (await client.list(CONFIG_MAP, { namespace: NAMESPACE, labelSelector: 'l in (x)' })).items,
  ],
  [
    'a selector that is none',
    (client) => client.list(CONFIG_MAP, { namespace: NAMESPACE, labelSelector: 'a in' }),
  ],
  [
    'a page and the next',
    async (client) => {
      const first = await client.list(CONFIG_MAP, { namespace: NAMESPACE, limit: 1 })
      const { continueToken } = first
      assert.ok(continueToken !== undefined)
      const next = await client.list(CONFIG_MAP, { namespace: NAMESPACE, limit: 1, continueToken })
      return [...first.items, ...next.items].map(({ metadata }) => metadata.name)
    },
  ],
  [
    'a version that is not yet',
    async (client) => {
      const { signal } = new AbortController()
      for await (const event of client.watch(CONFIG_MAP, { resourceVersion: '999999', signal }))
        return event
      return undefined
    },
  ],
  [
    'a finalizer holds what is deleted',
    async (client) => {
      await client.create(configMap('held', {}, { finalizers: ['test.dev/hold'] }))
      const { object } = await client.delete({ ...one, name: 'held' })
      await client.patch({ ...one, name: 'held' }, 'merge', { metadata: { finalizers: null } })
      return [object?.metadata.finalizers, await client.get({ ...one, name: 'held' })]
    },
  ],
  [
    'a delete under a condition that is not so',
    (client) => client.delete(one, { preconditions: { uid: 'another' } }),
  ],
  [
    'a delete',
    async (client) => {
      const { uid, object } = await client.delete(one)
      return [uid !== '', object, await client.get(one)]
    },
  ],
  ['a delete of what is gone', (client) => client.delete(one)],
]

function namespace(): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }
}

function applied(data: Record<string, string>) {
  return { ...CONFIG_MAP, metadata: { name: 'one', namespace: NAMESPACE }, data }
}

async function outcomeOf(step: Promise<unknown>): Promise<unknown> {
  try {
    return { answered: still(await step) }
  } catch (error) {
    if (!isKubeError(error)) throw error
    const { reason, message, details } = error
    const told = message.replaceAll(/[0-9a-f-]{36}|current: \d+|\d{3,}/g, 'drawn')
    return still({ refused: reason, message: told, causes: details?.causes, name: details?.name })
  }
}

function access(signalbox: Signalbox, user: object = {}) {
  signalbox.write(
    'kubeconfig',
    JSON.stringify({
      'current-context': 'it',
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
      clusters: [{ name: 'it', cluster: { server: signalbox.url } }],
      users: [{ name: 'it', user }],
    }),
  )
  return readKubeconfig(join(signalbox.folder, 'kubeconfig'))
}

test('the client of a cluster answers and refuses as the one of this process', async (context) => {
  const signalbox = await Signalbox.open(context)
  const options = { clock: systemClock, logger: silentLogger, env: {} }
  const cluster = openCluster({ ...options, access: access(signalbox) })
  context.after(() => cluster.close())
  const objects = await openTestObjects()
  context.after(() => objects.close())
  assert.match(await cluster.version(), /^v1\.32\./)
  for (const [name, step] of STEPS) {
    const [theirs, ours] = [
      await outcomeOf(step(cluster.client())),
      await outcomeOf(step(objects.client)),
    ]
    assert.deepEqual(theirs, ours, name)
  }
})

test('a watch goes on over a restart of its server, and tells each change once', async (context) => {
  const [port] = await freePorts(1)
  const signalbox = await Signalbox.open(context, { args: ['--port', String(port)] })
  const lines: string[] = []
  const logger = createLogger({ level: 'warn', destination: { write: (line) => lines.push(line) } })
  const cluster = openCluster({
    access: access(signalbox),
    clock: systemClock,
    logger,
    env: {},
  })
  const ended = new AbortController()
  context.after(() => {
    ended.abort()
    cluster.close()
  })
  const client = cluster.client()
  await client.create(namespace())
  const { resourceVersion } = await client.list(CONFIG_MAP, { namespace: NAMESPACE })
  const told: string[] = []
  const watching = (async () => {
    const watch = { namespace: NAMESPACE, resourceVersion, signal: ended.signal }
    for await (const event of client.watch(CONFIG_MAP, watch))
      if (event.type !== 'BOOKMARK') told.push(`${event.type} ${event.object.metadata.name}`)
  })()
  await client.create(configMap('before', {}))
  await until('the first is told', PATIENCE_MS, () => told.length === 1)
  await signalbox.end('SIGKILL')
  await until('the watch waits', PATIENCE_MS, () =>
    lines.some((line) => line.includes('goes on when the cluster is there again')),
  )
  await signalbox.start()
  await client.create(configMap('after', {}))
  await client.delete({ ...one, name: 'before' })
  await until('the rest is told', PATIENCE_MS, () => told.length === 3)
  assert.deepEqual(told, ['ADDED before', 'ADDED after', 'DELETED before'])
  ended.abort()
  await watching
})
