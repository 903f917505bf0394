import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsSchema, awsSchemaNames } from './aws-events.ts'
import { parseDocument } from './document.ts'
import { ValidatorCache } from './validator.ts'

function documentOf(name: string): ReturnType<typeof parseDocument> {
  return parseDocument({ name, type: 'OpenApi3', content: awsSchema(name)!.content })
}

test('events of AWS are named as AWS names them, in order', () => {
  const names = awsSchemaNames()
  for (const name of [
    'aws.autoscaling@EC2InstanceLaunchSuccessful',
    'aws.batch@BatchJobStateChange',
    'aws.cloudformation@CloudFormationStackStatusChange',
    'aws.codepipeline@CodePipelinePipelineExecutionStateChange',
    'aws.ec2@AWSAPICallViaCloudTrail',
    'aws.ec2@EC2InstanceStateChangeNotification',
    'aws.ecs@ECSTaskStateChange',
    'aws.events@ScheduledEvent',
    'aws.glue@GlueJobStateChange',
    'aws.health@AWSHealthEvent',
    'aws.s3@ObjectCreated',
    'aws.s3@ObjectDeleted',
    'aws.states@StepFunctionsExecutionStatusChange',
  ])
    assert.ok(names.includes(name), name)
  assert.deepEqual(names, [...names].sort())
  assert.equal(awsSchema('aws.ec2@Nothing'), undefined)
})

test('each is a document of its own type of event, and what it was made of fits it', () => {
  for (const name of awsSchemaNames()) {
    const { form, source, detailType } = documentOf(name)
    assert.equal(form, 'envelope', name)
    assert.equal(source, name.slice(0, name.indexOf('@')))
    assert.ok(awsSchema(name)!.description.includes(detailType), name)
    assert.ok(awsSchema(name)!.content.length < 100_000, name)
  }
})

test('an object of S3 needs a key and may lack a version; an instance needs a state', async () => {
  const validators = new ValidatorCache()
  const faultsOf = async (name: string, detail: object): Promise<readonly unknown[]> => {
    const validator = await validators.get({
      name,
      type: 'OpenApi3',
      content: awsSchema(name)!.content,
    })
    const { source, detailType } = documentOf(name)
    return validator({
      version: '0',
      id: '1',
      'detail-type': detailType,
      source,
      account: '123456789012',
      time: '2026-01-31T12:00:00Z',
      region: 'us-east-1',
      resources: [],
      detail,
    })
  }
  const state = { 'instance-id': 'i-1', state: 'running' }
  const instance = 'aws.ec2@EC2InstanceStateChangeNotification'
  assert.deepEqual(await faultsOf(instance, state), [])
  assert.notDeepEqual(await faultsOf(instance, { 'instance-id': 'i-1' }), [])
  const created = {
    version: '0',
    bucket: { name: 'b' },
    object: { key: 'k', size: 1, etag: 'e', sequencer: 's' },
    'request-id': 'r',
    requester: '1',
    reason: 'PutObject',
  }
  assert.deepEqual(await faultsOf('aws.s3@ObjectCreated', created), [])
  const { key: _, ...object } = created.object
  assert.notDeepEqual(await faultsOf('aws.s3@ObjectCreated', { ...created, object }), [])
})
