import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { envNameOf, formatReference, OPTIONS } from './index.ts'

test('the reference page is what the table says', () => {
  const page = new URL('../../docs/reference/configuration.md', import.meta.url)
  const hint = 'run `node tools/reference.ts`'
  assert.equal(readFileSync(page, 'utf8'), formatReference(), hint)
})

test('no two options share a key, a flag or a variable', () => {
  for (const names of [
    OPTIONS.map((option) => option.key),
    OPTIONS.map((option) => envNameOf(option.key)),
    OPTIONS.flatMap((option) => (option.flag === undefined ? [] : [option.flag])),
  ]) {
    assert.equal(new Set(names).size, names.length)
  }
})

test('the names of variables follow from the keys', () => {
  assert.equal(envNameOf('delivery.timeoutMs'), 'SIGNALBOX_DELIVERY_TIMEOUT_MS')
  assert.equal(envNameOf('dataDir'), 'SIGNALBOX_DATA_DIR')
})
