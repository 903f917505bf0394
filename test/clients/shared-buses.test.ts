// Buses that more than their own account uses: policies held, forwarding across accounts, partners, global
// endpoints, and what a bus's log says.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../tools/tree.ts'
import { openCloud } from '../support/cloud.ts'
import {
  DEADLINE_MS,
  QUICK_RETRIES,
  shareSignalbox,
  Signalbox,
  until,
} from '../support/signalbox.ts'

const openAccount = shareSignalbox({
  config: `${QUICK_RETRIES}\norganizationId: o-signalbox\n`,
})

/** Clients of further accounts on the same server. */
const CLIENTS = `
    def client(account, region='us-east-1', service='events'):
        return boto3.client(service, region_name=region, aws_access_key_id=account,
                            aws_secret_access_key='test', config=once)
    def sent(events, bus, source='shop', **more):
        answer = events.put_events(Entries=[
            dict(Source=source, DetailType='Order', Detail='{"n": 1}', EventBusName=bus)], **more)
        return answer['Entries'][0].get('ErrorCode', 'taken')
    me = given['account']
    other = '9' + me[1:]
`

test('another account puts events only while the policy of the bus lets it', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(
    `${CLIENTS}
    bus = events.create_event_bus(Name='shop')['EventBusArn']
    sqs.create_queue(QueueName='all')
    queue = bus.replace(':events:', ':sqs:').replace('event-bus/shop', 'all')
    route('all', {'source': [{'prefix': ''}]}, {'Id': 'q', 'Arn': queue}, bus='shop')
    stranger = client(other)
    def allow(**more):
        events.put_permission(EventBusName='shop', Action='events:PutEvents', StatementId='s', **more)
    steps = [sent(stranger, bus)]
    allow(Principal=other)
    steps.append(sent(stranger, bus))
    allow(Principal='*', Condition={'Type': 'StringEquals', 'Key': 'aws:PrincipalOrgID', 'Value': 'o-other'})
    steps.append(sent(stranger, bus))
    allow(Principal='*', Condition={'Type': 'StringEquals', 'Key': 'aws:PrincipalOrgID', 'Value': 'o-signalbox'})
    steps.append(sent(stranger, bus))
    events.put_permission(EventBusName='shop', Policy=json.dumps({'Version': '2012-10-17', 'Statement': [
        {'Sid': 'a', 'Effect': 'Allow', 'Principal': {'AWS': other}, 'Action': 'events:PutEvents', 'Resource': bus,
         'Condition': {'StringEquals': {'events:source': 'shop'}}},
        {'Sid': 'r', 'Effect': 'Allow', 'Principal': {'AWS': other}, 'Action': 'events:Put*', 'Resource': bus,
         'Condition': {'Null': {'events:source': 'true'}}},
        {'Sid': 'd', 'Effect': 'Deny', 'Principal': '*', 'Action': 'events:PutEvents', 'Resource': bus,
         'Condition': {'StringEquals': {'events:source': 'secret'}}}]}))
    steps += [sent(stranger, bus), sent(stranger, bus, 'else'), sent(stranger, bus, 'secret'),
              sent(events, bus, 'else'), sent(events, bus, 'secret')]
    unknown = sent(stranger, bus + '-none')
    # It may put rules there too, which belong to the owner.
    rule = stranger.put_rule(Name='theirs', EventBusName=bus, EventPattern='{"source":["shop"]}')['RuleArn']
    described = events.describe_rule(Name='theirs', EventBusName='shop')
    events.remove_permission(EventBusName='shop', RemoveAllPermissions=True)
    refused = refusal(stranger.put_targets, Rule='theirs', EventBusName=bus, Targets=[{'Id': 'q', 'Arn': queue}])
    took = bodies('all', 4)
    result = dict(steps=steps, unknown=unknown, rule=[rule.split(':')[4] == me, described['CreatedBy'] == other],
        refused=refused[0], last=sent(stranger, bus),
        origin=sorted({body['account'] == other for body in took}), count=len(took))
    `,
    { account: signalbox.account },
  )
  assert.deepEqual(seen, {
    steps: [
      'AccessDeniedException',
      'taken',
      'AccessDeniedException',
      'taken',
      'taken',
      'AccessDeniedException',
      'AccessDeniedException',
      'taken',
      'AccessDeniedException',
    ],
    unknown: 'AccessDeniedException',
    rule: [true, true],
    refused: 'AccessDeniedException',
    last: 'AccessDeniedException',
    origin: [false, true],
    count: 4,
  })
})

