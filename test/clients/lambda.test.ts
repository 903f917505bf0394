// Functions as boto3 and the aws CLI make and call them: from a zip, with an answer, later, permitted, in two
// languages; and those of the operator's files beside them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUICK_RETRIES, Signalbox } from '../support/signalbox.ts'

const ACCOUNT = '123456789012'

const CLIENT = `
import base64, io, zipfile
functions = boto3.client('lambda', config=once)
def archive(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as out:
        for name, text in files.items():
            out.writestr(name.replace('__', '/').replace('_js', '.js').replace('_py', '.py'), text)
    return packed.getvalue()
def create(name, runtime, handler, code, **more):
    return functions.create_function(
        FunctionName=name, Runtime=runtime, Handler=handler, Role='arn:aws:iam::123456789012:role/r',
        Code={'ZipFile': code}, **more)
def call(name, payload, **more):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(payload), **more)
    return answer, json.loads(answer['Payload'].read() or 'null')
NODE = '''
exports.handler = async (event, context) => {
  console.log('asked', event.n)
  if (event.fail) throw new RangeError('no ' + event.n)
  return { n: event.n + 1, name: context.functionName, greeting: process.env.GREETING }
}
'''
`

test('a function made from a zip answers, fails, is changed and survives a restart', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT, config: QUICK_RETRIES })
  const seen = await signalbox.python<Record<string, unknown>>(`${CLIENT}
made = create('adder', 'nodejs24.x', 'index.handler', archive(index_js=NODE), Timeout=20,
              Environment={'Variables': {'GREETING': 'hello'}}, Tags={'team': 'shop'})
answer, value = call('adder', {'n': 1}, LogType='Tail')
failed, error = call('adder', {'n': 2, 'fail': True})
functions.update_function_configuration(FunctionName='adder', Environment={'Variables': {'GREETING': 'hi'}},
                                        Description='adds')
functions.update_function_code(FunctionName='adder', ZipFile=archive(
    index_js=NODE.replace('+ 1', '+ 100')))
_, changed = call('arn:aws:lambda:us-east-1:123456789012:function:adder', {'n': 1})
create('py', 'python3.12', 'app.main.handler', archive(app__main_py='''
def handler(event, context):
    if event.get("fail"): raise ValueError("no")
    return {"got": event, "memory": context.memory_limit_in_mb}
'''), MemorySize=256, Timeout=20)
_, python = call('py', {'a': [1]})
got = functions.get_function(FunctionName='adder')
result = dict(
    state=[made['State'], made['CodeSize'] > 0, made['Runtime'], made['Version']],
    status=answer['StatusCode'], value=value,
    log='asked 1' in base64.b64decode(answer['LogResult']).decode(),
    error=[failed['FunctionError'], error['errorType'], error['errorMessage'], len(error['trace']) > 1],
    changed=changed, python=python,
    shown=[got['Configuration']['Description'], got['Configuration']['Handler'], got['Tags']],
    hashes=made['CodeSha256'] != got['Configuration']['CodeSha256'],
    versions=[v['Version'] for v in functions.list_versions_by_function(FunctionName='adder')['Versions']],
    listed=[f['FunctionName'] for f in functions.list_functions()['Functions']],
    dry=functions.invoke(FunctionName='adder', InvocationType='DryRun')['StatusCode'],
    refusals=[
        refusal(create, name='adder', runtime='nodejs24.x', handler='index.handler', code=archive(index_js='1'))[0],
        refusal(create, name='evil', runtime='nodejs24.x', handler='index.handler',
                code=archive(**{'..__evil_js': '1'}))[0],
        refusal(create, name='old', runtime='java21', handler='a.b', code=archive(index_js='1'))[0],
        refusal(create, name='bad', runtime='nodejs24.x', handler='index.handler', code=b'no zip')[0],
        refusal(functions.invoke, FunctionName='none')])
`)
  assert.deepEqual(seen, {
    state: ['Active', true, 'nodejs24.x', '$LATEST'],
    status: 200,
    value: { n: 2, name: 'adder', greeting: 'hello' },
    log: true,
    error: ['Unhandled', 'RangeError', 'no 2', true],
    changed: { n: 101, name: 'adder', greeting: 'hi' },
    python: { got: { a: [1] }, memory: '256' },
    shown: ['adds', 'index.handler', { team: 'shop' }],
    hashes: true,
    versions: ['$LATEST'],
    listed: ['adder', 'py'],
    dry: 204,
    refusals: [
      'ResourceConflictException',
      'InvalidParameterValueException',
      'InvalidParameterValueException',
      'InvalidParameterValueException',
      [
        'ResourceNotFoundException',
        `Function not found: arn:aws:lambda:us-east-1:${ACCOUNT}:function:none`,
      ],
    ],
  })
  await signalbox.end('SIGKILL')
  await signalbox.start()
  const again = await signalbox.python<unknown>(`${CLIENT}
_, value = call('adder', {'n': 1})
functions.delete_function(FunctionName='py')
result = [value['n'], refusal(functions.get_function, FunctionName='py')[0]]
`)
  assert.deepEqual(again, [101, 'ResourceNotFoundException'])
})

