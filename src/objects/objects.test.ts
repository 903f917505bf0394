// One suite over both stores: what holds in memory holds on disk.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isAppError, seededRandom, type ErrorCode } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import type { QueueSpec, Resource, ResourceOf } from '../model/index.ts'
import { openMemoryStore, openSqliteStore, type Store } from '../store/index.ts'
import type { ObjectDraft } from './object-client.ts'
import { Objects } from './objects.ts'
import type { ObjectWish } from './plan.ts'
import { decodeResource } from './resource-rows.ts'

const START = Date.UTC(2026, 0, 1, 12, 0, 0, 500)

function draft(name: string, rest: Partial<ObjectDraft<'Queue'>> = {}): ObjectDraft<'Queue'> {
  return { namespace: 'default', name, spec: spec(name), ...rest }
}

function spec(name: string, attributes: QueueSpec['attributes'] = {}): QueueSpec {
  return { account: '000000000000', region: 'us-east-1', name, fifo: false, attributes }
}

function withSpec(object: ResourceOf<'Queue'>, attributes: QueueSpec['attributes']) {
  return { ...object, spec: { ...object.spec, attributes } }
}

function rejectsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isAppError(error, code)
}

function create(name: string): ObjectWish {
  return { verb: 'create', kind: 'Queue', draft: draft(name) }
}

describe('objects over memory', () => objectTests(() => Promise.resolve(openMemoryStore())))

describe('objects over sqlite', () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-objects-'))
  })
  after(() => rmSync(directory, { recursive: true }))
  let count = 0
  objectTests(() => {
    count += 1
    return openSqliteStore({ path: join(directory, `${count}.db`) })
  })
})

