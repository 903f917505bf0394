// The learning platform's programs, run as they stand in its document: the bus and its publisher, the rules with
// their targets, the four patterns, the Python function. Where a client itself refuses what is printed, the
// refusal is asserted and the corrected form, listed in the test, runs.

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ROOT } from '../../tools/tree.ts'
import { createClient } from '../../src/client/index.ts'
import { openCloud } from '../support/cloud.ts'
import { DEADLINE_MS, Signalbox, type SignalboxOptions, until } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'
const REGION = 'ap-south-1'
const BUS = 'mylearning-application-events'
const SEED = '004'

/** Its programs, kept here as people have them. */
const PROGRAMS = ['bus.py', 'rules.py', 'function.py', 'patterns.json']

test('004 the programs run here are those of the document', (context) => {
  const [path] = globSync(join(ROOT, `../shared/seeds/${SEED}*`))
  if (path === undefined) return context.skip('the document is not beside this checkout')
  const document = readFileSync(path, 'utf8')
  const blocks = Array.from(
    document.matchAll(/```(?:python|json)\n(.*?)```/gs),
    ([, text]) => text!,
  )
  for (const name of PROGRAMS) {
    const text = readProgram(name)
    const isThere = name.endsWith('.json')
      ? blocks.some((block) => block.startsWith('{') && compact(block) === compact(text))
      : blocks.includes(text)
    assert.ok(isThere, name)
  }
})

