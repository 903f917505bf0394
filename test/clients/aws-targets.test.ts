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

test('jobs, builds, commands, statements and pipelines of AWS are started, with parameters from the event', async (context) => {
  const cloud = await openCloud(context)
  if (cloud === undefined) return context.skip('no moto_server on this machine')
  // It plays functions and jobs itself rather than by containers.
  await fetch(`${cloud}/moto-api/config`, {
    method: 'POST',
    body: JSON.stringify({ batch: { use_docker: false }, lambda: { use_docker: false } }),
  })
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    config: `targets: { aws: { endpoint: '${cloud}' } }\n${QUICK_RETRIES}`,
  })
  const seen = await signalbox.python<Record<string, unknown>>(
    `
    at = lambda name: boto3.client(name, endpoint_url=given, config=once)
    iam, ec2, batch, build = at('iam'), at('ec2'), at('batch'), at('codebuild')
    ssm, sagemaker, kinesis, far_lambda = at('ssm'), at('sagemaker'), at('kinesis'), at('lambda')
    arn = lambda rest: 'arn:aws:%s' % rest
    role = iam.create_role(RoleName='r', AssumeRolePolicyDocument='{}')['Role']['Arn']

    subnet = ec2.describe_subnets()['Subnets'][0]
    group = ec2.describe_security_groups()['SecurityGroups'][0]['GroupId']
    environment = batch.create_compute_environment(
        computeEnvironmentName='jobs', type='MANAGED', serviceRole=role, computeResources=dict(
            type='FARGATE', maxvCpus=2, subnets=[subnet['SubnetId']], securityGroupIds=[group])
    )['computeEnvironmentArn']
    jobs = batch.create_job_queue(jobQueueName='jobs', priority=1, state='ENABLED', computeEnvironmentOrder=[
        {'order': 1, 'computeEnvironment': environment}])['jobQueueArn']
    definition = batch.register_job_definition(jobDefinitionName='job', type='container', containerProperties=dict(
        image='x', vcpus=1, memory=128))['jobDefinitionArn']
    build.create_project(name='site', serviceRole=role, artifacts={'type': 'NO_ARTIFACTS'},
        source={'type': 'GITHUB', 'location': 'https://example.com/site'},
        environment={'type': 'LINUX_CONTAINER', 'image': 'x', 'computeType': 'BUILD_GENERAL1_SMALL'})
    sagemaker.create_pipeline(PipelineName='train', RoleArn=role, ClientRequestToken='t' * 32,
        PipelineDefinition=json.dumps({'Version': '2020-12-01', 'Parameters': [{'Name': 'rows', 'Type': 'String'}],
                                       'Steps': []}))
    kinesis.create_stream(StreamName='wide', ShardCount=1)
    import io, zipfile
    code = io.BytesIO()
    with zipfile.ZipFile(code, 'w') as archive: archive.writestr('main.py', 'def handler(e, c): return 1')
    far_lambda.create_function(FunctionName='far', Runtime='python3.12', Role=role, Handler='main.handler',
                               Code={'ZipFile': code.getvalue()})

    sqs.create_queue(QueueName='dead')
    dead = {'DeadLetterConfig': {'Arn': arn('sqs:us-east-1:123456789012:dead')}}
    place = 'us-east-1:123456789012'
    for rule, targets in [('one', [
        {'Id': 'batch', 'Arn': jobs, 'BatchParameters': {'JobName': 'nightly', 'JobDefinition': definition}},
        {'Id': 'build', 'Arn': arn('codebuild:%s:project/site' % place),
         'Input': json.dumps({'sourceVersion': 'v2'})},
        {'Id': 'command', 'Arn': arn('ssm:us-east-1::document/AWS-RunShellScript'),
         'RunCommandParameters': {'RunCommandTargets': [{'Key': 'tag:role', 'Values': ['web']}]},
         'InputTransformer': {'InputPathsMap': {'say': '$.detail.say'}, 'InputTemplate': '{"commands": [<say>]}'}},
        {'Id': 'train', 'Arn': arn('sagemaker:%s:pipeline/train' % place), 'SageMakerPipelineParameters': {
            'PipelineParameterList': [{'Name': 'rows', 'Value': '$.detail.rows'}]}},
    ]), ('two', [
        {'Id': 'sql', 'Arn': arn('redshift:%s:cluster:dw' % place), 'RedshiftDataParameters': {
            'Database': 'd', 'DbUser': 'u', 'Sql': '$.detail.sql'}},
        {'Id': 'function', 'Arn': arn('lambda:%s:function:far' % place)},
        {'Id': 'any', 'Arn': arn('scheduler:::aws-sdk:kinesis:putRecord'),
         'Input': json.dumps({'StreamName': 'wide', 'PartitionKey': 'p', 'Data': 'open sesame'})},
    ])]:
        route(rule, {'source': ['shop']}, *[dict(target, **dead) for target in targets])
    put('shop', 'placed', {'say': 'echo hi', 'rows': 12, 'sql': 'select 1'})

    def eventually(read):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = read()
            if found: return found
            time.sleep(0.05)
        raise AssertionError('it did not come: ' + json.dumps(dead_letters()))
    def dead_letters():
        got = sqs.receive_message(QueueUrl=queue_url('dead'), MaxNumberOfMessages=10, MessageAttributeNames=['All'])
        return [{k: v['StringValue'] for k, v in m['MessageAttributes'].items()} for m in got.get('Messages', [])]

    def list_jobs():
        return [j for s in ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED']
                for j in batch.list_jobs(jobQueue=jobs, jobStatus=s)['jobSummaryList']]
    [job] = eventually(list_jobs)
    [built] = eventually(lambda: build.list_builds_for_project(projectName='site')['ids'])
    [command] = eventually(lambda: ssm.list_commands()['Commands'])
    [run] = eventually(lambda: sagemaker.list_pipeline_executions(
        PipelineName='train')['PipelineExecutionSummaries'])
    shard = kinesis.get_shard_iterator(StreamName='wide', ShardId='shardId-000000000000',
                                       ShardIteratorType='TRIM_HORIZON')['ShardIterator']
    [record] = eventually(lambda: kinesis.get_records(ShardIterator=shard)['Records'])
    def is_settled():
        page = urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/metrics').read().decode()
        return len(re.findall(r'(?m)^aws_events_invocations_total.*rule_name="(?:one|two)"} [34]$', page)) == 2
    import re, urllib.request
    eventually(is_settled)
    result = dict(
        job=job['jobName'],
        built=build.batch_get_builds(ids=[built])['builds'][0]['sourceVersion'],
        command=[command['DocumentName'], command['Parameters'], command['Targets']],
        rows=sagemaker.list_pipeline_parameters_for_execution(
            PipelineExecutionArn=run['PipelineExecutionArn'])['PipelineParameters'],
        record=record['Data'].decode(), letters=[letter['TARGET_ARN'] for letter in dead_letters()])
    `,
    cloud,
  )
  assert.deepEqual(seen, {
    job: 'nightly',
    built: 'v2',
    command: [
      'AWS-RunShellScript',
      { commands: ['echo hi'] },
      [{ Key: 'tag:role', Values: ['web'] }],
    ],
    rows: [{ Name: 'rows', Value: '12' }],
    record: 'open sesame',
    // The statement and the function have no sign of their own: moto does not list what ran.
    letters: [],
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
