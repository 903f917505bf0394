import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { silentLogger } from '../../base/index.ts'
import { openMemoryQueueUses, type MemoryQueueUses } from '../../control/testing.ts'
import type { Dialect, HttpRequest, HttpResponse } from '../http/exchange.ts'
import { createAwsDialect } from './dialect.ts'
import { sqsOperations } from './sqs-operations.ts'

const HOST = 'localhost:4566'
const URL_OF = (name: string): string => `http://${HOST}/123456789012/${name}`
let control: MemoryQueueUses
let dialect: Dialect

beforeEach(async () => {
  control = await openMemoryQueueUses()
  dialect = createAwsDialect({
    operations: sqsOperations(control.uses),
    authenticate: () => ({
      account: '123456789012',
      region: 'us-east-1',
      accessKeyId: '123456789012',
      service: 'sqs',
    }),
    logger: silentLogger,
  })
})

afterEach(() => control.close())

function request(body: string, headers: Record<string, string>, path = '/'): HttpRequest {
  return {
    method: 'POST',
    target: path,
    path,
    query: '',
    headers: { host: HOST, ...headers },
    rawHeaders: [],
    body: Buffer.from(body),
    remoteAddress: '127.0.0.1',
    requestId: 'r-1',
    signal: new AbortController().signal,
  }
}

async function call(operation: string, input: object): Promise<Record<string, unknown>> {
  const response = await dialect.handle(
    request(JSON.stringify(input), {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    }),
  )
  const body = JSON.parse(textOf(response)) as Record<string, unknown>
  return response.status === 200 ? body : { status: response.status, ...body }
}

async function query(parameters: Record<string, string>, path = '/'): Promise<string> {
  const body = new URLSearchParams({ Version: '2012-11-05', ...parameters }).toString()
  const response = await dialect.handle(
    request(body, { 'content-type': 'application/x-www-form-urlencoded' }, path),
  )
  return `${response.status} ${textOf(response)}`
}

test('a message goes from send to delete, in both protocols', async () => {
  assert.deepEqual(await call('CreateQueue', { QueueName: 'orders' }), {
    QueueUrl: URL_OF('orders'),
  })
  const sent = await call('SendMessage', { QueueUrl: URL_OF('orders'), MessageBody: 'hello' })
  assert.equal(sent['MD5OfMessageBody'], '5d41402abc4b2a76b9719d911017c592')
  const received = await query(
    { Action: 'ReceiveMessage', 'AttributeName.1': 'All' },
    '/123456789012/orders',
  )
  assert.match(received, /^200 /)
  assert.match(received, /<Body>hello<\/Body>/)
  assert.match(received, /<Name>SenderId<\/Name><Value>123456789012<\/Value>/)
  const [, receipt] = /<ReceiptHandle>([^<]+)</.exec(received)!
  assert.match(
    await query({ Action: 'DeleteMessage', QueueUrl: URL_OF('orders'), ReceiptHandle: receipt! }),
    /^200 /,
  )
  assert.deepEqual(await call('ReceiveMessage', { QueueUrl: 'orders' }), {})
})

test('a queue is found by any host, by name, and never in another account', async () => {
  await call('CreateQueue', { QueueName: 'orders' })
  for (const url of [
    'https://sqs.us-east-1.amazonaws.com/123456789012/orders',
    'http://sqs.us-east-1.localhost:4566/queue/us-east-1/123456789012/orders',
    'orders',
  ]) {
    assert.equal((await call('GetQueueAttributes', { QueueUrl: url }))['status'], undefined, url)
  }
  const foreign = await call('PurgeQueue', { QueueUrl: 'http://x/000000000000/orders' })
  assert.equal(foreign['__type'], 'com.amazonaws.sqs#QueueDoesNotExist')
  const owner = { QueueName: 'orders', QueueOwnerAWSAccountId: '000000000000' }
  assert.equal((await call('GetQueueUrl', owner))['status'], 400)
  assert.match(
    String((await call('PurgeQueue', { QueueUrl: 'http://x/' }))['__type']),
    /InvalidAddress$/,
  )
})

test('failures have the codes of either protocol', async () => {
  assert.deepEqual(await call('GetQueueUrl', { QueueName: 'none' }), {
    status: 400,
    __type: 'com.amazonaws.sqs#QueueDoesNotExist',
    message: 'The specified queue does not exist.',
  })
  assert.match(
    await query({ Action: 'GetQueueUrl', QueueName: 'none' }),
    /^400 .*<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/s,
  )
})

