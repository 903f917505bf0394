// `start`: who has a key may call, who has not or alters what was signed may not, and targets are held to the
// list of what may be reached.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'
const KEY = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY' }
const KEYS = `- { accessKeyId: ${KEY.id}, secretAccessKey: ${KEY.secret}, account: '${ACCOUNT}' }\n`

test('the right key is let in; a wrong secret, an unknown key, none and an altered body are not', async (context) => {
  const signalbox = await openStarted(context)
  const seen = await signalbox.python<Record<string, unknown>>(
    `
    import urllib.request, urllib.error
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    def attempt(id=given['id'], secret=given['secret'], alter=lambda body: body, sign=True):
        body = json.dumps({'Entries': [{'Source': 'a', 'DetailType': 'b', 'Detail': '{}'}]})
        headers = {'Content-Type': 'application/x-amz-json-1.1',
                   'X-Amz-Target': 'AWSEvents.PutEvents'}
        request = AWSRequest('POST', os.environ['AWS_ENDPOINT_URL'] + '/', headers, body)
        if sign:
            SigV4Auth(Credentials(id, secret), 'events', 'us-east-1').add_auth(request)
        sent = urllib.request.Request(request.url, alter(body).encode(), dict(request.headers))
        try:
            with urllib.request.urlopen(sent) as answer:
                return [answer.status, None]
        except urllib.error.HTTPError as error:
            return [error.code, json.loads(error.read())['__type'].split('#')[-1]]
    stranger = boto3.client('events', aws_secret_access_key='x' * 40, aws_access_key_id=given['id'])
    result = dict(
        bus=events.create_event_bus(Name='shop')['EventBusArn'],
        boto3=refusal(stranger.list_rules)[0],
        right=attempt(), secret=attempt(secret='x' * 40), key=attempt(id='AKIDNOBODY'),
        body=attempt(alter=lambda body: body.replace('"a"', '"b"')), none=attempt(sign=False))
    `,
    KEY,
  )
  const refused = Object.entries(seen).filter(([, answer]) => Array.isArray(answer))
  assert.deepEqual(Object.fromEntries(refused), {
    right: [200, null],
    secret: [403, 'SignatureDoesNotMatch'],
    key: [403, 'UnrecognizedClientException'],
    body: [403, 'SignatureDoesNotMatch'],
    none: [403, 'MissingAuthenticationTokenException'],
  })
  assert.equal(seen['bus'], `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/shop`)
  assert.equal(seen['boto3'], 'SignatureDoesNotMatch')
  const cloudEvent = JSON.stringify({ specversion: '1.0', id: '1', source: 'a', type: 'b' })
  const statuses = await Promise.all([
    postCloudEvent(signalbox, cloudEvent, undefined),
    postCloudEvent(signalbox, cloudEvent, `${KEY.id}:wrong`),
    postCloudEvent(signalbox, cloudEvent, `${KEY.id}:${KEY.secret}`),
  ])
  assert.deepEqual(statuses, [401, 401, 202])
  assert.equal((await fetch(new URL('/healthz', signalbox.url))).status, 200)
})

test('nobody can empty a server, not its administrator either', async (context) => {
  const signalbox = await openStarted(context)
  await signalbox.python(`sqs.create_queue(QueueName='kept')`)
  await assert.rejects(
    signalbox.ownCli('reset', '--yes'),
    /a server is emptied under `signalbox dev` only/,
  )
  const reset = new URL('/_signalbox/v1/reset', signalbox.url)
  const answer = await fetch(reset, { method: 'POST', body: '{}' })
  assert.ok(answer.status === 401 || answer.status === 403, `${answer.status}`)
  assert.equal(await signalbox.python(`result = queue_url('kept').split('/')[-1]`), 'kept')
})

test('a target on loopback is refused until the configuration allows it', async (context) => {
  const signalbox = await openStarted(context)
  const webhook = await Receiver.open(context)
  const letter = await signalbox.python<{ code: string; message: string }>(
    `
    sqs.create_queue(QueueName='dead')
    route('all', {'source': ['shop']}, {
        'Id': 'hook', 'Arn': given['url'], 'DeadLetterConfig': {'Arn': given['dead']}})
    put('shop', 'Order', {'order': 1})
    [letter] = take('dead', 1)
    attributes = letter['MessageAttributes']
    result = dict(code=attributes['ERROR_CODE']['StringValue'],
                  message=attributes['ERROR_MESSAGE']['StringValue'])
    `,
    { url: webhook.url, dead: signalbox.queueArn('dead') },
  )
  assert.equal(letter.code, 'NO_PERMISSIONS')
  assert.match(letter.message, /127\.0\.0\.1/)
  await signalbox.end('SIGTERM')
  signalbox.configure("targets: { allow: ['127.0.0.1'] }\n")
  await signalbox.start()
  await signalbox.python(`put('shop', 'Order', {'order': 2})`)
  await until('the webhook has it', DEADLINE_MS, () => webhook.taken.length === 1)
  assert.deepEqual(webhook.details(), [{ order: 2 }])
})

