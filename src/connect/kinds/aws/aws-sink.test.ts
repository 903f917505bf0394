import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../base/index.ts'
import type { Target } from '../../../model/index.ts'
import { createGuard, type GuardOptions } from '../../guard.ts'
import { type InvokeResult, invokeSink } from '../../invoke.ts'
import type { SinkMessage, SinkResult } from '../../sink.ts'
import { messageOf } from '../../testing.ts'
import { type AwsKindOptions, createAwsKind } from './aws-sink.ts'

const SCOPE = 'us-east-1:123456789012'

interface Call {
  readonly operation: string
  readonly path: string
  readonly authorization: string
  readonly input: unknown
}

interface Answer {
  readonly status?: number
  readonly body?: object
}

/** A stand-in for AWS that answers each operation of the JSON protocols by name. */
async function serveAws(
  t: TestContext,
  answers: Readonly<Record<string, Answer>> = {},
): Promise<{ readonly endpoint: string; readonly calls: Call[] }> {
  const calls: Call[] = []
  const server = createServer((request, response) => void reply(request, response))
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const target = String(request.headers['x-amz-target'] ?? '')
    const operation = target === '' ? `${request.method} ${request.url}` : target.split('.').at(-1)!
    const { authorization = '' } = request.headers
    const isJson = text.startsWith('{')
    const input: unknown = isJson ? JSON.parse(text) : text
    calls.push({ operation, path: request.url!, authorization, input })
    const { status = 200, body = receiptOf(input) } = answers[operation] ?? {}
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(body))
  }
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, calls }
}

/** The SDK compares what SQS says that it has got. */
function receiptOf(input: unknown): object {
  const { MessageBody: body } = input as { readonly MessageBody?: string }
  if (body === undefined) return {}
  return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(body).digest('hex') }
}

interface Sending {
  readonly address: string
  readonly busKey?: string
  readonly target?: Partial<Target>
  readonly body?: string
  readonly options?: Partial<AwsKindOptions>
  readonly guard?: Partial<GuardOptions>
}

async function send(t: TestContext, endpoint: string, sending: Sending): Promise<SinkResult> {
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock, ...sending.guard })
  const kind = createAwsKind({
    guard,
    clock: systemClock,
    timeoutMs: 5000,
    region: 'eu-west-1',
    endpointOf: () => endpoint,
    endpointOfUniversal: () => endpoint,
    select: (path) => (path === '$.detail.order' ? '1' : undefined),
    ...sending.options,
  })
  const { address } = sending
  const sink = kind.open(address)
  t.after(() => sink.close())
  const message: SinkMessage = messageOf({
    target: { id: 'target-1', address, ...sending.target },
    ...(sending.body === undefined ? {} : { body: Buffer.from(sending.body) }),
    ...(sending.busKey === undefined ? {} : { busKey: sending.busKey }),
  })
  const [result] = await sink.send([message], new AbortController().signal)
  return result!
}

const INPUT: Partial<Target> = { input: { kind: 'constant', json: '{}' } }
const ENVELOPE = Buffer.from(messageOf().body)

