// Rows: revisions, expectations, lists, pages, old revisions, compaction.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError, type ErrorCode } from '../base/index.ts'
import type { RowQuery, RowStore, RowWrite } from './rows.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

const KIND = 'Rule'

function put(name: string, value: unknown = { name }, rest: Partial<RowWrite> = {}): RowWrite {
  return { kind: KIND, namespace: 'default', name, value, ...rest }
}

function remove(name: string, rest: Partial<RowWrite> = {}): RowWrite {
  return { kind: KIND, namespace: 'default', name, ...rest }
}

async function namesOf(rows: RowStore, query: Partial<RowQuery> = {}): Promise<string[]> {
  const page = await rows.list({ kind: KIND, ...query })
  return page.rows.map((row) => `${row.namespace}/${row.name}`)
}

function rejectsWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isAppError(error, code)
}

export function rowsConformance(open: OpenStore): void {
  function rowTest(name: string, use: (rows: RowStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ rows }) => use(rows)))
  }

  rowTest('an empty store is at revision 0 and has no rows', async (rows) => {
    assert.equal(rows.revision(), 0)
    assert.deepEqual(await rows.list({ kind: KIND }), { rows: [], revision: 0 })
    assert.equal(await rows.get({ kind: KIND, namespace: 'default', name: 'a' }), undefined)
  })

  rowTest('a write raises the revision by one and is there when it resolves', async (rows) => {
    const value = { text: 'ä\u{1F600}', list: [1, null, 'x'], nested: { deep: true } }
    const revision = await rows.write([put('a', value, { labels: { team: 'x' } })])
    assert.equal(revision, 1)
    assert.equal(rows.revision(), 1)
    assert.deepEqual(await rows.get({ kind: KIND, namespace: 'default', name: 'a' }), {
      kind: KIND,
      namespace: 'default',
      name: 'a',
      value,
      labels: { team: 'x' },
      revision: 1,
      createdRevision: 1,
    })
  })

  rowTest(
    'an update keeps the revision of creation, a new row after a delete does not',
    async (rows) => {
      await rows.write([put('a', 1)])
      await rows.write([put('a', 2)])
      const key = { kind: KIND, namespace: 'default', name: 'a' }
      const updated = await rows.get(key)
      assert.deepEqual([updated?.value, updated?.revision, updated?.createdRevision], [2, 2, 1])
      await rows.write([remove('a')])
      assert.equal(await rows.get(key), undefined)
      await rows.write([put('a', 3)])
      const recreated = await rows.get(key)
      assert.deepEqual([recreated?.revision, recreated?.createdRevision], [4, 4])
    },
  )

  rowTest('an update without labels drops those that were there', async (rows) => {
    await rows.write([put('a', 1, { labels: { team: 'x' } })])
    await rows.write([put('a', 1)])
    assert.deepEqual((await rows.get({ kind: KIND, namespace: 'default', name: 'a' }))?.labels, {})
  })

  rowTest('a change of the written value afterwards does not reach the store', async (rows) => {
    const value = { list: [1] }
    const written = rows.write([put('a', value)])
    value.list.push(2)
    await written
    const first = await rows.get({ kind: KIND, namespace: 'default', name: 'a' })
    assert.deepEqual(first?.value, { list: [1] })
    Object.assign(first?.value ?? {}, { list: [1, 3] })
    const second = await rows.get({ kind: KIND, namespace: 'default', name: 'a' })
    assert.deepEqual(second?.value, { list: [1] })
  })

  rowTest('one write of many rows gives them one revision', async (rows) => {
    const revision = await rows.write([put('a'), put('b'), put('c')])
    const page = await rows.list({ kind: KIND })
    assert.deepEqual(
      page.rows.map((row) => [row.name, row.revision]),
      [
        ['a', revision],
        ['b', revision],
        ['c', revision],
      ],
    )
  })

  rowTest('a write that changes nothing does not raise the revision', async (rows) => {
    await rows.write([put('a')])
    assert.equal(await rows.write([]), 1)
    assert.equal(await rows.write([remove('missing')]), 1)
    assert.equal(rows.revision(), 1)
  })

  rowTest('an expectation that holds lets the write through', async (rows) => {
    await rows.write([put('a', 1, { expect: 'none' })])
    await rows.write([put('a', 2, { expect: 1 })])
    await rows.write([remove('b', { expect: 'none' })])
    assert.equal(await rows.write([remove('a', { expect: 2 })]), 3)
  })

  rowTest('an expectation that fails changes nothing of the whole write', async (rows) => {
    await rows.write([put('a', 1), put('b', 1)])
    const refused: readonly (readonly RowWrite[])[] = [
      [put('a', 2), put('b', 2, { expect: 7 })],
      [put('a', 2, { expect: 'none' })],
      [put('new', 2), remove('b', { expect: 9 })],
      [put('new', 2), put('missing', 2, { expect: 1 })],
      [remove('a'), remove('missing', { expect: 1 })],
    ]
    for (const writes of refused) {
      await assert.rejects(rows.write(writes), rejectsWith('RESOURCE_CONFLICT'))
    }
    assert.equal(rows.revision(), 1)
    const page = await rows.list({ kind: KIND })
    assert.deepEqual(
      page.rows.map((row) => [row.name, row.value]),
      [
        ['a', 1],
        ['b', 1],
      ],
    )
  })

  rowTest('of writers that expect the same revision one wins', async (rows) => {
    await rows.write([put('a', 0)])
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => rows.write([put('a', index, { expect: 1 })])),
    )
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1)
    assert.equal(rows.revision(), 2)
  })

  rowTest('a key written twice in one write is refused', async (rows) => {
    await assert.rejects(rows.write([put('a'), remove('a')]), rejectsWith('REQUEST_INVALID'))
  })

  rowTest('a key that is empty, has a NUL or is ill-formed is refused', async (rows) => {
    for (const name of ['', 'a\0b', '\ud800'])
      await assert.rejects(rows.write([put(name, 1)]), rejectsWith('RESOURCE_INVALID'))
    assert.equal(rows.revision(), 0)
  })

  rowTest('lists come in order of namespace and name by UTF-8 bytes', async (rows) => {
    const names = ['b', 'a', 'a-b', 'a.b', 'B', '\u{ff5e}', '\u{1f600}', 'ä', 'z']
    const writes = names.map((name) => put(name))
    await rows.write([...writes, put('z', 1, { namespace: 'another' })])
    const expected = names
      .map((name) => ({ name, bytes: Buffer.from(name) }))
      .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
      .map(({ name }) => `default/${name}`)
    assert.deepEqual(await namesOf(rows), ['another/z', ...expected])
  })

  rowTest('a list holds one kind, one namespace, one prefix', async (rows) => {
    await rows.write([
      put('app-1'),
      put('app-2'),
      put('app'),
      put('web'),
      put('app-3', 1, { namespace: 'other' }),
      put('app-1', 1, { kind: 'Queue' }),
    ])
    assert.deepEqual(await namesOf(rows, { namespace: 'other' }), ['other/app-3'])
    assert.deepEqual(await namesOf(rows, { namePrefix: 'app-' }), [
      'default/app-1',
      'default/app-2',
      'other/app-3',
    ])
    assert.deepEqual(await namesOf(rows, { namespace: 'default', namePrefix: 'app-' }), [
      'default/app-1',
      'default/app-2',
    ])
    assert.deepEqual(await namesOf(rows, { kind: 'Nothing' }), [])
  })

  rowTest('label requirements must all hold', async (rows) => {
    await rows.write([
      put('a', 1, { labels: { team: 'red', tier: 'web' } }),
      put('b', 1, { labels: { team: 'blue' } }),
      put('c', 1, { labels: { tier: 'web' } }),
      put('d'),
    ])
    const labels = async (...requirements: NonNullable<RowQuery['labels']>): Promise<string> =>
      (await namesOf(rows, { labels: requirements })).map((name) => name.slice(-1)).join('')
    assert.equal(await labels({ key: 'team', operator: 'in', values: ['red', 'green'] }), 'a')
    assert.equal(await labels({ key: 'team', operator: 'notin', values: ['red'] }), 'bcd')
    assert.equal(await labels({ key: 'team', operator: 'exists', values: [] }), 'ab')
    assert.equal(await labels({ key: 'team', operator: 'absent', values: [] }), 'cd')
    assert.equal(await labels({ key: 'constructor', operator: 'exists', values: [] }), '')
    assert.equal(
      await labels(
        { key: 'tier', operator: 'in', values: ['web'] },
        { key: 'team', operator: 'absent', values: [] },
      ),
      'c',
    )
  })

  rowTest('pages show one revision, whatever is written between them', async (rows) => {
    await rows.write(['a', 'b', 'c', 'd', 'e'].map((name) => put(name, 'old')))
    const first = await rows.list({ kind: KIND, limit: 2 })
    await rows.write([put('aa'), put('c', 'new'), remove('d'), put('f')])
    const second = await rows.list({
      kind: KIND,
      limit: 2,
      ...(first.continueToken === undefined ? {} : { continueToken: first.continueToken }),
    })
    const third = await rows.list({ kind: KIND, limit: 2, continueToken: second.continueToken! })
    assert.deepEqual(
      [first, second, third].map((page) =>
        page.rows.map((row) => `${row.name}=${String(row.value)}`),
      ),
      [['a=old', 'b=old'], ['c=old', 'd=old'], ['e=old']],
    )
    assert.deepEqual(
      [first, second, third].map((page) => page.revision),
      [1, 1, 1],
    )
    assert.equal(third.continueToken, undefined)
  })

  rowTest('texts are the values of the rows that a list has, page by page', async (rows) => {
    const names = Array.from({ length: 2500 }, (_, nth) => `n${String(nth).padStart(4, '0')}`)
    const labelled = (name: string): RowWrite =>
      put(name, { name, text: 'ä\u{1F600}' }, { labels: { even: String(name.endsWith('0')) } })
    await rows.write(names.map((name) => labelled(name)))
    await rows.write([remove('n0003'), put('n0004', 'later')])
    const labels = [{ key: 'even', operator: 'in', values: ['true'] }] as const
    for (const query of [
      {},
      { limit: 1001 },
      { revision: 1 },
      { namespace: 'default', namePrefix: 'n00' },
      { namespace: 'default', limit: 7, labels },
    ]) {
      let continueToken: string | undefined
      do {
        const asked = { kind: KIND, ...query, ...(continueToken && { continueToken }) }
        const page = await rows.list(asked)
        assert.deepEqual(await rows.listTexts(asked), {
          texts: page.rows.map(({ value }) => JSON.stringify(value)),
          revisions: page.rows.map(({ revision }) => revision),
          revision: page.revision,
          ...(page.continueToken !== undefined && { continueToken: page.continueToken }),
        })
        ;({ continueToken } = page)
      } while (continueToken !== undefined)
    }
  })

  rowTest('a page that ends with the last row has no token', async (rows) => {
    await rows.write([put('a'), put('b')])
    assert.equal((await rows.list({ kind: KIND, limit: 2 })).continueToken, undefined)
    assert.notEqual((await rows.list({ kind: KIND, limit: 1 })).continueToken, undefined)
  })

  rowTest('pages of a selection skip what does not match', async (rows) => {
    const labels = { keep: 'yes' }
    await rows.write(
      Array.from({ length: 10 }, (_, index) =>
        put(`r${index}`, index, index % 3 === 0 ? { labels } : {}),
      ),
    )
    const query = {
      kind: KIND,
      limit: 3,
      labels: [{ key: 'keep', operator: 'exists', values: [] }],
    } as const
    const first = await rows.list(query)
    const second = await rows.list({ ...query, continueToken: first.continueToken! })
    assert.deepEqual(
      [first, second].map((page) => page.rows.map((row) => row.name)),
      [['r0', 'r3', 'r6'], ['r9']],
    )
  })

  rowTest(
    'a list at an old revision undoes later creations, updates and deletions',
    async (rows) => {
      await rows.write([put('a', 1), put('b', 1, { labels: { old: 'yes' } }), put('z', 1)])
      await rows.write([put('a', 2), remove('b'), put('c', 2)])
      await rows.write([put('b', 3), remove('z'), put('a', 3)])
      const at = async (revision: number): Promise<string> =>
        (await rows.list({ kind: KIND, revision })).rows
          .map((row) => `${row.name}${String(row.value)}@${row.revision}/${row.createdRevision}`)
          .join(' ')
      assert.equal(await at(0), '')
      assert.equal(await at(1), 'a1@1/1 b1@1/1 z1@1/1')
      assert.equal(await at(2), 'a2@2/1 c2@2/2 z1@1/1')
      assert.equal(await at(3), 'a3@3/1 b3@3/3 c2@2/2')
      const selected = await namesOf(rows, {
        revision: 1,
        labels: [{ key: 'old', operator: 'exists', values: [] }],
      })
      assert.deepEqual(selected, ['default/b'])
    },
  )

  rowTest('compaction forgets what came before a revision, and only that', async (rows) => {
    for (const value of [1, 2, 3, 4]) await rows.write([put('a', value)])
    await rows.compact(2)
    await assert.rejects(rows.list({ kind: KIND, revision: 1 }), rejectsWith('REVISION_COMPACTED'))
    assert.equal((await rows.list({ kind: KIND, revision: 2 })).rows[0]?.value, 2)
    await rows.compact(1)
    assert.equal((await rows.list({ kind: KIND, revision: 3 })).rows[0]?.value, 3)
    await rows.compact(4)
    await assert.rejects(rows.list({ kind: KIND, revision: 3 }), rejectsWith('REVISION_COMPACTED'))
    assert.equal((await rows.list({ kind: KIND })).rows[0]?.value, 4)
  })

  rowTest('a page whose revision was compacted meanwhile says so', async (rows) => {
    await rows.write([put('a'), put('b')])
    const first = await rows.list({ kind: KIND, limit: 1 })
    await rows.write([put('b', 2)])
    await rows.compact(2)
    await assert.rejects(
      rows.list({ kind: KIND, limit: 1, continueToken: first.continueToken! }),
      rejectsWith('REVISION_COMPACTED'),
    )
  })

  rowTest(
    'a revision that is not there yet, a bad token and a bad limit are refused',
    async (rows) => {
      await rows.write([put('a')])
      const queries = [{ revision: 2 }, { continueToken: 'bogus' }, { limit: 0 }, { limit: 1.5 }]
      for (const query of queries)
        await assert.rejects(rows.list({ kind: KIND, ...query }), rejectsWith('REQUEST_INVALID'))
      await assert.rejects(rows.compact(2), rejectsWith('REQUEST_INVALID'))
    },
  )

  test('rows, revision and history are there after reopening', () =>
    acrossReopening(
      open,
      async ({ rows }) => {
        await rows.write([put('a', 1)])
        await rows.write([put('a', 2)])
        await rows.write([put('a', 3)])
        await rows.compact(1)
      },
      async (store) => {
        const { rows } = store
        assert.equal(rows.revision(), 3)
        assert.equal((await store.stats()).revision, 3)
        assert.equal((await rows.list({ kind: KIND })).rows[0]?.value, 3)
        assert.equal((await rows.list({ kind: KIND, revision: 2 })).rows[0]?.value, 2)
        await assert.rejects(
          rows.list({ kind: KIND, revision: 0 }),
          rejectsWith('REVISION_COMPACTED'),
        )
        assert.equal(await rows.write([put('b')]), 4)
      },
    ))
}