test('forwarding to another account asks its policy; what it refuses is a dead letter, the bus’s own if no other', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(
    `${CLIENTS}
    owner, owners_queues = client(other), client(other, service='sqs')
    theirs = owner.create_event_bus(Name='central')['EventBusArn']
    owners_queues.create_queue(QueueName='all')
    owner.put_rule(Name='all', EventBusName='central', EventPattern='{"source":["shop"]}')
    owner.put_targets(Rule='all', EventBusName='central', Targets=[
        {'Id': 'q', 'Arn': theirs.replace(':events:', ':sqs:').replace('event-bus/central', 'all')}])
    queue = lambda name: events.describe_event_bus()['Arn'].replace(
        ':events:', ':sqs:').replace('event-bus/default', name)
    for name in ['dead', 'bus-dead']: sqs.create_queue(QueueName=name)
    events.create_event_bus(Name='shop', DeadLetterConfig={'Arn': queue('bus-dead')})
    role = 'arn:aws:iam::%s:role/any' % me
    target = {'Id': 'central', 'Arn': theirs, 'RoleArn': role}
    route('one', {'detail': {'n': [1]}}, dict(target, DeadLetterConfig={'Arn': queue('dead')}), bus='shop')
    route('two', {'detail': {'n': [2]}}, target, bus='shop')
    for n in [1, 2]: put('shop', 'Order', {'n': n}, EventBusName='shop')
    letters = [take(name, 1)[0] for name in ['dead', 'bus-dead']]
    owner.put_permission(EventBusName='central', Action='events:PutEvents', Principal=me, StatementId='s')
    id = put('shop', 'Order', {'n': 1}, EventBusName='shop')
    url = owners_queues.get_queue_url(QueueName='all')['QueueUrl']
    body = json.loads(owners_queues.receive_message(QueueUrl=url, WaitTimeSeconds=20)['Messages'][0]['Body'])
    result = dict(
        codes=[letter['MessageAttributes']['ERROR_CODE']['StringValue'] for letter in letters],
        bodies=[json.loads(letter['Body'])['detail']['n'] for letter in letters],
        arrived=[body['id'] == id, body['account'] == me])
    `,
    { account: signalbox.account },
  )
  assert.deepEqual(seen, {
    codes: ['NO_PERMISSIONS', 'NO_PERMISSIONS'],
    bodies: [1, 2],
    arrived: [true, true],
  })
})