test('attributes are answered as asked for, and an unknown name is refused', async () => {
  await call('CreateQueue', { QueueName: 'orders', Attributes: { DelaySeconds: '3' } })
  const get = (AttributeNames: string[]) =>
    call('GetQueueAttributes', { QueueUrl: URL_OF('orders'), AttributeNames })
  assert.deepEqual(await get([]), {})
  assert.deepEqual(await get(['QueueArn', 'DelaySeconds']), {
    Attributes: { DelaySeconds: '3', QueueArn: 'arn:aws:sqs:us-east-1:123456789012:orders' },
  })
  assert.equal((await get(['Colour']))['message'], 'Unknown Attribute Colour.')
  await call('SetQueueAttributes', {
    QueueUrl: URL_OF('orders'),
    Attributes: { DelaySeconds: '4' },
  })
  assert.deepEqual(await get(['DelaySeconds']), { Attributes: { DelaySeconds: '4' } })
})

test('a batch says what came of each entry', async () => {
  await call('CreateQueue', { QueueName: 'orders' })
  const QueueUrl = URL_OF('orders')
  const sent = await call('SendMessageBatch', {
    QueueUrl,
    Entries: [
      { Id: 'a', MessageBody: '1' },
      { Id: 'b', MessageBody: '2', DelaySeconds: 1000 },
    ],
  })
  const [ok] = sent['Successful'] as { Id: string; MessageId: string }[]
  assert.equal(ok?.Id, 'a')
  assert.deepEqual(sent['Failed'], [
    {
      Id: 'b',
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message:
        'Value 1000 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
    },
  ])
  const { Messages: messages } = await call('ReceiveMessage', { QueueUrl })
  const [{ ReceiptHandle }] = messages as [{ ReceiptHandle: string }]
  const changed = await call('ChangeMessageVisibilityBatch', {
    QueueUrl,
    Entries: [{ Id: 'x', ReceiptHandle, VisibilityTimeout: 60 }],
  })
  assert.deepEqual(changed, { Successful: [{ Id: 'x' }] })
  const deleted = await call('DeleteMessageBatch', {
    QueueUrl,
    Entries: [
      { Id: 'x', ReceiptHandle },
      { Id: 'y', ReceiptHandle: 'nonsense' },
    ],
  })
  assert.deepEqual(deleted['Successful'], [{ Id: 'x' }])
  assert.equal((deleted['Failed'] as { Code: string }[])[0]?.Code, 'ReceiptHandleIsInvalid')
})