test('a rule reaches it, an Event invocation is tried three times, then dead-lettered; traces reach the handler', async (context) => {
  const signalbox = await Signalbox.open(context, { account: ACCOUNT, config: QUICK_RETRIES })
  const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793'
  const seen = await signalbox.python<{
    ruled: Record<string, unknown>
    later: Record<string, unknown>
    status: number
    dead: Record<string, { StringValue: string }>
  }>(
    `${CLIENT}
for queue in ['out', 'dead']: sqs.create_queue(QueueName=queue)
create('tell', 'python3.12', 'f.handler', archive(f_py='''
import boto3, json, os
def handler(event, context):
    if event.get("fail"): raise ValueError("it is broken")
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="out")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(
        {"event": event, "trace": os.environ.get("_X_AMZN_TRACE_ID")}))
'''), Timeout=30, MemorySize=512,
    DeadLetterConfig={'TargetArn': 'arn:aws:sqs:us-east-1:123456789012:dead'})
route('tell', {'source': ['shop']}, {'Id': 'f', 'InputPath': '$.detail',
      'Arn': 'arn:aws:lambda:us-east-1:123456789012:function:tell'})
put('shop', 'placed', {'order': 1}, TraceHeader=given)
[ruled] = bodies('out', 1)
status = functions.invoke(FunctionName='tell', InvocationType='Event', Payload='{"order": 2.0}')['StatusCode']
[later] = bodies('out', 1)
functions.invoke(FunctionName='tell', InvocationType='Event', Payload='{"fail": true}')
[letter] = take('dead', 1)
result = dict(ruled=ruled, later=later, status=status, dead=letter['MessageAttributes'])
`,
    trace,
  )
  assert.deepEqual(seen.ruled, { event: { order: 1 }, trace })
  assert.deepEqual(seen.later['event'], { order: 2 })
  assert.equal(seen.status, 202)
  assert.equal(seen.dead['RETRY_ATTEMPTS']!.StringValue, '2')
  assert.match(seen.dead['ERROR_MESSAGE']!.StringValue, /it is broken/)
})

test('functions of files are called and permitted by the same API, and changed only in their files', async (context) => {
  const signalbox = await Signalbox.open(context, {
    account: ACCOUNT,
    files: { 'functions/hello.mjs': `export const handler = async ({ who }) => 'hello ' + who` },
  })
  const seen = await signalbox.python<Record<string, unknown>>(`${CLIENT}
arn = 'arn:aws:lambda:us-east-1:123456789012:function:hello'
added = functions.add_permission(
    FunctionName='hello', StatementId='events', Action='lambda:InvokeFunction',
    Principal='events.amazonaws.com', SourceArn='arn:aws:events:us-east-1:123456789012:rule/r')
policy = json.loads(functions.get_policy(FunctionName='hello')['Policy'])
functions.tag_resource(Resource=arn, Tags={'a': 'b', 'c': 'd'})
functions.untag_resource(Resource=arn, TagKeys=['c'])
tags = functions.list_tags(Resource=arn)['Tags']
twice = refusal(functions.add_permission, FunctionName='hello', StatementId='events',
                Action='lambda:InvokeFunction', Principal='s3.amazonaws.com')[0]
functions.remove_permission(FunctionName='hello', StatementId='events')
result = dict(
    value=call('hello', {'who': 'you'})[1], statement=json.loads(added['Statement']), policy=policy,
    tags=tags, twice=twice,
    gone=[refusal(functions.get_policy, FunctionName='hello')[0],
          refusal(functions.remove_permission, FunctionName='hello', StatementId='events')[0]],
    fixed=refusal(functions.delete_function, FunctionName='hello')[0])
`)
  const statement = {
    Sid: 'events',
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:hello`,
    Condition: {
      ArnLike: { 'AWS:SourceArn': `arn:aws:events:us-east-1:${ACCOUNT}:rule/r` },
    },
  }
  assert.deepEqual(seen, {
    value: 'hello you',
    statement,
    policy: { Version: '2012-10-17', Id: 'default', Statement: [statement] },
    tags: { a: 'b' },
    twice: 'ResourceConflictException',
    gone: ['ResourceNotFoundException', 'ResourceNotFoundException'],
    fixed: 'InvalidParameterValueException',
  })
  const { FunctionName: name } = await signalbox.aws<{ FunctionName: string }>(
    'lambda',
    'get-function-configuration',
    { 'function-name': 'hello' },
  )
  assert.equal(name, 'hello')
})
