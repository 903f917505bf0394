import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLogger, systemClock, systemRandom } from '../../../base/index.ts'
import type { FunctionSpec } from '../../../model/index.ts'
import { invokeSink, type InvokeRequest, type InvokeResult } from '../../invoke.ts'
import { createFunctionEnvironment } from './environment.ts'
import { createFunctionSinkKind } from './function-sink.ts'

const ADDRESS = 'arn:aws:lambda:us-east-1:123456789012:function:f'

let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'function-invoke-'))
})

after(() => rm(directory, { recursive: true }))

/** Invokes once what `source` defines. */
async function invoke(
  file: string,
  source: string,
  request: InvokeRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<InvokeResult> {
  const handler = join(directory, file)
  await writeFile(handler, source)
  const spec: FunctionSpec = {
    account: '123456789012',
    region: 'us-east-1',
    name: 'f',
    runtime: file.endsWith('.py') ? 'python' : 'node',
    handler,
    timeoutMs: 20_000,
    memoryMb: 256,
    concurrency: 1,
  }
  const sink = createFunctionSinkKind({
    find: (address) => (address === ADDRESS ? spec : undefined),
    environment: createFunctionEnvironment({
      host: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      endpointUrl: () => undefined,
    }),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  }).open(ADDRESS)
  try {
    return await invokeSink(sink, ADDRESS, request, signal)
  } finally {
    await sink.close()
  }
}

const TWICE = {
  'twice.mjs': 'export const handler = ({ n }) => { console.log("twice", n); return { n: n * 2 } }',
  'twice.py':
    'def handler(event, context):\n    print("twice", event["n"])\n    return {"n": event["n"] * 2}\n',
}

for (const [file, source] of Object.entries(TWICE)) {
  test(`${file} answers what its handler returns, and with what it printed when that is wanted`, async () => {
    const payload = Buffer.from('{"n":21}')
    const plain = await invoke(file, source, { payload })
    assert.ok(plain.kind === 'ok')
    assert.deepEqual(JSON.parse(Buffer.from(plain.payload).toString()), { n: 42 })
    assert.equal(plain.log, undefined)
    const { log } = await invoke(file, source, { payload, withLog: true })
    assert.equal(log, 'twice 21\n')
  })
}

const RAISING = {
  'raise.mjs': `export function handler() { throw new TypeError('no user') }`,
  'raise.py': `def handler(event, context):\n    raise TypeError('no user')\n`,
}

for (const [file, source] of Object.entries(RAISING)) {
  test(`${file} answers its error, and where it was thrown`, async () => {
    const result = await invoke(file, source, { payload: Buffer.from('{}'), withLog: true })
    assert.ok(result.kind === 'failed')
    assert.equal(result.isFinal, false)
    assert.deepEqual(result.failure, { code: 'FUNCTION_ERROR', message: 'TypeError: no user' })
    assert.equal(result.functionError!.name, 'TypeError')
    assert.equal(result.functionError!.message, 'no user')
    assert.match(result.functionError!.trace!.join('\n'), new RegExp(file.replace('.', '\\.')))
    assert.match(result.log!, /no user/)
  })
}

test('what is kept of the output is its end', async () => {
  const source = `export const handler = () => { for (let i = 0; i < 2000; i += 1) console.log('line', i) }`
  const { log } = await invoke('long.mjs', source, { payload: Buffer.from('{}'), withLog: true })
  assert.equal(log!.length, 4096)
  assert.ok(log!.endsWith('line 1998\nline 1999\n'))
})

test('an invocation that is aborted has no result, and is no error of the function', async () => {
  const aborted = AbortSignal.abort()
  const result = await invoke(
    'never.mjs',
    'export const handler = () => new Promise(() => {})',
    { payload: Buffer.from('{}') },
    aborted,
  )
  assert.ok(result.kind === 'failed')
  assert.equal(result.functionError, undefined)
})

test('a payload that is too long is refused for good', async () => {
  const payload = Buffer.alloc(6 * 1024 * 1024 + 1, ' ')
  const result = await invoke('twice.mjs', TWICE['twice.mjs'], { payload })
  assert.ok(result.kind === 'failed' && result.isFinal)
})
