import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELIVERED, DESTINATION, FUNCTION, PipeBench, TARGET } from './testing.ts'

const NOW = new AbortController().signal

interface Body {
  readonly messageId: string
  readonly body: string
}

test('a function that is the target gets the whole batch as one array', async () => {
  const bench = new PipeBench()
  bench.answer(FUNCTION, () => null)
  bench.define({ target: FUNCTION, targetParameters: { InputTemplate: '{"id": <$.messageId>}' } })
  await bench.run(['a', 'b'])
  assert.deepEqual(bench.bodies(), ['[{"id": "m0"},{"id": "m1"}]'])
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm1'])
  await bench.pipes.close(NOW)
})

test('text that a template makes is a string in the array', async () => {
  const bench = new PipeBench()
  bench.answer(FUNCTION, () => null)
  bench.define({ target: FUNCTION, targetParameters: { InputTemplate: 'say <$.body>' } })
  await bench.run(['"a"'])
  assert.deepEqual(JSON.parse(bench.bodies()[0]!), ['say "a"'])
  await bench.pipes.close(NOW)
})

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
const ANSWERS: readonly (readonly [what: string, answer: unknown, taken: readonly string[]])[] = [
  ['no failures', { batchItemFailures: [] }, ['m0', 'm1', 'm2']],
  ['null failures', { batchItemFailures: null }, ['m0', 'm1', 'm2']],
  ['an empty answer', {}, ['m0', 'm1', 'm2']],
  ['null', null, ['m0', 'm1', 'm2']],
  ['what is no JSON', 'thanks', ['m0', 'm1', 'm2']],
  ['one failure', { batchItemFailures: [{ itemIdentifier: 'm1' }] }, ['m0', 'm2']],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, []],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }, []],
  ['a bad key', { batchItemFailures: [{ id: 'm1' }] }, []],
  ['an identifier of no record', { batchItemFailures: [{ itemIdentifier: 'm9' }] }, []],
]

for (const [what, answer, taken] of ANSWERS) {
  test(`a function that answers ${what} took ${taken.length} of three`, async () => {
    const bench = new PipeBench()
    bench.answer(FUNCTION, () => answer)
    bench.define({ target: FUNCTION })
    await bench.run(['a', 'b', 'c'])
    assert.deepEqual(bench.source.acknowledged, taken)
    await bench.pipes.close(NOW)
  })
}

for (const [type, taken] of [
  ['REQUEST_RESPONSE', []],
  ['FIRE_AND_FORGET', ['m0']],
] as const) {
  test(`a function that throws took ${taken.length} records when called by ${type}`, async () => {
    const bench = new PipeBench()
    bench.answer(FUNCTION, () => {
      throw new Error('no')
    })
    const targetParameters = { LambdaFunctionParameters: { InvocationType: type } }
    bench.define({ target: FUNCTION, targetParameters })
    await bench.run(['a'])
    assert.deepEqual(bench.source.acknowledged, taken)
    await bench.pipes.close(NOW)
  })
}

test('a large batch goes in several calls', async () => {
  const bench = new PipeBench()
  const sizes: number[] = []
  bench.answer(FUNCTION, (records) => {
    sizes.push((records as unknown[]).length)
    return null
  })
  bench.define({ target: FUNCTION })
  const body = 'x'.repeat(1024 * 1024)
  await bench.run(Array.from({ length: 7 }, () => body))
  assert.deepEqual(sizes, [4, 3])
  assert.equal(bench.source.acknowledged.length, 7)
  await bench.pipes.close(NOW)
})

test('what an enrichment answers goes on in place of the events', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.answer(FUNCTION, (records) =>
    (records as Body[]).map(({ body }) => ({ upper: body.toUpperCase() })),
  )
  bench.define({
    enrichment: FUNCTION,
    targetParameters: { InputTemplate: '<$.upper> by <aws.pipes.enrichment-arn>' },
  })
  await bench.run(['a', 'b'])
  assert.deepEqual(bench.bodies().slice(1), [`A by ${FUNCTION}`, `B by ${FUNCTION}`])
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm1'])
  await bench.pipes.close(NOW)
})

for (const answer of ['', '""', 'null', '{}', '[]', ' [] ']) {
  test(`an enrichment that answers \`${answer}\` leaves the target in peace, and the records are done`, async () => {
    const bench = new PipeBench()
    bench.serve(TARGET, () => DELIVERED)
    bench.answer(FUNCTION, () => answer)
    bench.define({ enrichment: FUNCTION })
    await bench.run(['a'])
    assert.equal(bench.messages.length, 0)
    assert.deepEqual(bench.source.acknowledged, ['m0'])
    await bench.pipes.close(NOW)
  })
}

test('an enrichment that fails, or answers no JSON, takes nothing', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  let calls = 0
  bench.answer(FUNCTION, () => {
    calls += 1
    if (calls === 1) throw new Error('no')
    return 'no JSON'
  })
  bench.define({ enrichment: FUNCTION })
  await bench.run(['a'])
  await bench.clock.run(10_000)
  await bench.run(['b'])
  assert.equal(calls, 2)
  assert.equal(bench.messages.length, 0)
  assert.deepEqual(bench.source.acknowledged, [])
  await bench.pipes.close(NOW)
})

test('when a target fails one of the events an enrichment made of a batch, all records come again', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, (body) =>
    body === '2' ? { kind: 'dead', failure: { code: 'NO', message: 'no' } } : DELIVERED,
  )
  bench.answer(FUNCTION, () => [1, 2, 3, 4])
  bench.define({ enrichment: FUNCTION })
  await bench.run(['a', 'b'])
  assert.deepEqual(bench.bodies().slice(1), ['1', '2', '3', '4'])
  assert.deepEqual(bench.source.acknowledged, [])
  await bench.pipes.close(NOW)
})

test('an API destination enriches each event by itself, with what its parameters add', async () => {
  const bench = new PipeBench()
  bench.serve(TARGET, () => DELIVERED)
  bench.answer(DESTINATION, (event) => {
    const { messageId } = event as Body
    if (messageId === 'm1') throw new Error('status 503')
    return { of: messageId }
  })
  bench.define({
    enrichment: DESTINATION,
    enrichmentParameters: {
      HttpParameters: {
        PathParameterValues: ['$.body.id'],
        HeaderParameters: { 'X-Kind': '$.body.kind', 'X-None': '$.body.none' },
        QueryStringParameters: { all: 'yes' },
      },
    },
  })
  await bench.run([{ id: 7, kind: 'k' }, { id: 8 }, { id: 9 }])
  assert.deepEqual(bench.requests[0]!.http, {
    headers: { 'X-Kind': 'k', 'X-None': '' },
    query: { all: 'yes' },
    pathValues: ['7'],
  })
  const made = bench.messages.map(({ body }) => Buffer.from(body).toString())
  assert.deepEqual(made, ['{"of":"m0"}', '{"of":"m2"}'])
  assert.deepEqual(bench.source.acknowledged, ['m0', 'm2'])
  await bench.pipes.close(NOW)
})
