import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import { createCodeBinding } from './code-binding.ts'
import { REGISTRATION } from './testing.ts'
import { zipFiles } from './zip.ts'

const READ = `
import io, json, sys, zipfile
archive = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert archive.testzip() is None
print(json.dumps({name: archive.read(name).decode() for name in archive.namelist()}))
`

function unzip(archive: Buffer): unknown {
  return JSON.parse(execFileSync('python3', ['-c', READ], { input: archive, encoding: 'utf8' }))
}

test('another program reads what was packed', () => {
  const files = [
    { path: 'a/b.txt', text: 'hello '.repeat(1000) },
    { path: 'ü.txt', text: '€' },
    { path: 'empty', text: '' },
  ]
  assert.deepEqual(
    unzip(zipFiles(files)),
    Object.fromEntries(files.map(({ path, text }) => [path, text])),
  )
})

test('the same files are the same bytes', () => {
  const files = [{ path: 'a', text: 'b' }]
  assert.deepEqual(zipFiles(files), zipFiles(files))
})

test('a binding is a zip of code; a language without one says which there are', () => {
  const text = { name: 'UserRegistrationEvent', type: 'OpenApi3', content: REGISTRATION } as const
  const files = unzip(createCodeBinding('TypeScript3', text)) as Record<string, string>
  assert.match(
    files['schema/UserRegistrationEvent.ts']!,
    /export interface UserRegistrationEventDetail/,
  )
  assert.throws(
    () => createCodeBinding('Cobol', text),
    (error) =>
      isAppError(error, 'REQUEST_INVALID') &&
      /expected one of Go1, Java8, Python36, TypeScript3/.test(error.message),
  )
})
