// Schedules with the clients people have: one-time ones a few seconds ahead, and what is fired by hand.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../../src/client/index.ts'
import { DEADLINE_MS, shareSignalbox, until } from '../support/signalbox.ts'

const signalboxOf = shareSignalbox()

const SCHEDULER = `
scheduler = boto3.client('scheduler', config=once)
ROLE = 'arn:aws:iam::%s:role/scheduler' % given['account']

def soon(seconds=2):
    return 'at(%s)' % time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + seconds))

def schedule(name, target, expression=None, **more):
    more.setdefault('FlexibleTimeWindow', {'Mode': 'OFF'})
    return scheduler.create_schedule(Name=name, ScheduleExpression=expression or soon(),
        Target=dict(RoleArn=ROLE, **target), **more)
`

test('one-time schedules call a queue, a bus and an API through boto3, with the names of the firing filled in', async () => {
  // Universal targets call this server as the account of whoever has none.
  const signalbox = signalboxOf().as('000000000000')
  const given = { account: signalbox.account, queue: signalbox.queueArn('q'), url: signalbox.url }
  const result = await signalbox.python<{
    queue: Record<string, string>
    plain: Record<string, unknown>
    bus: Record<string, unknown>
    universal: string
    left: string[]
  }>(
    `${SCHEDULER}
for name in ('q', 'plain', 'b', 'u'):
    sqs.create_queue(QueueName=name)
arn = given['queue'][:-1]
events.create_event_bus(Name='shop')
route('all', {'source': ['shop.clock']}, {'Id': 'q', 'Arn': arn + 'b'}, bus='shop')
schedule('once', {'Arn': given['queue'], 'Input': json.dumps({
    'arn': '<aws.scheduler.schedule-arn>', 'time': '<aws.scheduler.scheduled-time>',
    'attempt': '<aws.scheduler.attempt-number>', 'execution': '<aws.scheduler.execution-id>'})},
    ActionAfterCompletion='DELETE')
schedule('plain', {'Arn': arn + 'plain'})
schedule('bus', {'Arn': 'arn:aws:events:us-east-1:%s:event-bus/shop' % given['account'],
    'Input': '{"at":"<aws.scheduler.scheduled-time>"}',
    'EventBridgeParameters': {'Source': 'shop.clock', 'DetailType': 'Tick'}})
schedule('universal', {'Arn': 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
    'Input': json.dumps({'QueueUrl': queue_url('u'), 'MessageBody': '<aws.scheduler.attempt-number>'})})
result = dict(queue=bodies('q', 1)[0], plain=bodies('plain', 1)[0], bus=bodies('b', 1)[0],
              universal=take('u', 1)[0]['Body'])
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    result['left'] = [s['Name'] for s in scheduler.list_schedules()['Schedules']]
    if 'once' not in result['left']: break
    time.sleep(0.2)
    `,
    given,
  )
  const { queue, plain, bus } = result
  assert.equal(
    queue['arn'],
    `arn:aws:scheduler:us-east-1:${signalbox.account}:schedule/default/once`,
  )
  assert.match(queue['time']!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(queue['attempt'], '1')
  assert.match(queue['execution']!, /^[0-9a-f]{16}$/)
  assert.equal(plain['source'], 'aws.scheduler')
  assert.equal(plain['detail-type'], 'Scheduled Event')
  assert.equal(plain['detail'], '{}')
  assert.deepEqual([bus['source'], bus['detail-type']], ['shop.clock', 'Tick'])
  assert.match((bus['detail'] as { readonly at: string }).at, /Z$/)
  assert.equal(result.universal, '1')
  assert.deepEqual(result.left, ['bus', 'plain', 'universal'])
})

test('a target that cannot be called is dead-lettered as Scheduler does it', async () => {
  const signalbox = signalboxOf()
  const given = { account: signalbox.account, dead: signalbox.queueArn('dead') }
  const { body, attributes } = await signalbox.python<{
    body: string
    attributes: Record<string, string>
  }>(
    `${SCHEDULER}
sqs.create_queue(QueueName='dead')
schedule('lost', {'Arn': given['dead'].replace('dead', 'nowhere'), 'Input': 'the input',
    'DeadLetterConfig': {'Arn': given['dead']}, 'RetryPolicy': {'MaximumRetryAttempts': 0}})
letter = take('dead', 1)[0]
result = dict(body=letter['Body'],
    attributes={k: v['StringValue'] for k, v in letter['MessageAttributes'].items()})
    `,
    given,
  )
  assert.equal(body, 'the input')
  assert.equal(attributes['ERROR_CODE'], 'NO_RESOURCE')
  assert.match(attributes['SCHEDULE_ARN']!, /:schedule\/default\/lost$/)
  assert.match(attributes['SCHEDULED_TIME']!, /Z$/)
  assert.equal(attributes['RULE_ARN'], undefined)
})

test('what fires is listed, fired by hand and paused over our own API', async () => {
  const signalbox = signalboxOf()
  const arn = signalbox.queueArn('q')
  await signalbox.aws('sqs', 'create-queue', { 'queue-name': 'q' })
  await signalbox.aws('events', 'put-rule', {
    name: 'nightly',
    'schedule-expression': 'cron(0 2 * * ? *)',
  })
  await signalbox.aws('events', 'put-targets', { rule: 'nightly', targets: `Id=q,Arn=${arn}` })
  const client = createClient(signalbox.url)
  try {
    const rule = `arn:aws:events:us-east-1:${signalbox.account}:rule/nightly`
    const [item] = (await client.listSchedules()).filter((each) => each.arn === rule)
    assert.equal(item?.meaning, 'every day at 02:00 UTC')
    assert.equal(item.nextAt, (await client.nextOccurrences(rule, 1))[0])
    const id = await client.triggerSchedule(rule)
    const [event] = await signalbox.python<Record<string, unknown>[]>(`result = bodies('q', 1)`)
    assert.equal(event!['id'], id)
    assert.deepEqual(
      [event!['source'], event!['detail-type'], event!['resources'], event!['detail']],
      ['aws.events', 'Scheduled Event', [rule], {}],
    )
    assert.equal((await client.pauseSchedule(rule)).state, 'DISABLED')
    const { State } = await signalbox.aws<{ State: string }>('events', 'describe-rule', {
      name: 'nightly',
    })
    assert.equal(State, 'DISABLED')
    await assert.rejects(client.triggerSchedule(rule), /resume it first/)
    assert.ok((await client.resumeSchedule(rule)).nextAt !== undefined)
  } finally {
    client.close()
  }
})

test('the command line lists what fires, shows its next times, fires it by hand and holds it', async () => {
  const signalbox = signalboxOf()
  const { account } = signalbox
  await signalbox.python(
    `
sqs.create_queue(QueueName='q')
boto3.client('scheduler').create_schedule(
    Name='dusk', ScheduleExpression='cron(0 18 * * ? *)', ScheduleExpressionTimezone='Europe/Berlin',
    FlexibleTimeWindow={'Mode': 'OFF'},
    Target={'Arn': given, 'RoleArn': 'arn:aws:iam::000000000000:role/any', 'Input': 'by hand'})
`,
    signalbox.queueArn('q'),
  )
  const arn = `arn:aws:scheduler:us-east-1:${account}:schedule/default/dusk`
  assert.match(await signalbox.cli('schedule', 'ls'), new RegExp(`dusk.*every day at 18:00`))
  const next = (await signalbox.cli('schedule', 'next', arn)).trim().split('\n')
  assert.equal(next.length, 10)
  for (const line of next) assert.match(line, /18:00/)
  assert.match(await signalbox.cli('schedule', 'trigger', arn), /[0-9a-f]{8}-/)
  assert.deepEqual(await signalbox.python(`result = [m['Body'] for m in take('q', 1)]`), [
    'by hand',
  ])
  await signalbox.cli('schedule', 'pause', arn)
  assert.match(await signalbox.cli('schedule', 'ls'), /dusk.*paused|paused.*dusk/i)
  await signalbox.cli('schedule', 'resume', arn)
  const { State } = await signalbox.aws<{ State: string }>('scheduler', 'get-schedule', {
    name: 'dusk',
  })
  assert.equal(State, 'ENABLED')
  await assert.rejects(signalbox.cli('schedule', 'pause', 'nothing'), /ended with 3: /)
})

test('a group that is deleted takes its schedules with it', async () => {
  const signalbox = signalboxOf()
  await signalbox.aws('scheduler', 'create-schedule-group', { name: 'g' })
  await signalbox.aws('scheduler', 'create-schedule', {
    name: 's',
    'group-name': 'g',
    'schedule-expression': 'rate(1 days)',
    'schedule-expression-timezone': 'Asia/Tokyo',
    'flexible-time-window': '{"Mode":"FLEXIBLE","MaximumWindowInMinutes":30}',
    target: JSON.stringify({
      Arn: signalbox.queueArn('q'),
      RoleArn: 'arn:aws:iam::1:role/r',
    }).replace('::1:', `::${signalbox.account}:`),
  })
  await signalbox.aws('scheduler', 'delete-schedule-group', { name: 'g' })
  await until('the group is gone', DEADLINE_MS, async () => {
    const { ScheduleGroups: groups } = await signalbox.aws<{
      ScheduleGroups: readonly { readonly Name: string }[]
    }>('scheduler', 'list-schedule-groups')
    return groups.every(({ Name }) => Name !== 'g')
  })
  const { Schedules } = await signalbox.aws<{ Schedules: unknown[] }>('scheduler', 'list-schedules')
  assert.deepEqual(Schedules, [])
})
