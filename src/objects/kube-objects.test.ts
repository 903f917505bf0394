// One suite over both stores: the object machinery as Kubernetes' clients see it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openMemoryStore, openSqliteStore, type Store } from '../store/index.ts'
import { BUILTIN_TYPES } from './builtin-types.ts'
import { builtinType } from './builtin-type.ts'
import type { KubeClient, KubeEvent, KubeWatch } from './kube-client.ts'
import { isKubeError, type KubeReason } from './kube-error.ts'
import type { KubeKey, KubeObject } from './kube-object.ts'
import { KubeObjects } from './kube-objects.ts'
import { BOOKMARK_MS } from './limits.ts'
import { objectOf, TEXT, WHOLE } from './schema-parts.ts'

const WIDGET = builtinType({
  group: 'gold.test',
  kind: 'Widget',
  plural: 'widgets',
  isCustom: true,
  hasStatus: true,
  schema: objectOf({
    spec: objectOf({ size: { type: 'integer', minimum: 1 }, colour: TEXT }, ['size']),
    status: objectOf({ seen: WHOLE }),
  }),
})

interface Parts {
  readonly client: KubeClient
  readonly objects: KubeObjects
  readonly store: Store
  readonly clock: FakeClock
}

function configMap(name: string, data: Record<string, string> = {}, labels = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels },
    data,
  }
}

function widget(name: string, spec: object, rest: object = {}): KubeObject {
  return {
    apiVersion: 'gold.test/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'default', ...rest },
    spec,
  }
}

function keyOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeKey {
  return { apiVersion, kind, name, namespace: namespace! }
}

function refuses(reason: KubeReason, text?: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isKubeError(error), String(error))
    if (text instanceof RegExp) assert.match(error.message, text)
    else if (text !== undefined) assert.equal(error.message, text)
    assert.equal(error.reason, reason)
    return true
  }
}

const CONFIG_MAPS = { apiVersion: 'v1', kind: 'ConfigMap' }

/** Watches in the background; what came is in the list. */
function collect(
  client: KubeClient,
  watch: Omit<KubeWatch, 'signal'>,
): { readonly seen: string[]; until(count: number): Promise<void>; end(): Promise<void> } {
  const stop = new AbortController()
  const seen: string[] = []
  let wake: (() => void) | undefined
  const loop = (async () => {
    for await (const event of client.watch(CONFIG_MAPS, { ...watch, signal: stop.signal })) {
      seen.push(tell(event))
      wake?.()
    }
  })()
  return {
    seen,
    async until(count) {
      while (seen.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    },
    async end() {
      stop.abort()
      await loop
    },
  }
}

function tell(event: KubeEvent): string {
  if (event.type === 'BOOKMARK') return `BOOKMARK ${event.isInitialEnd ?? false}`
  return `${event.type} ${event.object.metadata.name}`
}

describe('kube objects over memory', () => suite(() => Promise.resolve(openMemoryStore())))

describe('kube objects over sqlite', () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-kube-'))
  })
  after(() => rmSync(directory, { recursive: true }))
  let count = 0
  suite(() => {
    count += 1
    return openSqliteStore({ path: join(directory, `${count}.db`) })
  })
})