test('004.1 the class MyLearningEventBridge creates its bus with tags and puts the registration', async (context) => {
  const signalbox = await openSignalbox(context)
  // No rule can be on the bus before the program has made it, so the event is looked for in a second run.
  const program = readProgram('bus.py')
  const first = await signalbox.program(program)
  assert.equal(first.code, 0, first.stderr)
  const arn = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${BUS}`
  assert.equal(
    first.stdout,
    `Custom event bus created: ${arn}\nEvent published successfully: User Registration Completed\n`,
  )
  const { tags } = await signalbox.python<{ tags: unknown }>(
    `
    sqs.create_queue(QueueName='registrations')
    route('all', {'source': [{'exists': True}]}, {'Id': 'queue', 'Arn': given['queue']},
          bus=given['bus'])
    result = dict(tags=events.list_tags_for_resource(ResourceARN=given['arn'])['Tags'])
    `,
    { arn, bus: BUS, queue: signalbox.queueArn('registrations') },
  )
  assert.deepEqual(tags, [
    { Key: 'Environment', Value: 'production' },
    { Key: 'Application', Value: 'MyLearning' },
    { Key: 'Purpose', Value: 'ApplicationEvents' },
  ])
  const second = await signalbox.program(program)
  assert.match(
    second.stdout,
    /^Error creating event bus: .*ResourceAlreadyExistsException.*already exists\.\nEvent published/,
  )
  const [event] = await signalbox.python<Record<string, unknown>[]>(
    `result = bodies('registrations', 1)`,
  )
  assert.equal(event!['source'], 'mylearning.user-service')
  assert.equal(event!['detail-type'], 'User Registration Completed')
  assert.equal(event!['account'], ACCOUNT)
  assert.equal(event!['region'], REGION)
  assert.deepEqual(event!['resources'], [
    'arn:aws:lambda:ap-south-1:123456789012:function:user-onboarding',
  ])
  const { timestamp, ...detail } = event!['detail'] as Record<string, unknown>
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(detail, {
    user_id: 'user_12345',
    email: 'student@example.com',
    registration_type: 'premium',
    course_interests: ['aws', 'python', 'devops'],
    referral_source: 'google_ads',
  })
})

// What boto3 refuses of the rules as printed, and what AWS means by it: a message group goes with a queue that
// has them, under SqsParameters, and the age of an event is counted in seconds.
const CORRECTIONS: readonly (readonly [printed: string, corrected: string])[] = [
  [
    `user-onboarding-queue',
                'MessageGroupId': 'user-onboarding'`,
    `user-onboarding-queue.fifo',
                'SqsParameters': {'MessageGroupId': 'user-onboarding'}`,
  ],
  [`'MaximumEventAge': 3600`, `'MaximumEventAgeInSeconds': 3600`],
]

const RECORDING_FUNCTION = `
import json

def lambda_handler(event, context):
    with open(__file__ + '.events', 'a') as events:
        events.write(json.dumps(dict(event=event, arn=context.invoked_function_arn)) + '\\n')
`

const FAILING_FUNCTION = `
import { appendFileSync } from 'node:fs'

export async function handler(event) {
  appendFileSync(new URL(import.meta.url + '.events'), JSON.stringify({ event }) + '\\n')
  throw new Error('the processor is broken')
}
`

test('004.2 rule 1 and rule 2 run in the form that boto3 takes; what it refuses of them is refused', async (context) => {
  const signalbox = await openSignalbox(context, {
    config: 'delivery: { delayMsMin: 10ms, delayMsMax: 40ms }',
    files: {
      'functions/send-welcome-email.py': RECORDING_FUNCTION,
      'functions/infrastructure-event-processor.mjs': FAILING_FUNCTION,
    },
  })
  assert.equal((await signalbox.program(readProgram('bus.py'))).code, 0)
  await signalbox.python(
    `
    sqs.create_queue(QueueName='user-onboarding-queue.fifo', Attributes={'FifoQueue': 'true'})
    sqs.create_queue(QueueName='infrastructure-dlq')
    sqs.create_queue(QueueName='sales')
    sns = boto3.client('sns')
    topic = sns.create_topic(Name='sales-notifications')['TopicArn']
    sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=given, Attributes={
        'RawMessageDelivery': 'true'})
    `,
    signalbox.queueArn('sales'),
  )
  let rules = `import boto3, json\n${readProgram('rules.py')}`
  const refusals = [/Unknown parameter in Targets\[1\]: "MessageGroupId"/, /"MaximumEventAge"/]
  for (const [index, [printed, corrected]] of CORRECTIONS.entries()) {
    const { code, stderr } = await signalbox.program(rules)
    assert.equal(code, 1)
    assert.match(stderr, refusals[index]!)
    assert.ok(rules.includes(printed))
    rules = rules.replace(printed, corrected)
  }
  const { code, stderr } = await signalbox.program(rules)
  assert.equal(code, 0, stderr)

  // Rule 1: the registration of the document, and one that its pattern leaves out.
  assert.equal((await signalbox.program(readProgram('bus.py'))).code, 0)
  const { onboarding, letters, sales } = await signalbox.python<{
    sales: string[]
    onboarding: {
      Body: string
      Attributes: Record<string, string>
    }[]
    letters: { body: Record<string, unknown>; attributes: Record<string, string> }[]
  }>(
    `
    put('mylearning.user-service', 'User Registration Completed',
        {'user_id': 'user_2', 'registration_type': 'free'}, EventBusName=given)
    put('mylearning.user-service', 'User Registration Completed',
        {'user_id': 'user_3', 'email': 'c@example.com', 'registration_type': 'enterprise'},
        EventBusName=given)
    put('aws.ec2', 'EC2 Instance State-change Notification',
        {'instance-id': 'i-1', 'state': 'pending'})
    put('aws.ec2', 'EC2 Instance State-change Notification',
        {'instance-id': 'i-1', 'state': 'stopped'})
    sales = [message['Body'] for message in take('sales', 2)]
    result = dict(onboarding=take('user-onboarding-queue.fifo', 2), sales=sales, letters=[
        dict(body=json.loads(letter['Body']),
             attributes={k: v['StringValue'] for k, v in letter['MessageAttributes'].items()})
        for letter in take('infrastructure-dlq', 1)])
    `,
    BUS,
  )
  const users = onboarding.map(({ Body }) => JSON.parse(Body) as { detail: { user_id: string } })
  assert.deepEqual(
    users.map(({ detail }) => detail.user_id),
    ['user_12345', 'user_3'],
  )
  assert.deepEqual(
    onboarding.map(({ Attributes }) => Attributes['MessageGroupId']),
    ['user-onboarding', 'user-onboarding'],
  )
  const welcome = join(signalbox.folder, 'functions/send-welcome-email.py.events')
  await until('both are welcomed', DEADLINE_MS, () => readLines(welcome).length === 2)
  const [first, second] = readLines(welcome) as { event: unknown; arn: string }[]
  assert.deepEqual(first, {
    event: {
      userId: 'user_12345',
      email: 'student@example.com',
      tier: 'premium',
      action: 'send_welcome_email',
    },
    arn: 'arn:aws:lambda:ap-south-1:123456789012:function:send-welcome-email',
  })
  assert.deepEqual(second!.event, {
    userId: 'user_3',
    email: 'c@example.com',
    tier: 'enterprise',
    action: 'send_welcome_email',
  })

  // The text template, through the topic, to a subscriber.
  assert.deepEqual(sales, [
    'New premium user registered: user_12345, Tier: premium, Source: google_ads',
    'New premium user registered: user_3, Tier: enterprise, Source: ',
  ])

  // Rule 2: one attempt and three retries, then the dead letter says so.
  const processed = readLines(
    join(signalbox.folder, 'functions/infrastructure-event-processor.mjs.events'),
  ) as { event: { detail: unknown } }[]
  assert.equal(processed.length, 4)
  for (const { event } of processed) {
    assert.deepEqual(event.detail, { 'instance-id': 'i-1', state: 'stopped' })
  }
  const [letter] = letters
  assert.deepEqual(letter!.body, processed[0]!.event)
  const { ERROR_MESSAGE: message, ERROR_CODE: errorCode, ...attributes } = letter!.attributes
  assert.match(message!, /the processor is broken/)
  assert.equal(typeof errorCode, 'string')
  assert.deepEqual(attributes, {
    RULE_ARN: `arn:aws:events:${REGION}:${ACCOUNT}:rule/MyLearning-Infrastructure-Monitoring`,
    TARGET_ARN: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:infrastructure-event-processor`,
    EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    RETRY_ATTEMPTS: '3',
  })
})

