// Metrics as boto3, the aws CLI and Prometheus read them, what functions print as metrics, and traces from whoever
// publishes to whoever gets it.

import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { DEADLINE_MS, QUICK_RETRIES, Signalbox, until } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'

const CLIENT = `
import datetime
cloudwatch = boto3.client('cloudwatch', config=once)
hour = datetime.timedelta(hours=1)
now = datetime.datetime.now(datetime.timezone.utc)
def total(namespace, name, **dimensions):
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName=name, StartTime=now - hour, EndTime=now + hour, Period=3600,
        Statistics=['Sum'], Dimensions=[{'Name': k, 'Value': v} for k, v in dimensions.items()])
    return sum(point['Sum'] for point in points['Datapoints'])
`

test('metrics that programs put are read as statistics, as data and as a list, in each protocol', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT })
  const seen = await signalbox.python<Record<string, unknown>>(`${CLIENT}
put_data = lambda **datum: cloudwatch.put_metric_data(Namespace='Shop', MetricData=[datum])
for value in [1, 5]:
    put_data(MetricName='orders', Value=value, Unit='Count', Dimensions=[{'Name': 'shop', 'Value': 'a'}])
put_data(MetricName='orders', Values=[2.5, 3], Counts=[2, 1], Unit='Count')
put_data(MetricName='orders', StatisticValues=dict(SampleCount=2, Sum=10, Minimum=4, Maximum=6))
points = cloudwatch.get_metric_statistics(
    Namespace='Shop', MetricName='orders', StartTime=now - hour, EndTime=now + hour, Period=86400,
    Statistics=['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average'])['Datapoints']
data = cloudwatch.get_metric_data(StartTime=now - hour, EndTime=now + hour, MetricDataQueries=[
    {'Id': 'a', 'MetricStat': {'Metric': {'Namespace': 'Shop', 'MetricName': 'orders', 'Dimensions': [
        {'Name': 'shop', 'Value': 'a'}]}, 'Period': 86400, 'Stat': 'Average'}}])['MetricDataResults']
listed = cloudwatch.list_metrics(Namespace='Shop', Dimensions=[{'Name': 'shop'}])['Metrics']
old = '&'.join('%s=%s' % pair for pair in {
    'Action': 'GetMetricStatistics', 'Version': '2010-08-01', 'Namespace': 'Shop', 'MetricName': 'orders',
    'StartTime': (now - hour).strftime('%Y-%m-%dT%H:%M:%SZ'), 'Period': '86400',
    'EndTime': (now + hour).strftime('%Y-%m-%dT%H:%M:%SZ'), 'Statistics.member.1': 'Maximum'}.items())
import urllib.request
xml = urllib.request.urlopen(urllib.request.Request(
    os.environ['AWS_ENDPOINT_URL'], data=old.encode(), headers={
        'Content-Type': 'application/x-www-form-urlencoded',
        'Authorization': 'AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/monitoring/aws4_request'
    })).read().decode()
many = [dict(MetricName='m%d' % n, Value=n, Dimensions=[{'Name': 'long', 'Value': 'v' * 200}]) for n in range(100)]
cloudwatch.put_metric_data(Namespace='Many', MetricData=many)
result = dict(
    points=[{k: v for k, v in point.items() if k != 'Timestamp'} for point in points],
    data=[[r['Id'], r['Values'], r['StatusCode']] for r in data],
    listed=listed, xml='<Maximum>6</Maximum>' in xml and '<Timestamp>20' in xml,
    many=len(cloudwatch.list_metrics(Namespace='Many')['Metrics']),
    refusals=[
        refusal(put_data, MetricName='x', Value=1, Values=[1])[0],
        refusal(put_data, MetricName='x')[0],
        refusal(cloudwatch.put_metric_data, Namespace='AWS/Events', MetricData=[
            dict(MetricName='x', Value=1)])[0]])
`)
  assert.deepEqual(seen, {
    points: [{ SampleCount: 5, Sum: 18, Minimum: 2.5, Maximum: 6, Average: 3.6, Unit: 'Count' }],
    data: [['a', [3], 'Complete']],
    listed: [
      { Namespace: 'Shop', MetricName: 'orders', Dimensions: [{ Name: 'shop', Value: 'a' }] },
    ],
    xml: true,
    many: 100,
    refusals: [
      'InvalidParameterCombination',
      'InvalidParameterCombination',
      'InvalidParameterValue',
    ],
  })
})

function near(value: number, known: number): void {
  assert.ok(Math.abs(value - known) <= 0.02 * known, `${value} for ${known}`)
}

interface Printed {
  readonly Datapoints: readonly { readonly ExtendedStatistics: Readonly<Record<string, number>> }[]
}

