// Cloud Control as a script: what the provider asks, and what it makes of each answer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../json-tree.ts'
import type { ProviderAnswer, ProviderRequest } from '../../provider.ts'
import type { Calls } from './calls.ts'
import { applyByCloudControl, removeByCloudControl } from './cloud-control.ts'

const ID = 'arn:x:b'

/** Answers by operation, in their order; the last one again and again. */
class Script {
  readonly asked: { readonly operation: string; readonly body: JsonObject }[] = []
  readonly #answers: Record<string, object[]>

  constructor(answers: Record<string, object[]>) {
    this.#answers = answers
  }

  readonly calls: Calls = async (_, { body = {}, headers = {} }) => {
    const operation = headers['x-amz-target']!.split('.')[1]!
    this.asked.push({ operation, body })
    const left = this.#answers[operation] ?? [{ status: 400, __type: 'UnknownOperation' }]
    const answer = (left.length > 1 ? left.shift()! : left[0]!) as { readonly status?: number }
    return { status: answer.status ?? 200, text: JSON.stringify(answer) }
  }

  /** What an answer wants kept. */
  forms(answer: ProviderAnswer): JsonObject {
    assert.ok(answer.kind === 'ready', answer.kind)
    return answer.memory ?? {}
  }

  tokens(operation: string): readonly unknown[] {
    return this.asked
      .filter((one) => one.operation === operation)
      .map(({ body }) => body['ClientToken'])
  }
}

function progress(OperationStatus: string, rest: object = {}): object {
  return { ProgressEvent: { OperationStatus, RequestToken: 'r', ...rest } }
}

const MADE = progress('SUCCESS', { Identifier: ID })
const THERE = { ResourceDescription: { Properties: JSON.stringify({ Name: 'b', BridgeArn: ID }) } }
const GONE = { status: 400, __type: 'ResourceNotFoundException' }

function request(
  known: JsonObject,
  wanted: JsonObject = { size: 1 },
  kind = 'Bridge',
): ProviderRequest {
  return {
    object: {
      apiVersion: 'mediaconnect.aws.livewyer.io/v1alpha1',
      kind,
      metadata: { name: 'b', namespace: 'default', uid: 'uid-1' },
    },
    wanted,
    known,
    config: { name: 'default', provider: 'aws', spec: {}, secret: {} },
    mayCreate: true,
    mayUpdate: true,
    signal: new AbortController().signal,
  }
}

/** Applies again and again, keeping what is kept, until it is ready or has failed. */
async function drive(script: Script, start: JsonObject = {}) {
  let known = start
  for (let turns = 0; turns < 10; turns += 1) {
    const answer = await applyByCloudControl(script.calls, request(known))
    if (answer.kind === 'ready' || answer.kind === 'failed') return answer
    assert.equal(answer.kind, 'begun')
    if (answer.kind === 'begun') known = { ...known, memory: answer.memory }
  }
  throw new Error('it never ended')
}

test('that it is to be made is kept before it is asked for, then it is followed to its end', async () => {
  const script = new Script({
    CreateResource: [progress('IN_PROGRESS')],
    GetResourceRequestStatus: [progress('IN_PROGRESS'), MADE],
    GetResource: [THERE],
  })
  const first = await applyByCloudControl(script.calls, request({}))
  assert.equal(first.kind, 'begun')
  assert.deepEqual(script.asked, [])
  const answer = await drive(script)
  assert.ok(answer.kind === 'ready')
  assert.deepEqual([answer.id, answer.arn], [ID, ID])
  assert.deepEqual(script.tokens('CreateResource'), ['uid-1-0'])
})

test('a creation that failed is begun anew, under another token', async () => {
  const script = new Script({
    CreateResource: [progress('IN_PROGRESS'), MADE],
    GetResourceRequestStatus: [progress('FAILED', { StatusMessage: 'no such gateway' })],
    GetResource: [THERE],
  })
  const failed = await drive(script)
  assert.ok(failed.kind === 'failed')
  assert.match(failed.message, /AWS::MediaConnect::Bridge: no such gateway/)
  assert.equal((await drive(script, { memory: failed.memory })).kind, 'ready')
  assert.deepEqual(script.tokens('CreateResource'), ['uid-1-0', 'uid-1-1'])
})

test('what is being made when it is to go is waited for, and taken away', async () => {
  const script = new Script({
    GetResourceRequestStatus: [progress('IN_PROGRESS'), MADE],
    GetResource: [THERE, GONE],
    DeleteResource: [progress('IN_PROGRESS')],
  })
  const known = { memory: { begun: true, request: 'r', attempt: 0 } }
  assert.equal(await removeByCloudControl(script.calls, request(known)), false)
  assert.equal(await removeByCloudControl(script.calls, request(known)), true)
})