const CALLS: readonly (Sending & { readonly operation: string; readonly input: object })[] = [
  {
    address: `arn:aws:kinesis:${SCOPE}:stream/orders`,
    target: { parameters: { KinesisParameters: { PartitionKeyPath: '$.detail.order' } } },
    operation: 'PutRecord',
    input: { Data: ENVELOPE.toString('base64'), PartitionKey: '1', StreamName: 'orders' },
  },
  {
    address: `arn:aws:kinesis:${SCOPE}:stream/orders`,
    operation: 'PutRecord',
    input: { PartitionKey: 'event-1' },
  },
  {
    address: `arn:aws:firehose:${SCOPE}:deliverystream/lake`,
    operation: 'PutRecord',
    input: { DeliveryStreamName: 'lake', Record: { Data: ENVELOPE.toString('base64') } },
  },
  {
    address: `arn:aws:states:${SCOPE}:stateMachine:m`,
    operation: 'StartExecution',
    input: { stateMachineArn: `arn:aws:states:${SCOPE}:stateMachine:m`, input: String(ENVELOPE) },
  },
  {
    address: `arn:aws:states:${SCOPE}:stateMachine:m`,
    target: {
      parameters: { StepFunctionStateMachineParameters: { InvocationType: 'REQUEST_RESPONSE' } },
    },
    operation: 'StartSyncExecution',
    input: { input: String(ENVELOPE) },
  },
  {
    address: `arn:aws:ecs:${SCOPE}:cluster/c`,
    target: {
      ...INPUT,
      parameters: {
        EcsParameters: {
          TaskDefinitionArn: 'task:1',
          TaskCount: 2,
          LaunchType: 'FARGATE',
          NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['s'] } },
          Tags: [{ Key: 'a', Value: 'b' }],
        },
      },
    },
    body: '{"containerOverrides":[{"name":"main","command":["go"]}]}',
    operation: 'RunTask',
    input: {
      cluster: `arn:aws:ecs:${SCOPE}:cluster/c`,
      taskDefinition: 'task:1',
      count: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] } },
      tags: [{ key: 'a', value: 'b' }],
      overrides: { containerOverrides: [{ name: 'main', command: ['go'] }] },
    },
  },
  {
    address: `arn:aws:logs:${SCOPE}:log-group:/events/all:*`,
    target: { input: { kind: 'template', paths: {}, template: '{}' } },
    body: '{"timestamp":1767225600000,"message":"it happened"}',
    operation: 'PutLogEvents',
    input: {
      logGroupName: '/events/all',
      logEvents: [{ timestamp: 1_767_225_600_000, message: 'it happened' }],
    },
  },
  {
    address: `arn:aws:codebuild:${SCOPE}:project/site`,
    target: INPUT,
    body: '{"sourceVersion":"main"}',
    operation: 'StartBuild',
    input: { projectName: 'site', sourceVersion: 'main' },
  },
  {
    address: `arn:aws:codepipeline:${SCOPE}:release`,
    operation: 'StartPipelineExecution',
    input: { name: 'release' },
  },
  {
    address: `arn:aws:ssm:${SCOPE}:document/Restart`,
    target: {
      ...INPUT,
      parameters: {
        RunCommandParameters: { RunCommandTargets: [{ Key: 'tag:env', Values: ['prod'] }] },
      },
    },
    body: '{"service":"web"}',
    operation: 'SendCommand',
    input: {
      DocumentName: 'Restart',
      Targets: [{ Key: 'tag:env', Values: ['prod'] }],
      Parameters: { service: ['web'] },
    },
  },
  {
    address: `arn:aws:ssm:${SCOPE}:automation-definition/Patch:3`,
    operation: 'StartAutomationExecution',
    input: { DocumentName: 'Patch', DocumentVersion: '3' },
  },
  {
    address: `arn:aws:redshift:${SCOPE}:cluster:dw`,
    target: {
      parameters: {
        RedshiftDataParameters: { Database: 'd', DbUser: 'u', Sql: 'select 1', WithEvent: true },
      },
    },
    operation: 'ExecuteStatement',
    input: { ClusterIdentifier: 'dw', Database: 'd', DbUser: 'u', Sql: 'select 1' },
  },
  {
    address: `arn:aws:redshift-serverless:${SCOPE}:workgroup/w`,
    target: { parameters: { RedshiftDataParameters: { Database: 'd', Sqls: ['a', 'b'] } } },
    operation: 'BatchExecuteStatement',
    input: { WorkgroupName: 'w', Sqls: ['a', 'b'] },
  },
  {
    address: `arn:aws:sagemaker:${SCOPE}:pipeline/train`,
    target: {
      parameters: {
        SageMakerPipelineParameters: { PipelineParameterList: [{ Name: 'n', Value: 'v' }] },
      },
    },
    operation: 'StartPipelineExecution',
    input: { PipelineName: 'train', PipelineParameters: [{ Name: 'n', Value: 'v' }] },
  },
  {
    address: `arn:aws:sqs:${SCOPE}:far.fifo`,
    target: { messageGroupId: 'g' },
    operation: 'SendMessage',
    input: { MessageBody: String(ENVELOPE), MessageGroupId: 'g' },
  },
  {
    address: `arn:aws:batch:${SCOPE}:job-queue/q`,
    target: {
      parameters: {
        BatchParameters: {
          JobName: 'n',
          JobDefinition: 'd',
          ArrayProperties: { Size: 3 },
          RetryStrategy: { Attempts: 2 },
        },
      },
    },
    operation: 'POST /v1/submitjob',
    input: {
      jobName: 'n',
      jobDefinition: 'd',
      arrayProperties: { size: 3 },
      retryStrategy: { attempts: 2 },
    },
  },
  {
    address: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
    body: '{"stateMachineArn":"m"}',
    operation: 'StartExecution',
    input: { stateMachineArn: 'm' },
  },
]

