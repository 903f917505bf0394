import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { AppError, type Audited, channels } from '../../base/index.ts'
import { requestOf } from '../http/testing.ts'
import { auditCall, type AuditedCall, auditRefusal } from './audit.ts'
import type { Output } from './operation.ts'
import { findOperation, type ServiceName } from './shapes.ts'

function listen(context: TestContext): Audited[] {
  const heard: Audited[] = []
  const listener = (audited: unknown): void => void heard.push(audited as Audited)
  channels.audited.subscribe(listener)
  context.after(() => channels.audited.unsubscribe(listener))
  return heard
}

function callOf(service: ServiceName, operation: string, input: object): AuditedCall {
  const shape = findOperation(service, operation)!
  const request = requestOf({ target: '/' })
  return { request, call: { service, shape }, who: 'alice', input: { ...input } }
}

test('each call that changes something or moves events is one record, by a word of ours or its own', (context) => {
  const heard = listen(context)
  const rows: readonly (readonly [ServiceName, string, object, Output])[] = [
    ['events', 'PutEvents', { Entries: [{}, {}, {}] }, '{"FailedEntryCount":1,"Entries":[]}'],
    ['events', 'PutEvents', { Entries: [{ EventBusName: 'b' }] }, '{"FailedEntryCount":1,"En'],
    ['sqs', 'SendMessage', { QueueUrl: 'http://x/1/q', MessageBody: 'secret' }, {}],
    ['sqs', 'ReceiveMessage', { QueueUrl: 'http://x/1/q' }, { Messages: [{}, {}] }],
    ['events', 'PutRule', { Name: 'r', EventBusName: 'b', EventPattern: '{}' }, {}],
    ['events', 'PutTargets', { Rule: 'r', Targets: [{ Input: 'secret' }] }, {}],
    ['events', 'StartReplay', { ReplayName: 'again' }, {}],
    ['sqs', 'StartMessageMoveTask', { SourceArn: 'arn:dead' }, {}],
    ['sqs', 'PurgeQueue', { QueueUrl: 'http://x/1/q' }, {}],
  ]
  for (const [service, operation, input, output] of rows) {
    auditCall(callOf(service, operation, input), output)
  }
  assert.deepEqual(
    heard.map(({ plane, action, on, result, count }) => [plane, action, on, result, count]),
    [
      ['data', 'publish', 'default', 'ok', 2],
      ['data', 'publish', 'b', 'failed', 1],
      ['data', 'publish', 'http://x/1/q', 'ok', 1],
      ['data', 'consume', 'http://x/1/q', 'ok', 2],
      ['control', 'events:PutRule', 'r', 'ok', undefined],
      ['control', 'events:PutTargets', 'r', 'ok', undefined],
      ['control', 'replay', 'again', 'ok', undefined],
      ['control', 'redrive', 'arn:dead', 'ok', undefined],
      ['control', 'purge', 'http://x/1/q', 'ok', undefined],
    ],
  )
  assert.doesNotMatch(JSON.stringify(heard), /secret/)
  assert.ok(heard.every(({ who, from }) => who === 'alice' && from !== ''))
})

test('what only reads, and a poll that brings nothing, leaves no record', (context) => {
  const heard = listen(context)
  auditCall(callOf('events', 'ListRules', {}), {})
  auditCall(callOf('sts', 'GetCallerIdentity', {}), {})
  auditCall(callOf('sqs', 'ReceiveMessage', { QueueUrl: 'q' }), {})
  auditRefusal(callOf('events', 'DescribeRule', { Name: 'r' }), { error: undefined, code: 'X' })
  assert.deepEqual(heard, [])
})

test('a refusal says why; nobody without a key writes beside those who changed something', (context) => {
  const heard = listen(context)
  const call = callOf('events', 'DeleteRule', { Name: 'r' })
  auditRefusal(call, { error: new AppError('ACCESS_DENIED', 'no'), code: 'AccessDenied' })
  auditRefusal(call, { error: new AppError('RULE_NOT_FOUND', 'no'), code: 'NotFound' })
  const error = new AppError('SIGNATURE_INVALID', 'no')
  auditRefusal({ ...call, who: undefined }, { error, code: 'Unsigned' })
  assert.deepEqual(
    heard.map(({ plane, who, result, code }) => [plane, who, result, code]),
    [
      ['control', 'alice', 'denied', 'AccessDenied'],
      ['control', 'alice', 'failed', 'NotFound'],
      ['data', 'unknown', 'denied', 'Unsigned'],
    ],
  )
})
