import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAppError, seededRandom, systemRandom } from '../base/index.ts'
import { createKey, createKeyring } from '../keyring/index.ts'
import { openMemoryStore } from './drivers/memory/memory-store.ts'
import { createMemoryStoreState, type MemoryStoreState } from './drivers/memory/state.ts'
import type { RowStore } from './rows.ts'
import { rowsConformance } from './rows.conformance.ts'
import { sealAll, sealRows } from './sealed-rows.ts'
import type { StoreUnderTest } from './store-under-test.ts'
import { watchConformance } from './watch.conformance.ts'

const OLD = createKey(seededRandom(1).bytes(32))
const NEW = createKey(seededRandom(2).bytes(32))
const sealer = createKeyring([OLD], systemRandom)
const kinds = new Set(['secrets'])
const KEY = { kind: 'secrets', namespace: 'n', name: 'a' }
const VALUE = { data: { password: 'swordfish' } }

function open(state: MemoryStoreState): StoreUnderTest {
  const store = openMemoryStore({ state })
  const rows = sealRows(store.rows, { kinds: new Set(['Rule']), sealer })
  return {
    store: { ...store, rows },
    async reopen() {
      await store.close()
      return open(state)
    },
    dispose: () => store.close(),
  }
}

describe('sealed rows are rows', () => {
  rowsConformance(() => Promise.resolve(open(createMemoryStoreState())))
  watchConformance(() => Promise.resolve(open(createMemoryStoreState())))
})

function pair(): { readonly plain: RowStore; readonly rows: RowStore } {
  const { rows: plain } = openMemoryStore()
  return { plain, rows: sealRows(plain, { kinds, sealer }) }
}

test('what lies in the store shows nothing of the value; other kinds lie as they are', async () => {
  const { plain, rows } = pair()
  await rows.write([
    { ...KEY, value: VALUE },
    { ...KEY, kind: 'configmaps', value: VALUE },
  ])
  const stored = await plain.get(KEY)
  assert.ok(!JSON.stringify(stored).includes('password'))
  assert.deepEqual((await plain.get({ ...KEY, kind: 'configmaps' }))?.value, VALUE)
  assert.deepEqual((await rows.get(KEY))?.value, VALUE)
  await rows.write([{ ...KEY, value: { data: {} } }])
  await rows.write([KEY])
  const stop = new AbortController()
  const seen: unknown[] = []
  for await (const { row, before } of rows.watch({
    kinds: ['secrets'],
    after: 0,
    signal: stop.signal,
  })) {
    seen.push([row.value, before?.value])
    if (seen.length === 3) stop.abort()
  }
  const none = { data: {} }
  assert.deepEqual(seen, [
    [VALUE, undefined],
    [none, VALUE],
    [none, none],
  ])
})

test('a sealed value that is moved to another name does not open', async () => {
  const { plain, rows } = pair()
  await rows.write([{ ...KEY, value: VALUE }])
  const { value } = (await plain.get(KEY))!
  await plain.write([{ ...KEY, name: 'b', value }])
  await assert.rejects(rows.get({ ...KEY, name: 'b' }), (error) =>
    isAppError(error, 'SECRET_UNREADABLE'),
  )
})

test('what was stored in the open is sealed, and what an old key sealed is sealed anew', async () => {
  const { plain, rows } = pair()
  await plain.write([{ ...KEY, name: 'open', value: VALUE, labels: { a: 'b' } }])
  assert.deepEqual((await rows.get({ ...KEY, name: 'open' }))?.value, VALUE)
  await rows.write([{ ...KEY, value: VALUE }])
  const both = createKeyring([NEW, OLD], systemRandom)
  await sealAll(plain, { kinds, sealer: both })
  const fresh = createKeyring([NEW], systemRandom)
  const opened = sealRows(plain, { kinds, sealer: fresh })
  for (const name of ['a', 'open'])
    assert.deepEqual((await opened.get({ ...KEY, name }))?.value, VALUE)
  assert.deepEqual((await opened.get({ ...KEY, name: 'open' }))?.labels, { a: 'b' })
  const revision = plain.revision()
  await sealAll(plain, { kinds, sealer: fresh })
  assert.equal(plain.revision(), revision)
  await assert.rejects(sealAll(plain, { kinds, sealer }), (error) =>
    isAppError(error, 'SECRET_UNREADABLE'),
  )
})