test('percentiles of what programs put are read by boto3 and the aws CLI, near the true ones', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT })
  const seen = await signalbox.python<{
    readonly extended: Readonly<Record<string, number>>
    readonly [data: string]: unknown
  }>(`${CLIENT}
for start in range(1, 1001, 100):
    cloudwatch.put_metric_data(Namespace='Shop', MetricData=[
        dict(MetricName='latency', Unit='Milliseconds', Values=list(range(start, start + 100)))])
cloudwatch.put_metric_data(Namespace='Shop', MetricData=[
    dict(MetricName='folded', StatisticValues=dict(SampleCount=2, Sum=10, Minimum=4, Maximum=6))])
def statistics(name, **asked):
    return cloudwatch.get_metric_statistics(
        Namespace='Shop', MetricName=name, StartTime=now - hour, EndTime=now + hour, Period=86400, **asked)['Datapoints']
def data(stat):
    return cloudwatch.get_metric_data(StartTime=now - hour, EndTime=now + hour, MetricDataQueries=[
        {'Id': 'a', 'MetricStat': {'Metric': {'Namespace': 'Shop', 'MetricName': 'latency'}, 'Period': 86400,
         'Stat': stat}}])['MetricDataResults'][0]['Values']
both = statistics('latency', Statistics=['Sum'], ExtendedStatistics=['p50', 'p99', 'p99.9', 'tm90', 'PR(:300)'])[0]
result = dict(
    sum=both['Sum'], extended=both['ExtendedStatistics'], data={s: data(s) for s in ['p99', 'p100', 'IQM']},
    folded=[statistics('folded', ExtendedStatistics=['p99']),
            len(statistics('folded', Statistics=['Sum'], ExtendedStatistics=['p99']))],
    refusals=[refusal(data, stat='p101'), refusal(statistics, name='latency')[0],
              refusal(statistics, name='latency', ExtendedStatistics=['q9'])[0],
              refusal(cloudwatch.put_metric_data, Namespace='Shop', MetricData=[
                  dict(MetricName='x', Values=[1], Counts=[-1])])[0]])
`)
  const { extended, data, ...rest } = seen
  assert.deepEqual(Object.keys(extended).toSorted(), ['PR(:300)', 'p50', 'p99', 'p99.9', 'tm90'])
  near(extended['p50']!, 500)
  near(extended['p99']!, 990)
  near(extended['p99.9']!, 999)
  near(extended['tm90']!, 450.5)
  near(extended['PR(:300)']!, 30)
  const values = data as Readonly<Record<string, readonly number[]>>
  near(values['p99']![0]!, 990)
  near(values['IQM']![0]!, 500.5)
  assert.deepEqual(values['p100'], [1000])
  assert.deepEqual(rest, {
    sum: 500_500,
    folded: [[], 1],
    refusals: [
      [
        'InvalidParameterValue',
        'The value p101 for parameter Stat is not supported: it is SampleCount, Average, Sum, Minimum, Maximum, a percentile (p99.9), or one of tm, wm, tc, ts, TM, WM, TC, TS, PR and IQM with its range.',
      ],
      'InvalidParameterCombination',
      'InvalidParameterValue',
      'InvalidParameterValue',
    ],
  })
  const printed = await signalbox.aws<Printed>('cloudwatch', 'get-metric-statistics', {
    namespace: 'Shop',
    'metric-name': 'latency',
    period: '86400',
    'start-time': new Date(Date.now() - 3_600_000).toISOString(),
    'end-time': new Date(Date.now() + 3_600_000).toISOString(),
    'extended-statistics': 'p90',
  })
  near(printed.Datapoints[0]!.ExtendedStatistics['p90']!, 900)
})

test('AWS/Events counts what rules did, for CloudWatch’s clients and for Prometheus, and survives a restart', async (context) => {
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: QUICK_RETRIES,
    files: {
      'functions/measure.mjs': `
export async function handler() {
  console.log(JSON.stringify({
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: 'MediaDownloader', Dimensions: [[]],
      Metrics: [{ Name: 'FileDownloadCompleted', Unit: 'Count' }] }] },
    FileDownloadCompleted: 1,
  }))
}`,
    },
  })
  const counted = async (): Promise<Record<string, number>> =>
    signalbox.python(`${CLIENT}
result = {name: total('AWS/Events', name, RuleName='all') for name in [
    'Invocations', 'FailedInvocations', 'TriggeredRules', 'MatchedEvents', 'DeadLetterInvocations']}
result['put'] = total('AWS/Events', 'PutEventsEntriesCount')
latency = cloudwatch.get_metric_statistics(
    Namespace='AWS/Events', MetricName='IngestionToInvocationSuccessLatency', StartTime=now - hour, EndTime=now + hour,
    Period=3600, ExtendedStatistics=['p99'], Dimensions=[{'Name': 'RuleName', 'Value': 'all'}])['Datapoints']
result['timed'] = len([p for p in latency if p['Unit'] == 'Milliseconds' and p['ExtendedStatistics']['p99'] >= 0])
result['own'] = total('MediaDownloader', 'FileDownloadCompleted')
`)
  await signalbox.python(`
for queue in ['in', 'dead']: sqs.create_queue(QueueName=queue)
arn = 'arn:aws:sqs:us-east-1:123456789012:'
route('all', {'source': ['shop']}, {'Id': 'queue', 'Arn': arn + 'in'},
      {'Id': 'function', 'Arn': 'arn:aws:lambda:us-east-1:123456789012:function:measure'},
      {'Id': 'none', 'Arn': arn + 'none', 'DeadLetterConfig': {'Arn': arn + 'dead'}})
for n in range(3): put('shop', 'placed', {'n': n})
take('in', 3), take('dead', 3)
`)
  const expected = {
    Invocations: 9,
    FailedInvocations: 3,
    TriggeredRules: 3,
    MatchedEvents: 3,
    DeadLetterInvocations: 3,
    put: 3,
    timed: 1,
    own: 3,
  }
  await until('all is counted', DEADLINE_MS, async () => (await counted())['own'] === 3)
  assert.deepEqual(await counted(), expected)
  const page = await (await fetch(`${signalbox.url}/metrics`)).text()
  assert.match(
    page,
    /^aws_events_failed_invocations_total\{account="123456789012",region="us-east-1",event_bus_name="default",rule_name="all"\} 3$/m,
  )
  await signalbox.end('SIGTERM')
  await signalbox.start()
  assert.deepEqual(await counted(), expected)
})

