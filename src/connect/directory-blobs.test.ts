import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openDirectoryBlobs } from './directory-blobs.ts'

function openFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-blobs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a blob is there under its name until it is deleted, over a restart too', async (context) => {
  const folder = openFolder(context)
  const blobs = openDirectoryBlobs(folder)
  assert.deepEqual(await blobs.list(''), [])
  await blobs.put('a/one', Buffer.from('1'))
  await blobs.put('a/one', Buffer.from('2'))
  await blobs.put('b/two', Buffer.from('3'))
  const again = openDirectoryBlobs(folder)
  assert.equal((await again.get('a/one'))?.toString(), '2')
  assert.equal(await again.get('a/none'), undefined)
  assert.deepEqual(await again.list('a/'), ['a/one'])
  assert.deepEqual(await again.list(''), ['a/one', 'b/two'])
  await again.delete('a/one')
  await again.delete('a/one')
  assert.equal(await blobs.get('a/one'), undefined)
})

test('what a crash left half written is no blob, and files are their owner’s alone', async (context) => {
  const folder = openFolder(context)
  const blobs = openDirectoryBlobs(folder)
  await blobs.put('a/one', Buffer.from('1'))
  writeFileSync(join(folder, 'a', 'two.new'), 'half')
  assert.deepEqual(await blobs.list(''), ['a/one'])
  assert.equal(statSync(join(folder, 'a', 'one')).mode & 0o077, 0)
  assert.deepEqual(readdirSync(join(folder, 'a')).sort(), ['one', 'two.new'])
})

test('a name that leads out of the directory is a mistake of the caller', async (context) => {
  const blobs = openDirectoryBlobs(join(openFolder(context), 'inner'))
  for (const name of ['../x', '/x', 'a/../../x', '', 'a//b', '.hidden'])
    await assert.rejects(async () => blobs.put(name, Buffer.from('x')), /is no name of a blob/)
})

test('a disk that fails is told as one', async (context) => {
  const folder = openFolder(context)
  writeFileSync(join(folder, 'file'), '')
  const blobs = openDirectoryBlobs(join(folder, 'file'))
  await assert.rejects(blobs.put('a', Buffer.from('x')), { code: 'STORAGE_FAILED' })
})
