// Topics as boto3 and the aws CLI use them: made, subscribed to by queues, functions and URLs, published to, also by
// rules.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  DEADLINE_MS,
  QUICK_RETRIES,
  shareSignalbox,
  Signalbox,
  until,
} from '../support/signalbox.ts'

const openAccount = shareSignalbox({ config: QUICK_RETRIES })

const CLIENT = `
sns = boto3.client('sns', config=once)
def queue_arn(name):
    url = sqs.create_queue(QueueName=name)['QueueUrl']
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
`

/** A function that writes each event it is told beside itself. */
const TOLD = `
import { appendFileSync } from 'node:fs'
export async function handler(event) {
  appendFileSync(new URL(import.meta.url + '.events'), JSON.stringify(event) + '\\n')
}
`

test('what is published reaches every queue that subscribes, in the envelope of SNS or raw', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{
    id: string
    wrapped: Record<string, unknown>
    raw: { body: string; attributes: unknown }
  }>(`${CLIENT}
topic = sns.create_topic(Name='orders')['TopicArn']
assert topic == sns.create_topic(Name='orders')['TopicArn']
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn('wrapped'))
arn = sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn('raw'),
                    Attributes={'RawMessageDelivery': 'true'})['SubscriptionArn']
assert arn.startswith(topic + ':')
id = sns.publish(TopicArn=topic, Message='placed "1"', Subject='Order', MessageAttributes={
    'kind': {'DataType': 'String', 'StringValue': 'new'},
    'price': {'DataType': 'Number', 'StringValue': '12.5'}})['MessageId']
[wrapped] = bodies('wrapped', 1)
[raw] = take('raw', 1)
result = dict(id=id, wrapped=wrapped,
              raw=dict(body=raw['Body'], attributes=raw['MessageAttributes']))
`)
  const { Timestamp, UnsubscribeURL, ...rest } = seen.wrapped
  assert.match(String(Timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.match(String(UnsubscribeURL), /\?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:/)
  assert.partialDeepStrictEqual(rest, {
    Type: 'Notification',
    MessageId: seen.id,
    TopicArn: `arn:aws:sns:us-east-1:${signalbox.account}:orders`,
    Subject: 'Order',
    Message: 'placed "1"',
    SignatureVersion: '1',
    MessageAttributes: {
      kind: { Type: 'String', Value: 'new' },
      price: { Type: 'Number', Value: '12.5' },
    },
  })
  assert.deepEqual(seen.raw, {
    body: 'placed "1"',
    attributes: {
      kind: { DataType: 'String', StringValue: 'new' },
      price: { DataType: 'Number', StringValue: '12.5' },
    },
  })
})

// As AWS tells receivers to do it, by another library than ours.
const VERIFIER = `
import base64, re, urllib.request
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
def certificate_of(message):
    url = message.get('SigningCertURL') or message['SigningCertUrl']
    return x509.load_pem_x509_certificate(urllib.request.urlopen(url).read())
def signed_text(message):
    names = (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
             if message['Type'] == 'Notification' else
             ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'])
    return ''.join('%s\\n%s\\n' % (name, message[name]) for name in names if message.get(name) is not None)
def verdict(message):
    digest = {'1': hashes.SHA1, '2': hashes.SHA256}[message['SignatureVersion']]()
    try:
        certificate_of(message).public_key().verify(
            base64.b64decode(message['Signature']), signed_text(message).encode(), padding.PKCS1v15(), digest)
        return 'v' + message['SignatureVersion']
    except InvalidSignature:
        return 'forged'
`

test('what subscribers are told is signed; a library that is not ours verifies it, and finds what was changed', async (t) => {
  const posts: Record<string, string>[] = []
  const url = await serve(t, (_, body) => {
    posts.push(JSON.parse(body) as Record<string, string>)
  })
  const signalbox = await Signalbox.open(t, {
    account: '123456789012',
    config: QUICK_RETRIES,
    files: {
      'functions/told.mjs': TOLD,
    },
  })
  const queued = await signalbox.python<Record<string, string>[]>(
    `${CLIENT}
taken = []
for version in ['1', '2']:
    topic = sns.create_topic(Name='v' + version, Attributes={'SignatureVersion': version})['TopicArn']
    sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn('v' + version))
    sns.subscribe(TopicArn=topic, Protocol='lambda', Endpoint='arn:aws:lambda:us-east-1:123456789012:function:told')
    sns.subscribe(TopicArn=topic, Protocol='http', Endpoint=given)
    sns.publish(TopicArn=topic, Message='grüße "1"\\nsecond line', Subject='Order')
    sns.publish(TopicArn=topic, Message='no subject')
    taken += bodies('v' + version, 2)
assert refusal(sns.set_topic_attributes, TopicArn=topic, AttributeName='SignatureVersion', AttributeValue='3') == [
    'InvalidParameter', 'Invalid parameter: Attributes Reason: SignatureVersion \`3\` is neither 1 nor 2']
result = taken
`,
    url,
  )
  await until('both are asked to confirm', DEADLINE_MS, () => posts.length === 2)
  const asked = posts.splice(0)
  for (const { SubscribeURL } of asked) assert.equal((await fetch(SubscribeURL!)).status, 200)
  for (const version of ['1', '2']) {
    const arn = `arn:aws:sns:us-east-1:123456789012:v${version}`
    await signalbox.aws('sns', 'publish', { 'topic-arn': arn, message: 'confirmed' })
  }
  await until('both are told', DEADLINE_MS, () => posts.length === 2)
  const file = join(signalbox.folder, 'functions/told.mjs.events')
  await until('the function is told', DEADLINE_MS, () => lines(file).length === 6)
  const invoked = lines(file).map(
    (line) => (JSON.parse(line) as { Records: { Sns: object }[] }).Records[0]!.Sns,
  )
  const authority = readFileSync(join(signalbox.dataDir, 'tls/ca.crt'), 'utf8')
  const verified = await signalbox.python<Record<string, unknown>>(
    `${VERIFIER}
authority = x509.load_pem_x509_certificate(given['authority'].encode())
certificate = certificate_of(given['posts'][0])
authority.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                              ec.ECDSA(certificate.signature_hash_algorithm))
result = {name: sorted(verdict(message) for message in given[name])
          for name in ['asked', 'queued', 'posts', 'invoked']}
result['changed'] = [verdict(dict(given['queued'][0], **change)) for change in [
    {'Message': 'other'}, {'Subject': 'x'}, {'Timestamp': '2026-01-01T00:00:00.000Z'}, {'SignatureVersion': '2'}]]
`,
    { asked, queued, posts, invoked, authority },
  )
  assert.deepEqual(verified, {
    asked: ['v1', 'v2'],
    queued: ['v1', 'v1', 'v2', 'v2'],
    posts: ['v1', 'v2'],
    invoked: ['v1', 'v1', 'v1', 'v2', 'v2', 'v2'],
    changed: ['forged', 'forged', 'forged', 'forged'],
  })
  // What was signed before a restart is verified after it.
  const { SigningCertURL: certificateUrl, UnsubscribeURL: unsubscribeUrl } = posts[0]!
  const path = new URL(certificateUrl!).pathname
  const before = await (await fetch(certificateUrl!)).text()
  assert.equal((await fetch(unsubscribeUrl!)).status, 200)
  await signalbox.end('SIGTERM')
  await signalbox.start()
  assert.equal(await (await fetch(`${signalbox.url}${path}`)).text(), before)
  const other = path.replace(/[0-9a-f]{32}/, '0'.repeat(32))
  assert.equal((await fetch(`${signalbox.url}${other}`)).status, 404)
})

function lines(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

test('a filter policy lets through what it describes, of attributes or of the body', async () => {
  const seen = await openAccount().python<{ attributes: string[]; bodies: string[] }>(`${CLIENT}
topic = sns.create_topic(Name='orders')['TopicArn']
def subscribe(name, policy, **attributes):
    return sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn(name), Attributes=dict(
        FilterPolicy=json.dumps(policy), RawMessageDelivery='true', **attributes))
subscribe('attributes', {'kind': ['new', {'prefix': 'x-'}], 'price': [{'numeric': ['>=', 10]}],
                         'tags': ['red'], 'gone': [{'exists': False}]})
subscribe('bodies', {'order': {'state': ['paid']}}, FilterPolicyScope='MessageBody')
def publish(message, **attributes):
    sns.publish(TopicArn=topic, Message=message, MessageAttributes={
        name: dict(zip(('DataType', 'StringValue'), value)) for name, value in attributes.items()})
tags = ('String.Array', '["blue", "red"]')
good = dict(kind=('String', 'new'), price=('Number', '10'), tags=tags)
publish('1', **good)
publish('2', **{**good, 'price': ('Number', '9')})
publish('3', **{**good, 'kind': ('String', 'old')})
publish('4', **{**good, 'gone': ('String', 'here')})
publish('5', **{**good, 'tags': ('String.Array', '["blue"]')})
publish('6')
publish('7', **{**good, 'kind': ('String', 'x-1')})
publish(json.dumps({'order': {'state': 'paid', 'id': 8}}))
publish(json.dumps({'order': {'state': 'open', 'id': 9}}))
publish(json.dumps({'order': {'state': 'paid', 'id': 10}}))
result = dict(attributes=[m['Body'] for m in take('attributes', 2)],
              bodies=[m['Body'] for m in take('bodies', 2)])
assert is_empty('attributes') and is_empty('bodies')
assert refusal(subscribe, name='bad', policy={'a': 'b'})[0] == 'InvalidParameter'
`)
  assert.deepEqual(seen.attributes, ['1', '7'])
  assert.deepEqual(
    seen.bodies.map((body) => (JSON.parse(body) as { order: { id: number } }).order.id),
    [8, 10],
  )
})

test('a URL is asked to confirm, gets nothing before, and everything after', async (t) => {
  const posts: { headers: IncomingHttpHeaders; body: Record<string, string> }[] = []
  const url = await serve(t, (headers, body) => {
    posts.push({ headers, body: JSON.parse(body) as Record<string, string> })
  })
  const signalbox = openAccount()
  const topic = `arn:aws:sns:us-east-1:${signalbox.account}:orders`
  const pending = await signalbox.python<string>(
    `${CLIENT}
topic = sns.create_topic(Name='orders')['TopicArn']
answer = sns.subscribe(TopicArn=topic, Protocol='http', Endpoint=given)['SubscriptionArn']
sns.publish(TopicArn=topic, Message='too early')
result = answer
`,
    url,
  )
  assert.equal(pending, 'pending confirmation')
  await until('the URL is asked', DEADLINE_MS, () => posts.length === 1)
  const { headers, body } = posts[0]!
  assert.equal(headers['x-amz-sns-message-type'], 'SubscriptionConfirmation')
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8')
  assert.equal(body['Type'], 'SubscriptionConfirmation')
  assert.equal(body['TopicArn'], topic)
  assert.match(body['Message']!, /visit the SubscribeURL/)
  const confirmed = await fetch(body['SubscribeURL']!, { headers: { accept: 'text/html' } })
  assert.equal(confirmed.status, 200)
  const [, arn] = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(await confirmed.text())!
  await signalbox.aws('sns', 'publish', { 'topic-arn': topic, message: 'now' })
  await until('it is told', DEADLINE_MS, () => posts.length === 2)
  assert.equal(posts[1]!.headers['x-amz-sns-message-type'], 'Notification')
  assert.equal(posts[1]!.headers['x-amz-sns-subscription-arn'], arn)
  assert.equal(posts[1]!.body['Message'], 'now')
  const ended = await fetch(posts[1]!.body['UnsubscribeURL']!)
  assert.equal(ended.status, 200)
  const { Subscriptions: left } = await signalbox.aws<{ Subscriptions: unknown[] }>(
    'sns',
    'list-subscriptions',
  )
  assert.deepEqual(left, [])
})

test('a rule publishes its text to a topic, whose function and queue get it; what a subscriber refuses is dead-lettered', async (context) => {
  const signalbox = await Signalbox.open(context, {
    account: '123456789012',
    config: QUICK_RETRIES,
    files: {
      'functions/told.mjs': TOLD,
    },
  })
  const refusing = await serve(context, () => 403)
  const { letter, wrapped } = await signalbox.python<{
    letter: { body: Record<string, unknown>; attributes: Record<string, { StringValue: string }> }
    wrapped: Record<string, unknown>
  }>(
    `${CLIENT}
topic = sns.create_topic(Name='sales')['TopicArn']
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn('sales'))
sns.subscribe(TopicArn=topic, Protocol='lambda',
              Endpoint='arn:aws:lambda:us-east-1:123456789012:function:told')
sns.subscribe(TopicArn=topic, Protocol='http', Endpoint=given, Attributes={
    'RedrivePolicy': json.dumps({'deadLetterTargetArn': queue_arn('dead')})})
route('sales', {'source': ['shop']}, {'Id': 'topic', 'Arn': topic, 'InputTransformer': {
    'InputPathsMap': {'user': '$.detail.user'}, 'InputTemplate': 'New premium user: <user>'}})
put('shop', 'registered', {'user': 'u-1'}, TraceHeader='Root=1-5759e988-bd862e3fe1be46a994272793')
[message] = take('sales', 1)
assert message['Attributes']['AWSTraceHeader'].startswith('Root=1-5759e988'), message
[letter] = take('dead', 1)
result = dict(wrapped=json.loads(message['Body']), letter=dict(
    body=json.loads(letter['Body']), attributes=letter['MessageAttributes']))
`,
    refusing,
  )
  assert.equal(wrapped['Message'], 'New premium user: u-1')
  const file = join(signalbox.folder, 'functions/told.mjs.events')
  await until('the function is told', DEADLINE_MS, () => existsSync(file))
  const { Records: records } = JSON.parse(readFileSync(file, 'utf8')) as {
    Records: { EventSource: string; Sns: Record<string, unknown> }[]
  }
  assert.equal(records[0]!.EventSource, 'aws:sns')
  assert.equal(records[0]!.Sns['Message'], 'New premium user: u-1')
  assert.equal(letter.attributes['ERROR_CODE']!.StringValue, 'NO_PERMISSIONS')
  assert.equal(letter.body['Type'], 'SubscriptionConfirmation')
  assert.match(
    String(letter.body['SigningCertURL']),
    /SimpleNotificationService-[0-9a-f]{32}\.pem$/,
  )
})

test('a FIFO topic keeps order and drops what comes twice; batches say of each entry how it went', async () => {
  const seen = await openAccount().python<Record<string, unknown>>(`${CLIENT}
topic = sns.create_topic(Name='a.fifo', Attributes={
    'FifoTopic': 'true', 'ContentBasedDeduplication': 'true'})['TopicArn']
url = sqs.create_queue(QueueName='a.fifo', Attributes={'FifoQueue': 'true'})['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={'RawMessageDelivery': 'true'})
for body in ['1', '2', '2', '3']:
    sns.publish(TopicArn=topic, Message=body, MessageGroupId='g')
batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
    {'Id': 'good', 'Message': '4', 'MessageGroupId': 'g'}, {'Id': 'bad', 'Message': '5'}])
got = take('a.fifo', 4)
result = dict(
    got=[m['Body'] for m in got], groups=list({m['Attributes']['MessageGroupId'] for m in got}),
    good=[entry['Id'] for entry in batch['Successful']],
    bad=[[entry['Id'], entry['Code']] for entry in batch['Failed']])
`)
  assert.deepEqual(seen, {
    got: ['1', '2', '3', '4'],
    groups: ['g'],
    good: ['good'],
    bad: [['bad', 'InvalidParameter']],
  })
})

test('topics and subscriptions are described, changed, tagged, listed and deleted; refusals have SNS’s words', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(`${CLIENT}
topic = sns.create_topic(Name='a', Tags=[{'Key': 'team', 'Value': 'shop'}])['TopicArn']
sns.set_topic_attributes(TopicArn=topic, AttributeName='DisplayName', AttributeValue='Alerts')
arn = sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue_arn('q'))['SubscriptionArn']
sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName='FilterPolicy',
                                AttributeValue=json.dumps({'a': ['b']}))
sns.tag_resource(ResourceArn=topic, Tags=[{'Key': 'env', 'Value': 'dev'}])
sns.untag_resource(ResourceArn=topic, TagKeys=['team'])
attributes = sns.get_topic_attributes(TopicArn=topic)['Attributes']
subscription = sns.get_subscription_attributes(SubscriptionArn=arn)['Attributes']
result = dict(
    shown=[attributes['DisplayName'], attributes['SubscriptionsConfirmed'], attributes['Owner']],
    subscription=[subscription['FilterPolicy'], subscription['PendingConfirmation']],
    tags=sns.list_tags_for_resource(ResourceArn=topic)['Tags'],
    topics=[t['TopicArn'] for t in sns.list_topics()['Topics']],
    subscribed=[s['Endpoint'] for s in sns.list_subscriptions_by_topic(TopicArn=topic)['Subscriptions']],
    refusals=[
        refusal(sns.publish, TopicArn=topic + 'x', Message='m'),
        refusal(sns.publish, TopicArn=topic, Message=''),
        refusal(sns.publish, TopicArn=topic, Message='{}', MessageStructure='json'),
        refusal(sns.subscribe, TopicArn=topic, Protocol='fax', Endpoint='1'),
        refusal(sns.get_subscription_attributes, SubscriptionArn=topic + ':x'),
        refusal(sns.confirm_subscription, TopicArn=topic, Token='wrong'),
        refusal(sns.create_topic, Name='no spaces')])
sns.delete_topic(TopicArn=topic)
sns.delete_topic(TopicArn=topic)
result['left'] = [sns.list_topics()['Topics'], sns.list_subscriptions()['Subscriptions']]
`)
  const topic = `arn:aws:sns:us-east-1:${signalbox.account}:a`
  assert.deepEqual(seen, {
    shown: ['Alerts', '1', signalbox.account],
    subscription: ['{"a": ["b"]}', 'false'],
    tags: [{ Key: 'env', Value: 'dev' }],
    topics: [topic],
    subscribed: [signalbox.queueArn('q')],
    refusals: [
      ['NotFound', 'Topic does not exist'],
      ['InvalidParameter', 'Invalid parameter: Empty message'],
      [
        'InvalidParameter',
        'Invalid parameter: Message Structure - No default entry in JSON message body',
      ],
      [
        'InvalidParameter',
        'Invalid parameter: Amazon SNS does not support this protocol string: fax',
      ],
      ['NotFound', 'Subscription does not exist'],
      ['InvalidParameter', 'Invalid parameter: Token'],
      ['InvalidParameter', 'Invalid parameter: Topic Name'],
    ],
    left: [[], []],
  })
})

/** A URL that answers 200, or what `take` says. */
async function serve(
  t: TestContext,
  take: (headers: IncomingHttpHeaders, body: string) => number | void,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => void (body += chunk))
    request.on('end', () => {
      response.statusCode = take(request.headers, body) ?? 200
      response.end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sns`
}
