import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../../base/index.ts'
import { findOperation, SERVICES, type ServiceName } from './shapes.ts'
import { compileValidator } from './validate.ts'
import { compilePattern } from './validate-pattern.ts'

interface Refusal {
  readonly code: unknown
  readonly message: string
}

function refusalOf(service: ServiceName, operation: string, input: unknown): Refusal | undefined {
  const validate = compileValidator(service, findOperation(service, operation)?.input?.shape)
  try {
    validate(input)
    return undefined
  } catch (error) {
    assert.ok(isAppError(error))
    return { code: error.details['awsCode'], message: error.message }
  }
}

function messageOf(operation: string, input: unknown): string | undefined {
  return refusalOf('events', operation, input)?.message
}

test('a missing required member must not be null', () => {
  assert.deepEqual(refusalOf('events', 'DescribeRule', {}), {
    code: 'ValidationException',
    message:
      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
  })
})

test('a null member counts as absent and is gone from the input', () => {
  const validate = compileValidator('events', 'PutRuleRequest')
  assert.deepEqual(validate({ Name: 'r', Description: null }), { Name: 'r' })
  assert.match(messageOf('DescribeRule', { Name: null }) ?? '', /Value null at 'name'/)
})

test('a pattern, a length and a range are worded as AWS words them', () => {
  assert.equal(
    messageOf('DescribeRule', { Name: 'no blanks' }),
    "1 validation error detected: Value 'no blanks' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
  )
  assert.equal(
    messageOf('DescribeRule', { Name: 'x'.repeat(65) }),
    `1 validation error detected: Value '${'x'.repeat(65)}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 64`,
  )
  assert.equal(
    messageOf('ListRules', { Limit: 101 }),
    "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
  )
})

test('an enum names its values', () => {
  assert.equal(
    messageOf('PutRule', { Name: 'r', State: 'ON' }),
    "1 validation error detected: Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]",
  )
})

test('several faults are counted and joined, with the path of each', () => {
  assert.equal(
    messageOf('PutTargets', { Rule: 'a b', Targets: [{ Id: '1' }] }),
    "2 validation errors detected: Value 'a b' at 'rule' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; Value null at 'targets.1.member.arn' failed to satisfy constraint: Member must not be null",
  )
})

test('too many entries are printed as Java prints them', () => {
  const entry = { Source: 's', DetailType: 't', Detail: '{}', EventBusName: 'b' }
  const printed =
    'PutEventsRequestEntry(time=null, source=s, resources=null, detailType=t, detail={}, eventBusName=b, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)'
  const list = Array.from({ length: 11 }, () => printed).join(', ')
  assert.equal(
    messageOf('PutEvents', { Entries: Array.from({ length: 11 }, () => entry) }),
    `1 validation error detected: Value '[${list}]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10`,
  )
  assert.equal(
    messageOf('PutEvents', { Entries: [] }),
    "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1",
  )
})

test('faults of plain items and of map keys are told once, for the whole', () => {
  assert.equal(
    messageOf('RemoveTargets', { Rule: 'r', Ids: ['ok', 'not ok', 'also not'] }),
    "1 validation error detected: Value '[ok, not ok, also not]' at 'ids' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+, Member must have length less than or equal to 64, Member must have length greater than or equal to 1]",
  )
  const target = {
    Id: '1',
    Arn: 'a',
    InputTransformer: { InputPathsMap: { 'a b': '$' }, InputTemplate: 't' },
  }
  assert.match(
    messageOf('PutTargets', { Rule: 'r', Targets: [target] }) ?? '',
    /^1 validation error detected: Value '\{a b=\$\}' at 'targets\.1\.member\.inputTransformer\.inputPathsMap' failed to satisfy constraint: Map keys must satisfy constraint: \[/,
  )
})

test('a secret that is refused is not repeated', () => {
  const message = messageOf('CreateConnection', {
    Name: 'c',
    AuthorizationType: 'API_KEY',
    AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'k', ApiKeyValue: 'hunter2\u0000' } },
  })
  assert.match(message ?? '', /Value at 'authParameters\.apiKeyAuthParameters\.apiKeyValue' failed/)
  assert.doesNotMatch(message ?? '', /hunter2/)
})

