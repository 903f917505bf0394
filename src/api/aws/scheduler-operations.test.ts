// The operations of EventBridge Scheduler, as requests and answers, over real objects in memory. What AWS's words are
// known to be is from LocalStack's recordings (expressions) and from reports of users (start date, window); the rest
// follows their form.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/index.ts'
import { FakeClock } from '../../base/testing.ts'
import { openMemoryControl } from '../../control/testing.ts'
import { requestOf } from '../http/testing.ts'
import { acceptAnyCredentials } from './credentials.ts'
import { createAwsDialect } from './dialect.ts'
import { schedulerOperations } from './scheduler-operations.ts'

const NOW = Date.UTC(2026, 4, 1)
const ROLE = 'arn:aws:iam::000000000000:role/r'
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q'
const ARN = 'arn:aws:scheduler:us-east-1:000000000000'
const OFF = { Mode: 'OFF' }

interface Answer {
  readonly status: number
  readonly type: unknown
  readonly body: Record<string, unknown>
}

class Bench {
  readonly clock: FakeClock = new FakeClock(NOW)
  readonly control: ReturnType<typeof openMemoryControl> = openMemoryControl({ clock: this.clock })
  readonly #dialect = createAwsDialect({
    operations: schedulerOperations(this.control),
    authenticate: acceptAnyCredentials(),
    logger: silentLogger,
  })

  async call(method: string, target: string, body?: object): Promise<Answer> {
    const request = requestOf({
      method,
      target,
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
    })
    const response = await this.#dialect.handle(request)
    assert.ok(typeof response.body === 'string')
    return {
      status: response.status,
      type: response.headers?.['x-amzn-ErrorType'],
      body: JSON.parse(response.body) as Record<string, unknown>,
    }
  }

  create(name: string, parts: object = {}): Promise<Answer> {
    return this.call('POST', `/schedules/${name}`, { ...draft(), ...parts })
  }
}

function draft(): Record<string, unknown> {
  return {
    ScheduleExpression: 'rate(5 minutes)',
    FlexibleTimeWindow: OFF,
    Target: { Arn: QUEUE, RoleArn: ROLE },
  }
}

function assertRefused(answer: Answer, status: number, type: string, message: string): void {
  assert.deepEqual(answer, { status, type, body: { Message: message } })
}

test('a schedule is read back as it was made, with what AWS adds', async () => {
  const bench = new Bench()
  const made = await bench.create('nightly', {
    Description: 'every night',
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    StartDate: NOW / 1000,
    EndDate: NOW / 1000 + 86_400.5,
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    ActionAfterCompletion: 'DELETE',
    State: 'DISABLED',
    Target: {
      Arn: QUEUE,
      RoleArn: ROLE,
      Input: 'text',
      DeadLetterConfig: { Arn: `${QUEUE}-dead` },
      RetryPolicy: { MaximumRetryAttempts: 3 },
    },
  })
  assert.deepEqual(made.body, { ScheduleArn: `${ARN}:schedule/default/nightly` })
  const { body } = await bench.call('GET', '/schedules/nightly?groupName=default')
  assert.deepEqual(body, {
    Arn: `${ARN}:schedule/default/nightly`,
    CreationDate: NOW / 1000,
    LastModificationDate: NOW / 1000,
    GroupName: 'default',
    Name: 'nightly',
    State: 'DISABLED',
    ActionAfterCompletion: 'DELETE',
    Description: 'every night',
    StartDate: NOW / 1000,
    EndDate: NOW / 1000 + 86_400.5,
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    Target: {
      Arn: QUEUE,
      RoleArn: ROLE,
      Input: 'text',
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 3 },
      DeadLetterConfig: { Arn: `${QUEUE}-dead` },
    },
  })
})

test('what an update does not name goes back to its default', async () => {
  const bench = new Bench()
  await bench.create('a', { Description: 'x', State: 'DISABLED' })
  await bench.call('PUT', '/schedules/a', draft())
  const { body } = await bench.call('GET', '/schedules/a')
  assert.equal(body['State'], 'ENABLED')
  assert.equal(body['ActionAfterCompletion'], 'NONE')
  assert.equal('Description' in body, false)
})

