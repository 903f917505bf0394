// Pipes as boto3 and the aws CLI make them: a queue through a filter and a function to a bus, a function that takes
// half of what it gets, order in groups, and a server that dies in the middle of it.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEADLINE_MS, Signalbox, shareSignalbox, until } from '../support/signalbox.ts'

const ENRICH = `
def handler(events, context):
    assert isinstance(events, list), events
    return [dict(order=event['id'], total=event['net'] * 2) for event in events]
`

const HALF = `
import json

def handler(records, context):
    """Takes even numbers, and odd ones when they come again."""
    failed = [record['messageId'] for record in records
              if json.loads(record['body'])['n'] % 2 == 1
              and record['attributes']['ApproximateReceiveCount'] == '1']
    with open(__file__ + '.calls', 'a') as calls:
        calls.write(json.dumps([json.loads(record['body'])['n'] for record in records]) + '\\n')
    return {'batchItemFailures': [{'itemIdentifier': id} for id in failed]}
`

const SLOW = `
import time

def handler(records, context):
    with open(__file__ + '.taken', 'a') as taken:
        for record in records:
            taken.write(record['body'] + '\\n')
    time.sleep(0.05)
`

const openAccount = shareSignalbox({
  files: { 'functions/enrich.py': ENRICH, 'functions/half.py': HALF },
})

const PIPES = `
pipes = boto3.client('pipes', config=once)
account = os.environ['AWS_ACCESS_KEY_ID']
role = 'arn:aws:iam::%s:role/pipe' % account

def queue(name, **attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)['QueueUrl']
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']

def function(name):
    return 'arn:aws:lambda:us-east-1:%s:function:%s' % (account, name)

def send(name, *bodies, **more):
    url = queue_url(name)
    for start in range(0, len(bodies), 10):
        entries = [dict(Id=str(i), MessageBody=body if isinstance(body, str) else json.dumps(body), **more)
                   for i, body in enumerate(bodies[start:start + 10])]
        answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
        assert not answer.get('Failed'), answer

def wait_for(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, 'not within %s s' % seconds
        time.sleep(0.05)

def drained(name):
    counts = sqs.get_queue_attributes(QueueUrl=queue_url(name), AttributeNames=['All'])['Attributes']
    return all(counts['ApproximateNumberOfMessages' + s] == '0' for s in ['', 'NotVisible', 'Delayed'])
`

test('what a filter lets through goes by a function to a bus, and from there by a rule to a queue', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{ events: Record<string, unknown>[]; left: boolean }>(`
    ${inner(PIPES)}
    events.create_event_bus(Name='orders')
    route('all', {'source': [{'prefix': ''}]}, {'Id': 'q', 'Arn': queue('out')}, bus='orders')
    pipes.create_pipe(
        Name='orders', RoleArn=role, Source=queue('in'), Enrichment=function('enrich'),
        Target='arn:aws:events:us-east-1:%s:event-bus/orders' % account,
        SourceParameters={'FilterCriteria': {'Filters': [
            {'Pattern': json.dumps({'body': {'kind': ['order'], 'net': [{'numeric': ['>', 10]}]}})}]}},
        EnrichmentParameters={'InputTemplate': '{"id": <$.body.id>, "net": <$.body.net>}'},
        TargetParameters={
            'InputTemplate': '{"order": <$.order>, "total": <$.total>, "by": "<aws.pipes.pipe-name>"}',
            'EventBridgeEventBusParameters': {
                'DetailType': 'Order', 'Source': 'shop', 'Resources': ['$.order']}})
    send('in', {'kind': 'order', 'id': 'a', 'net': 20}, {'kind': 'order', 'id': 'b', 'net': 5},
         {'kind': 'refund', 'id': 'c', 'net': 50}, 'no json', {'kind': 'order', 'id': 'd', 'net': 11})
    got = bodies('out', 2)
    wait_for(lambda: drained('in'))
    result = dict(events=[{k: e[k] for k in ['source', 'detail-type', 'detail', 'resources']}
                          for e in sorted(got, key=lambda e: e['detail']['order'])],
                  left=not is_empty('out'))
  `)
  assert.deepEqual(seen.events, [
    {
      source: 'shop',
      'detail-type': 'Order',
      detail: { order: 'a', total: 40, by: 'orders' },
      resources: ['a'],
    },
    {
      source: 'shop',
      'detail-type': 'Order',
      detail: { order: 'd', total: 22, by: 'orders' },
      resources: ['d'],
    },
  ])
  assert.equal(seen.left, false)
})