test('what a crash cut off right after it was asked for is found by its token, and taken away', async () => {
  const script = new Script({
    CreateResource: [MADE],
    GetResource: [THERE, GONE],
    DeleteResource: [progress('SUCCESS')],
  })
  const known = { memory: { begun: true, attempt: 2 } }
  assert.equal(await removeByCloudControl(script.calls, request(known)), true)
  assert.deepEqual(script.tokens('CreateResource'), ['uid-1-2'])
  const nothing = new Script({})
  assert.equal(await removeByCloudControl(nothing.calls, request({})), true)
  assert.deepEqual(nothing.asked, [])
})

test('a deletion that is under way is not asked for as a failure', async () => {
  const script = new Script({
    GetResource: [THERE],
    DeleteResource: [{ status: 400, __type: 'ConcurrentOperationException' }],
  })
  assert.equal(await removeByCloudControl(script.calls, request({ id: ID })), false)
})

test('an update that failed is tried again with what was wanted', async () => {
  const script = new Script({
    GetResource: [THERE],
    UpdateResource: [progress('FAILED', { StatusMessage: 'busy' }), MADE],
  })
  const before = { id: ID, memory: { begun: true, form: 'other', attempt: 0 } }
  const failed = await applyByCloudControl(script.calls, request(before))
  assert.ok(failed.kind === 'failed')
  const after = await applyByCloudControl(script.calls, request({ id: ID, memory: failed.memory }))
  assert.equal(after.kind, 'ready')
  assert.equal(new Set(script.tokens('UpdateResource')).size, 2)
})

test('types and members are written as CloudFormation has them, and the names of tags as the user', async () => {
  const script = new Script({ CreateResource: [MADE], GetResource: [THERE] })
  const known = { memory: { begun: true, attempt: 0 } }
  const wanted = { multiplexId: 'm', tags: { team: 'a' } }
  const object = request(known, wanted, 'MultiplexProgram')
  const live = { ...object.object, apiVersion: 'medialive.aws.livewyer.io/v1alpha1' }
  await applyByCloudControl(script.calls, { ...object, object: live })
  const { body } = script.asked[0]!
  assert.equal(body['TypeName'], 'AWS::MediaLive::Multiplexprogram')
  assert.deepEqual(JSON.parse(body['DesiredState'] as string), {
    ProgramName: 'b',
    MultiplexId: 'm',
    Tags: { team: 'a' },
  })
})

test('what is wanted no more is taken from the patch on, and what somebody changed is put back', async () => {
  const shown = (properties: object): object => ({
    ResourceDescription: { Properties: JSON.stringify({ BridgeArn: ID, ...properties }) },
  })
  const script = new Script({
    GetResource: [shown({ Name: 'b', Size: 1, Colour: 'red' }), shown({ Name: 'b', Size: 1 })],
    UpdateResource: [progress('IN_PROGRESS')],
  })
  const told = { begun: true, form: 'before', members: ['Name', 'Size', 'Colour'], attempt: 0 }
  await applyByCloudControl(script.calls, request({ id: ID, memory: told }))
  const [update] = script.asked.filter(({ operation }) => operation === 'UpdateResource')
  assert.deepEqual(JSON.parse(update!.body['PatchDocument'] as string), [
    { op: 'replace', path: '/Name', value: 'b' },
    { op: 'replace', path: '/Size', value: 1 },
    { op: 'remove', path: '/Colour' },
  ])

  const drifted = new Script({
    GetResource: [shown({ Name: 'b', Size: 1 }), shown({ Name: 'b', Size: 9 })],
    UpdateResource: [progress('IN_PROGRESS')],
  })
  const form = script.forms(await applyByCloudControl(drifted.calls, request({ id: ID })))
  assert.deepEqual(drifted.tokens('UpdateResource'), [])
  await applyByCloudControl(drifted.calls, request({ id: ID, memory: form }))
  assert.equal(drifted.tokens('UpdateResource').length, 1)
})

test('a member that the service shows in a form of its own is no change of somebody', async () => {
  const properties = { Name: 'b', Size: '1 GB', BridgeArn: ID }
  const script = new Script({
    GetResource: [{ ResourceDescription: { Properties: JSON.stringify(properties) } }],
  })
  let memory: JsonObject = {}
  for (let looks = 0; looks < 3; looks += 1)
    memory = script.forms(await applyByCloudControl(script.calls, request({ id: ID, memory })))
  assert.deepEqual(script.tokens('UpdateResource'), [])
})

test('what somebody has taken away is made again, under another token', async () => {
  const script = new Script({ GetResource: [GONE, THERE], CreateResource: [MADE] })
  const memory = { begun: true, form: 'f', members: ['Name'], attempt: 0 }
  const seen = await applyByCloudControl(script.calls, request({ id: ID, memory }))
  assert.ok(seen.kind === 'begun')
  assert.match(seen.message, /no longer there/)
  const again = { id: ID, memory: seen.memory }
  assert.equal((await applyByCloudControl(script.calls, request(again))).kind, 'ready')
  assert.deepEqual(script.tokens('CreateResource'), ['uid-1-1'])
})