function objectTests(open: () => Promise<Store>): void {
  function objectTest(
    name: string,
    use: (parts: {
      readonly objects: Objects
      readonly store: Store
      readonly clock: FakeClock
    }) => Promise<void>,
  ): void {
    test(name, async () => {
      const store = await open()
      const clock = new FakeClock(START)
      const objects = new Objects({ rows: store.rows, clock, random: seededRandom(7) })
      try {
        await use({ objects, store, clock })
      } finally {
        await store.close()
      }
    })
  }

  objectTest('a created object has its metadata and is found again', async ({ objects }) => {
    const created = await objects.create(
      'Queue',
      draft('q', { labels: { team: 'shop' }, annotations: { 'example.com/note': 'x' } }),
    )
    assert.match(created.metadata.uid, /^[0-9a-f-]{36}$/)
    assert.deepEqual(created, {
      apiVersion: 'signalbox.dev/v1',
      kind: 'Queue',
      metadata: {
        name: 'q',
        namespace: 'default',
        uid: created.metadata.uid,
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-01-01T12:00:00Z',
        labels: { team: 'shop' },
        annotations: { 'example.com/note': 'x' },
      },
      spec: spec('q'),
    })
    assert.deepEqual(await objects.get('Queue', draft('q')), created)
    assert.equal(await objects.get('Queue', draft('other')), undefined)
    assert.equal(await objects.get('Rule', draft('q')), undefined)
  })

  objectTest('a name that is taken is told apart from a conflict', async ({ objects }) => {
    await objects.create('Queue', draft('q'))
    await assert.rejects(objects.create('Queue', draft('q')), rejectsWith('RESOURCE_EXISTS'))
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => objects.create('Queue', draft('r'))),
    )
    const codes = results.map((result) =>
      result.status === 'fulfilled' ? 'created' : (result.reason as { code: string }).code,
    )
    assert.equal(codes.filter((code) => code === 'created').length, 1)
    assert.equal(codes.filter((code) => code === 'RESOURCE_EXISTS').length, 3)
  })

  objectTest('an invalid object is refused with all its faults', async ({ objects, store }) => {
    const invalid = draft('Not A Name', {
      spec: { ...spec('q.fifo'), account: '1' },
      labels: { 'bad key': 'x' },
    })
    await assert.rejects(objects.create('Queue', invalid), (error) => {
      assert.ok(isAppError(error, 'RESOURCE_INVALID'))
      const faults = error.details['faults'] as readonly { readonly path: string }[]
      assert.deepEqual(
        faults.map(({ path }) => path),
        ['metadata.name', 'metadata.labels', 'spec.account', 'spec.fifo'],
      )
      return true
    })
    assert.equal(store.rows.revision(), 0)
  })

  objectTest('generation rises with the spec and with nothing else', async ({ objects }) => {
    const first = await objects.create('Queue', draft('q'))
    const second = await objects.update('Queue', withSpec(first, { DelaySeconds: '5' }))
    assert.deepEqual([second.metadata.generation, second.metadata.resourceVersion], [2, '2'])
    const labelled = { ...second, metadata: { ...second.metadata, labels: { team: 'x' } } }
    const third = await objects.update('Queue', labelled)
    assert.deepEqual([third.metadata.generation, third.metadata.resourceVersion], [2, '3'])
    const fourth = await objects.updateStatus('Queue', { ...third, status: { ready: true } })
    assert.deepEqual([fourth.metadata.generation, fourth.metadata.resourceVersion], [2, '4'])
    assert.deepEqual(await objects.get('Queue', draft('q')), fourth)
  })

  objectTest('an update that changes nothing writes nothing', async ({ objects, store }) => {
    const created = await objects.create('Queue', draft('q'))
    assert.deepEqual(await objects.update('Queue', created), created)
    assert.deepEqual(await objects.updateStatus('Queue', created), created)
    assert.equal(store.rows.revision(), 1)
  })

  objectTest('an update keeps status, an update of status keeps the rest', async ({ objects }) => {
    const created = await objects.create('Queue', draft('q'))
    const ready = await objects.updateStatus('Queue', {
      ...withSpec(created, { ignored: 'yes' }),
      status: { ready: true },
    })
    assert.deepEqual([ready.status, ready.spec], [{ ready: true }, spec('q')])
    const { status, ...withoutStatus } = withSpec(ready, { DelaySeconds: '1' })
    assert.deepEqual(status, { ready: true })
    const updated = await objects.update('Queue', withoutStatus)
    assert.deepEqual(
      [updated.status, updated.spec.attributes],
      [{ ready: true }, { DelaySeconds: '1' }],
    )
  })

  objectTest('what the system owns of metadata is not the writer’s', async ({ objects }) => {
    const created = await objects.create('Queue', draft('q'))
    const metadata = { ...created.metadata, generation: 99, creationTimestamp: 'never' }
    const updated = await objects.update('Queue', withSpec({ ...created, metadata }, { A: '1' }))
    assert.deepEqual(
      [updated.metadata.generation, updated.metadata.creationTimestamp],
      [2, created.metadata.creationTimestamp],
    )
  })

  objectTest(
    'a stale version is refused, no version replaces what is there',
    async ({ objects }) => {
      const stale = await objects.create('Queue', draft('q'))
      await objects.update('Queue', withSpec(stale, { A: '1' }))
      const late = withSpec(stale, { A: '2' })
      await assert.rejects(objects.update('Queue', late), rejectsWith('RESOURCE_CONFLICT'))
      await assert.rejects(objects.updateStatus('Queue', late), rejectsWith('RESOURCE_CONFLICT'))
      const forced = { ...late, metadata: { ...late.metadata, resourceVersion: '' } }
      assert.equal((await objects.update('Queue', forced)).metadata.generation, 3)
      const other = { ...forced, metadata: { ...forced.metadata, uid: 'of another life' } }
      await assert.rejects(objects.update('Queue', other), rejectsWith('RESOURCE_CONFLICT'))
    },
  )

  objectTest(
    'no update is lost among writers that read, change and try again',
    async ({ objects }) => {
      await objects.create('Queue', draft('q'))
      async function addOne(): Promise<void> {
        for (;;) {
          const object = (await objects.get('Queue', draft('q')))!
          const count = Number(object.spec.attributes['count'] ?? 0) + 1
          try {
            await objects.update('Queue', withSpec(object, { count: String(count) }))
            return
          } catch (error) {
            if (!isAppError(error, 'RESOURCE_CONFLICT')) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 12 }, () => addOne()))
      const { spec: final, metadata } = (await objects.get('Queue', draft('q')))!
      assert.deepEqual([final.attributes, metadata.generation], [{ count: '12' }, 13])
    },
  )

  objectTest(
    'an object that is not there can be neither updated nor deleted',
    async ({ objects }) => {
      const created = await objects.create('Queue', draft('q'))
      await objects.delete('Queue', draft('q'))
      const refused = [
        objects.update('Queue', created),
        objects.updateStatus('Queue', created),
        objects.delete('Queue', draft('q')),
      ]
      for (const promise of refused)
        await assert.rejects(promise, rejectsWith('RESOURCE_NOT_FOUND'))
    },
  )

  objectTest('a delete holds to its preconditions', async ({ objects }) => {
    const { metadata } = await objects.create('Queue', draft('q'))
    const wrong = [{ uid: 'another' }, { resourceVersion: '99' }]
    for (const preconditions of wrong)
      await assert.rejects(
        objects.delete('Queue', draft('q'), preconditions),
        rejectsWith('RESOURCE_CONFLICT'),
      )
    await objects.delete('Queue', draft('q'), {
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    })
    const again = await objects.create('Queue', draft('q'))
    assert.notEqual(again.metadata.uid, metadata.uid)
  })

  objectTest(
    'an object with finalizers stays, marked, until the last is gone',
    async ({ objects, clock }) => {
      await objects.create('Queue', draft('q', { finalizers: ['signalbox.dev/drain'] }))
      clock.advance(10_000)
      await objects.delete('Queue', draft('q'))
      const marked = (await objects.get('Queue', draft('q')))!
      assert.equal(marked.metadata.deletionTimestamp, '2026-01-01T12:00:10Z')
      clock.advance(10_000)
      await objects.delete('Queue', draft('q'))
      assert.deepEqual(await objects.get('Queue', draft('q')), marked)
      await objects.update('Queue', { ...marked, metadata: { ...marked.metadata, finalizers: [] } })
      assert.equal(await objects.get('Queue', draft('q')), undefined)
    },
  )

  objectTest('lists select, page and stay at one version', async ({ objects }) => {
    for (const name of ['a1', 'a2', 'a3', 'b1'])
      await objects.create('Queue', draft(name, { labels: { odd: String(/[13]/.test(name)) } }))
    const query = { namePrefix: 'a', limit: 2 }
    const first = await objects.list('Queue', query)
    await objects.create('Queue', draft('a4'))
    const second = await objects.list('Queue', { ...query, continueToken: first.continueToken! })
    assert.deepEqual(
      [first, second].map((page) => page.items.map(({ metadata }) => metadata.name)),
      [['a1', 'a2'], ['a3']],
    )
    assert.deepEqual([first.resourceVersion, second.resourceVersion], ['4', '4'])
    const odd = { labels: [{ key: 'odd', operator: 'in', values: ['true'] }] } as const
    const { items } = await objects.list('Queue', odd)
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ['a1', 'a3', 'b1'],
    )
  })

  objectTest('a list at an old version shows what there was', async ({ objects, store }) => {
    const created = await objects.create('Queue', draft('q'))
    await objects.update('Queue', withSpec(created, { A: '1' }))
    await objects.create('Queue', draft('later'))
    const old = await objects.list('Queue', { resourceVersion: created.metadata.resourceVersion })
    assert.deepEqual(old.items, [created])
    await store.rows.compact(2)
    await assert.rejects(
      objects.list('Queue', { resourceVersion: '1' }),
      rejectsWith('REVISION_COMPACTED'),
    )
    await assert.rejects(
      objects.list('Queue', { resourceVersion: 'bogus' }),
      rejectsWith('REQUEST_INVALID'),
    )
  })

  objectTest('a watch after a list misses nothing and repeats nothing', async ({ objects }) => {
    const created = await objects.create('Queue', draft('q'))
    const { resourceVersion } = await objects.list('Queue', {})
    const controller = new AbortController()
    const updated = await objects.update('Queue', withSpec(created, { A: '1' }))
    const changing = objects
      .create('Rule', {
        namespace: 'default',
        name: 'r',
        spec: {
          account: '000000000000',
          region: 'us-east-1',
          bus: 'default',
          name: 'r',
          state: 'ENABLED',
          pattern: '{}',
          targets: [],
        },
      })
      .then(() => objects.delete('Queue', draft('q')))
    const seen: unknown[] = []
    for await (const change of objects.watch('Queue', {
      resourceVersion,
      signal: controller.signal,
    })) {
      seen.push(change)
      if (change.type === 'delete') controller.abort()
    }
    await changing
    const gone = { ...updated, metadata: { ...updated.metadata, resourceVersion: '4' } }
    assert.deepEqual(seen, [
      { type: 'put', object: updated, before: created },
      { type: 'delete', object: gone, before: updated },
    ])
  })

  objectTest('an apply writes many objects at one version', async ({ objects }) => {
    const kept = await objects.create('Queue', draft('kept'))
    const gone = await objects.create('Queue', draft('gone'))
    const { revision, objects: written } = await objects.apply([
      create('new'),
      { verb: 'update', kind: 'Queue', object: withSpec(kept, { A: '1' }) },
      { verb: 'delete', kind: 'Queue', key: draft('gone'), preconditions: {} },
    ])
    assert.equal(revision, 3)
    assert.deepEqual(
      written.map((object) => object?.metadata.resourceVersion),
      ['3', '3', undefined],
    )
    assert.equal(await objects.get('Queue', gone.metadata), undefined)
    const { items } = await objects.list('Queue', { resourceVersion: String(revision) })
    assert.deepEqual(
      items.map((object) => object as Resource),
      [written[1], written[0]],
    )
  })

  objectTest('an apply of which one cannot be met changes nothing', async ({ objects, store }) => {
    const stale = await objects.create('Queue', draft('q'))
    await objects.update('Queue', withSpec(stale, { A: '1' }))
    const before = store.rows.revision()
    const refused: readonly (readonly [ObjectWish, ErrorCode])[] = [
      [create('q'), 'RESOURCE_EXISTS'],
      [{ verb: 'update', kind: 'Queue', object: withSpec(stale, { A: '2' }) }, 'RESOURCE_CONFLICT'],
      [
        { verb: 'delete', kind: 'Queue', key: draft('missing'), preconditions: {} },
        'RESOURCE_NOT_FOUND',
      ],
      [{ verb: 'create', kind: 'Queue', draft: draft('BAD') }, 'RESOURCE_INVALID'],
    ]
    for (const [wish, code] of refused)
      await assert.rejects(objects.apply([create('new'), wish]), rejectsWith(code))
    assert.equal(store.rows.revision(), before)
    assert.equal(await objects.get('Queue', draft('new')), undefined)
  })

  objectTest('applies that swap two objects never show them mixed', async ({ objects }) => {
    await objects.apply([create('a'), create('b')])
    async function swap(value: string): Promise<void> {
      const wishes = await Promise.all(
        ['a', 'b'].map(async (name): Promise<ObjectWish> => {
          const object = (await objects.get('Queue', draft(name)))!
          const metadata = { ...object.metadata, resourceVersion: '' }
          return {
            verb: 'update',
            kind: 'Queue',
            object: withSpec({ ...object, metadata }, { value }),
          }
        }),
      )
      await objects.apply(wishes)
    }
    const values = Array.from({ length: 20 }, (_, index) => String(index))
    const writing = Promise.all(values.map((value) => swap(value)))
    for (let round = 0; round < 20; round += 1) {
      const { items } = await objects.list('Queue', {})
      assert.equal(new Set(items.map((item) => item.spec.attributes['value'])).size, 1)
    }
    await writing
  })

  objectTest('a row is decoded as the object that was written', async ({ objects, store }) => {
    const created = await objects.create('Queue', draft('q'))
    const row = await store.rows.get({ kind: 'Queue', namespace: 'default', name: 'q' })
    assert.deepEqual(decodeResource(row!), created)
  })
}