test('what a function did not take of a batch comes again, and only that', async () => {
  const signalbox = openAccount()
  const { first, counts } = await signalbox.python<{
    first: number
    counts: Record<string, number>
  }>(
    `
    ${inner(PIPES)}
    source = queue('in', VisibilityTimeout='2')
    send('in', *[{'n': n} for n in range(10)])
    pipes.create_pipe(Name='half', RoleArn=role, Source=source, Target=function('half'))
    wait_for(lambda: drained('in'))
    calls = [json.loads(line) for line in open(given['folder'] + '/functions/half.py.calls')]
    counts = {}
    for call in calls:
        for n in call:
            counts[n] = counts.get(n, 0) + 1
    result = dict(first=len(calls[0]), counts=counts)
  `,
    { folder: signalbox.folder },
  )
  assert.equal(first, 10)
  const expected = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n, 1 + (n % 2)]))
  assert.deepEqual(counts, expected)
})

test('what nobody takes goes to the dead-letter queue of the source', async () => {
  const signalbox = openAccount()
  const dead = await signalbox.python<string[]>(
    `
    ${inner(PIPES)}
    letters = queue('dead')
    source = queue('in', VisibilityTimeout='1', RedrivePolicy=json.dumps(
        {'deadLetterTargetArn': letters, 'maxReceiveCount': 1}))
    send('in', 'a', 'b')
    pipes.create_pipe(Name='lost', RoleArn=role, Source=source, Target=source + '-gone')
    result = sorted(message['Body'] for message in take('dead', 2))
  `,
  )
  assert.deepEqual(dead, ['a', 'b'])
})

test('a group of a first-in first-out queue keeps its order', async () => {
  const signalbox = openAccount()
  const groups = await signalbox.python<Record<string, number[]>>(`
    ${inner(PIPES)}
    fifo = {'FifoQueue': 'true', 'ContentBasedDeduplication': 'true'}
    source, target = queue('in.fifo', **fifo), queue('out.fifo', **fifo)
    for n in range(10):
        for group in ['x', 'y']:
            sqs.send_message(QueueUrl=queue_url('in.fifo'), MessageGroupId=group,
                             MessageBody=json.dumps({'group': group, 'n': n}))
    pipes.create_pipe(
        Name='ordered', RoleArn=role, Source=source, Target=target,
        SourceParameters={'SqsQueueParameters': {'BatchSize': 3}},
        TargetParameters={'InputTemplate': '<$.body>',
                          'SqsQueueParameters': {'MessageGroupId': '$.body.group',
                                                 'MessageDeduplicationId': '$.messageId'}})
    result = {'x': [], 'y': []}
    for body in bodies('out.fifo', 20):
        result[body['group']].append(body['n'])
  `)
  const order = Array.from({ length: 10 }, (_, n) => n)
  assert.deepEqual(groups, { x: order, y: order })
})

test('a pipe is described as it was made, changed in part, stopped, started, and gone', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(`
    ${inner(PIPES)}
    source, target = queue('in'), queue('out')
    made = pipes.create_pipe(
        Name='p', RoleArn=role, Source=source, Target=target, Description='one', Tags={'team': 'a'},
        DesiredState='STOPPED', SourceParameters={'SqsQueueParameters': {'BatchSize': 1}},
        TargetParameters={'InputTemplate': 'x <$.body>'},
        LogConfiguration={'Level': 'INFO', 'CloudwatchLogsLogDestination': {
            'LogGroupArn': 'arn:aws:logs:us-east-1:%s:log-group:pipes' % account}})
    describe = lambda: pipes.describe_pipe(Name='p')
    send('in', 'a')
    stopped = describe()
    assert is_empty('out')
    assert pipes.start_pipe(Name='p')['CurrentState'] == 'STARTING'
    first = take('out', 1)[0]['Body']
    changed = pipes.update_pipe(Name='p', RoleArn=role, TargetParameters={'InputTemplate': ''},
                                SourceParameters={'FilterCriteria': {'Filters': []}})
    after = describe()
    pipes.tag_resource(resourceArn=made['Arn'], tags={'stage': 'dev'})
    pipes.untag_resource(resourceArn=made['Arn'], tagKeys=['team'])
    tags = pipes.list_tags_for_resource(resourceArn=made['Arn'])['tags']
    assert pipes.stop_pipe(Name='p')['CurrentState'] == 'STOPPING'
    wait_for(lambda: describe()['CurrentState'] == 'STOPPED')
    listed = pipes.list_pipes(NamePrefix='p', CurrentState='STOPPED')['Pipes']
    assert pipes.delete_pipe(Name='p')['CurrentState'] == 'DELETING'
    pick = lambda pipe, *names: {name: pipe.get(name) for name in names}
    result = dict(
        made=pick(made, 'Name', 'DesiredState', 'CurrentState'), first=first,
        stopped=pick(stopped, 'CurrentState', 'Description', 'Tags', 'SourceParameters',
                     'TargetParameters', 'RoleArn', 'LogConfiguration'),
        changed=changed['CurrentState'], after=pick(after, 'CurrentState', 'Description', 'SourceParameters',
                                                    'TargetParameters'),
        tags=tags, listed=[pipe['Name'] for pipe in listed],
        gone=refusal(pipes.describe_pipe, Name='p'),
        exists=refusal(lambda: [pipes.create_pipe(Name='q', RoleArn=role, Source=source, Target=target)
                                for _ in range(2)]),
        broker=refusal(pipes.create_pipe, Name='k', RoleArn=role, Target=target,
                        Source='arn:aws:mq:us-east-1:%s:broker:s:b-1' % account)[0],
        pattern=refusal(pipes.create_pipe, Name='k', RoleArn=role, Source=source, Target=target,
                        SourceParameters={'FilterCriteria': {'Filters': [{'Pattern': '{"a": 1}'}]}})[0])
  `)
  assert.deepEqual(seen, {
    made: { Name: 'p', DesiredState: 'STOPPED', CurrentState: 'CREATING' },
    first: 'x a',
    stopped: {
      CurrentState: 'STOPPED',
      Description: 'one',
      Tags: { team: 'a' },
      SourceParameters: { SqsQueueParameters: { BatchSize: 1 } },
      TargetParameters: { InputTemplate: 'x <$.body>' },
      RoleArn: `arn:aws:iam::${signalbox.account}:role/pipe`,
      LogConfiguration: {
        Level: 'INFO',
        CloudwatchLogsLogDestination: {
          LogGroupArn: `arn:aws:logs:us-east-1:${signalbox.account}:log-group:pipes`,
        },
      },
    },
    changed: 'UPDATING',
    after: {
      CurrentState: 'RUNNING',
      Description: 'one',
      SourceParameters: {
        FilterCriteria: { Filters: [] },
        SqsQueueParameters: { BatchSize: 1 },
      },
      TargetParameters: {},
    },
    tags: { stage: 'dev' },
    listed: ['p'],
    gone: ['NotFoundException', 'Pipe p does not exist.'],
    exists: ['ConflictException', 'Pipe q already exists.'],
    broker: 'ValidationException',
    pattern: 'ValidationException',
  })
})

