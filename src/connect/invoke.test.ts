import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../base/index.ts'
import { invokeSink } from './invoke.ts'
import { createLogKind } from './kinds/log/log-sink.ts'

const REQUEST = { payload: Buffer.from('{}') }
const { signal } = new AbortController()

test('where no sink is, nothing is asked', async () => {
  assert.deepEqual(await invokeSink(undefined, 'arn:aws:x:r:a:b', REQUEST, signal), {
    kind: 'failed',
    failure: { code: 'NO_RESOURCE', message: 'nothing serves `arn:aws:x:r:a:b`' },
    isFinal: true,
  })
})

test('a sink that only takes is not asked', async () => {
  const sink = createLogKind({ logger: silentLogger }).open('log:a')
  const result = await invokeSink(sink, 'log:a', REQUEST, signal)
  assert.ok(result.kind === 'failed' && result.isFinal)
  assert.equal(result.failure.message, '`log:a` takes messages but gives no answers')
})