for (const { operation, input, ...sending } of CALLS) {
  test(`a delivery to ${sending.address} is ${operation}`, async (t) => {
    const { endpoint, calls } = await serveAws(t)
    assert.deepEqual(await send(t, endpoint, sending), { kind: 'delivered' })
    const call = calls.at(-1)!
    assert.equal(call.operation, operation)
    assert.partialDeepStrictEqual(call.input, input)
    assert.match(call.authorization, /Credential=(?:123456789012|0{12})\/\d{8}\/us-east-1\//)
  })
}

test('a universal target is called as the account and in the region of its event', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  await send(t, endpoint, {
    address: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
    body: '{"stateMachineArn":"m"}',
    busKey: '210987654321/sa-east-1/$schedules',
  })
  assert.match(calls[0]!.authorization, /Credential=210987654321\/\d{8}\/sa-east-1\//)
})

test('an invocation of a function is asynchronous and carries the input as it is', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  const address = `arn:aws:lambda:${SCOPE}:function:far`
  await send(t, endpoint, { address, body: '{"a":1}' })
  assert.match(calls[0]!.path, /\/functions\/.*far.*\/invocations$/)
  assert.deepEqual(calls[0]!.input, { a: 1 })
})

test('a message of a topic is one call of the query protocol', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  await send(t, endpoint, { address: `arn:aws:sns:${SCOPE}:alerts`, body: 'New order: 1' })
  const form = new URLSearchParams(calls[0]!.input as string)
  assert.equal(form.get('Message'), 'New order: 1')
  assert.equal(form.get('TopicArn'), `arn:aws:sns:${SCOPE}:alerts`)
})

test('an API of API Gateway is called at its stage and path, signed, with its parameters', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  const result = await send(t, endpoint, {
    address: `arn:aws:execute-api:${SCOPE}:api1/prod/PUT/orders/*/lines/*`,
    target: {
      parameters: {
        HttpParameters: {
          PathParameterValues: ['o 1', '2'],
          QueryStringParameters: { q: 'a b' },
          HeaderParameters: { 'x-team': 'red' },
        },
      },
    },
  })
  assert.deepEqual(result, { kind: 'delivered' })
  assert.equal(calls[0]!.operation, 'PUT /prod/orders/o%201/lines/2?q=a%20b')
  assert.match(calls[0]!.authorization, /us-east-1\/execute-api\/aws4_request/)
})

const FAILURES: readonly (readonly [status: number, name: string, told: string])[] = [
  [400, 'ResourceNotFoundException', 'dead NO_RESOURCE'],
  [400, 'StateMachineDoesNotExist', 'dead NO_RESOURCE'],
  [400, 'AccessDeniedException', 'dead NO_PERMISSIONS'],
  [403, 'UnrecognizedClientException', 'dead NO_PERMISSIONS'],
  [400, 'ThrottlingException', 'retry THROTTLING'],
  [400, 'ProvisionedThroughputExceededException', 'retry THROTTLING'],
  [400, 'ValidationException', 'dead SDK_CLIENT_ERROR'],
  [429, 'Whatever', 'retry THROTTLING'],
  [500, 'InternalFailure', 'retry INTERNAL_ERROR'],
  [503, 'ServiceUnavailable', 'retry INTERNAL_ERROR'],
]

