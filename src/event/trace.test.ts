import assert from 'node:assert/strict'
import { test } from 'node:test'
import { traceOf } from './trace.ts'

const HEADER = 'Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1'
const PARENT = '00-67891233abcdef012345678912345678-463ac35c9f6413ad-01'

test('a trace is told in both forms, whichever it came in', () => {
  assert.deepEqual(traceOf({ traceHeader: HEADER }), { header: HEADER, parent: PARENT })
  assert.deepEqual(traceOf({ extensions: { traceparent: PARENT, tracestate: 'a=1' } }), {
    header: HEADER,
    parent: PARENT,
    state: 'a=1',
  })
  const unsampled = HEADER.replace('Sampled=1', 'Sampled=0')
  assert.equal(traceOf({ traceHeader: unsampled }).parent, PARENT.replace(/01$/, '00'))
})

test('what cannot be said in the other form is told in its own alone', () => {
  const rootOnly = 'Root=1-67891233-abcdef012345678912345678'
  assert.deepEqual(traceOf({ traceHeader: rootOnly }), { header: rootOnly })
  assert.deepEqual(traceOf({ traceHeader: 'anything' }), { header: 'anything' })
  assert.deepEqual(traceOf({ extensions: { traceparent: 'ff-1' } }), { parent: 'ff-1' })
  assert.deepEqual(traceOf({}), {})
})
