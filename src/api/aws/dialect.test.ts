import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, silentLogger } from '../../base/index.ts'
import type { HttpRequest, HttpResponse } from '../http/exchange.ts'
import { requestOf } from '../http/testing.ts'
import { acceptAnyCredentials } from './credentials.ts'
import { createAwsDialect } from './dialect.ts'
import { type AwsOperation, operation, type OperationContext } from './operation.ts'
import { decodeQuery, parseForm } from './query-decode.ts'
import { SERVICES } from './shapes.ts'
import { stsOperations } from './sts-operations.ts'
import type { Input } from './validate.ts'

const CREDENTIAL =
  'AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=x'

function dialectOf(...operations: readonly AwsOperation[]): ReturnType<typeof createAwsDialect> {
  return createAwsDialect({
    operations: [...operations, ...stsOperations],
    authenticate: acceptAnyCredentials(),
    logger: silentLogger,
  })
}

/** An operation that keeps what it was called with and answers as told. */
function recording(
  service: 'events' | 'sqs',
  name: string,
  answer: () => object | string,
): {
  readonly row: AwsOperation
  readonly calls: { readonly input: Input; readonly context: OperationContext }[]
} {
  const calls: { readonly input: Input; readonly context: OperationContext }[] = []
  const row = operation<Input>(service, name, (input, context) => {
    calls.push({ input, context })
    return answer()
  })
  return { row, calls }
}

function jsonRequest(target: string, body: string): HttpRequest {
  const headers = { host: 'box:4566', 'x-amz-target': target, authorization: CREDENTIAL }
  return requestOf({ method: 'POST', headers, body: Buffer.from(body) })
}

function formRequest(parameters: Record<string, string>, path = '/'): HttpRequest {
  const headers = {
    host: 'box:4566',
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    authorization: CREDENTIAL,
  }
  const body = Buffer.from(new URLSearchParams(parameters).toString())
  return requestOf({ method: 'POST', target: path, headers, body })
}

function textOf(response: HttpResponse): string {
  assert.ok(typeof response.body === 'string')
  return response.body
}

function refusing(error: unknown): () => never {
  return () => {
    throw error
  }
}

test('the caller’s account and region come from the credentials', async () => {
  const { row, calls } = recording('events', 'ListRules', () => ({ Rules: [] }))
  const response = await dialectOf(row).handle(jsonRequest('AWSEvents.ListRules', '{}'))
  assert.equal(response.status, 200)
  const { account, region, endpoint, protocol } = calls[0]!.context
  assert.deepEqual(
    { account, region, endpoint, protocol },
    { account: '123456789012', region: 'eu-west-1', endpoint: 'http://box:4566', protocol: 'json' },
  )
  // URLs in answers begin as the server was called.
  const secure = { ...jsonRequest('AWSEvents.ListRules', '{}'), isSecure: true }
  await dialectOf(row).handle(secure)
  assert.equal(calls[1]!.context.endpoint, 'https://box:4566')
})

test('an output that is JSON text already goes out as it is', async () => {
  const { row } = recording('events', 'PutEvents', () => '{"FailedEntryCount":0}')
  const body = '{"Entries":[{"Source":"a"}]}'
  const response = await dialectOf(row).handle(jsonRequest('AWSEvents.PutEvents', body))
  assert.equal(response.body, '{"FailedEntryCount":0}')
  assert.equal(response.operation, 'PutEvents')
})

test('targets that nobody serves are unknown operations', async () => {
  for (const target of [
    'AWSEvents.Nonsense',
    'DynamoDB_20120810.ListTables',
    'x',
    '',
    'AWSEvents.constructor',
  ]) {
    const response = await dialectOf().handle(jsonRequest(target, '{}'))
    assert.equal(response.status, 400)
    assert.deepEqual(JSON.parse(textOf(response)), {
      __type: 'UnknownOperationException',
      message: `The operation ${target} is not one that is served here.`,
    })
  }
})

