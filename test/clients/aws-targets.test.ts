// Targets that are services of AWS, called through the AWS SDK at an endpoint that is configured; moto plays them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCloud } from '../support/cloud.ts'
import { QUICK_RETRIES, Signalbox } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'

test('events reach the services of AWS that targets name, in the form each wants', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoint: '${cloud}' } }\n${QUICK_RETRIES}`,
  })
  const seen = await signalbox.python<Record<string, unknown>>(
    `
    at = lambda name: boto3.client(name, endpoint_url=given, config=once)
    far_sqs, sns, kinesis, firehose = at('sqs'), at('sns'), at('kinesis'), at('firehose')
    states, logs, ecs, s3, iam = at('stepfunctions'), at('logs'), at('ecs'), at('s3'), at('iam')
    ec2 = at('ec2')
    role = iam.create_role(RoleName='r', AssumeRolePolicyDocument='{}')['Role']['Arn']

    kinesis.create_stream(StreamName='orders', ShardCount=1)
    s3.create_bucket(Bucket='lake')
    stream = firehose.create_delivery_stream(
        DeliveryStreamName='lake', S3DestinationConfiguration={
            'RoleARN': role, 'BucketARN': 'arn:aws:s3:::lake'})['DeliveryStreamARN']
    machine = states.create_state_machine(
        name='m', roleArn=role,
        definition=json.dumps({'StartAt': 'a', 'States': {'a': {'Type': 'Pass', 'End': True}}})
    )['stateMachineArn']
    logs.create_log_group(logGroupName='/events/all')
    topic = sns.create_topic(Name='alerts')['TopicArn']
    heard = far_sqs.create_queue(QueueName='heard')['QueueUrl']
    sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint='arn:aws:sqs:us-east-1:123456789012:heard')
    direct = far_sqs.create_queue(QueueName='far')['QueueUrl']
    cluster = ecs.create_cluster(clusterName='c')['cluster']['clusterArn']
    task = ecs.register_task_definition(family='t', containerDefinitions=[
        {'name': 'main', 'image': 'x', 'memory': 64}])['taskDefinition']['taskDefinitionArn']

    arn = lambda rest: 'arn:aws:%s' % rest
    sqs.create_queue(QueueName='near')
    for rule, targets in [('one', [
        {'Id': 'kinesis', 'Arn': arn('kinesis:us-east-1:123456789012:stream/orders'),
         'KinesisParameters': {'PartitionKeyPath': '$.detail.id'}},
        {'Id': 'firehose', 'Arn': stream},
        {'Id': 'machine', 'Arn': machine, 'InputPath': '$.detail'},
        {'Id': 'logs', 'Arn': arn('logs:us-east-1:123456789012:log-group:/events/all')},
        {'Id': 'topic', 'Arn': topic, 'InputTransformer': {
            'InputPathsMap': {'id': '$.detail.id'}, 'InputTemplate': 'New order: <id>'}},
    ]), ('two', [
        {'Id': 'far', 'Arn': arn('sqs:us-east-1:123456789012:far')},
        {'Id': 'near', 'Arn': arn('sqs:us-east-1:123456789012:near')},
        {'Id': 'cluster', 'Arn': cluster, 'EcsParameters': {
            'TaskDefinitionArn': task, 'LaunchType': 'FARGATE', 'NetworkConfiguration': {
                'awsvpcConfiguration': {'Subnets': [
                    ec2.describe_subnets()['Subnets'][0]['SubnetId']]}}}},
    ])]:
        route(rule, {'source': ['shop']}, *targets)
    id = put('shop', 'placed', {'id': 'o-1'}, TraceHeader='Root=1-5759e988-bd862e3fe1be46a994272793')

    def eventually(read):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = read()
            if found: return found
            time.sleep(0.05)
        raise AssertionError('it did not come')

    shard = kinesis.get_shard_iterator(StreamName='orders', ShardId='shardId-000000000000',
                                       ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    [record] = eventually(lambda: kinesis.get_records(ShardIterator=shard)['Records'])
    [key] = eventually(lambda: s3.list_objects_v2(Bucket='lake').get('Contents'))
    [execution] = eventually(lambda: states.list_executions(stateMachineArn=machine)['executions'])
    def logged():
        for stream in logs.describe_log_streams(logGroupName='/events/all')['logStreams']:
            return logs.get_log_events(logGroupName='/events/all',
                                       logStreamName=stream['logStreamName'])['events']
    [line] = eventually(logged)
    def receive(url):
        return far_sqs.receive_message(QueueUrl=url, AttributeNames=['All']).get('Messages')
    [said] = eventually(lambda: receive(heard))
    [message] = eventually(lambda: receive(direct))
    tasks = eventually(lambda: ecs.list_tasks(cluster='c')['taskArns'])
    result = dict(
        record=[json.loads(record['Data'])['id'] == id, record['PartitionKey']],
        lake=json.loads(s3.get_object(Bucket='lake', Key=key['Key'])['Body'].read())['id'] == id,
        execution=json.loads(
            states.describe_execution(executionArn=execution['executionArn'])['input']),
        name=execution['name'].startswith(id),
        line=json.loads(line['message'])['id'] == id,
        said=json.loads(said['Body'])['Message'],
        message=json.loads(message['Body'])['id'] == id,
        trace=message['Attributes'].get('AWSTraceHeader'),
        near=bodies('near', 1)[0]['id'] == id,
        tasks=len(tasks))
    `,
    cloud,
  )
  assert.deepEqual(seen, {
    record: [true, 'o-1'],
    lake: true,
    execution: { id: 'o-1' },
    name: true,
    line: true,
    said: 'New order: o-1',
    message: true,
    trace: 'Root=1-5759e988-bd862e3fe1be46a994272793',
    near: true,
    tasks: 1,
  })
})

test('what names a service without an endpoint is dead-lettered with how to configure one; what AWS does not have, with its words', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoints: { kinesis: '${cloud}' } } }\n${QUICK_RETRIES}`,
  })
  const letters = await signalbox.python<Record<string, Record<string, string>>>(`
    dead = 'arn:aws:sqs:us-east-1:123456789012:dead'
    sqs.create_queue(QueueName='dead')
    route('all', {'source': ['shop']},
        {'Id': 'machine', 'Arn': 'arn:aws:states:us-east-1:123456789012:stateMachine:m',
         'DeadLetterConfig': {'Arn': dead}},
        {'Id': 'stream', 'Arn': 'arn:aws:kinesis:us-east-1:123456789012:stream/none',
         'DeadLetterConfig': {'Arn': dead}})
    put('shop', 'placed', {'id': 1})
    letters = [{k: v['StringValue'] for k, v in m['MessageAttributes'].items()} for m in take('dead', 2)]
    result = {letter['TARGET_ARN'].split(':')[2]: letter for letter in letters}
  `)
  const { states, kinesis } = letters
  assert.equal(states!['ERROR_CODE'], 'NO_RESOURCE')
  assert.match(
    states!['ERROR_MESSAGE']!,
    /`targets\.aws\.endpoints\.states`.*SIGNALBOX_AWS_ENDPOINT/,
  )
  assert.equal(kinesis!['ERROR_CODE'], 'NO_RESOURCE')
  assert.match(kinesis!['ERROR_MESSAGE']!, /ResourceNotFoundException.*none/)
})
