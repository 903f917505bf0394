// Retries and dead letters as boto3 sets and sees them: how often, for how long, and what a dead letter says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OK, Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, QUICK_RETRIES, shareSignalbox, until } from '../support/signalbox.ts'

const openAccount = shareSignalbox({ config: QUICK_RETRIES })

interface DeadLetter {
  readonly body: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
}

const DEAD_LETTERS = `
def dead_letters(name, count):
    return [dict(body=message['Body'],
                 id=json.loads(message['Body'])['id'],
                 attributes={key: value['StringValue']
                             for key, value in message['MessageAttributes'].items()})
            for message in take(name, count)]
`

test('a target that keeps failing is tried as often as its policy says, then a dead letter tells why', async (context) => {
  const signalbox = openAccount()
  const webhook = await Receiver.open(context)
  webhook.behaviour = { status: 500 }
  const { id, letters } = await signalbox.python<{ id: string; letters: DeadLetter[] }>(
    `${DEAD_LETTERS}
sqs.create_queue(QueueName='dead')
route('all', {'source': ['shop']}, {
    'Id': 'hook', 'Arn': given['url'],
    'RetryPolicy': {'MaximumRetryAttempts': 3, 'MaximumEventAgeInSeconds': 3600},
    'DeadLetterConfig': {'Arn': given['dead']}})
id = put('shop', 'Order', {'order': 1}, Resources=['arn:aws:s3:::orders'])
result = dict(id=id, letters=dead_letters('dead', 1))
`,
    { url: webhook.url, dead: signalbox.queueArn('dead') },
  )
  assert.equal(webhook.requests.length, 4)
  assert.deepEqual(
    webhook.requests.map(({ headers }) => headers['signalbox-attempt']),
    ['1', '2', '3', '4'],
  )
  const [letter] = letters
  assert.deepEqual(letter!.attributes, {
    RULE_ARN: `arn:aws:events:us-east-1:${signalbox.account}:rule/all`,
    TARGET_ARN: webhook.url,
    ERROR_CODE: 'INTERNAL_ERROR',
    ERROR_MESSAGE: 'the target answered 500',
    EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
    RETRY_ATTEMPTS: '3',
  })
  assert.equal(letter!.id, id)
  assert.equal(letter!.body, webhook.requests[0]!.body)
})

test('an event that grows too old dies of its age', async (context) => {
  const signalbox = openAccount()
  const webhook = await Receiver.open(context)
  // A target that asks for two minutes asks for more than the event has.
  webhook.behaviour = { status: 429, headers: { 'Retry-After': '120' } }
  const [letter] = await signalbox.python<DeadLetter[]>(
    `${DEAD_LETTERS}
sqs.create_queue(QueueName='dead')
route('all', {'source': ['shop']}, {
    'Id': 'hook', 'Arn': given['url'],
    'RetryPolicy': {'MaximumRetryAttempts': 185, 'MaximumEventAgeInSeconds': 60},
    'DeadLetterConfig': {'Arn': given['dead']}})
put('shop', 'Order', {'order': 1})
result = dead_letters('dead', 1)
`,
    { url: webhook.url, dead: signalbox.queueArn('dead') },
  )
  assert.equal(webhook.requests.length, 1)
  assert.equal(letter!.attributes['EXHAUSTED_RETRY_CONDITION'], 'MaximumEventAgeInSeconds')
  assert.equal(letter!.attributes['ERROR_CODE'], 'THROTTLING')
  assert.equal(letter!.attributes['RETRY_ATTEMPTS'], '0')
})

test('what no retry can mend goes to the dead-letter queue at once', async (context) => {
  const signalbox = openAccount()
  const webhook = await Receiver.open(context)
  webhook.behaviour = { status: 403 }
  const letters = await signalbox.python<DeadLetter[]>(
    `${DEAD_LETTERS}
sqs.create_queue(QueueName='dead')
dead = {'Arn': given['dead']}
prefix = given['dead'].rsplit(':', 1)[0]
route('all', {'source': ['shop']},
      {'Id': 'queue', 'Arn': prefix + ':nowhere', 'DeadLetterConfig': dead},
      {'Id': 'function', 'Arn': prefix.replace('sqs', 'lambda') + ':function:nobody',
       'DeadLetterConfig': dead},
      {'Id': 'hook', 'Arn': given['url'], 'DeadLetterConfig': dead})
put('shop', 'Order', {'order': 1})
result = dead_letters('dead', 3)
`,
    { url: webhook.url, dead: signalbox.queueArn('dead') },
  )
  const codes = letters.map(({ attributes }) => [
    attributes['TARGET_ARN'],
    attributes['ERROR_CODE'],
    attributes['RETRY_ATTEMPTS'],
    attributes['EXHAUSTED_RETRY_CONDITION'],
  ])
  assert.deepEqual(
    new Set(codes.map((code) => code.join(' '))),
    new Set([
      `${signalbox.queueArn('nowhere')} NO_RESOURCE 0 `,
      `arn:aws:lambda:us-east-1:${signalbox.account}:function:nobody NO_RESOURCE 0 `,
      `${webhook.url} NO_PERMISSIONS 0 `,
    ]),
  )
  assert.equal(webhook.requests.length, 1)
})

test('a target that asks for time with Retry-After is given it', async (context) => {
  const signalbox = openAccount()
  const webhook = await Receiver.open(context)
  webhook.behaviour = { status: 429, headers: { 'Retry-After': '1' } }
  await signalbox.python(
    `
    route('all', {'source': ['shop']}, {'Id': 'hook', 'Arn': given})
    put('shop', 'Order', {'order': 1})
    `,
    webhook.url,
  )
  await until('the first attempt', DEADLINE_MS, () => webhook.requests.length === 1)
  webhook.behaviour = OK
  await until('the second attempt', DEADLINE_MS, () => webhook.taken.length === 1)
  const [first, second] = webhook.requests
  assert.ok(second!.at - first!.at >= 990, `came after ${second!.at - first!.at} ms`)
})

test('a letter that waits for a missing dead-letter queue is not lost from sight', async () => {
  const signalbox = openAccount()
  await signalbox.python(
    `
    prefix = given.rsplit(':', 1)[0]
    route('all', {'source': ['shop']},
          {'Id': 'queue', 'Arn': given, 'DeadLetterConfig': {'Arn': given}})
    put('shop', 'Order', {'order': 1})
    `,
    signalbox.queueArn('nowhere'),
  )
  const dead = new URL('/_signalbox/v1/deliveries?state=dead', signalbox.url)
  let text = ''
  await until('it is listed as dead', DEADLINE_MS, async () => {
    text = await (await fetch(dead)).text()
    return text.includes('NO_RESOURCE')
  })
  assert.match(text, /its dead-letter queue `arn:aws:sqs:[^`]*nowhere` does not exist/)
})
