import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isKubeError, KubeError } from './kube-error.ts'

test('an error is told from others by its class and its reason', () => {
  const error: unknown = new KubeError('NotFound', 'configmaps "zzz" not found', {
    kind: 'configmaps',
  })
  assert.ok(isKubeError(error))
  assert.ok(isKubeError(error, 'NotFound'))
  assert.ok(!isKubeError(error, 'Conflict'))
  assert.ok(!isKubeError(new Error('NotFound')))
  assert.deepEqual(
    error,
    new KubeError('NotFound', 'configmaps "zzz" not found', { kind: 'configmaps' }),
  )
})