const REFUSED: readonly (readonly [parts: object, message: string])[] = [
  [{ ScheduleExpression: 'cron(0 1 * * * *)' }, 'Invalid Schedule Expression cron(0 1 * * * *).'],
  [{ ScheduleExpression: ' rate(10 minutes)' }, 'Invalid Schedule Expression  rate(10 minutes).'],
  [
    { ScheduleExpressionTimezone: 'Mars/Phobos' },
    'Invalid ScheduleExpressionTimezone Mars/Phobos.',
  ],
  [
    { StartDate: NOW / 1000 - 301 },
    'The StartDate you specify cannot be earlier than 5 minutes ago.',
  ],
  [
    { StartDate: NOW / 1000 + 60, EndDate: NOW / 1000 + 60 },
    'The EndDate you specify must be later than the StartDate.',
  ],
  [
    { FlexibleTimeWindow: { Mode: 'OFF', MaximumWindowInMinutes: 5 } },
    'MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.',
  ],
  [
    { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } },
    'MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.',
  ],
  [{ Target: { Arn: 'queue', RoleArn: ROLE } }, 'Provided Arn is not in correct format.'],
  [
    { Target: { Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/b', RoleArn: ROLE } },
    'EventBridgeParameters must be provided for an event bus target, and only for one.',
  ],
  [
    { Target: { Arn: `${QUEUE}.fifo`, RoleArn: ROLE } },
    'MessageGroupId must be provided for a FIFO queue target.',
  ],
  [
    {
      Target: {
        Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        RoleArn: ROLE,
        Input: 'text',
      },
    },
    'Input must be well-formed JSON for this target.',
  ],
  // A name of a firing is text: without quotes around it nothing that is JSON comes of it.
  ...['{"at": <aws.scheduler.scheduled-time>}', '[1]', '"text"', '{"a":', deepObject(70)].map(
    (Input) =>
      [
        {
          Target: {
            Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
            RoleArn: ROLE,
            Input,
            EventBridgeParameters: { DetailType: 'd', Source: 's' },
          },
        },
        'Input must be a well-formed JSON object for an event bus target.',
      ] as const,
  ),
]

function deepObject(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

for (const [parts, message] of REFUSED) {
  test(`refused: ${message}`, async () => {
    assertRefused(await new Bench().create('a', parts), 400, 'ValidationException', message)
  })
}

test('members are checked by the model before anything else', async () => {
  const { status, type, body } = await new Bench().create('a', {
    Target: { Arn: QUEUE, RoleArn: 'role' },
  })
  assert.deepEqual([status, type], [400, 'ValidationException'])
  assert.match(String(body['Message']), /^1 validation error detected: Value 'role' at /)
})

test('names that are taken and names that are not there are told as AWS does', async () => {
  const bench = new Bench()
  await bench.create('a')
  assertRefused(
    await bench.create('a', { ScheduleExpression: 'rate(1 hour)' }),
    409,
    'ConflictException',
    'Schedule a already exists.',
  )
  const missing = 'Schedule b does not exist.'
  const NOT_FOUND = 'ResourceNotFoundException'
  assertRefused(await bench.call('GET', '/schedules/b'), 404, NOT_FOUND, missing)
  assertRefused(await bench.call('PUT', '/schedules/b', draft()), 404, NOT_FOUND, missing)
  assertRefused(await bench.call('DELETE', '/schedules/b'), 404, NOT_FOUND, missing)
  const group = 'Schedule group g does not exist.'
  assertRefused(await bench.create('c', { GroupName: 'g' }), 404, NOT_FOUND, group)
  assertRefused(await bench.call('GET', '/schedules?ScheduleGroup=g'), 404, NOT_FOUND, group)
  assertRefused(await bench.call('GET', '/schedule-groups/g'), 404, NOT_FOUND, group)
})

test('a request repeated with its token answers the same and changes nothing', async () => {
  const bench = new Bench()
  const first = await bench.create('a', { ClientToken: 't1' })
  assert.deepEqual(await bench.create('a', { ClientToken: 't1' }), first)
  const other = await bench.create('a', { ClientToken: 't1', ScheduleExpression: 'rate(1 hour)' })
  assert.equal(other.status, 409)
  assert.equal((await bench.call('DELETE', '/schedules/a?clientToken=t2')).status, 200)
  assert.equal((await bench.call('DELETE', '/schedules/a?clientToken=t2')).status, 200)
  assert.equal((await bench.call('DELETE', '/schedules/a?clientToken=t3')).status, 404)
})

test('schedules are listed by group, prefix and state, a page at a time', async () => {
  const bench = new Bench()
  await bench.call('POST', '/schedule-groups/g')
  for (const name of ['b-1', 'a-2', 'a-1']) await bench.create(name)
  await bench.create('a-3', { GroupName: 'g', State: 'DISABLED' })
  const names = async (query: string): Promise<readonly unknown[]> => {
    const { body } = await bench.call('GET', `/schedules${query}`)
    return (body['Schedules'] as { readonly Name: string }[]).map(({ Name }) => Name)
  }
  assert.deepEqual(await names(''), ['a-1', 'a-2', 'b-1', 'a-3'])
  assert.deepEqual(await names('?NamePrefix=a-'), ['a-1', 'a-2', 'a-3'])
  assert.deepEqual(await names('?ScheduleGroup=g'), ['a-3'])
  assert.deepEqual(await names('?State=DISABLED'), ['a-3'])
  const page = await bench.call('GET', '/schedules?MaxResults=3')
  assert.deepEqual(await names(`?NextToken=${String(page.body['NextToken'])}`), ['a-3'])
  const bad = await bench.call('GET', '/schedules?NextToken=x')
  assert.deepEqual([bad.status, bad.type], [400, 'ValidationException'])
})

test('a group that is deleted takes its schedules with it, and none comes into it meanwhile', async () => {
  const bench = new Bench()
  const Tags = [{ Key: 'team', Value: 'shop' }]
  const made = await bench.call('POST', '/schedule-groups/g', { Tags })
  assert.deepEqual(made.body, { ScheduleGroupArn: `${ARN}:schedule-group/g` })
  await bench.create('a', { GroupName: 'g' })
  await bench.create('a')
  const deleted = bench.call('DELETE', '/schedule-groups/g')
  const late = await bench.create('b', { GroupName: 'g' })
  assert.ok(late.status === 409 || late.status === 404)
  assert.equal((await deleted).status, 200)
  await bench.control.scheduleGroups.settled()
  assert.equal((await bench.call('GET', '/schedule-groups/g')).status, 404)
  assert.equal((await bench.call('GET', '/schedules/a?groupName=g')).status, 404)
  assert.equal((await bench.call('GET', '/schedules/a')).status, 200)
})

test('the default group is there by itself and cannot go', async () => {
  const bench = new Bench()
  const { body } = await bench.call('GET', '/schedule-groups/default')
  assert.deepEqual(body, { Arn: `${ARN}:schedule-group/default`, Name: 'default', State: 'ACTIVE' })
  const refused = await bench.call('DELETE', '/schedule-groups/default')
  assert.deepEqual([refused.status, refused.type], [400, 'ValidationException'])
  assert.equal((await bench.call('POST', '/schedule-groups/default')).status, 409)
})

test('groups have tags, and are listed', async () => {
  const bench = new Bench()
  await bench.call('POST', '/schedule-groups/g')
  const path = `/tags/${encodeURIComponent(`${ARN}:schedule-group/g`)}`
  await bench.call('POST', path, {
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  })
  await bench.call('DELETE', `${path}?TagKeys=a`)
  assert.deepEqual((await bench.call('GET', path)).body, { Tags: [{ Key: 'b', Value: '2' }] })
  const { body } = await bench.call('GET', '/schedule-groups?NamePrefix=g')
  assert.deepEqual(
    (body['ScheduleGroups'] as { readonly Name: string }[]).map(({ Name }) => Name),
    ['g'],
  )
})