test('a partner offers a source, an account takes it up, and either can stop it', async () => {
  const signalbox = openAccount()
  const seen = await signalbox.python<Record<string, unknown>>(
    `${CLIENTS}
    partner = client(other)
    name = 'aws.partner/example.com/shop/%s' % me
    partner.create_partner_event_source(Name=name, Account=me)
    twice = refusal(partner.create_partner_event_source, Name=name, Account=me)[0]
    def state(): return events.describe_event_source(Name=name)['State']
    def push(n):
        return partner.put_partner_events(Entries=[{
            'Source': name, 'DetailType': 'Sold', 'Detail': json.dumps({'n': n})}])
    states = [state()]
    push(0)
    misnamed = refusal(events.create_event_bus, Name='shop', EventSourceName=name)[0]
    early = refusal(events.activate_event_source, Name=name)[0]
    bus = events.create_event_bus(Name=name, EventSourceName=name)['EventBusArn']
    states.append(state())
    sqs.create_queue(QueueName='all')
    queue = events.describe_event_bus()['Arn'].replace(':events:', ':sqs:').replace('event-bus/default', 'all')
    route('all', {'account': [me]}, {'Id': 'q', 'Arn': queue}, bus=name)
    push(1)
    events.deactivate_event_source(Name=name)
    states.append(state())
    push(2)
    events.activate_event_source(Name=name)
    push(3)
    got = bodies('all', 2)
    foreign = client('8' + me[1:]).put_partner_events(Entries=[{
        'Source': name, 'DetailType': 'Sold', 'Detail': '{}'}])['Entries'][0]['ErrorCode']
    listed = [events.list_event_sources(NamePrefix='aws.partner/')['EventSources'][0]['CreatedBy'],
        partner.list_partner_event_sources(NamePrefix='aws.partner/example.com/')['PartnerEventSources'][0]['Name'] == name,
        partner.list_partner_event_source_accounts(EventSourceName=name)['PartnerEventSourceAccounts'][0]['Account'] == me,
        partner.describe_partner_event_source(Name=name)['Name'] == name]
    partner.delete_partner_event_source(Name=name, Account=me)
    states.append(state())
    deleted = refusal(events.activate_event_source, Name=name)[0]
    events.remove_targets(Rule='all', EventBusName=name, Ids=['q'])
    events.delete_rule(Name='all', EventBusName=name)
    events.delete_event_bus(Name=name)
    result = dict(twice=twice, states=states, misnamed=misnamed, early=early, foreign=foreign, listed=listed,
        deleted=deleted, gone=refusal(events.describe_event_source, Name=name)[0],
        got=[[b['detail']['n'], b['source'] == name, b['detail-type']] for b in got])
    `,
    { account: signalbox.account },
  )
  assert.deepEqual(seen, {
    twice: 'ResourceAlreadyExistsException',
    states: ['PENDING', 'ACTIVE', 'PENDING', 'DELETED'],
    misnamed: 'ValidationException',
    early: 'InvalidStateException',
    foreign: 'NotAuthorizedForSourceException',
    listed: ['example.com', true, true, true],
    deleted: 'InvalidStateException',
    gone: 'ResourceNotFoundException',
    got: [
      [1, true, 'Sold'],
      [3, true, 'Sold'],
    ],
  })
})

test('a global endpoint sends to the first region, copies to the second, and fails over when told', async () => {
  const signalbox = openAccount()
  const given = { account: signalbox.account }
  const made = await signalbox.python<{ id: string; arn: string; name: string; refused: string[] }>(
    `${CLIENTS}
    for region in ['us-east-1', 'eu-west-1']:
        there, queues = client(me, region), client(me, region, 'sqs')
        bus = there.create_event_bus(Name='orders')['EventBusArn']
        queues.create_queue(QueueName='all')
        there.put_rule(Name='all', EventBusName='orders', EventPattern='{"source":["shop"]}')
        there.put_targets(Rule='all', EventBusName='orders', Targets=[
            {'Id': 'q', 'Arn': bus.replace(':events:', ':sqs:').replace('event-bus/orders', 'all')}])
    arn = 'arn:aws:events:%s:' + me + ':event-bus/'
    options = lambda second='orders', region='eu-west-1': dict(
        Name='shop-' + me, RoutingConfig={'FailoverConfig': {
            'Primary': {'HealthCheck': 'arn:aws:route53:::healthcheck/abc'}, 'Secondary': {'Route': region}}},
        EventBuses=[{'EventBusArn': arn % 'us-east-1' + 'orders'}, {'EventBusArn': arn % region + second}])
    refused = [refusal(events.create_endpoint, **options('other'))[0],
               refusal(events.create_endpoint, **options(region='us-west-2'))[0]]
    events.create_endpoint(**options())
    endpoint = events.describe_endpoint(Name='shop-' + me)
    result = dict(id=endpoint['EndpointId'], arn=endpoint['Arn'], name=endpoint['Name'], refused=refused,
                  state=endpoint['State'], replicated=endpoint['ReplicationConfig']['State'])
    `,
    given,
  )
  const { id, arn, name, ...rest } = made
  assert.deepEqual(rest, {
    refused: ['ValidationException', 'ResourceNotFoundException'],
    state: 'ACTIVE',
    replicated: 'ENABLED',
  })
  assert.match(id, /^[a-z]{10}\.[a-z]{3}$/)
  const first = await putThrough(signalbox, id)
  assert.deepEqual(first, [
    ['us-east-1', []],
    ['eu-west-1', [arn]],
  ])
  await signalboxCommand(signalbox, 'endpoint', 'failover', name)
  assert.deepEqual(await putThrough(signalbox, id), [
    ['us-east-1', [arn]],
    ['eu-west-1', []],
  ])
  await signalbox.python(
    `events.update_endpoint(Name=given, ReplicationConfig={'State': 'DISABLED'})`,
    name,
  )
  assert.deepEqual(await putThrough(signalbox, id), [['eu-west-1', []]])
  const listed = await signalboxCommand(signalbox, 'endpoint', 'ls')
  assert.match(listed, new RegExp(`${name}.*sends to eu-west-1 \\(failed over\\)`))
  await signalboxCommand(signalbox, 'endpoint', 'restore', id)
  assert.deepEqual(await putThrough(signalbox, id), [['us-east-1', []]])
  const gone = await signalbox.python<string[]>(
    `
    events.delete_endpoint(Name=given)
    result = refusal(events.describe_endpoint, Name=given)
    `,
    name,
  )
  assert.equal(gone[0], 'ResourceNotFoundException')
})

