// The media downloader's targets and what is watched of them: the three ways in which an event reaches its consumer,
// the metrics by their names, a trace from publisher to consumer, and a metric of its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCloud } from '../support/cloud.ts'
import { DEADLINE_MS, QUICK_RETRIES, Signalbox, until } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'
const REGION = 'us-west-2'
const BUS = 'MediaDownloaderEvents'

/** Sends on what it gets, with the trace that it got it with, and counts it as the document's `logMetric` does. */
const CONSUMER = `
import boto3, json, os, time

def log_metric(name, value, unit):
    print(json.dumps({'_aws': {'Timestamp': int(time.time() * 1000), 'CloudWatchMetrics': [{
        'Namespace': 'MediaDownloader', 'Dimensions': [[]], 'Metrics': [{'Name': name, 'Unit': unit}]}]},
        name: value}))

def lambda_handler(event, context):
    sqs = boto3.client('sqs')
    url = sqs.get_queue_url(QueueName=os.environ['OUT'])['QueueUrl']
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(
        {'event': event, 'trace': os.environ.get('_X_AMZN_TRACE_ID')}))
    log_metric('FileDownloadCompleted', 1, 'Count')
`

const BROKEN = `
def lambda_handler(event, context):
    raise RuntimeError('the consumer is broken')
`

test('002.4 a rule reaches a function, a state machine, and through a queue a function that takes batches', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    region: REGION,
    config: `
targets: { aws: { endpoints: { states: '${cloud}' } } }
functions:
  notify: { handler: ./consumer.py, env: { OUT: direct } }
  analyse: { handler: ./consumer.py, env: { OUT: buffered } }
`,
    files: { 'consumer.py': CONSUMER },
  })
  const seen = await signalbox.python<Record<string, unknown>>(
    `
    states = boto3.client('stepfunctions', endpoint_url=given['cloud'], config=once)
    role = boto3.client('iam', endpoint_url=given['cloud']).create_role(
        RoleName='r', AssumeRolePolicyDocument='{}')['Role']['Arn']
    machine = states.create_state_machine(name='Transcode', roleArn=role, definition=json.dumps(
        {'StartAt': 'a', 'States': {'a': {'Type': 'Pass', 'End': True}}}))['stateMachineArn']
    here = lambda service, name: 'arn:aws:%s:us-west-2:123456789012:%s' % (service, name)
    events.create_event_bus(Name=given['bus'])
    for name in ['direct', 'buffered', 'buffer']: sqs.create_queue(QueueName=name)
    route('completed', {'detail-type': ['FileDownloadCompleted']},
          {'Id': 'function', 'Arn': here('lambda', 'function:notify')},
          {'Id': 'machine', 'Arn': machine, 'InputPath': '$.detail'},
          {'Id': 'queue', 'Arn': here('sqs', 'buffer')}, bus=given['bus'])
    boto3.client('pipes', config=once).create_pipe(
        Name='buffer', RoleArn='arn:aws:iam::123456789012:role/pipe', Source=here('sqs', 'buffer'),
        SourceParameters={'SqsQueueParameters': {'BatchSize': 10}},
        Target=here('lambda', 'function:analyse'))
    id = put('media-downloader', 'FileDownloadCompleted', {'fileId': 'f-1'}, EventBusName=given['bus'])
    [direct] = bodies('direct', 1)
    [buffered] = bodies('buffered', 1)
    deadline = time.monotonic() + 20
    while not states.list_executions(stateMachineArn=machine)['executions']:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [execution] = states.list_executions(stateMachineArn=machine)['executions']
    result = dict(
        direct=direct['event']['id'] == id,
        buffered=[json.loads(record['body'])['id'] == id for record in buffered['event']],
        machine=json.loads(states.describe_execution(
            executionArn=execution['executionArn'])['input']))
    `,
    { cloud, bus: BUS },
  )
  assert.deepEqual(seen, { direct: true, buffered: [true], machine: { fileId: 'f-1' } })
})

test('002.8 the metrics by their names, a trace from publisher to consumer, and a metric of its own', async (context) => {
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    region: REGION,
    config: `
${QUICK_RETRIES}
functions:
  notify: { handler: ./consumer.py, env: { OUT: out } }
  broken: { handler: ./broken.py }
`,
    files: { 'consumer.py': CONSUMER, 'broken.py': BROKEN },
  })
  const trace = 'Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1'
  const traced = await signalbox.python<string>(
    `
    events.create_event_bus(Name=given['bus'])
    for name in ['out', 'dead']: sqs.create_queue(QueueName=name)
    here = lambda service, name: 'arn:aws:%s:us-west-2:123456789012:%s' % (service, name)
    route('completed', {'detail-type': ['FileDownloadCompleted']},
          {'Id': 'good', 'Arn': here('lambda', 'function:notify')},
          {'Id': 'bad', 'Arn': here('lambda', 'function:broken'),
           'RetryPolicy': {'MaximumRetryAttempts': 1}, 'DeadLetterConfig': {'Arn': here('sqs', 'dead')}},
          bus=given['bus'])
    put('media-downloader', 'FileDownloadCompleted', {'fileId': 'f-1'}, EventBusName=given['bus'],
        TraceHeader=given['trace'])
    [out] = bodies('out', 1)
    [letter] = take('dead', 1)
    assert letter['Attributes']['AWSTraceHeader'] == given['trace']
    result = out['trace']
    `,
    { bus: BUS, trace },
  )
  assert.equal(traced, trace)
  const counted = (): Promise<Record<string, number>> =>
    signalbox.python(`
    import datetime
    cloudwatch = boto3.client('cloudwatch', config=once)
    hour = datetime.timedelta(hours=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    def total(namespace, name, **dimensions):
        points = cloudwatch.get_metric_statistics(
            Namespace=namespace, MetricName=name, StartTime=now - hour, EndTime=now + hour,
            Period=3600, Statistics=['Sum'],
            Dimensions=[{'Name': k, 'Value': v} for k, v in dimensions.items()])
        return sum(point['Sum'] for point in points['Datapoints'])
    result = {name: total('AWS/Events', name, RuleName='completed') for name in [
        'Invocations', 'FailedInvocations', 'TriggeredRules', 'ThrottledRules']}
    result['FileDownloadCompleted'] = total('MediaDownloader', 'FileDownloadCompleted')
    `)
  await until(
    'the consumer is counted',
    DEADLINE_MS,
    async () => (await counted())['FileDownloadCompleted'] === 1,
  )
  assert.deepEqual(await counted(), {
    Invocations: 2,
    FailedInvocations: 1,
    TriggeredRules: 1,
    ThrottledRules: 0,
    FileDownloadCompleted: 1,
  })
  const page = await (await fetch(`${signalbox.url}/metrics`)).text()
  assert.match(page, /^aws_events_triggered_rules_total\{.*rule_name="completed"\} 1$/m)
})