test('004.2 rule 3 wakes three functions at two in the morning, and whenever it is told to', async (context) => {
  const names = ['daily-backup-cleanup', 'log-archival', 'performance-report-generator']
  const signalbox = await openSignalbox(context, {
    files: Object.fromEntries(names.map((name) => [`functions/${name}.py`, RECORDING_FUNCTION])),
  })
  assert.equal((await signalbox.program(readProgram('bus.py'))).code, 0)
  let rules = `import boto3, json\n${readProgram('rules.py')}`
  for (const [printed, corrected] of CORRECTIONS) rules = rules.replace(printed, corrected)
  const { code, stderr } = await signalbox.program(rules)
  assert.equal(code, 0, stderr)
  const arn = `arn:aws:events:${REGION}:${ACCOUNT}:rule/MyLearning-Daily-Maintenance`
  const client = createClient(signalbox.url)
  context.after(() => client.close())
  const [entry] = await client.listSchedules()
  assert.deepEqual([entry?.arn, entry?.meaning], [arn, 'every day at 02:00 UTC'])
  const tomorrow = new Date(entry?.nextAt ?? 0)
  assert.deepEqual([tomorrow.getUTCHours(), tomorrow.getUTCMinutes()], [2, 0])
  assert.ok(tomorrow.getTime() - Date.now() <= 86_400_000)
  const id = await client.triggerSchedule('MyLearning-Daily-Maintenance')
  for (const name of names) {
    const path = join(signalbox.folder, `functions/${name}.py.events`)
    await until(`${name} has run`, DEADLINE_MS, () => readLines(path).length === 1)
    const [{ event, arn: invoked }] = readLines(path) as [
      { event: Record<string, unknown>; arn: string },
    ]
    assert.equal(invoked, `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`)
    const { time, ...rest } = event
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.deepEqual(rest, {
      version: '0',
      id,
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: ACCOUNT,
      region: REGION,
      resources: [arn],
      detail: {},
    })
  }
})

