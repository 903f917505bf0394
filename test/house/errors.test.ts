// Every error code has a page, is thrown somewhere, and every page has its code.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERRORS } from '../../src/base/index.ts'
import { isTest, listFiles, readSources, readText } from '../../tools/tree.ts'

const codes = Object.keys(ERRORS)
const pages = listFiles('docs/errors', (path) => /\/[A-Z_]+\.md$/.test(path))

test('the table of errors is sorted', () => {
  assert.deepEqual(codes, codes.toSorted())
})

test('every error code has a page, and every page a code', () => {
  assert.deepEqual(
    pages.map((path) => path.replace(/^docs\/errors\/|\.md$/g, '')),
    codes.toSorted(),
  )
})

test('a page names its code, says what it means and how to mend it', () => {
  for (const path of pages) {
    const text = readText(path)
    const code = path.replace(/^docs\/errors\/|\.md$/g, '')
    assert.match(text, new RegExp(`^# ${code}\n`), path)
    for (const heading of ['What it means', 'How to mend it']) {
      assert.match(text, new RegExp(`^## ${heading}\n\n\\S`, 'm'), `${path}: ${heading}`)
    }
  }
})

test('every error code is thrown somewhere', () => {
  const thrown = new Set(
    readSources('src')
      .filter((file) => !isTest(file.path) && file.path !== 'src/base/errors.ts')
      .flatMap((file) => file.tokens.filter((token) => token.kind === 'string'))
      .map((token) => token.text),
  )
  assert.deepEqual(
    codes.filter((code) => !thrown.has(code)),
    [],
  )
})
