// Buses, rules and events as boto3 uses them: what fails entry by entry, who may put, tags, pages, and one bus
// that sends to another.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareSignalbox } from '../support/signalbox.ts'

const openAccount = shareSignalbox()

test('of the entries of one call the bad ones fail, each with its reason, and the good ones arrive', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<{
    failed: number
    codes: (string | null)[]
    orders: unknown[]
    tooMany: string[]
  }>(
    `
    sqs.create_queue(QueueName='all')
    route('all', {'source': [{'prefix': ''}]}, {'Id': 'queue', 'Arn': given})
    def entry(**fields):
        return dict(dict(Source='shop', DetailType='Order', Detail='{"order":1}'), **fields)
    answer = events.put_events(Entries=[
        entry(), entry(Detail='{"order":'), entry(Detail='[1]'), entry(Source=''),
        entry(DetailType=''), entry(EventBusName='nowhere'), entry(Detail='{"order":2}')])
    result = dict(
        failed=answer['FailedEntryCount'],
        codes=[one.get('ErrorCode') for one in answer['Entries']],
        orders=[body['detail'] for body in bodies('all', 2)],
        tooMany=refusal(events.put_events, Entries=[entry()] * 11))
    assert is_empty('all')
    `,
    signalbox.queueArn('all'),
  )
  assert.equal(seen.failed, 4)
  assert.deepEqual(seen.codes, [
    null,
    'MalformedDetail',
    'MalformedDetail',
    'InvalidArgument',
    'InvalidArgument',
    // AWS takes an event for a bus that is not there, and drops it.
    null,
    null,
  ])
  assert.deepEqual(seen.orders, [{ order: 1 }, { order: 2 }])
  assert.equal(seen.tooMany[0], 'ValidationException')
  assert.match(seen.tooMany[1]!, /Member must have length less than or equal to 10/)
})

test('events keep their time, resources, account, trace and the very bytes of their detail', async () => {
  const signalbox = openAccount().as('111122223333', 'eu-west-1')
  const detail = '{"b": 1.50, "a":1e400, "text":"\\u00e9 é 😀", "b":2}'
  const { body, trace, id } = await signalbox.python<{ body: string; trace: string; id: string }>(
    `
    sqs.create_queue(QueueName='all')
    route('all', {'source': ['shop']}, {'Id': 'queue', 'Arn': given['queue']})
    id = events.put_events(Entries=[dict(
        Source='shop', DetailType='Order', Detail=given['detail'], Resources=['arn:aws:s3:::a'],
        Time=1767225600, TraceHeader='Root=1-5759e988-bd862e3fe1be46a994272793')])['Entries'][0]['EventId']
    [message] = take('all', 1)
    result = dict(body=message['Body'], trace=message['Attributes']['AWSTraceHeader'], id=id)
    `,
    { queue: signalbox.queueArn('all'), detail },
  )
  assert.equal(trace, 'Root=1-5759e988-bd862e3fe1be46a994272793')
  assert.equal(
    body,
    `{"version":"0","id":"${id}","detail-type":"Order","source":"shop","account":"111122223333",` +
      `"time":"2026-01-01T00:00:00Z","region":"eu-west-1","resources":["arn:aws:s3:::a"],` +
      `"detail":${detail}}`,
  )
})

test('what a rule says changes for the next event, and no rule outlives its removal', async () => {
  const signalbox = openAccount()
  const orders = await signalbox.python<number[]>(
    `
    sqs.create_queue(QueueName='all')
    target = {'Id': 'queue', 'Arn': given}
    route('changing', {'detail': {'order': [1]}}, target)
    for order in [1, 2]:
        put('shop', 'Order', {'order': order})
    events.put_rule(Name='changing', EventPattern=json.dumps({'detail': {'order': [3]}}))
    for order in [3, 4]:
        put('shop', 'Order', {'order': order})
    events.disable_rule(Name='changing')
    put('shop', 'Order', {'order': 3})
    events.enable_rule(Name='changing')
    put('shop', 'Order', {'order': 3, 'again': True})
    assert refusal(events.delete_rule, Name='changing')[0] == 'ValidationException'
    events.remove_targets(Rule='changing', Ids=['queue'])
    put('shop', 'Order', {'order': 3})
    events.delete_rule(Name='changing')
    assert refusal(events.describe_rule, Name='changing')[0] == 'ResourceNotFoundException'
    route('last', {'source': ['shop']}, target)
    put('shop', 'Order', {'order': 5})
    result = [body['detail']['order'] for body in bodies('all', 4)]
    assert is_empty('all')
    `,
    signalbox.queueArn('all'),
  )
  assert.deepEqual(orders, [1, 3, 3, 5])
})

