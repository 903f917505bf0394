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
  local: [{ kind: queue, isHere: () => true }],
  aws: {
    endpointOf: () => undefined,
    endpointOfUniversal: () => undefined,
    region: 'us-east-1',
    timeoutMs: 1000,
    select: () => undefined,
  },
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
  ['arn:aws:sns:us-east-1:000000000000:t', 'aws'],
  ['arn:aws:states:us-east-1:000000000000:stateMachine:m', 'aws'],
  ['arn:aws:execute-api:us-east-1:000000000000:a/prod/POST/in', 'aws'],
  ['arn:aws:redshift:us-east-1:000000000000:cluster:c', 'aws'],
  ['arn:aws:scheduler:::aws-sdk:dynamodb:putItem', 'aws'],
  ['arn:aws:scheduler:us-east-1:000000000000:schedule/default/s', undefined],
] as const) {
  test(`finds ${name ?? 'no kind'} for ${address}`, () => {
    assert.equal(findSinkKind(kinds, address)?.name, name)
  })
}