test('a server that is killed in the middle of a pipe loses nothing', async (context) => {
  const signalbox = await Signalbox.open(context, { files: { 'functions/slow.py': SLOW } })
  const taken = join(signalbox.folder, 'functions/slow.py.taken')
  const readTaken = (): number[] =>
    existsSync(taken) ? readFileSync(taken, 'utf8').split('\n').slice(0, -1).map(Number) : []
  await signalbox.python(`
    ${inner(PIPES)}
    source = queue('in', VisibilityTimeout='2')
    send('in', *[str(n) for n in range(60)])
    pipes.create_pipe(Name='p', RoleArn=role, Source=source, Target=function('slow'),
                      SourceParameters={'SqsQueueParameters': {'BatchSize': 2}})
  `)
  await until('it is under way', DEADLINE_MS, () => readTaken().length >= 6)
  await signalbox.end('SIGKILL')
  assert.ok(readTaken().length < 60, 'all was taken before the kill')
  await signalbox.start()
  await until('all is taken', DEADLINE_MS, () => new Set(readTaken()).size === 60)
  await signalbox.python(`
    ${inner(PIPES)}
    wait_for(lambda: drained('in'))
  `)
})

test('the command line shows pipes, holds one and lets it go on', async () => {
  const signalbox = openAccount()
  const arn = `arn:aws:pipes:us-east-1:${signalbox.account}:pipe/held`
  await signalbox.python(`
    ${inner(PIPES)}
    pipes.create_pipe(Name='held', RoleArn=role, Source=queue('in'), Target=queue('out'))
    pipes.create_pipe(Name='broken', RoleArn=role, Source=queue('in') + '-none', Target=queue('out'))
  `)
  const lines = (await signalbox.cli('pipe', 'ls')).split('\n')
  const mine = lines.filter((line) => line.includes(signalbox.account))
  assert.match(
    mine[0]!,
    /^broken {2}START_FAILED {2}\S+in-none → \S+out {2}queue .* does not exist$/,
  )
  assert.match(mine[1]!, /^held {2}RUNNING {2}\S+in → \S+out$/)
  assert.match(await signalbox.cli('pipe', 'stop', arn), /^held {2}STOPP(?:ED|ING) /)
  const shown = JSON.parse(await signalbox.cli('-o', 'json', 'pipe', 'show', arn)) as object
  assert.deepEqual((shown as { desiredState: string }).desiredState, 'STOPPED')
  assert.match(await signalbox.cli('pipe', 'start', 'held'), /^held {2}(?:RUNNING|STARTING) /)
  assert.match(await signalbox.cli('pipe', 'show', 'held'), /^held[^]*\n {2}arn {9}arn:aws:pipes:/)
  await assert.rejects(signalbox.cli('pipe', 'start', 'nothing'), /pipe `nothing` does not exist/)
})

/** A text inside a program that is indented by four. */
function inner(text: string): string {
  return text.trim().split('\n').join('\n    ')
}