for (const [status, name, told] of FAILURES) {
  test(`an answer ${status} ${name} means ${told}, after a single attempt`, async (t) => {
    const body = { __type: name, message: 'said so' }
    const { endpoint, calls } = await serveAws(t, { StartExecution: { status, body } })
    const result = await send(t, endpoint, { address: `arn:aws:states:${SCOPE}:stateMachine:m` })
    assert.equal(calls.length, 1)
    assert.ok(result.kind !== 'delivered')
    assert.equal(`${result.kind} ${result.failure.code}`, told)
    assert.match(result.failure.message, /said so/)
  })
}

test('an execution that an earlier attempt has started is delivered', async (t) => {
  const body = { __type: 'ExecutionAlreadyExists', message: 'it is' }
  const { endpoint } = await serveAws(t, { StartExecution: { status: 400, body } })
  const address = `arn:aws:states:${SCOPE}:stateMachine:m`
  assert.deepEqual(await send(t, endpoint, { address }), { kind: 'delivered' })
})

test('what a service says it has done is delivered, though the rest of its answer cannot be read', async (t) => {
  // As stand-ins write times that AWS writes as numbers.
  const body = { build: { startTime: '2026-01-01T00:00:00Z' } }
  const { endpoint, calls } = await serveAws(t, {
    StartBuild: { body },
    RunTask: { body: { tasks: [{ createdAt: '2026-01-01T00:00:00Z' }] } },
  })
  const build = `arn:aws:codebuild:${SCOPE}:project/site`
  assert.deepEqual(await send(t, endpoint, { address: build }), { kind: 'delivered' })
  assert.equal(calls.length, 1)
  // Of a task the answer says whether it found a place.
  const result = await send(t, endpoint, {
    address: `arn:aws:ecs:${SCOPE}:cluster/c`,
    target: { parameters: { EcsParameters: { TaskDefinitionArn: 't' } } },
  })
  assert.equal(result.kind, 'dead')
})

test('a task that finds no place is tried again, one whose cluster is gone is not', async (t) => {
  const target = { parameters: { EcsParameters: { TaskDefinitionArn: 'task:1' } } }
  const address = `arn:aws:ecs:${SCOPE}:cluster/c`
  for (const [reason, kind] of [
    ['RESOURCE:CPU', 'retry'],
    ['MISSING', 'dead'],
  ] as const) {
    const { endpoint } = await serveAws(t, { RunTask: { body: { failures: [{ reason }] } } })
    const result = await send(t, endpoint, { address, target })
    assert.equal(result.kind, kind)
  }
})

test('a log stream is made once, and found where it is there', async (t) => {
  const exists = { __type: 'ResourceAlreadyExistsException', message: 'it is' }
  const { endpoint, calls } = await serveAws(t, { CreateLogStream: { status: 400, body: exists } })
  const address = `arn:aws:logs:${SCOPE}:log-group:g`
  assert.deepEqual(await send(t, endpoint, { address }), { kind: 'delivered' })
  assert.deepEqual(
    calls.map(({ operation }) => operation),
    ['CreateLogStream', 'PutLogEvents'],
  )
})

test('what the target lacks is said and final', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  for (const [address, target, lacks] of [
    [`arn:aws:ecs:${SCOPE}:cluster/c`, {}, /TaskDefinitionArn/],
    [`arn:aws:ssm:${SCOPE}:document/d`, {}, /RunCommandParameters/],
    [`arn:aws:sqs:${SCOPE}:far.fifo`, {}, /message group/],
    [`arn:aws:execute-api:${SCOPE}:a/s/GET/*`, {}, /PathParameterValues/],
    [
      `arn:aws:kinesis:${SCOPE}:stream/s`,
      { parameters: { KinesisParameters: { PartitionKeyPath: '$.detail.no' } } },
      /partition key/,
    ],
    ['arn:aws:scheduler:::aws-sdk:sfn:noSuchThing', {}, /no operation `NoSuchThing`/],
    ['arn:aws:scheduler:::aws-sdk:nothing:getIt', {}, /npm install @aws-sdk\/client-nothing/],
  ] as const) {
    const result = await send(t, endpoint, { address, target, body: '{}' })
    assert.ok(result.kind === 'dead', address)
    assert.match(result.failure.message, lacks)
  }
  assert.deepEqual(calls, [])
})

