// Calls of AWS operations as events, for the rules that people write of CloudTrail.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signalbox } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'

const RULES = `
def rule(name, state, pattern):
    events.put_rule(Name=name, State=state, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[
        {'Id': 'q', 'Arn': 'arn:aws:sqs:us-east-1:123456789012:' + name}])
ALL = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
`

interface Told {
  readonly changes: readonly Readonly<Record<string, unknown>>[]
  readonly all: readonly string[]
  readonly denied: readonly (readonly [string, string])[]
  readonly connection: Readonly<Record<string, unknown>>
  readonly state: string
}

test('calls are events of their caller: changes for every rule, what only reads for those that ask for it', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT, config: 'cloudTrail: true' })
  const told = await signalbox.python<Told>(`${RULES}
for name in ['changes', 'all', 'denied', 'connections']: sqs.create_queue(QueueName=name)
of_queues = {'detail-type': ['AWS API Call via CloudTrail'], 'source': ['aws.sqs'], 'detail': {'eventSource': ['sqs.amazonaws.com']}}
rule('changes', 'ENABLED', of_queues)
rule('all', ALL, of_queues)
rule('denied', ALL, {'detail': {'errorCode': [{'exists': True}]}})
rule('connections', 'ENABLED', {'detail': {'eventName': ['CreateConnection']}})
state = events.describe_rule(Name='all')['State']

sqs.create_queue(QueueName='orders', Attributes={'VisibilityTimeout': '7'}, tags={'team': 'shop'})
sqs.list_queues(QueueNamePrefix='ord')
sqs.send_message(QueueUrl=queue_url('orders'), MessageBody='data')
try: events.describe_rule(Name='nothing')
except ClientError: pass
events.create_connection(Name='c', AuthorizationType='BASIC', AuthParameters={
    'BasicAuthParameters': {'Username': 'u', 'Password': 'hunter2'}})
sqs.delete_queue(QueueUrl=queue_url('orders'))

changes, names = [], []
while 'DeleteQueue' not in [change['eventName'] for change in changes]:
    changes += [event['detail'] for event in bodies('changes', 1)]
while 'DeleteQueue' not in names:
    names += [event['detail']['eventName'] for event in bodies('all', 1)]
result = dict(
    changes=changes,
    all=[n for n in names if n != 'GetQueueUrl'],
    denied=[[event['detail']['eventName'], event['detail']['errorCode']] for event in bodies('denied', 1)],
    connection=bodies('connections', 1)[0], state=state)
`)
  assert.equal(told.state, 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS')
  assert.deepEqual(
    told.changes.map(({ eventName }) => eventName),
    ['CreateQueue', 'DeleteQueue'],
  )
  const [created] = told.changes
  assert.partialDeepStrictEqual(created, {
    userIdentity: { accountId: ACCOUNT, accessKeyId: ACCOUNT, type: 'IAMUser' },
    eventSource: 'sqs.amazonaws.com',
    awsRegion: 'us-east-1',
    sourceIPAddress: '127.0.0.1',
    requestParameters: {
      queueName: 'orders',
      attributes: { VisibilityTimeout: '7' },
      tags: { team: 'shop' },
    },
    readOnly: false,
    managementEvent: true,
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
  })
  assert.match(String(created!['eventTime']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.match(String(created!['userAgent']), /Boto3/)
  assert.match(
    (created!['responseElements'] as { queueUrl: string }).queueUrl,
    /\/123456789012\/orders$/,
  )
  // What moves data is not there, what only reads is.
  assert.deepEqual(told.all, ['CreateQueue', 'ListQueues', 'DeleteQueue'])
  assert.deepEqual(told.denied, [['DescribeRule', 'ResourceNotFoundException']])
  assert.equal(told.connection['source'], 'aws.events')
  const text = JSON.stringify(told.connection)
  assert.ok(!text.includes('hunter2'), text)
  assert.match(text, /"password":"HIDDEN_DUE_TO_SECURITY_REASONS"/)
})

test('nobody is told of calls unless the configuration asks for it', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT })
  const seen = await signalbox.python<unknown[]>(
    `${RULES}
sqs.create_queue(QueueName='all')
rule('all', ALL, {'source': [{'prefix': ''}]})
sqs.create_queue(QueueName='orders')
put('shop', 'last', {})
result = [event['detail-type'] for event in bodies('all', 1)]
`.replace("'detail-type': ['AWS API Call via CloudTrail']", ''),
  )
  assert.deepEqual(seen, ['last'])
})