test('a global endpoint follows its health check where Route 53 can be asked', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: '123456789012',
    config: `targets: { aws: { endpoints: { route53: '${cloud}' } } }`,
  })
  await signalbox.python(
    `
    route53 = boto3.client('route53', endpoint_url=given, config=once)
    check = route53.create_health_check(CallerReference='a', HealthCheckConfig={
        'IPAddress': '127.0.0.1', 'Port': 80, 'Type': 'HTTP', 'ResourcePath': '/'})['HealthCheck']['Id']
    for region in ['us-east-1', 'eu-west-1']:
        boto3.client('events', region_name=region).create_event_bus(Name='orders')
    arn = 'arn:aws:events:%s:123456789012:event-bus/orders'
    events.create_endpoint(
        Name='shop', EventBuses=[{'EventBusArn': arn % r} for r in ['us-east-1', 'eu-west-1']],
        RoutingConfig={'FailoverConfig': {
            'Primary': {'HealthCheck': 'arn:aws:route53:::healthcheck/' + check}, 'Secondary': {'Route': 'eu-west-1'}}})
    `,
    cloud,
  )
  await signalboxCommand(signalbox, 'endpoint', 'failover', 'shop')
  assert.match(await signalboxCommand(signalbox, 'endpoint', 'ls'), /shop.*failed over/)
  // It is read when a server starts, and its checkers say that all is well.
  await signalbox.end('SIGTERM')
  await signalbox.start()
  await until('it is restored', DEADLINE_MS, async () => {
    return !(await signalboxCommand(signalbox, 'endpoint', 'ls')).includes('failed over')
  })
})