interface Case {
  readonly source: string
  readonly type: string
  readonly detail: Readonly<Record<string, unknown>>
}

interface Miss extends Partial<Case> {
  /** What an explanation says of it. */
  readonly why: string
}

// For each pattern of the document, an event that matches and events that miss by one thing.
const CASES: Readonly<Record<string, { readonly good: Case; readonly misses: readonly Miss[] }>> = {
  mylearning_user_events: {
    good: {
      source: 'mylearning.user-service',
      type: 'User Login',
      detail: { status: 'failed', 'user-tier': 'enterprise', region: 'us-east-1', extra: [1] },
    },
    misses: [
      {
        source: 'mylearning.user-service.eu',
        why: 'source: expected "mylearning.user-service", found "mylearning.user-service.eu"',
      },
      {
        type: 'User Logout',
        why: 'detail-type: expected "User Registration", "User Login" or "Course Enrollment", found "User Logout"',
      },
      {
        detail: { status: 'started', 'user-tier': 'enterprise', region: 'us-east-1' },
        why: 'detail.status: expected "completed" or "failed", found "started"',
      },
      {
        detail: { status: 'failed', 'user-tier': 'free', region: 'us-east-1' },
        why: 'detail.user-tier: expected "premium" or "enterprise", found "free"',
      },
      {
        detail: { status: 'failed', 'user-tier': 'enterprise' },
        why: 'detail.region: expected "ap-south-1" or "us-east-1", found absent',
      },
    ],
  },
  aws_infrastructure_events: {
    good: {
      source: 'aws.rds',
      type: 'EC2 Instance State-change Notification',
      detail: { state: 'terminated', 'instance-id': 'i-mylearning-7' },
    },
    misses: [
      {
        source: 'aws.s3',
        why: 'source: expected "aws.ec2", "aws.rds" or "aws.autoscaling", found "aws.s3"',
      },
      {
        detail: { state: 'terminated', 'instance-id': 'i-other-7' },
        why: 'detail.instance-id: expected something that begins with "i-mylearning", found "i-other-7"',
      },
      {
        detail: { state: 'terminated', 'instance-id': 'xi-mylearning' },
        why: 'detail.instance-id: expected something that begins with "i-mylearning", found "xi-mylearning"',
      },
      {
        detail: { state: 'pending', 'instance-id': 'i-mylearning-7' },
        why: 'detail.state: expected "running", "stopped" or "terminated", found "pending"',
      },
    ],
  },
  security_events: {
    good: {
      source: 'aws.guardduty',
      type: 'GuardDuty Finding',
      detail: { severity: 7, type: 'Backdoor' },
    },
    misses: [
      {
        type: 'Security Note',
        why: 'detail-type: expected "GuardDuty Finding" or "Security Alert", found "Security Note"',
      },
      {
        detail: { severity: 6.99, type: 'Backdoor' },
        why: 'detail.severity: expected a number >= 7, found 6.99',
      },
      {
        detail: { severity: '7.0', type: 'Backdoor' },
        why: 'detail.severity: expected a number >= 7, found "7.0" (a string, not a number)',
      },
      {
        detail: { severity: 9, type: 'Phishing' },
        why: 'detail.type: expected "UnauthorizedAPICall", "Backdoor" or "Trojan", found "Phishing"',
      },
    ],
  },
  business_events: {
    good: {
      source: 'mylearning.analytics',
      type: 'Revenue Milestone',
      detail: { amount: 10_000.01, 'course-category': ['art', 'design'] },
    },
    misses: [
      { source: 'mylearning', why: 'source: expected "mylearning.analytics", found "mylearning"' },
      {
        detail: { amount: 10_000, 'course-category': 'design' },
        why: 'detail.amount: expected a number > 10000, found 10000',
      },
      {
        detail: { amount: 20_000, 'course-category': ['art'] },
        why: 'detail.course-category: expected "technology", "business" or "design", found "art"',
      },
      {
        detail: { 'course-category': 'design' },
        why: 'detail.amount: expected a number > 10000, found absent',
      },
    ],
  },
}

