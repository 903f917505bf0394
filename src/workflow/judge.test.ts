import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../structure/index.ts'
import { judge } from './judge.ts'

function kindOf(status: Json): string {
  const metadata = { name: 'x', generation: 2 }
  return judge({ apiVersion: 'example.test/v1', kind: 'Thing', metadata, status }).kind
}

function saying(type: string, status: string): Json {
  return { phase: 'Failed', conditions: [{ type, status }] }
}

test('an object is ready by its condition, else by its phase, else because it is there', () => {
  assert.equal(kindOf(saying('Ready', 'True')), 'ready')
  assert.equal(kindOf(saying('Available', 'False')), 'pending')
  for (const phase of ['Running', 'Bound', 'Active', 'Succeeded'])
    assert.equal(kindOf({ phase }), 'ready', phase)
  for (const phase of ['Pending', 'Provisioning', 'Unknown'])
    assert.equal(kindOf({ phase }), 'pending', phase)
  for (const phase of ['Failed', 'Error', 'InstallFailed', 'CrashLoopBackOff'])
    assert.equal(kindOf({ phase }), 'failing', phase)
  assert.equal(kindOf({}), 'ready')
})

test('what has not seen its last change, or says that it has stalled, is not ready', () => {
  assert.equal(kindOf({ observedGeneration: 1, phase: 'Running' }), 'pending')
  const stalled = { type: 'Stalled', status: 'True' }
  assert.equal(kindOf({ conditions: [{ type: 'Ready', status: 'True' }, stalled] }), 'failing')
})