test('a value of the wrong type is a SerializationException', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ Name: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    [{ Name: true }, 'TRUE_VALUE can not be converted to a String'],
    [{ Name: ['r'] }, 'Start of list found where not expected'],
    [{ Name: {} }, 'Start of structure or map found where not expected.'],
    [{ Name: 'r', Tags: 'x' }, 'Expected list or null'],
    [[], 'Expected structure or null'],
    ['text', 'Expected structure or null'],
    [null, 'Expected structure or null'],
  ]
  for (const [input, message] of cases) {
    assert.deepEqual(refusalOf('events', 'PutRule', input), {
      code: 'SerializationException',
      message,
    })
  }
})

test('keys of the prototype are not members', () => {
  const input: unknown = JSON.parse('{"__proto__":{"Name":"r"},"constructor":1}')
  assert.match(messageOf('DescribeRule', input) ?? '', /Value null at 'name'/)
})

test('sqs has a code of its own for what is missing, and leaves names of attributes to its handlers', () => {
  assert.deepEqual(refusalOf('sqs', 'SendMessage', { MessageBody: 'x' }), {
    code: 'MissingParameter',
    message: 'The request must contain the parameter QueueUrl.',
  })
  const input = { QueueUrl: 'u', AttributeNames: ['Nonsense'] }
  assert.equal(refusalOf('sqs', 'GetQueueAttributes', input), undefined)
})

test('every operation of every service has a validator that refuses a value that is no structure', () => {
  for (const [name, model] of Object.entries(SERVICES)) {
    for (const [operation, shape] of Object.entries(model.operations)) {
      if (shape.input === undefined) continue
      const refusal = refusalOf(name as ServiceName, operation, 5)
      assert.equal(refusal?.code, 'SerializationException', `${name}.${operation}`)
    }
  }
})

test('no pattern of the tables takes long on a hostile value', () => {
  const hostile = [
    `${'a '.repeat(800)}:`,
    ' '.repeat(1600),
    `${'a\t '.repeat(500)}\u0001`,
    `arn:aws:events:${'a/'.repeat(780)}\n`,
    `${'%41'.repeat(500)}"`,
    `${'a-'.repeat(800)}!`,
    `smk://${'a'.repeat(1500)}!`,
  ]
  for (const model of Object.values(SERVICES)) {
    for (const [name, shape] of Object.entries(model.shapes)) {
      if (shape.pattern === undefined) continue
      const expression = compilePattern(shape.pattern)
      const before = process.cpuUsage()
      for (const value of hostile) expression.test(value)
      // Of this process alone, however busy the machine is.
      const spentMs = process.cpuUsage(before).user / 1000
      assert.ok(spentMs < 500, `${name}: ${shape.pattern}`)
    }
  }
})

test('pipes take addresses of brokers beside what the tables have, and nothing else does', () => {
  const pipe = { Name: 'p', RoleArn: 'arn:aws:iam::000000000000:role/p' }
  const broker = { ...pipe, Source: 'nats://edge/ORDERS', Target: 'kafka://main/orders' }
  assert.equal(refusalOf('pipes', 'CreatePipe', broker), undefined)
  const refusal = refusalOf('pipes', 'CreatePipe', { ...broker, Target: 'http://a' })
  assert.match(refusal?.message ?? '', /Value 'http:\/\/a' at 'target' failed to satisfy/)
  const role = refusalOf('pipes', 'CreatePipe', { ...broker, RoleArn: 'nats://edge/a' })
  assert.equal(role?.code, 'ValidationException')
})

test('the linear forms of patterns accept what the patterns accept', () => {
  const header = SERVICES.events.shapes['AuthHeaderParameters']?.pattern ?? ''
  const alphabet = [' ', '\t', 'a', ':', '\u0001']
  const original = new RegExp(header)
  const linear = compilePattern(header)
  for (let length = 0; length <= 5; length += 1) {
    for (let number = 0; number < alphabet.length ** length; number += 1) {
      let rest = number
      let text = ''
      for (let at = 0; at < length; at += 1) {
        text += alphabet[rest % alphabet.length]!
        rest = Math.floor(rest / alphabet.length)
      }
      assert.equal(linear.test(text), original.test(text), JSON.stringify(text))
    }
  }
})