test('a service without an endpoint is buried with how to configure one', async (t) => {
  const address = `arn:aws:states:${SCOPE}:stateMachine:m`
  const result = await send(t, '', { address, options: { endpointOf: () => undefined } })
  assert.ok(result.kind === 'dead')
  assert.equal(result.failure.code, 'NO_RESOURCE')
  assert.match(result.failure.message, /targets\.aws\.endpoints\.states/)
  assert.match(result.failure.message, /SIGNALBOX_AWS_ENDPOINT/)
})

test('AWS itself is not called without credentials', async (t) => {
  const result = await send(t, 'aws', { address: `arn:aws:states:${SCOPE}:stateMachine:m` })
  assert.ok(result.kind === 'dead')
  assert.match(result.failure.message, /targets\.aws\.accessKeyId/)
})

test('every socket is the guard’s: what it refuses is not called', async (t) => {
  const { endpoint, calls } = await serveAws(t)
  const byName = endpoint.replace('127.0.0.1', 'aws.test')
  for (const url of [endpoint, byName]) {
    const result = await send(t, url, {
      address: `arn:aws:states:${SCOPE}:stateMachine:m`,
      guard: { mode: 'strict', resolve: async () => ['127.0.0.1'] },
    })
    assert.ok(result.kind === 'dead', url)
    assert.equal(result.failure.code, 'NO_PERMISSIONS')
  }
  assert.deepEqual(calls, [])
})

test('an endpoint that cannot be reached is tried again', async (t) => {
  const address = `arn:aws:states:${SCOPE}:stateMachine:m`
  const result = await send(t, 'http://127.0.0.1:1', { address })
  assert.ok(result.kind === 'retry')
  assert.equal(result.failure.code, 'CONNECTION_FAILURE')
})

test('an endpoint that does not answer is given up after the time of an attempt', async (t) => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const result = await send(t, `http://127.0.0.1:${port}`, {
    address: `arn:aws:states:${SCOPE}:stateMachine:m`,
    options: { timeoutMs: 50 },
  })
  assert.ok(result.kind === 'retry')
  assert.equal(result.failure.code, 'TIMEOUT')
})

async function ask(t: TestContext, endpoint: string, address: string): Promise<InvokeResult> {
  const guard = createGuard({ mode: 'dev', allow: [], clock: systemClock })
  const kind = createAwsKind({
    guard,
    clock: systemClock,
    timeoutMs: 5000,
    region: 'eu-west-1',
    endpointOf: () => endpoint,
    endpointOfUniversal: () => endpoint,
    select: () => undefined,
  })
  const sink = kind.open(address)
  t.after(() => sink.close())
  const request = { payload: Buffer.from('{"n":1}') }
  return invokeSink(sink, address, request, new AbortController().signal)
}

test('a function and an express state machine can be asked, and answer or say how they failed', async (t) => {
  const machine = `arn:aws:states:${SCOPE}:stateMachine:m`
  const output = { status: 'SUCCEEDED', output: '{"n":2}' }
  const { endpoint, calls } = await serveAws(t, { StartSyncExecution: { body: output } })
  const answer = await ask(t, endpoint, machine)
  assert.ok(answer.kind === 'ok')
  assert.equal(Buffer.from(answer.payload).toString(), '{"n":2}')
  assert.partialDeepStrictEqual(calls[0]!.input, { stateMachineArn: machine, input: '{"n":1}' })

  const failed = { status: 'FAILED', error: 'States.Runtime' }
  const failing = await serveAws(t, { StartSyncExecution: { body: failed } })
  const refusal = await ask(t, failing.endpoint, machine)
  assert.ok(refusal.kind === 'failed' && !refusal.isFinal)
  assert.match(refusal.failure.message, /States\.Runtime/)

  const far = await ask(t, endpoint, `arn:aws:lambda:${SCOPE}:function:far`)
  assert.equal(far.kind, 'ok')
  const stream = await ask(t, endpoint, `arn:aws:kinesis:${SCOPE}:stream/s`)
  assert.ok(stream.kind === 'failed' && stream.isFinal)
})
