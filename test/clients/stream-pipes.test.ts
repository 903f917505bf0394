// Pipes that read streams of Kinesis and of tables of DynamoDB, which moto plays.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCloud } from '../support/cloud.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'

const CLIENT = `
import base64
pipes = boto3.client('pipes', config=once)
kinesis = boto3.client('kinesis', endpoint_url=given['cloud'], config=once)
role = 'arn:aws:iam::123456789012:role/any'
stream = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
def queue(name):
    sqs.create_queue(QueueName=name)
    return 'arn:aws:sqs:us-east-1:123456789012:' + name
def send(*numbers):
    for n in numbers:
        kinesis.put_record(StreamName='orders', PartitionKey='p%d' % (n % 4), Data=json.dumps({'n': n}).encode())
def number(record):
    return json.loads(base64.b64decode(record['data']))['n']
def pipe(name, target, parameters, template='', **more):
    pipes.create_pipe(Name=name, RoleArn=role, Source=stream, Target=target,
                      TargetParameters={'InputTemplate': template} if template else {},
                      SourceParameters=dict(KinesisStreamParameters=parameters, **more))
`

interface Record {
  readonly data: string
  readonly [name: string]: unknown
}

test('a stream of Kinesis goes through filter and template, in the form that AWS hands it, and a killed server goes on where it was', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoints: { kinesis: '${cloud}' } } }`,
  })
  const seen = await signalbox.python<{ all: Record[]; big: number[]; late: number[] }>(
    `${CLIENT}
kinesis.create_stream(StreamName='orders', ShardCount=3)
send(*range(20))
pipe('all', queue('all'), {'StartingPosition': 'TRIM_HORIZON', 'BatchSize': 7})
wanted = {'n': [{'numeric': ['>=', 15, '<', 100]}]}
pipe('big', queue('big'), {'StartingPosition': 'TRIM_HORIZON'}, '<$.data.n>',
     FilterCriteria={'Filters': [{'Pattern': json.dumps({'data': wanted})}]})
pipe('late', queue('late'), {'StartingPosition': 'LATEST'})
all = bodies('all', 20)
late, n = [], 100
while not late:
    send(n)
    n += 1
    late = bodies('late', 1, 1)
result = dict(all=all, big=sorted(json.loads(m['Body']) for m in take('big', 5)),
              late=[number(record) for record in late])
`,
    { cloud },
  )
  const numbers = seen.all.map(({ data }) => numberIn(data))
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  )
  for (const key of ['p0', 'p1', 'p2', 'p3']) {
    const ofKey = seen.all.filter(({ partitionKey }) => partitionKey === key)
    const order = ofKey.map(({ data }) => numberIn(data))
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      `the order of ${key}`,
    )
  }
  const [first] = seen.all
  assert.partialDeepStrictEqual(first, {
    kinesisSchemaVersion: '1.0',
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventName: 'aws:kinesis:record',
    awsRegion: 'us-east-1',
    eventSourceARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/orders`,
  })
  assert.match(String(first!['eventID']), /^shardId-\d{12}:\d+$/)
  assert.equal(typeof first!['approximateArrivalTimestamp'], 'number')
  assert.deepEqual(seen.big, [15, 16, 17, 18, 19])
  assert.ok(seen.late[0]! >= 100, 'what was there before is not the newest')
  await signalbox.end('SIGKILL')
  await signalbox.start()
  const again = await signalbox.python<number[]>(
    `${CLIENT}
send(200)
seen, deadline = [], time.monotonic() + 20
while 200 not in seen and time.monotonic() < deadline:
    seen += [number(record) for record in bodies('all', 1, 1)]
result = seen
`,
    { cloud },
  )
  assert.ok(again.includes(200))
  assert.ok(
    again.every((n) => n >= 100),
    `what was taken before the kill came again: ${again.join(', ')}`,
  )
})

test('what a function does not take of a stream comes again in order, then its batch is a dead letter', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoints: { kinesis: '${cloud}' } } }`,
    files: {
      'functions/picky.py': `