/** Which regions' queues got an event put through an endpoint, and with which resources. */
function putThrough(signalbox: Signalbox, endpointId: string): Promise<unknown[]> {
  // boto3 signs such calls with SigV4A and lacks the package for it; what goes over the wire is this.
  return signalbox.python(
    `${CLIENTS}
    import urllib.request
    body = json.dumps({'EndpointId': given['id'], 'Entries': [
        {'Source': 'shop', 'DetailType': 'Order', 'Detail': '{}', 'EventBusName': 'orders'}]})
    sent = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'] + '/', body.encode(), {
        'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AWSEvents.PutEvents',
        'X-Amz-Region-Set': '*', 'X-Amz-Date': '20260101T000000Z',
        'Authorization': 'AWS4-ECDSA-P256-SHA256 Credential=%s/20260101/events/aws4_request, '
            'SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00' % me})
    with urllib.request.urlopen(sent) as answer:
        assert json.loads(answer.read())['FailedEntryCount'] == 0
    # What was put straight after comes after it: when that is there, so is the other.
    result = []
    for region in ['us-east-1', 'eu-west-1']:
        there, queues = client(me, region), client(me, region, 'sqs')
        there.put_events(Entries=[{'Source': 'shop', 'DetailType': 'Last', 'Detail': '{}', 'EventBusName': 'orders'}])
        url, last = queues.get_queue_url(QueueName='all')['QueueUrl'], False
        while not last:
            for message in queues.receive_message(QueueUrl=url, WaitTimeSeconds=2).get('Messages', []):
                queues.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
                event = json.loads(message['Body'])
                if event['detail-type'] == 'Last': last = True
                else: result.append([event['region'], event['resources']])
    `,
    { account: signalbox.account, id: endpointId },
  )
}

async function signalboxCommand(signalbox: Signalbox, ...args: readonly string[]): Promise<string> {
  const command = [join(ROOT, 'src/main.ts'), ...args, '--endpoint-url', signalbox.url]
  const { stdout } = await promisify(execFile)(process.execPath, command)
  return stdout
}

test('a bus that asks for a log gets a line for each step, at the level it asks for', async (context) => {
  const signalbox = await Signalbox.open(context, {
    config: QUICK_RETRIES,
    args: ['--log-level', 'info'],
  })
  await signalbox.python(
    `
    sqs.create_queue(QueueName='all')
    for name, level, detail in [('loud', 'TRACE', 'FULL'), ('quiet', 'ERROR', 'NONE'), ('mute', 'OFF', 'NONE')]:
        events.create_event_bus(Name=name, LogConfig={'Level': level, 'IncludeDetail': detail})
        route('to-queue', {'source': ['shop']}, {'Id': 'q', 'Arn': given}, bus=name)
        route('to-nothing', {'source': ['shop']}, {'Id': 'n', 'Arn': given + '-none'}, bus=name)
        put('shop', 'Order', {'secret-ish': name}, EventBusName=name)
        put('else', 'Order', {}, EventBusName=name)
    take('all', 3)
    events.update_event_bus(Name='loud', LogConfig={'Level': 'OFF', 'IncludeDetail': 'NONE'})
    put('shop', 'Order', {'secret-ish': 'silenced'}, EventBusName='loud')
    take('all', 1)
    `,
    signalbox.queueArn('all'),
  )
  const records = signalbox.output
    .split('\n')
    .filter((line) => line.includes('"message_type"'))
    .map((line) => JSON.parse(line) as Record<string, string>)
  const typesOf = (bus: string): readonly string[] =>
    records
      .filter((record) => record['resource_arn']!.endsWith(`/${bus}`))
      .map((r) => r['message_type']!)
  const loud = new Set(typesOf('loud'))
  for (const type of [
    'EVENT_RECEIPT',
    'EVENT_INGEST_SUCCESS',
    'RULE_MATCH_START',
    'RULE_MATCH',
    'NO_STANDARD_RULES_MATCHED',
    'INVOCATION_START',
    'INVOCATION_ATTEMPT_START',
    'INVOCATION_ATTEMPT_SUCCESS',
    'INVOCATION_SUCCESS',
    'INVOCATION_ATTEMPT_PERMANENT_FAILURE',
    'INVOCATION_FAILURE',
  ]) {
    assert.ok(loud.has(type), type)
  }
  assert.deepEqual(
    new Set(typesOf('quiet')),
    new Set(['INVOCATION_ATTEMPT_PERMANENT_FAILURE', 'INVOCATION_FAILURE']),
  )
  assert.deepEqual(typesOf('mute'), [])
  const said = records.map((record) => JSON.stringify(record)).join('\n')
  assert.match(said, /secret-ish.*loud/)
  assert.doesNotMatch(said, /secret-ish.*(quiet|silenced)/)
})