test('004.3 each of the four patterns takes what it describes and nothing else', async (context) => {
  const signalbox = await openSignalbox(context)
  const patterns = JSON.parse(readProgram('patterns.json')) as Record<string, unknown>
  assert.deepEqual(Object.keys(patterns), Object.keys(CASES))
  const given = Object.entries(CASES).map(([name, { good, misses }]) => ({
    name,
    pattern: patterns[name],
    queue: signalbox.queueArn(name),
    events: [good, ...misses.map((miss) => ({ ...good, ...miss }))],
  }))
  const results = await signalbox.python<
    Record<string, { tested: boolean[]; put: string[]; arrived: string[] }>
  >(
    `
    result = {}
    for case in given:
        sqs.create_queue(QueueName=case['name'])
        route(case['name'], case['pattern'], {'Id': 'queue', 'Arn': case['queue']})
    for case in given:
        tested = [events.test_event_pattern(
            EventPattern=json.dumps(case['pattern']),
            Event=json.dumps({
                'id': '1', 'account': '123456789012', 'region': 'ap-south-1', 'version': '0',
                'time': '2026-01-01T00:00:00Z', 'resources': [], 'source': event['source'],
                'detail-type': event['type'], 'detail': event['detail']}))['Result']
            for event in case['events']]
        # The good one is put again at the end: what lies before it has been matched when it arrives.
        ids = [put(event['source'], event['type'], event['detail'])
               for event in case['events'] + case['events'][:1]]
        result[case['name']] = dict(tested=tested, put=ids, arrived=[])
    for case in given:
        result[case['name']]['arrived'] = [body['id'] for body in bodies(case['name'], 2)]
        assert is_empty(case['name']), case['name']
    `,
    given,
  )
  for (const [name, { good: _, misses }] of Object.entries(CASES)) {
    const { tested, put, arrived } = results[name]!
    assert.deepEqual(tested, [true, ...misses.map(() => false)], name)
    assert.deepEqual(arrived, [put[0], put.at(-1)], name)
    // Of each event that missed, what was asked for and not there; of those that did not, nothing.
    const reasons = await Promise.all(put.map((id) => explain(signalbox, id, name)))
    assert.deepEqual(reasons, [[], ...misses.map(({ why }) => [why]), []], name)
  }
})

