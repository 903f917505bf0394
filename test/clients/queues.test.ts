// Queues as boto3 uses them, and as clients of the older protocol do.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { shareSignalbox } from '../support/signalbox.ts'

const openAccount = shareSignalbox()

test('a first-in first-out queue keeps the order of each group and drops what comes twice', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{
    first: string[]
    blocked: string[]
    rest: string[]
    sequence: boolean
  }>(`
    url = sqs.create_queue(QueueName='a.fifo', Attributes={'FifoQueue': 'true'})['QueueUrl']
    def send(group, body, id=None):
        return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group,
                                MessageDeduplicationId=id or group + body)
    def receive(count):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, WaitTimeSeconds=1)
        return answer.get('Messages', [])
    one = send('x', '1')
    again = send('x', '1')
    assert again['MessageId'] == one['MessageId'], 'the repetition is the first message'
    numbers = [one['SequenceNumber']] + [
        send(group, body)['SequenceNumber'] for group, body in [('x', '2'), ('y', '1'), ('x', '3')]]
    first = receive(1)
    # While one of the group x is in flight only y may pass.
    blocked = receive(10)
    for message in first + blocked:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
    rest = receive(10)
    body = lambda messages: [message['Body'] for message in messages]
    result = dict(first=body(first), blocked=body(blocked), rest=body(rest),
                  sequence=[int(n) for n in numbers] == sorted(int(n) for n in numbers))
  `)
  assert.deepEqual(seen, { first: ['1'], blocked: ['1'], rest: ['2', '3'], sequence: true })
})

test('a long poll answers when a message comes, and is empty when its time is up', async () => {
  const signalbox = openAccount()
  const { waited, empty, body } = await signalbox.python<{
    waited: number
    empty: number
    body: string
  }>(`
    url = sqs.create_queue(QueueName='a')['QueueUrl']
    def receive(seconds):
        started = time.monotonic()
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=seconds)
        return answer.get('Messages', []), time.monotonic() - started
    nothing, empty = receive(1)
    assert nothing == []
    sender = threading.Timer(0.3, lambda: sqs.send_message(QueueUrl=url, MessageBody='here'))
    sender.start()
    got, waited = receive(15)
    result = dict(waited=waited, empty=empty, body=got[0]['Body'])
  `)
  assert.equal(body, 'here')
  assert.ok(waited >= 0.25 && waited < 10, `waited ${waited} s`)
  assert.ok(empty >= 0.95, `waited ${empty} s`)
})

test('what is not deleted comes back, and after its last receive goes to the dead-letter queue', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{
    hidden: boolean
    counts: string[]
    dead: { body: string; source: string; count: string }
    sources: string[]
    gone: boolean
  }>(
    `
    dead = sqs.create_queue(QueueName='dead')['QueueUrl']
    url = sqs.create_queue(QueueName='work', Attributes={
        'RedrivePolicy': json.dumps({'deadLetterTargetArn': given, 'maxReceiveCount': 2})})['QueueUrl']
    sqs.send_message(QueueUrl=url, MessageBody='poison')
    def receive(url, wait=5):
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait, AttributeNames=['All'])
        return answer.get('Messages', [])
    counts, hidden = [], None
    for _ in range(2):
        [message] = receive(url)
        counts.append(message['Attributes']['ApproximateReceiveCount'])
        hidden = receive(url, 0) == []
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message['ReceiptHandle'], VisibilityTimeout=0)
    assert receive(url, 0) == []
    [letter] = receive(dead)
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter['ReceiptHandle'])
    result = dict(
        hidden=hidden, counts=counts,
        dead=dict(body=letter['Body'], source=letter['Attributes']['DeadLetterQueueSourceArn'],
                  count=letter['Attributes']['ApproximateReceiveCount']),
        sources=sqs.list_dead_letter_source_queues(QueueUrl=dead)['queueUrls'],
        gone=sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=['All'])['Attributes'][
            'ApproximateNumberOfMessages'] == '0')
    `,
    signalbox.queueArn('dead'),
  )
  assert.equal(seen.hidden, true)
  assert.deepEqual(seen.counts, ['1', '2'])
  assert.deepEqual(seen.dead, { body: 'poison', source: signalbox.queueArn('work'), count: '3' })
  assert.deepEqual(
    seen.sources.map((url) => new URL(url).pathname),
    [`/${signalbox.account}/work`],
  )
  assert.equal(seen.gone, true)
})

