import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueSpec, RuleSpec } from './kinds.ts'
import type { FunctionSpec } from './function-spec.ts'
import { validateSpec } from './validate.ts'

const SCOPE = { account: '000000000000', region: 'us-east-1' }

const RULE: RuleSpec = {
  ...SCOPE,
  bus: 'default',
  name: 'orders',
  state: 'ENABLED',
  pattern: '{"source":["shop"]}',
  targets: [
    { id: 'queue', address: 'arn:aws:sqs:us-east-1:000000000000:q' },
    {
      id: 'hook',
      address: 'https://example.com/hook',
      input: { kind: 'template', paths: { id: '$.id' }, template: '<id>' },
      retry: { attemptsMax: 0, ageSecondsMax: 60 },
      deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    },
  ],
}

const QUEUE: QueueSpec = { ...SCOPE, name: 'q.fifo', fifo: true, attributes: {} }

const FUNCTION: FunctionSpec = {
  ...SCOPE,
  name: 'f',
  runtime: 'python',
  handler: '/srv/f.py:handler',
  timeoutMs: 30_000,
  memoryMb: 128,
  concurrency: 4,
}

function pathsOf(kind: Parameters<typeof validateSpec>[0], spec: unknown): string[] {
  return validateSpec(kind, spec).map(({ path }) => path)
}

test('a spec that is well has no faults', () => {
  assert.deepEqual(validateSpec('Rule', RULE), [])
  assert.deepEqual(validateSpec('Queue', QUEUE), [])
  assert.deepEqual(validateSpec('Function', FUNCTION), [])
  const bus = {
    ...SCOPE,
    name: 'aws.partner/example.com/x',
    policy: [{ Effect: 'Allow' }],
    logConfig: { level: 'TRACE', includeDetail: 'FULL' },
    tags: { team: 'shop' },
  }
  assert.deepEqual(validateSpec('EventBus', bus), [])
})

test('all faults are told at once, each with its path', () => {
  const [first, second] = RULE.targets
  const spec = {
    ...RULE,
    account: '12345',
    region: 'US EAST',
    state: 'ON',
    name: 'a b',
    targets: [
      { ...first, address: 'ftp://example.com', retry: { attemptsMax: 186, ageSecondsMax: 59 } },
      { ...second, id: 'queue', input: { kind: 'constant', json: '{' }, deadLetterArn: 'dead' },
      'not a target',
    ],
  }
  assert.deepEqual(pathsOf('Rule', spec), [
    'spec.account',
    'spec.region',
    'spec.name',
    'spec.state',
    'spec.targets[0].address',
    'spec.targets[0].retry.attemptsMax',
    'spec.targets[0].retry.ageSecondsMax',
    'spec.targets[1].input.json',
    'spec.targets[1].deadLetterArn',
    'spec.targets[1].id',
    'spec.targets[2]',
  ])
})

test('a fault shows the value and what would be right', () => {
  const [fault] = validateSpec('Function', { ...FUNCTION, memoryMb: 8 })
  assert.deepEqual(fault, {
    path: 'spec.memoryMb',
    message: 'expected an integer from 32 to 10240, got `8`',
  })
})

test('the bounds of a retry policy belong to it', () => {
  assert.deepEqual(pathsOf('Rule', withRetry({ attemptsMax: 185, ageSecondsMax: 86_400 })), [])
  assert.deepEqual(pathsOf('Rule', withRetry({ attemptsMax: -1, ageSecondsMax: 86_401 })), [
    'spec.targets[0].retry.attemptsMax',
    'spec.targets[0].retry.ageSecondsMax',
  ])
})

test('a rule needs a pattern or a schedule', () => {
  const { pattern, ...without } = RULE
  assert.equal(typeof pattern, 'string')
  assert.deepEqual(pathsOf('Rule', without), ['spec'])
  assert.deepEqual(pathsOf('Rule', { ...without, schedule: 'rate(1 minute)' }), [])
})

test('a queue is first-in first-out exactly when its name says so', () => {
  assert.deepEqual(pathsOf('Queue', { ...QUEUE, fifo: false }), ['spec.fifo'])
  assert.deepEqual(pathsOf('Queue', { ...QUEUE, name: 'q' }), ['spec.fifo'])
  assert.deepEqual(pathsOf('Queue', { ...QUEUE, attributes: { A: 1 } }), ['spec.attributes["A"]'])
})

test('what is no object at all is one fault', () => {
  for (const spec of [undefined, null, [], 'text']) {
    assert.deepEqual(pathsOf('EventBus', spec), ['spec'])
  }
})

test('too many targets are a fault, not a long wait', () => {
  const targets = Array.from({ length: 101 }, (_, index) => ({
    ...RULE.targets[0],
    id: `t${index}`,
  }))
  assert.deepEqual(pathsOf('Rule', { ...RULE, targets }), ['spec.targets'])
})

function withRetry(retry: object): unknown {
  return { ...RULE, targets: [{ ...RULE.targets[0], retry }] }
}