/** Why the rule does not match an event that was put, a sentence for each field. */
async function explain(signalbox: Signalbox, eventId: string, rule: string): Promise<string[]> {
  const response = await fetch(`${signalbox.url}/_signalbox/v1/explain/event`, {
    method: 'POST',
    headers: { 'x-signalbox-console': '1' },
    body: JSON.stringify({ eventId, rule }),
  })
  const { items } = (await response.json()) as {
    items: { misses: { path: string; expected: string; found: string }[] }[]
  }
  return items[0]!.misses.map(
    ({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`,
  )
}

test('004.4 the Python function runs as a target, its AWS calls go where they are sent; a failing one is retried, then dead-lettered', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const env = {
    AWS_ENDPOINT_URL_SES: cloud,
    AWS_ENDPOINT_URL_DYNAMODB: cloud,
  }
  const signalbox = await openSignalbox(context, {
    config: `
delivery: { delayMsMin: 10ms, delayMsMax: 40ms }
functions:
  user-onboarding: { handler: ./onboarding.py, env: ${JSON.stringify(env)} }
`,
    files: { 'onboarding.py': readProgram('function.py') },
  })
  assert.equal((await signalbox.program(readProgram('bus.py'))).code, 0)
  await signalbox.python(
    `
    ses = boto3.client('ses', endpoint_url=given['cloud'])
    ses.verify_email_identity(EmailAddress='welcome@mylearning.com')
    ses.create_template(Template={'TemplateName': 'MyLearning-Welcome-Premium',
                                  'SubjectPart': 'Welcome', 'TextPart': 'Hello {{user_id}}'})
    boto3.client('dynamodb', endpoint_url=given['cloud']).create_table(
        TableName='MyLearning-Users', BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName': 'user_id', 'KeyType': 'HASH'}],
        AttributeDefinitions=[{'AttributeName': 'user_id', 'AttributeType': 'S'}])
    for name in ['recommendations', 'onboarding-dlq']:
        sqs.create_queue(QueueName=name)
    route('recommendations', {'source': ['mylearning.recommendation-service']},
          {'Id': 'queue', 'Arn': given['queues'] + 'recommendations'}, bus=given['bus'])
    route('registrations', {'source': ['mylearning.user-service']}, {
        'Id': 'function', 'Arn': given['function'],
        'RetryPolicy': {'MaximumRetryAttempts': 2},
        'DeadLetterConfig': {'Arn': given['queues'] + 'onboarding-dlq'}}, bus=given['bus'])
    `,
    {
      cloud,
      bus: BUS,
      queues: signalbox.queueArn(''),
      function: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:user-onboarding`,
    },
  )
  assert.equal((await signalbox.program(readProgram('bus.py'))).code, 0)
  const seen = await signalbox.python<{
    recommendations: { detail: unknown }[]
    user: unknown
    sent: number
    letters: Record<string, { StringValue: string }>[]
  }>(
    `
    recommendations = bodies('recommendations', 1)
    users = boto3.resource('dynamodb', endpoint_url=given['cloud']).Table('MyLearning-Users')
    user = users.get_item(Key={'user_id': 'user_12345'})['Item']
    sent = boto3.client('ses', endpoint_url=given['cloud']).get_send_quota()['SentLast24Hours']
    # There is no template for this one: the function raises.
    put('mylearning.user-service', 'User Registration Completed', EventBusName=given['bus'],
        detail={'user_id': 'user_2', 'email': 'b@example.com', 'registration_type': 'free'})
    letters = [letter['MessageAttributes'] for letter in take('onboarding-dlq', 1)]
    result = dict(recommendations=recommendations, user=user, sent=sent, letters=letters)
    `,
    { cloud, bus: BUS },
  )
  assert.deepEqual(seen.recommendations[0]!.detail, {
    user_id: 'user_12345',
    interests: ['aws', 'python', 'devops'],
    recommendation_type: 'onboarding',
    priority: 'high',
  })
  assert.deepEqual(seen.user, {
    user_id: 'user_12345',
    registration_status: 'active',
    onboarding_step: 'welcome_email_sent',
  })
  assert.equal(seen.sent, 1)
  const [letter] = seen.letters
  assert.equal(letter!['RETRY_ATTEMPTS']!.StringValue, '2')
  assert.match(letter!['ERROR_MESSAGE']!.StringValue, /MyLearning-Welcome-Free/)
})

function openSignalbox(context: TestContext, options: SignalboxOptions = {}): Promise<Signalbox> {
  return Signalbox.open(context, { account: ACCOUNT, region: REGION, ...options })
}

function readProgram(name: string): string {
  return readFileSync(join(ROOT, 'test/acceptance/seed-004', name), 'utf8')
}

/** JSON without what formatting makes of it. */
function compact(json: string): string {
  return JSON.stringify(JSON.parse(json))
}

function readLines(path: string): unknown[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as unknown)
}