test('dead letters are moved back by a task, and permissions show in the policy', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{ task: unknown[]; bodies: string[]; policy: unknown }>(`
    dead = sqs.create_queue(QueueName='dead')['QueueUrl']
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
    work = sqs.create_queue(QueueName='work', Attributes={'VisibilityTimeout': '0', 'RedrivePolicy':
        json.dumps({'deadLetterTargetArn': arn, 'maxReceiveCount': 1})})['QueueUrl']
    for body in ['one', 'two', 'three']:
        sqs.send_message(QueueUrl=work, MessageBody=body)
    count = lambda url: int(sqs.get_queue_attributes(QueueUrl=url,
        AttributeNames=['All'])['Attributes']['ApproximateNumberOfMessages'])
    deadline = time.monotonic() + 20
    while count(dead) < 3 and time.monotonic() < deadline:
        sqs.receive_message(QueueUrl=work, MaxNumberOfMessages=10)
    sqs.start_message_move_task(SourceArn=arn)
    while count(work) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    task = sqs.list_message_move_tasks(SourceArn=arn)['Results'][0]
    while task['Status'] == 'RUNNING' and time.monotonic() < deadline:
        task = sqs.list_message_move_tasks(SourceArn=arn)['Results'][0]
    sqs.set_queue_attributes(QueueUrl=work, Attributes={'VisibilityTimeout': '30'})
    got = sqs.receive_message(QueueUrl=work, MaxNumberOfMessages=10)['Messages']
    sqs.add_permission(QueueUrl=work, Label='friends', AWSAccountIds=['111111111111'],
                       Actions=['SendMessage'])
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=work,
        AttributeNames=['Policy'])['Attributes']['Policy'])['Statement'][0]
    sqs.remove_permission(QueueUrl=work, Label='friends')
    result = dict(task=[task['Status'], task['ApproximateNumberOfMessagesMoved']],
                  bodies=sorted(message['Body'] for message in got),
                  policy=[policy['Sid'], policy['Action']])
  `)
  assert.deepEqual(seen.task, ['COMPLETED', 3])
  assert.deepEqual(seen.bodies, ['one', 'three', 'two'])
  assert.deepEqual(seen.policy, ['friends', 'SQS:SendMessage'])
})

