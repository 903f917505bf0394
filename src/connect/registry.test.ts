import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger, systemClock, systemRandom } from '../base/index.ts'
import { createGuard } from './guard.ts'
import { createSinkKinds } from './registry.ts'
import { findSinkKind, type SinkKind } from './sink.ts'

const clock = systemClock
const guard = createGuard({ mode: 'dev', allow: [], clock })
const queue: SinkKind = {
  name: 'queue',
  serves: (address) => address.startsWith('arn:aws:sqs:'),
  open: () => assert.fail('nothing is opened here'),
}
const kinds = createSinkKinds({
  guard,
  clock,
  logger: silentLogger,
  local: [queue],
  functions: {
    find: () => undefined,
    environment: () => assert.fail('nothing starts here'),
    clock,
    random: systemRandom,
    logger: silentLogger,
  },
})

for (const [address, name] of [
  ['arn:aws:sqs:us-east-1:000000000000:q', 'queue'],
  ['arn:aws:lambda:us-east-1:000000000000:function:f', 'function'],
  ['https://hooks.test/in', 'http'],
  ['log:console', 'log'],
  ['arn:aws:sns:us-east-1:000000000000:t', undefined],
] as const) {
  test(`finds ${name ?? 'no kind'} for ${address}`, () => {
    assert.equal(findSinkKind(kinds, address)?.name, name)
  })
}