test('a body that is not JSON or not UTF-8 is a SerializationException', async () => {
  const dialect = dialectOf()
  for (const body of [Buffer.from('{'), Buffer.from([0x7b, 0xff, 0x7d]), Buffer.from('\ufeff{}')]) {
    const request = { ...jsonRequest('AWSEvents.ListRules', ''), body }
    const response = await dialect.handle(request)
    assert.equal(response.status, 400)
    assert.match(textOf(response), /^\{"__type":"SerializationException"/)
  }
})

test('a failure is told by its class, and what is ours to know stays with us', async () => {
  const cases: readonly (readonly [unknown, number, string])[] = [
    [new AppError('ACCESS_DENIED', 'no'), 403, 'AccessDeniedException'],
    [new AppError('RESOURCE_NOT_FOUND', 'gone'), 400, 'ResourceNotFoundException'],
    [new AppError('RESOURCE_CONFLICT', 'twice'), 400, 'ConcurrentModificationException'],
    [new AppError('OVERLOADED', 'later'), 503, 'ServiceUnavailableException'],
    [new AppError('STORAGE_FAILED', 'secret path'), 500, 'InternalException'],
    [new TypeError('secret bug'), 500, 'InternalException'],
  ]
  for (const [error, status, code] of cases) {
    const { row } = recording('events', 'ListRules', refusing(error))
    const response = await dialectOf(row).handle(jsonRequest('AWSEvents.ListRules', '{}'))
    assert.equal(response.status, status)
    assert.match(textOf(response), new RegExp(`"__type":"${code}"`))
    assert.doesNotMatch(textOf(response), /secret/)
  }
})

test('an overload says when to come again', async () => {
  const error = new AppError('OVERLOADED', 'later', { details: { retryAfterMs: 2500 } })
  const { row } = recording('events', 'ListRules', refusing(error))
  const response = await dialectOf(row).handle(jsonRequest('AWSEvents.ListRules', '{}'))
  assert.equal(response.headers['Retry-After'], '3')
})

test('an sqs failure carries both its names', async () => {
  const error = new AppError('QUEUE_NOT_FOUND', 'The specified queue does not exist.', {
    details: { awsCode: 'QueueDoesNotExist' },
  })
  const { row } = recording('sqs', 'GetQueueUrl', refusing(error))
  const dialect = dialectOf(row)
  const json = await dialect.handle(jsonRequest('AmazonSQS.GetQueueUrl', '{"QueueName":"q"}'))
  assert.equal(json.status, 400)
  assert.equal(json.headers['Content-Type'], 'application/x-amz-json-1.0')
  assert.equal(json.headers['x-amzn-query-error'], 'AWS.SimpleQueueService.NonExistentQueue;Sender')
  assert.deepEqual(JSON.parse(textOf(json)), {
    __type: 'com.amazonaws.sqs#QueueDoesNotExist',
    message: 'The specified queue does not exist.',
  })
  const xml = await dialect.handle(formRequest({ Action: 'GetQueueUrl', QueueName: 'q' }))
  assert.equal(xml.status, 400)
  assert.equal(
    xml.body,
    '<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message><Detail/></Error><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>',
  )
})

test('the query protocol reaches the same operation, at the queue’s own path too', async () => {
  const { row, calls } = recording('sqs', 'SendMessage', () => ({
    MessageId: 'm-1',
    MD5OfMessageBody: 'a<b&c',
  }))
  const parameters = {
    Action: 'SendMessage',
    MessageBody: 'hello world',
    DelaySeconds: '5',
    'MessageAttribute.1.Name': 'kind',
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'x',
  }
  const response = await dialectOf(row).handle(formRequest(parameters, '/123456789012/orders.fifo'))
  assert.deepEqual(calls[0]!.input, {
    QueueUrl: 'http://box:4566/123456789012/orders.fifo',
    MessageBody: 'hello world',
    DelaySeconds: 5,
    MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
  })
  assert.equal(
    response.body,
    '<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><SendMessageResult><MD5OfMessageBody>a&lt;b&amp;c</MD5OfMessageBody><MessageId>m-1</MessageId></SendMessageResult><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></SendMessageResponse>',
  )
})

test('lists and maps have the names that clients of the query protocol use', () => {
  const cases: readonly (readonly [string, string, object])[] = [
    [
      'GetQueueAttributesRequest',
      'QueueUrl=u&AttributeName.2=B&AttributeName.1=A',
      { QueueUrl: 'u', AttributeNames: ['A', 'B'] },
    ],
    [
      'CreateQueueRequest',
      'QueueName=q&Attribute.1.Name=FifoQueue&Attribute.1.Value=true&Tag.1.Key=k&Tag.1.Value=v',
      { QueueName: 'q', Attributes: { FifoQueue: 'true' }, tags: { k: 'v' } },
    ],
    [
      'SendMessageBatchRequest',
      'SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.10.Id=c&SendMessageBatchRequestEntry.2.Id=b',
      { Entries: [{ Id: 'a', MessageBody: 'x' }, { Id: 'b' }, { Id: 'c' }] },
    ],
    [
      'ReceiveMessageRequest',
      'AttributeName.1=All&MessageAttributeName.1=x&MessageSystemAttributeName.1=SentTimestamp',
      {
        AttributeNames: ['All'],
        MessageAttributeNames: ['x'],
        MessageSystemAttributeNames: ['SentTimestamp'],
      },
    ],
    ['TagQueueRequest', 'Tags.1.Key=k&Tags.1.Value=v', { Tags: { k: 'v' } }],
    ['UntagQueueRequest', 'TagKey.1=k', { TagKeys: ['k'] }],
    [
      'AddPermissionRequest',
      'AWSAccountId.1=1&ActionName.1=*&Label=l',
      { AWSAccountIds: ['1'], Actions: ['*'], Label: 'l' },
    ],
  ]
  for (const [shape, text, expected] of cases) {
    assert.deepEqual(decodeQuery(SERVICES.sqs, shape, parseForm(text)), expected, shape)
  }
})

test('hostile query names make no objects of the prototype', () => {
  const text = 'Attribute.1.Name=__proto__&Attribute.1.Value=x&__proto__.a=1&constructor.1=2'
  const input = decodeQuery(SERVICES.sqs, 'CreateQueueRequest', parseForm(text))
  assert.deepEqual(Object.keys(input as object), ['Attributes'])
  assert.equal(({} as Record<string, unknown>)['a'], undefined)
  assert.equal(
    Object.getPrototypeOf((input as { Attributes: object }).Attributes),
    Object.prototype,
  )
})

test('lists and maps are written flat, as the query protocol has them', async () => {
  const { row } = recording('sqs', 'ReceiveMessage', () => ({
    Messages: [
      {
        MessageId: 'm',
        Attributes: { SentTimestamp: '1' },
        MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } },
      },
      { MessageId: 'n' },
    ],
  }))
  const request = formRequest({ Action: 'ReceiveMessage' }, '/123456789012/q')
  const xml = textOf(await dialectOf(row).handle(request))
  assert.match(
    xml,
    /<ReceiveMessageResult><Message><Attribute><Name>SentTimestamp<\/Name><Value>1<\/Value><\/Attribute><MessageAttribute><Name>a<\/Name><Value><DataType>String<\/DataType><StringValue>x<\/StringValue><\/Value><\/MessageAttribute><MessageId>m<\/MessageId><\/Message><Message><MessageId>n<\/MessageId><\/Message><\/ReceiveMessageResult>/,
  )
})