import base64, json
def lambda_handler(records, context):
    numbers = [json.loads(base64.b64decode(record['data']))['n'] for record in records]
    with open(__file__ + '.calls', 'a') as calls: calls.write(json.dumps(numbers) + '\\n')
    return {'batchItemFailures': [{'itemIdentifier': r['sequenceNumber']}
                                  for r, n in zip(records, numbers) if n == 2]}
`,
    },
  })
  const letter = await signalbox.python<{ context: unknown; KinesisBatchInfo: unknown }>(
    `${CLIENT}
kinesis.create_stream(StreamName='orders', ShardCount=1)
send(0, 1, 2, 3)
pipe('picky', 'arn:aws:lambda:us-east-1:123456789012:function:picky', {
    'StartingPosition': 'TRIM_HORIZON', 'MaximumRetryAttempts': 1, 'DeadLetterConfig': {'Arn': queue('dead')}})
[result] = bodies('dead', 1)
send(4)
`,
    { cloud },
  )
  const file = join(signalbox.folder, 'functions/picky.py.calls')
  const calls = (): readonly string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  await until('it goes on behind', DEADLINE_MS, () => calls().includes('[4]'))
  assert.deepEqual(calls(), ['[0, 1, 2, 3]', '[2]', '[4]'])
  assert.partialDeepStrictEqual(letter, {
    context: {
      partnerResourceArn: `arn:aws:pipes:us-east-1:${ACCOUNT}:pipe/picky`,
      condition: 'RetryAttemptsExhausted',
    },
    KinesisBatchInfo: {
      shardId: 'shardId-000000000000',
      batchSize: 1,
      streamArn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/orders`,
    },
  })
})

test('changes of a table of DynamoDB are the records of its stream; without an endpoint the pipe says what to configure', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoints: { dynamodb: '${cloud}' } } }`,
  })
  const seen = await signalbox.python<{ events: unknown[]; state: string; reason: string }>(
    `${CLIENT}
dynamodb = boto3.client('dynamodb', endpoint_url=given['cloud'], config=once)
table = dynamodb.create_table(
    TableName='users', BillingMode='PAY_PER_REQUEST', KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
    AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}],
    StreamSpecification={'StreamEnabled': True, 'StreamViewType': 'NEW_AND_OLD_IMAGES'})['TableDescription']
pipes.create_pipe(Name='changes', RoleArn=role, Source=table['LatestStreamArn'], Target=queue('changes'),
    SourceParameters={'DynamoDBStreamParameters': {'StartingPosition': 'TRIM_HORIZON'},
                      'FilterCriteria': {'Filters': [{'Pattern': json.dumps({'eventName': ['INSERT', 'REMOVE']})}]}})
dynamodb.put_item(TableName='users', Item={'id': {'S': 'a'}, 'n': {'N': '1'}})
dynamodb.put_item(TableName='users', Item={'id': {'S': 'a'}, 'n': {'N': '2'}})
dynamodb.delete_item(TableName='users', Key={'id': {'S': 'a'}})
events = bodies('changes', 2)
pipe('lost', queue('lost'), {'StartingPosition': 'TRIM_HORIZON'})
while 'StateReason' not in (lost := pipes.describe_pipe(Name='lost')): time.sleep(0.05)
result = dict(state=lost['CurrentState'], reason=lost['StateReason'], events=[
    [e['eventName'], e['eventSource'], e['awsRegion'], e['dynamodb']['Keys'], e['dynamodb'].get('NewImage')]
    for e in events])
`,
    { cloud },
  )
  const head = ['aws:dynamodb', 'us-east-1', { id: { S: 'a' } }]
  assert.deepEqual(
    seen.events.map((event) => (event as unknown[]).slice(0, 4)),
    [
      ['INSERT', ...head],
      ['REMOVE', ...head],
    ],
  )
  assert.equal(seen.state, 'START_FAILED')
  assert.match(seen.reason, /`targets\.aws\.endpoints\.kinesis`/)
})

function numberIn(data: string): number {
  return (JSON.parse(Buffer.from(data, 'base64').toString()) as { n: number }).n
}
