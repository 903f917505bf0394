import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { isAppError, seededRandom, systemRandom } from '../base/index.ts'
import { createKey, createKeyring } from './keyring.ts'
import { openSealedFile, openSecretFile } from './secret-file.ts'

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-secret-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'deep', 'admin.token')
}

test('a secret is made once, for its owner alone', (t) => {
  const path = place(t)
  assert.equal(
    openSecretFile(path, () => 'first'),
    'first',
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(
    openSecretFile(path, () => 'second'),
    'first',
  )
})

test('a file that others may read, or that holds nothing, is refused', (t) => {
  const path = place(t)
  openSecretFile(path, () => 'first')
  chmodSync(path, 0o640)
  assert.throws(
    () => openSecretFile(path, () => 'x'),
    (error) => isAppError(error, 'CONFIG_INVALID') && /chmod 600/.test(error.message),
  )
  chmodSync(path, 0o600)
  for (const text of [' \n', 'x'.repeat(100_000)]) {
    writeFileSync(path, text)
    assert.throws(
      () => openSecretFile(path, () => 'x'),
      (error) => isAppError(error, 'CONFIG_INVALID') && /remove it/.test(error.message),
    )
  }
})

test('a sealed secret shows nothing, and outlives the key that sealed it', (t) => {
  const path = place(t)
  const old = createKey(seededRandom(1).bytes(32))
  const fresh = createKey(seededRandom(2).bytes(32))
  const open = (keys: readonly (typeof old)[]): string => {
    const keyring = createKeyring(keys, systemRandom)
    return openSealedFile(path, { keyring, purpose: 'test' }, () => 'swordfish')
  }
  assert.equal(open([old]), 'swordfish')
  assert.ok(!readFileSync(path, 'utf8').includes('sword'))
  assert.equal(open([fresh, old]), 'swordfish')
  assert.equal(open([fresh]), 'swordfish')
  assert.throws(
    () => open([old]),
    (error) => isAppError(error, 'SECRET_UNREADABLE'),
  )
})