const TRACE = 'Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1'
const PARENT = '00-67891233abcdef012345678912345678-463ac35c9f6413ad-01'

test('a trace goes from whoever publishes to webhooks, queues, functions, dead letters and through replays, in both forms', async (context) => {
  const posts: IncomingHttpHeaders[] = []
  const url = await serve(context, posts)
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: QUICK_RETRIES,
    files: {
      'functions/traced.py': `
import boto3, os
def lambda_handler(event, context):
    # The SDK goes on with the trace of the invocation by itself.
    boto3.client('events').put_events(Entries=[
        {'Source': 'traced', 'DetailType': 'next', 'Detail': '{}'}])
`,
    },
  })
  const traces = await signalbox.python<Record<string, string[]>>(
    `
for queue in ['in', 'dead', 'next']: sqs.create_queue(QueueName=queue)
events.create_archive(ArchiveName='all', EventPattern=json.dumps({'source': ['shop']}),
                      EventSourceArn='arn:aws:events:us-east-1:123456789012:event-bus/default')
arn = 'arn:aws:sqs:us-east-1:123456789012:'
route('all', {'source': ['shop']}, {'Id': 'queue', 'Arn': arn + 'in'}, {'Id': 'hook', 'Arn': given['url']},
      {'Id': 'function', 'Arn': 'arn:aws:lambda:us-east-1:123456789012:function:traced'},
      {'Id': 'none', 'Arn': arn + 'none', 'DeadLetterConfig': {'Arn': arn + 'dead'}})
route('next', {'source': ['traced']}, {'Id': 'queue', 'Arn': arn + 'next'})
put('shop', 'placed', {}, TraceHeader=given['trace'])
import urllib.request
urllib.request.urlopen(urllib.request.Request(
    os.environ['AWS_ENDPOINT_URL'] + '/events?account=123456789012', data=b'{}', headers={
        'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': 'shop', 'ce-type': 'placed',
        'ce-traceparent': given['parent'], 'Content-Type': 'application/json'}))
result = {queue: [m['Attributes'].get('AWSTraceHeader', '') for m in take(queue, 2)]
          for queue in ['in', 'dead', 'next']}
`,
    { url, trace: TRACE, parent: PARENT },
  )
  assert.deepEqual(traces['in'], [TRACE, TRACE])
  assert.deepEqual(traces['dead'], [TRACE, TRACE])
  for (const next of traces['next']!) assert.match(next, /Root=1-67891233-abcdef012345678912345678/)
  await until('the webhook has both', DEADLINE_MS, () => posts.length === 2)
  const replayed = await signalbox.python<string[]>(`
sqs.create_queue(QueueName='again')
bus = 'arn:aws:events:us-east-1:123456789012:event-bus/default'
while events.describe_archive(ArchiveName='all')['EventCount'] < 2: time.sleep(0.05)
route('again', {'replay-name': ['again']},
      {'Id': 'queue', 'Arn': 'arn:aws:sqs:us-east-1:123456789012:again'})
import datetime
now = datetime.datetime.now(datetime.timezone.utc)
events.start_replay(
    ReplayName='again', EventSourceArn='arn:aws:events:us-east-1:123456789012:archive/all',
    EventStartTime=now - datetime.timedelta(hours=1), EventEndTime=now + datetime.timedelta(hours=1),
    Destination={'Arn': bus, 'FilterArns': ['arn:aws:events:us-east-1:123456789012:rule/again']})
result = [m['Attributes'].get('AWSTraceHeader', '') for m in take('again', 2)]
`)
  assert.deepEqual(replayed, [TRACE, TRACE])
  for (const headers of posts) {
    assert.equal(headers['x-amzn-trace-id'], TRACE)
    assert.equal(headers['traceparent'], PARENT)
  }
})

async function serve(t: TestContext, posts: IncomingHttpHeaders[]): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      posts.push(request.headers)
      response.end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}