test('each way of shaping what a target gets gives exactly those bytes', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, string>>(
    `
    shapes = {
        'whole': {},
        'constant': {'Input': '{"fixed": [1,  2]}'},
        'path': {'InputPath': '$.detail.items[1]'},
        'template': {'InputTransformer': {
            'InputPathsMap': {'id': '$.detail.id', 'items': '$.detail.items', 'none': '$.detail.none'},
            'InputTemplate': '{"id": <id>, "say": "no. <id>", "items": <items>, "none": "<none>"}'}},
        'text': {'InputTransformer': {
            'InputPathsMap': {'id': '$.detail.id', 'type': '$.detail-type'},
            'InputTemplate': '"Order <id> is a <type> by <aws.events.rule-name>"'}},
    }
    for name in shapes:
        sqs.create_queue(QueueName=name)
    route('all', {'source': ['shop']}, *[
        dict(Id=name, Arn=given + name, **shape) for name, shape in shapes.items()])
    put('shop', 'Order', {'id': 7, 'items': ['a', {'b': 1}]})
    result = {name: take(name, 1)[0]['Body'] for name in shapes}
    `,
    signalbox.queueArn(''),
  )
  const { whole, ...shaped } = seen
  assert.deepEqual((JSON.parse(whole!) as { detail: unknown }).detail, {
    id: 7,
    items: ['a', { b: 1 }],
  })
  assert.deepEqual(shaped, {
    constant: '{"fixed": [1,  2]}',
    path: '{"b": 1}',
    template: '{"id": 7, "say": "no. 7", "items": ["a", {"b": 1}], "none": ""}',
    text: '"Order 7 is a Order by all"',
  })
})

test('events go from bus to bus, with the rules of the second, and never in a circle without end', async () => {
  const signalbox = openAccount()
  const { first, looped } = await signalbox.python<{ first: unknown[]; looped: number }>(
    `
    sqs.create_queue(QueueName='all')
    second = events.create_event_bus(Name='second')['EventBusArn']
    default = events.describe_event_bus()['Arn']
    role = 'arn:aws:iam::%s:role/any' % given.split(':')[4]
    route('forward', {'source': ['shop']}, {'Id': 'bus', 'Arn': second, 'RoleArn': role})
    route('arrive', {'detail': {'order': [1]}}, {'Id': 'queue', 'Arn': given}, bus='second')
    put('shop', 'Order', {'order': 2})
    id = put('shop', 'Order', {'order': 1})
    first = [[body['id'] == id, body['source'], body['detail']] for body in bodies('all', 1)]
    route('back', {'source': ['shop']}, {'Id': 'bus', 'Arn': default, 'RoleArn': role}, bus='second')
    put('shop', 'Order', {'order': 1})
    put('shop', 'Last', {'order': 1})
    counted, got = 0, bodies('all', 2)
    while got:
        counted += len(got)
        got = [json.loads(message['Body']) for message in sqs.receive_message(
            QueueUrl=queue_url('all'), WaitTimeSeconds=1, MaxNumberOfMessages=10).get('Messages', [])]
    result = dict(first=first, looped=counted)
    `,
    signalbox.queueArn('all'),
  )
  assert.deepEqual(first, [[true, 'shop', { order: 1 }]])
  assert.ok(looped >= 2 && looped < 50, `arrived ${looped} times`)
})

test('permissions, tags and pages are as boto3 knows them', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(`
    arn = events.create_event_bus(Name='shop', Tags=[{'Key': 'team', 'Value': 'a'}])['EventBusArn']
    events.put_permission(EventBusName='shop', Action='events:PutEvents',
                          Principal='111122223333', StatementId='partner')
    policy = json.loads(events.describe_event_bus(Name='shop')['Policy'])
    events.remove_permission(EventBusName='shop', StatementId='partner')
    bare = 'Policy' not in events.describe_event_bus(Name='shop')
    events.tag_resource(ResourceARN=arn, Tags=[{'Key': 'stage', 'Value': 'b'}])
    events.untag_resource(ResourceARN=arn, TagKeys=['team'])
    for i in range(7):
        events.put_rule(Name='rule-%d' % i, EventBusName='shop', EventPattern='{"source":["a"]}')
    names, sizes, token = [], [], {}
    while True:
        page = events.list_rules(EventBusName='shop', NamePrefix='rule-', Limit=3, **token)
        sizes.append(len(page['Rules']))
        names += [rule['Name'] for rule in page['Rules']]
        if 'NextToken' not in page:
            break
        token = {'NextToken': page['NextToken']}
    queue = arn.replace(':events:', ':sqs:').replace('event-bus/shop', 'q')
    for i in range(3):
        events.put_targets(Rule='rule-%d' % i, EventBusName='shop',
                           Targets=[{'Id': 'q', 'Arn': queue}])
    result = dict(
        statement=[policy['Statement'][0][name] for name in ['Sid', 'Effect', 'Action', 'Resource']],
        bare=bare, tags=events.list_tags_for_resource(ResourceARN=arn)['Tags'],
        names=names, sizes=sizes,
        byTarget=events.list_rule_names_by_target(TargetArn=queue, EventBusName='shop')['RuleNames'],
        inUse=refusal(events.delete_event_bus, Name='shop')[1],
        twice=refusal(events.create_event_bus, Name='shop')[0])
  `)
  assert.deepEqual(seen, {
    statement: [
      'partner',
      'Allow',
      'events:PutEvents',
      `arn:aws:events:us-east-1:${signalbox.account}:event-bus/shop`,
    ],
    bare: true,
    tags: [{ Key: 'stage', Value: 'b' }],
    names: Array.from({ length: 7 }, (_, index) => `rule-${index}`),
    sizes: [3, 3, 1],
    byTarget: ['rule-0', 'rule-1', 'rule-2'],
    inUse: "Event bus shop can't be deleted since it has rules.",
    twice: 'ResourceAlreadyExistsException',
  })
})