test('code of callers is not taken, other calls of Lambda and SNS are; unsigned, a token alone is', async (context) => {
  const signalbox = await openStarted(context)
  const seen = await signalbox.python<Record<string, unknown>>(`
    import io, urllib.error, urllib.request, zipfile
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w') as archive: archive.writestr('index.js', '1')
    functions, sns = boto3.client('lambda', config=once), boto3.client('sns', config=once)
    topic = sns.create_topic(Name='t')['TopicArn']
    def unsigned(query):
        try:
            urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/?' + query)
        except urllib.error.HTTPError as error:
            return [error.code, error.read().decode().split('<Code>')[1].split('<')[0]]
    result = dict(
        upload=refusal(functions.create_function, FunctionName='f', Runtime='nodejs24.x',
                       Handler='index.handler', Role='arn:aws:iam::123456789012:role/r',
                       Code={'ZipFile': packed.getvalue()}),
        listed=functions.list_functions()['Functions'],
        confirm=unsigned('Action=ConfirmSubscription&Token=x&TopicArn=' + topic),
        publish=unsigned('Action=Publish&Message=x&TopicArn=' + topic))
  `)
  const [code, message] = seen['upload'] as [string, string]
  assert.equal(code, 'AccessDeniedException')
  assert.match(message, /functionUploads/)
  assert.deepEqual(seen['listed'], [])
  assert.deepEqual(seen['confirm'], [400, 'InvalidParameter'])
  assert.deepEqual(seen['publish'], [403, 'MissingAuthenticationTokenException'])
})

test('a function calls the server with a key of its own, which opens nothing but its account', async (context) => {
  const signalbox = await openStarted(context)
  signalbox.write(
    'functions/caller.py',
    `
import boto3, json, os, urllib.request, urllib.error, base64
def lambda_handler(event, context):
    sqs = boto3.client('sqs')
    key = os.environ['AWS_ACCESS_KEY_ID'] + ':' + os.environ['AWS_SECRET_ACCESS_KEY']
    request = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'] + '/_signalbox/v1/buses', headers={
        'Authorization': 'Basic ' + base64.b64encode(key.encode()).decode()})
    try:
        own = urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        own = error.code
    said = dict(account=boto3.client('sts').get_caller_identity()['Account'], own=own,
                key=os.environ['AWS_SECRET_ACCESS_KEY'])
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName='said')['QueueUrl'], MessageBody=json.dumps(said))
`,
  )
  await signalbox.end('SIGTERM')
  await signalbox.start()
  const said = await signalbox.python<{ account: string; own: number; key: string }>(
    `
    sqs.create_queue(QueueName='said')
    route('all', {'source': ['shop']}, {'Id': 'f', 'Arn': given})
    put('shop', 'Order', {'order': 1})
    [result] = bodies('said', 1)
    `,
    `arn:aws:lambda:us-east-1:${ACCOUNT}:function:caller`,
  )
  assert.deepEqual([said.account, said.own], [ACCOUNT, 401])
  assert.ok(said.key.length >= 40)
  assert.ok(!signalbox.output.includes(said.key))
})

async function openStarted(context: Parameters<typeof Signalbox.open>[0]): Promise<Signalbox> {
  const signalbox = await Signalbox.open(context, {
    command: 'start',
    files: { 'keys.yaml': KEYS },
    // Beside the configuration, which is rewritten in one of the tests.
    args: ['--access-keys-file', '../keys.yaml'],
    account: ACCOUNT,
    accessKey: KEY,
  })
  return signalbox
}

async function postCloudEvent(
  signalbox: Signalbox,
  body: string,
  credentials: string | undefined,
): Promise<number> {
  const authorization =
    credentials === undefined
      ? {}
      : { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  const answer = await fetch(new URL('/events', signalbox.url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/cloudevents+json', ...authorization },
    body,
  })
  await answer.arrayBuffer()
  return answer.status
}
