// From client-side to server-side apply, as kubectl goes it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKubeError } from './kube-error.ts'
import type { KubeObject } from './kube-object.ts'
import { openTestObjects } from './testing.ts'

const KEY = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'm' }
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function configMap(data: object, annotations: object = {}): KubeObject {
  const { apiVersion, kind, namespace, name } = KEY
  return { apiVersion, kind, metadata: { namespace, name, annotations }, data } as KubeObject
}

async function refused(call: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(isKubeError(error, 'Conflict'))
    assert.match(error.message, message)
    return true
  })
}

test('kubectl takes what it applied client-side and nobody changed since, and no other field', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { client } = objects
  const last = JSON.stringify(configMap({ a: '1', b: '1' }))
  await client.create(configMap({ a: '1', b: '1', c: '1' }, { [LAST_APPLIED]: last }), {
    fieldManager: 'kubectl-client-side-apply',
  })
  await client.patch(KEY, 'merge', { data: { b: '9' } }, { fieldManager: 'other' })
  const apply = (data: object, fieldManager: string): Promise<KubeObject> =>
    client.patch(KEY, 'apply', configMap(data) as never, { fieldManager })
  await refused(apply({ a: '2' }, 'gitops'), /1 conflict: .*: \.data\.a$/)
  await refused(
    apply({ a: '2', b: '2' }, 'kubectl'),
    /1 conflict: conflict with "other".*: \.data\.b$/,
  )
  await refused(apply({ a: '2', c: '2' }, 'kubectl'), /1 conflict: .*: \.data\.c$/)
  const applied = await apply({ a: '2' }, 'kubectl')
  assert.deepEqual(applied['data'], { a: '2', b: '9', c: '1' })
  const told = JSON.parse(applied.metadata.annotations![LAST_APPLIED]!) as KubeObject
  assert.deepEqual(told['data'], { a: '2' })
  const again = await apply({ a: '2' }, 'kubectl')
  assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion)
})

test('an annotation that is no object is nothing to go by', async (context) => {
  const objects = await openTestObjects()
  context.after(() => objects.close())
  const { client } = objects
  for (const text of ['', '{', '"x"', 'null']) {
    await client.create(configMap({ a: '1' }, { [LAST_APPLIED]: text }), { fieldManager: 'one' })
    const apply = client.patch(KEY, 'apply', configMap({ a: '2' }) as never, {
      fieldManager: 'kubectl',
    })
    await assert.rejects(apply, (error) => isKubeError(error, 'Conflict'))
    await client.delete(KEY)
  }
})