test('batches, attributes, tags, purge and deletion are as boto3 knows them', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(`
    url = sqs.create_queue(QueueName='a', tags={'team': 'shop'}, Attributes={
        'VisibilityTimeout': '7', 'MaximumMessageSize': '2048'})['QueueUrl']
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[
        {'Id': 'good', 'MessageBody': 'x', 'MessageAttributes': {
            'n': {'DataType': 'Number', 'StringValue': '7'},
            'b': {'DataType': 'Binary', 'BinaryValue': b'\\x00\\xff'}}},
        {'Id': 'bad', 'MessageBody': 'y', 'DelaySeconds': 901}])
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5,
                                    MessageAttributeNames=['All'])['Messages']
    attributes = message['MessageAttributes']
    handles = [{'Id': '1', 'ReceiptHandle': message['ReceiptHandle']},
               {'Id': '2', 'ReceiptHandle': 'nonsense'}]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={'DelaySeconds': '3'})
    settings = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
    sqs.tag_queue(QueueUrl=url, Tags={'stage': 'test'})
    sqs.untag_queue(QueueUrl=url, TagKeys=['team'])
    same = sqs.create_queue(QueueName='a', Attributes={'VisibilityTimeout': '7'})['QueueUrl'] == url
    other = refusal(sqs.create_queue, QueueName='a', Attributes={'VisibilityTimeout': '8'})[0]
    large = refusal(sqs.send_message, QueueUrl=url, MessageBody='x' * 2049)[0]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={'DelaySeconds': '0'})
    sqs.send_message(QueueUrl=url, MessageBody='z')
    sqs.purge_queue(QueueUrl=url)
    empty = is_empty('a')
    for i in range(5):
        sqs.create_queue(QueueName='page-%d' % i)
    pages = [len(page.get('QueueUrls', [])) for page in sqs.get_paginator('list_queues').paginate(
        QueueNamePrefix='page-', PaginationConfig={'PageSize': 2})]
    sqs.delete_queue(QueueUrl=url)
    result = dict(
        sent=[[one['Id'] for one in sent['Successful']], [one['Id'] for one in sent['Failed']]],
        attributes=[attributes['n']['StringValue'], list(attributes['b']['BinaryValue'])],
        deleted=[[one['Id'] for one in deleted['Successful']],
                 [[one['Id'], one['Code']] for one in deleted['Failed']]],
        settings=[settings[name] for name in ['VisibilityTimeout', 'MaximumMessageSize', 'DelaySeconds']],
        same=same, other=other, large=large, empty=empty, pages=pages,
        gone=refusal(sqs.get_queue_url, QueueName='a')[0])
  `)
  assert.deepEqual(seen, {
    sent: [['good'], ['bad']],
    attributes: ['7', [0, 255]],
    deleted: [['1'], [['2', 'ReceiptHandleIsInvalid']]],
    settings: ['7', '2048', '3'],
    same: true,
    other: 'QueueAlreadyExists',
    large: 'InvalidParameterValue',
    empty: true,
    pages: [2, 2, 1],
    gone: 'AWS.SimpleQueueService.NonExistentQueue',
  })
})

test('a client of the query protocol shares a queue with one of today', async () => {
  const signalbox = openAccount()
  const { account } = signalbox
  const created = await postForm(account, signalbox.url, {
    Action: 'CreateQueue',
    QueueName: 'old',
  })
  assert.equal(created.status, 200)
  const url = /<QueueUrl>(.*?)<\/QueueUrl>/.exec(created.text)![1]!
  assert.equal(url, `${signalbox.url}/${signalbox.account}/old`)
  const body = 'a <b> & "c" – 日本'
  const sent = await postForm(account, url, {
    Action: 'SendMessage',
    MessageBody: body,
    'MessageAttribute.1.Name': 'kind',
    'MessageAttribute.1.Value.DataType': 'String',
    'MessageAttribute.1.Value.StringValue': 'new',
  })
  const md5 = createHash('md5').update(body).digest('hex')
  assert.match(sent.text, new RegExp(`<MD5OfMessageBody>${md5}</MD5OfMessageBody>`))
  const received = await signalbox.python<{ body: string; kind: string }>(`
    [message] = take('old', 1)
    sqs.send_message(QueueUrl=queue_url('old'), MessageBody=message['Body'])
    result = dict(body=message['Body'], kind=message['MessageAttributes']['kind']['StringValue'])
  `)
  assert.deepEqual(received, { body, kind: 'new' })
  const back = await postForm(account, url, { Action: 'ReceiveMessage', WaitTimeSeconds: '5' })
  assert.match(back.text, /<Body>a &lt;b&gt; &amp; (?:"|&quot;)c(?:"|&quot;) – 日本<\/Body>/)
  const handle = /<ReceiptHandle>(.*?)<\/ReceiptHandle>/.exec(back.text)![1]!
  const deleted = await postForm(account, url, { Action: 'DeleteMessage', ReceiptHandle: handle })
  assert.match(deleted.text, /<DeleteMessageResponse[^]*<RequestId>/)
  const missing = await postForm(account, signalbox.url, {
    Action: 'GetQueueUrl',
    QueueName: 'none',
  })
  assert.equal(missing.status, 400)
  assert.match(missing.text, /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code>/)
})

async function postForm(
  account: string,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  const scope = `${account}/20260101/us-east-1/sqs/aws4_request`
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ Version: '2012-11-05', ...fields }),
  })
  return { status: answer.status, text: await answer.text() }
}
