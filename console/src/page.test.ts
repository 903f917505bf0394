import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePage } from './page.ts'

test('the address names the page, and what it does not know is the live one', () => {
  assert.equal(parsePage('#explain'), 'explain')
  for (const hash of ['', '#', '#live', '#nothing', '#toString']) {
    assert.equal(parsePage(hash), 'live')
  }
})