test('an action that is none is refused, as is a request without one', async () => {
  for (const action of ['Nonsense', '']) {
    const response = await dialectOf().handle(
      formRequest({ Action: action, Version: '2012-11-05' }),
    )
    assert.equal(response.status, 400)
    assert.match(textOf(response), /<Code>InvalidAction<\/Code>/)
  }
})

test('sts tells who the caller is', async () => {
  const request = formRequest({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
  const xml = textOf(await dialectOf().handle(request))
  assert.match(xml, /xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/"/)
  assert.match(xml, /<Account>123456789012<\/Account>/)
  assert.match(xml, /<Arn>arn:aws:iam::123456789012:root<\/Arn>/)
})

test('the rest paths of schemas, scheduler and pipes are validated and then say that they are not built', async () => {
  const cases: readonly (readonly [string, string, string, number, string])[] = [
    ['GET', '/v1/registries', '', 501, 'ListRegistries of schemas'],
    ['GET', '/schedules/a', '', 501, 'GetSchedule of scheduler'],
    ['GET', '/schedules/a%20b', '', 400, "Value 'a b' at 'name'"],
    ['POST', '/v1/pipes/p', '{}', 400, "Value null at 'roleArn'"],
    [
      'GET',
      '/tags/arn%3Aaws%3Apipes%3Aeu-west-1%3A123456789012%3Apipe%2Fp',
      '',
      501,
      'ListTagsForResource of pipes',
    ],
    [
      'GET',
      '/tags/arn:aws:schemas:eu-west-1:123456789012:registry/r',
      '',
      501,
      'ListTagsForResource of schemas',
    ],
  ]
  for (const [method, target, body, status, text] of cases) {
    const request = requestOf({ method, target, body: Buffer.from(body) })
    const dialect = dialectOf()
    assert.ok(dialect.accepts(request), target)
    const response = await dialect.handle(request)
    assert.equal(response.status, status, target)
    assert.ok(textOf(response).includes(text), textOf(response))
    assert.ok(response.headers['x-amzn-ErrorType'] !== undefined)
  }
})

test('only what is AWS’s is taken', () => {
  const dialect = dialectOf()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  assert.ok(dialect.accepts(requestOf({ method: 'POST', headers: form })))
  assert.ok(dialect.accepts(requestOf({ target: '/?Action=ListQueues' })))
  assert.ok(dialect.accepts(requestOf({ target: '/123456789012/queue' })))
  assert.ok(!dialect.accepts(requestOf({ target: '/' })))
  assert.ok(!dialect.accepts(requestOf({ method: 'POST', target: '/events' })))
  assert.ok(!dialect.accepts(requestOf({ target: '/1234/queue' })))
})

test('an operation twice, or one that the tables do not have, is a mistake of ours', () => {
  const { row } = recording('events', 'ListRules', () => ({}))
  const strange = operation('events', 'Nonsense', () => ({}))
  assert.throws(() => dialectOf(row, row), /is there twice/)
  assert.throws(() => dialectOf(strange), /is not in the tables/)
})
