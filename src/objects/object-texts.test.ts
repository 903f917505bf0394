// Lists as texts, and lists of one name: the same objects as any other list has.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, systemClock } from '../base/index.ts'
import { openMemoryStore } from '../store/index.ts'
import { BUILTIN_TYPES } from './builtin-types.ts'
import type { KubeQuery, LocalClient } from './kube-client.ts'
import { isKubeError } from './kube-error.ts'
import { KubeObjects } from './kube-objects.ts'

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }

async function openObjects() {
  const { rows } = openMemoryStore()
  const parts = { rows, clock: systemClock, random: seededRandom(1), types: BUILTIN_TYPES }
  const client = new KubeObjects(parts).client()
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  return { rows, client }
}

function configMap(name: string, labels = {}, data = {}) {
  return { ...CONFIG_MAP, metadata: { name, namespace: 'default', labels }, data }
}

async function textsOf(client: LocalClient, query: KubeQuery): Promise<readonly unknown[]> {
  const { pieces } = await client.listTexts(CONFIG_MAP, query)
  const found: unknown[] = []
  for await (const texts of pieces) for (const text of texts) found.push(JSON.parse(text))
  return found
}

test('the texts of a list are its objects, however many there are and however they lie', async () => {
  const { rows, client } = await openObjects()
  const value = {
    data: { a: '"metadata":{' },
    kind: 'ConfigMap',
    metadata: { namespace: 'default', name: 'old', labels: { odd: '0' } },
    apiVersion: 'v1',
  }
  const place = { kind: 'configmaps', namespace: 'default' }
  await rows.write([
    { ...place, name: 'old', value, labels: { odd: '0' } },
    { ...place, name: 'bare', value: { ...CONFIG_MAP, metadata: {} } },
  ])
  for (let nth = 0; nth < 1500; nth += 1)
    await client.create(configMap(`m${nth}`, { odd: String(nth % 2) }, { text: 'ä"\\' }))
  for (const query of [
    {},
    { namespace: 'default' },
    { namespace: 'other' },
    { labelSelector: 'odd=0' },
    { resourceVersion: '700', resourceVersionMatch: 'Exact' },
  ]) {
    const { items } = await client.list(CONFIG_MAP, query)
    assert.deepEqual(await textsOf(client, query), items)
    assert.ok(items.every(({ metadata }) => metadata.resourceVersion !== undefined))
  }
})

test('what cannot be listed is refused before the first text', async () => {
  const { client } = await openObjects()
  const refused = (query: KubeQuery, reason: 'BadRequest' | 'Timeout'): Promise<void> =>
    assert.rejects(client.listTexts(CONFIG_MAP, query), (error) => isKubeError(error, reason))
  await refused({ labelSelector: 'a b' }, 'BadRequest')
  await refused({ resourceVersion: '99' }, 'Timeout')
})

test('a list of one name has that object and no other that begins so', async () => {
  const { client } = await openObjects()
  for (const name of ['ab', 'a', 'abc', 'b']) await client.create(configMap(name, { l: name }))
  const names = async (query: KubeQuery): Promise<readonly string[]> => {
    const { items, continueToken } = await client.list(CONFIG_MAP, { limit: 500, ...query })
    assert.equal(continueToken, undefined)
    return items.map(({ metadata }) => metadata.name)
  }
  const namespace = 'default'
  assert.deepEqual(await names({ namespace, fieldSelector: 'metadata.name=a' }), ['a'])
  assert.deepEqual(await names({ namespace, fieldSelector: 'metadata.name=abc' }), ['abc'])
  assert.deepEqual(await names({ namespace, fieldSelector: 'metadata.name=aa' }), [])
  assert.deepEqual(await names({ fieldSelector: 'metadata.name=ab' }), ['ab'])
  const both = 'metadata.name=a,metadata.namespace=other'
  assert.deepEqual(await names({ namespace, fieldSelector: both }), [])
  const labelled = { namespace, fieldSelector: 'metadata.name=a', labelSelector: 'l=ab' }
  assert.deepEqual(await names(labelled), [])
})