function suite(open: () => Promise<Store>): void {
  function kubeTest(name: string, use: (parts: Parts) => Promise<void>): void {
    test(name, async () => {
      const store = await open()
      const clock = new FakeClock(Date.UTC(2026, 0, 1))
      const types = [...BUILTIN_TYPES, WIDGET]
      const objects = new KubeObjects({ rows: store.rows, clock, random: seededRandom(7), types })
      const client = objects.client()
      try {
        await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
        await use({ client, objects, store, clock })
      } finally {
        await store.close()
      }
    })
  }

  kubeTest('what was created is read back, with what the server adds', async ({ client }) => {
    const created = await client.create(configMap('a', { k: 'v' }), { fieldManager: 'me' })
    assert.equal(created.metadata.resourceVersion, '2')
    assert.match(created.metadata.uid!, /^[0-9a-f-]{36}$/)
    assert.equal(created.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
    assert.deepEqual(
      created.metadata.managedFields?.map((entry) => [entry.manager, entry.operation]),
      [['me', 'Update']],
    )
    assert.deepEqual(await client.get(keyOf(created)), created)
    assert.deepEqual((await client.list(CONFIG_MAPS)).items, [created])
  })

  kubeTest('refusals have the real server’s words', async ({ client }) => {
    await client.create(configMap('a'))
    const missing = { ...CONFIG_MAPS, namespace: 'default', name: 'zzz' }
    await assert.rejects(
      client.create(configMap('a')),
      refuses('AlreadyExists', 'configmaps "a" already exists'),
    )
    await assert.rejects(client.delete(missing), refuses('NotFound', 'configmaps "zzz" not found'))
    await assert.rejects(
      client.create(widget('b', { size: 0 })),
      refuses(
        'Invalid',
        'Widget.gold.test "b" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
      ),
    )
    await assert.rejects(
      client.create(widget('b', { size: 1, bogus: 1 }), { fieldValidation: 'Strict' }),
      refuses('BadRequest', /strict decoding error: unknown field "spec.bogus"$/),
    )
    await assert.rejects(
      client.create({ ...configMap('a'), metadata: { name: 'a', namespace: 'none' } }),
      refuses('NotFound', 'namespaces "none" not found'),
    )
    await assert.rejects(
      client.create(configMap('Bad_Name')),
      refuses(
        'Invalid',
        /metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
      ),
    )
    await assert.rejects(
      client.list({ apiVersion: 'gold.test/v2', kind: 'Widget' }),
      refuses('NotFound', 'no matches for kind "Widget" in version "gold.test/v2"'),
    )
  })

  kubeTest('an unknown field is told of, and dropped', async ({ client }) => {
    const warnings: string[] = []
    const options = { onWarning: (text: string) => void warnings.push(text) }
    const created = await client.create(widget('a', { size: 1, bogus: 1 }), options)
    assert.deepEqual(warnings, ['unknown field "spec.bogus"'])
    assert.deepEqual(created['spec'], { size: 1 })
  })

  kubeTest(
    'an update of what another has changed is refused, and none is lost',
    async ({ client }) => {
      const created = await client.create(configMap('a', { n: '0' }))
      await client.update({ ...created, data: { n: '1' } })
      await assert.rejects(
        client.update({ ...created, data: { n: '2' } }),
        refuses(
          'Conflict',
          'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
        ),
      )
      async function addOne(): Promise<void> {
        for (;;) {
          const now = (await client.get(keyOf(created)))!
          const n = String(Number((now['data'] as { n: string }).n) + 1)
          try {
            await client.update({ ...now, data: { n } })
            return
          } catch (error) {
            if (!isKubeError(error, 'Conflict')) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 10 }, () => addOne()))
      assert.deepEqual((await client.get(keyOf(created)))!['data'], { n: '11' })
    },
  )

  kubeTest('generation follows the spec, and status is written by itself', async ({ client }) => {
    const created = await client.create({ ...widget('a', { size: 1 }), status: { seen: 9 } })
    assert.equal(created.metadata.generation, 1)
    assert.equal(created['status'], undefined)
    const seen = { ...created, spec: { size: 5 }, status: { seen: 1 } }
    const withStatus = await client.update(seen, { subresource: 'status' })
    assert.deepEqual([withStatus['spec'], withStatus['status']], [{ size: 1 }, { seen: 1 }])
    assert.equal(withStatus.metadata.generation, 1)
    const grown = await client.update({ ...withStatus, spec: { size: 2 }, status: {} })
    assert.deepEqual([grown.metadata.generation, grown['status']], [2, { seen: 1 }])
    const same = await client.update(grown)
    assert.equal(same.metadata.resourceVersion, grown.metadata.resourceVersion)
  })

  kubeTest('finalizers keep a deleted object until the last is gone', async ({ client }) => {
    const created = await client.create(widget('a', { size: 1 }, { finalizers: ['x.test/f'] }))
    const { object: marked } = await client.delete(keyOf(created))
    assert.equal(marked!.metadata.deletionTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(marked!.metadata.generation, 2)
    const more = {
      ...marked!,
      metadata: { ...marked!.metadata, finalizers: ['x.test/f', 'y.test/g'] },
    }
    await assert.rejects(client.update(more), refuses('Invalid', /no new finalizers can be added/))
    await client.update({ ...marked!, metadata: { ...marked!.metadata, finalizers: [] } })
    assert.equal(await client.get(keyOf(created)), undefined)
  })

  kubeTest('a dry run answers what would be, and stores nothing', async ({ client, store }) => {
    const revision = store.rows.revision()
    const would = await client.create(configMap('a', { k: 'v' }), { dryRun: true })
    assert.deepEqual(would['data'], { k: 'v' })
    assert.equal(store.rows.revision(), revision)
  })

  kubeTest('a name is drawn for a generateName', async ({ client }) => {
    const draft = configMap('a')
    const metadata = { namespace: 'default', generateName: 'job-' } as never
    const created = await client.create({ ...draft, metadata })
    assert.match(created.metadata.name, /^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  kubeTest('lists select by labels and fields, and page', async ({ client }) => {
    for (const name of ['a', 'b', 'c', 'd'])
      await client.create(
        configMap(name, {}, name < 'c' ? { tier: 'low' } : { tier: 'high', x: '1' }),
      )
    const names = async (query: object): Promise<readonly string[]> =>
      (await client.list(CONFIG_MAPS, query)).items.map(({ metadata }) => metadata.name)
    assert.deepEqual(await names({ labelSelector: 'tier in (low,mid)' }), ['a', 'b'])
    assert.deepEqual(await names({ labelSelector: '!x' }), ['a', 'b'])
    assert.deepEqual(await names({ labelSelector: 'tier!=low,x' }), ['c', 'd'])
    assert.deepEqual(await names({ fieldSelector: 'metadata.name=c' }), ['c'])
    assert.deepEqual(await names({ fieldSelector: 'metadata.name!=c', limit: 2 }), ['a', 'b'])
    const first = await client.list(CONFIG_MAPS, { limit: 3 })
    await client.create(configMap('e'))
    const rest = await client.list(CONFIG_MAPS, { limit: 3, continueToken: first.continueToken! })
    assert.deepEqual(
      rest.items.map(({ metadata }) => metadata.name),
      ['d'],
    )
    assert.equal(rest.resourceVersion, first.resourceVersion)
    await assert.rejects(
      client.list(CONFIG_MAPS, { fieldSelector: 'spec.colour=red' }),
      refuses('BadRequest', 'field label not supported: spec.colour'),
    )
    await assert.rejects(
      client.list(CONFIG_MAPS, { labelSelector: 'a b' }),
      refuses('BadRequest', /unable to parse requirement/),
    )
    await assert.rejects(
      client.list(CONFIG_MAPS, { resourceVersion: '9999' }),
      refuses('Timeout', /^Too large resource version: 9999/),
    )
  })

  kubeTest('a watch shows what is there, and then every change once', async ({ client }) => {
    const a = await client.create(configMap('a'))
    const watch = collect(client, { namespace: 'default', resourceVersion: '0' })
    await watch.until(1)
    const changed = await client.update({ ...a, data: { k: 'v' } })
    await client.create(configMap('b'))
    await client.delete(keyOf(changed))
    await watch.until(4)
    await watch.end()
    assert.deepEqual(watch.seen, ['ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a'])
  })

  kubeTest('an object that begins or ceases to be selected comes and goes', async ({ client }) => {
    const { resourceVersion } = await client.list(CONFIG_MAPS)
    const watch = collect(client, { labelSelector: 'on=yes', resourceVersion })
    const off = await client.create(configMap('a', {}, { on: 'no' }))
    const on = await client.update({ ...off, metadata: { ...off.metadata, labels: { on: 'yes' } } })
    await client.update({ ...on, metadata: { ...on.metadata, labels: { on: 'no' } } })
    await watch.until(2)
    await watch.end()
    assert.deepEqual(watch.seen, ['ADDED a', 'DELETED a'])
  })

  kubeTest(
    'streaming lists end their beginning, and bookmarks come when nothing does',
    async ({ client, clock }) => {
      await client.create(configMap('a'))
      const watch = collect(client, { sendInitialEvents: true, allowBookmarks: true })
      await watch.until(2)
      await clock.run(BOOKMARK_MS)
      await watch.until(3)
      await watch.end()
      assert.deepEqual(watch.seen, ['ADDED a', 'BOOKMARK true', 'BOOKMARK false'])
    },
  )

  kubeTest(
    'a watch from a version that is no longer kept is told so',
    async ({ client, store }) => {
      await client.create(configMap('a'))
      await client.create(configMap('b'))
      await store.rows.compact(store.rows.revision() - 1)
      const watch = client.watch(CONFIG_MAPS, {
        resourceVersion: '1',
        signal: new AbortController().signal,
      })
      await assert.rejects(
        async () => {
          for await (const _ of watch) assert.fail('nothing may come')
        },
        refuses('Expired', 'too old resource version: 1 (3)'),
      )
    },
  )

  kubeTest('patches of each kind change what they say', async ({ client }) => {
    const key = keyOf(await client.create(configMap('a', { k: 'v', gone: 'x' })))
    await client.patch(key, 'merge', { data: { k: 'w', gone: null } })
    await client.patch(key, 'json', [{ op: 'add', path: '/data/j', value: '1' }])
    const patched = await client.patch(key, 'strategic', { metadata: { labels: { l: '1' } } })
    assert.deepEqual(patched['data'], { k: 'w', j: '1' })
    assert.deepEqual(patched.metadata.labels, { l: '1' })
    await assert.rejects(
      client.patch(key, 'json', [{ op: 'test', path: '/data/k', value: 'v' }]),
      refuses('Invalid', 'the server rejected our request due to an error in our request'),
    )
    const old = { metadata: { resourceVersion: '1' }, data: {} }
    await assert.rejects(client.patch(key, 'merge', old), refuses('Conflict'))
  })

  kubeTest(
    'applies share an object, and a field that is another’s needs force',
    async ({ client }) => {
      const key = keyOf(widget('a', {}))
      const first = widget('a', { size: 1 }) as never
      await client.patch(key, 'apply', first, { fieldManager: 'm1' })
      const both = await client.patch(
        key,
        'apply',
        widget('a', { size: 1, colour: 'red' }) as never,
        {
          fieldManager: 'm2',
        },
      )
      assert.deepEqual(both['spec'], { size: 1, colour: 'red' })
      const again = await client.patch(key, 'apply', first, { fieldManager: 'm1' })
      assert.equal(again.metadata.resourceVersion, both.metadata.resourceVersion)
      const other = widget('a', { size: 2 }) as never
      await assert.rejects(
        client.patch(key, 'apply', other, { fieldManager: 'm1' }),
        refuses('Conflict', 'Apply failed with 1 conflict: conflict with "m2": .spec.size'),
      )
      const forced = await client.patch(key, 'apply', other, { fieldManager: 'm1', force: true })
      assert.deepEqual(forced['spec'], { size: 2, colour: 'red' })
      const dropped = await client.patch(key, 'apply', widget('a', {}) as never, {
        fieldManager: 'm2',
      })
      assert.deepEqual(dropped['spec'], { size: 2 })
    },
  )

  kubeTest('what a user may not do is refused in RBAC’s words', async ({ objects }) => {
    const user = { name: 'bob', groups: [] }
    const bob = objects.client({
      user,
      authorize: ({ verb }) => Promise.resolve({ isAllowed: verb === 'get' }),
    })
    assert.equal(await bob.get(keyOf(configMap('a'))), undefined)
    await assert.rejects(
      bob.list(CONFIG_MAPS, { namespace: 'gold' }),
      refuses(
        'Forbidden',
        'configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "gold"',
      ),
    )
    await assert.rejects(
      bob.list(CONFIG_MAPS),
      refuses('Forbidden', /in API group "" at the cluster scope$/),
    )
  })

  kubeTest('a job is filled in as Kubernetes does, and its template stays', async ({ client }) => {
    const containers = [{ name: 'c', image: 'busybox' }]
    const job = (name: string): KubeObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: 'default' },
      spec: { template: { spec: { containers, restartPolicy: 'Never' } } },
    })
    const created = await client.create(job('j'), { fieldValidation: 'Strict' })
    const spec = created['spec'] as Record<string, never>
    assert.deepEqual(
      [spec['backoffLimit'], spec['completions'], spec['parallelism'], spec['completionMode']],
      [6, 1, 1, 'NonIndexed'],
    )
    assert.deepEqual(spec['selector'], {
      matchLabels: { 'batch.kubernetes.io/controller-uid': created.metadata.uid },
    })
    const changed = structuredClone(created) as unknown as {
      spec: { template: { spec: { containers: { image: string }[] } } }
    }
    changed.spec.template.spec.containers[0]!.image = 'other'
    await assert.rejects(
      client.update(changed as never),
      refuses(
        'Invalid',
        /^Job.batch "j" is invalid: spec.template: Invalid value: .*: field is immutable$/,
      ),
    )
    await assert.rejects(
      client.create(job('j'.repeat(68))),
      refuses(
        'Invalid',
        /spec.template.labels: Invalid value: "j{68}": must be no more than 63 characters/,
      ),
    )
  })
}
