import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isAppError } from '../../../base/index.ts'
import { discoverFunctions } from './discover.ts'
import { findHandler } from './handler.ts'

const settings = {
  account: '000000000000',
  region: 'us-east-1',
  timeoutMs: 5000,
  memoryMb: 64,
  concurrency: 2,
}
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'functions-'))
})

afterEach(() => rm(directory, { recursive: true }))

async function put(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(join(directory, file, '..'), { recursive: true })
    await writeFile(join(directory, file), '')
  }
}

test('files and folders are functions, by name', async () => {
  await put('resize.mjs', 'send-email.py', 'report/handler.py', 'old/index.js', 'typed.ts')
  const { functions, problems } = await discoverFunctions(directory, settings)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    functions.map(({ name, runtime, handler }) => [
      name,
      runtime,
      handler.slice(directory.length + 1),
    ]),
    [
      ['old', 'node', 'old/index.js'],
      ['report', 'python', 'report/handler.py'],
      ['resize', 'node', 'resize.mjs'],
      ['send-email', 'python', 'send-email.py'],
      ['typed', 'node', 'typed.ts'],
    ],
  )
})

test('a function found has the settings given', async () => {
  await put('resize.mjs')
  const { functions } = await discoverFunctions(directory, settings)
  const handler = join(directory, 'resize.mjs')
  assert.deepEqual(functions, [{ ...settings, name: 'resize', runtime: 'node', handler }])
})

test('what is no function is passed over, and what cannot be one is told', async () => {
  await put('README.md', '.hidden.py', '__pycache__/x.py', 'types.d.ts', 'resize.test.ts', 'a b.py')
  await put('twice.mjs', 'twice.py', 'empty/notes.txt')
  const { functions, problems } = await discoverFunctions(directory, settings)
  assert.deepEqual(
    functions.map(({ name }) => name),
    ['twice'],
  )
  assert.equal(problems.length, 2)
  assert.match(problems[0]!, /`a b`/)
  assert.match(problems[1]!, /two files are function `twice`/)
})

test('no folder is no functions', async () => {
  const found = await discoverFunctions(join(directory, 'none'), settings)
  assert.deepEqual(found, { functions: [], problems: [] })
})

test('a handler is a file, a file with a name, or what Lambda writes', async () => {
  await put('index.mjs', 'jobs/lambda_function.py')
  assert.deepEqual(find('node', 'index.mjs'), [
    'index.mjs',
    ['handler', 'lambda_handler', 'default'],
  ])
  assert.deepEqual(find('node', 'index.mjs:other'), ['index.mjs', ['other']])
  assert.deepEqual(find('node', 'index.handler'), ['index.mjs', ['handler']])
  assert.deepEqual(find('python', 'jobs/lambda_function.lambda_handler'), [
    'jobs/lambda_function.py',
    ['lambda_handler'],
  ])
  assert.throws(
    () => find('python', 'index.handler'),
    (error) => isAppError(error, 'FUNCTION_NOT_FOUND'),
  )
})

function find(runtime: 'node' | 'python', handler: string): [string, readonly string[]] {
  const found = findHandler({ name: 'f', runtime, handler: join(directory, handler) })
  return [found.file.slice(directory.length + 1), found.names]
}
