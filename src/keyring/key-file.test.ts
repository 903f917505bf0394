import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { isAppError, seededRandom, systemRandom } from '../base/index.ts'
import { openKeyFile } from './key-file.ts'

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'deep', 'secret.key')
}

test('the first start makes a key for its owner alone, later ones find it', (t) => {
  const path = place(t)
  const [made] = openKeyFile(path, systemRandom)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(openKeyFile(path, systemRandom), [made])
})

test('a line put on top is the newest key', (t) => {
  const path = place(t)
  const [old] = openKeyFile(path, seededRandom(1))
  const line = `signalbox-key-1 ${Buffer.from(seededRandom(2).bytes(32)).toString('base64')}`
  writeFileSync(path, `# rotated\n${line}\n\n${readFileSync(path, 'utf8')}`)
  const keys = openKeyFile(path, systemRandom)
  assert.equal(keys.length, 2)
  assert.deepEqual(keys[1], old)
})

test('a key file that others may read is refused', (t) => {
  const path = place(t)
  openKeyFile(path, systemRandom)
  for (const mode of [0o640, 0o604, 0o644]) {
    chmodSync(path, mode)
    assert.throws(() => openKeyFile(path, systemRandom), /chmod 600/)
  }
})

test('a malformed line is named by its number and never shown', (t) => {
  const path = place(t)
  openKeyFile(path, systemRandom)
  const good = readFileSync(path, 'utf8')
  for (const bad of [
    '',
    `${good}${good}`,
    `${good}signalbox-key-1 AAAA`,
    'hunter2',
    `${good}hunter2 x`,
  ]) {
    writeFileSync(path, bad)
    assert.throws(
      () => openKeyFile(path, systemRandom),
      (error) => isAppError(error, 'CONFIG_INVALID') && !error.message.includes('hunter2'),
    )
  }
})