test('a batch that is none is refused as a whole', async () => {
  await call('CreateQueue', { QueueName: 'orders' })
  const send = async (ids: string[]) => {
    const Entries = ids.map((Id) => ({ Id, MessageBody: 'x' }))
    const answer = await call('SendMessageBatch', { QueueUrl: 'orders', Entries })
    return `${String(answer['__type'])} ${String(answer['message'])}`
  }
  assert.match(await send([]), /#EmptyBatchRequest There should be at least one SendMessageBatch/)
  assert.match(await send(['a', 'a']), /#BatchEntryIdsNotDistinct Id a repeated\.$/)
  assert.match(await send(['a b']), /#InvalidBatchEntryId A batch entry id can only/)
  assert.match(
    await send(Array.from({ length: 20 }, (_, index) => `i${index}`)),
    /#TooManyEntriesInBatchRequest Maximum number of entries per request are 10\. You have sent 20\.$/,
  )
})

test('queues are listed in pages, tagged, purged and deleted', async () => {
  for (const QueueName of ['a', 'b', 'c'])
    await call('CreateQueue', { QueueName, tags: { k: QueueName } })
  const page = await call('ListQueues', { MaxResults: 2 })
  assert.deepEqual(page['QueueUrls'], [URL_OF('a'), URL_OF('b')])
  const rest = await call('ListQueues', { MaxResults: 2, NextToken: page['NextToken'] })
  assert.deepEqual(rest, { QueueUrls: [URL_OF('c')] })
  assert.deepEqual(await call('ListQueues', { QueueNamePrefix: 'z' }), {})
  await call('TagQueue', { QueueUrl: 'a', Tags: { team: 'x' } })
  await call('UntagQueue', { QueueUrl: 'a', TagKeys: ['k'] })
  assert.deepEqual(await call('ListQueueTags', { QueueUrl: 'a' }), { Tags: { team: 'x' } })
  await call('SendMessage', { QueueUrl: 'a', MessageBody: 'x' })
  assert.deepEqual(await call('PurgeQueue', { QueueUrl: 'a' }), {})
  assert.deepEqual(await call('ReceiveMessage', { QueueUrl: 'a' }), {})
  assert.deepEqual(await call('DeleteQueue', { QueueUrl: 'a' }), {})
  assert.equal((await call('ListQueueTags', { QueueUrl: 'a' }))['status'], 400)
})

test('the older protocol carries attributes, tags and batches', async () => {
  const created = await query({
    Action: 'CreateQueue',
    QueueName: 'orders',
    'Attribute.1.Name': 'VisibilityTimeout',
    'Attribute.1.Value': '7',
    'Tag.1.Key': 'team',
    'Tag.1.Value': 'x',
  })
  assert.ok(created.includes(`<QueueUrl>${URL_OF('orders')}</QueueUrl>`), created)
  const sent = await query(
    {
      Action: 'SendMessageBatch',
      'SendMessageBatchRequestEntry.1.Id': 'a',
      'SendMessageBatchRequestEntry.1.MessageBody': '<one> & "two"',
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Name': 'Foo',
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType': 'String',
      'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue': 'Bar',
      'SendMessageBatchRequestEntry.2.Id': 'b',
      'SendMessageBatchRequestEntry.2.MessageBody': 'late',
      'SendMessageBatchRequestEntry.2.DelaySeconds': '1000',
    },
    '/123456789012/orders',
  )
  assert.match(sent, /<SendMessageBatchResultEntry>.*<Id>a<\/Id>/)
  assert.match(sent, /<MD5OfMessageAttributes>ae7155c6026991b6d54b11589678bf9c</)
  assert.match(sent, /<BatchResultErrorEntry>.*<Id>b<\/Id>/)
  const received = await query(
    { Action: 'ReceiveMessage', 'MessageAttributeName.1': 'All', MaxNumberOfMessages: '10' },
    '/123456789012/orders',
  )
  assert.match(received, /<Body>&lt;one&gt; &amp; (&quot;|")two(&quot;|")<\/Body>/)
  assert.match(received, /<MessageAttribute><Name>Foo<\/Name><Value>.*Bar/s)
  const attributes = await query(
    { Action: 'GetQueueAttributes', 'AttributeName.1': 'VisibilityTimeout' },
    '/123456789012/orders',
  )
  assert.match(attributes, /<Attribute><Name>VisibilityTimeout<\/Name><Value>7<\/Value>/)
  assert.match(
    await query({ Action: 'ListQueueTags' }, '/123456789012/orders'),
    /<Tag><Key>team<\/Key><Value>x<\/Value><\/Tag>/,
  )
})

function textOf(response: HttpResponse): string {
  const { body } = response
  if (typeof body === 'string') return body
  assert.ok(body instanceof Uint8Array)
  return Buffer.from(body).toString()
}

test('permissions are statements of the policy that GetQueueAttributes shows', async () => {
  await call('CreateQueue', { QueueName: 'shared' })
  const QueueUrl = URL_OF('shared')
  const input = { QueueUrl, Label: 'a', AWSAccountIds: ['111111111111'], Actions: ['SendMessage'] }
  assert.deepEqual(await call('AddPermission', input), {})
  const policyOf = async (): Promise<string | undefined> => {
    const answer = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })
    return (answer['Attributes'] as Record<string, string> | undefined)?.['Policy']
  }
  assert.match((await policyOf())!, /"Sid":"a".*"Action":"SQS:SendMessage"/)
  const again = await call('AddPermission', input)
  assert.equal(again['status'], 400)
  assert.match(String(again['message']), /Label is invalid. Reason: Already exists/)
  assert.deepEqual(await call('RemovePermission', { QueueUrl, Label: 'a' }), {})
  assert.equal(await policyOf(), undefined)
})

function arn(name: string): string {
  return `arn:aws:sqs:us-east-1:123456789012:${name}`
}

test('dead letters are moved back by a task that is listed, in either protocol', async () => {
  await call('CreateQueue', { QueueName: 'dead' })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 })
  await call('CreateQueue', { QueueName: 'source', Attributes: { RedrivePolicy } })
  await call('SendMessage', { QueueUrl: URL_OF('dead'), MessageBody: 'a' })
  const started = await call('StartMessageMoveTask', {
    SourceArn: arn('dead'),
    DestinationArn: arn('source'),
  })
  assert.equal(typeof started['TaskHandle'], 'string')
  await control.clock.run(100)
  const { Results } = await call('ListMessageMoveTasks', { SourceArn: arn('dead') })
  const [task] = Results as Record<string, unknown>[]
  const { StartedTimestamp, ...rest } = task!
  assert.equal(typeof StartedTimestamp, 'number')
  assert.deepEqual(rest, {
    Status: 'COMPLETED',
    SourceArn: arn('dead'),
    DestinationArn: arn('source'),
    ApproximateNumberOfMessagesMoved: 1,
    ApproximateNumberOfMessagesToMove: 1,
  })
  const xml = await query({ Action: 'ListMessageMoveTasks', SourceArn: arn('dead') })
  assert.match(xml, /<ListMessageMoveTasksResultEntry>.*<Status>COMPLETED<\/Status>/s)
  const none = await call('CancelMessageMoveTask', { TaskHandle: 'x' })
  assert.deepEqual([none['status'], none['message']], [400, 'Task does not exist.'])
})
