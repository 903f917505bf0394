import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonResponse, withTag } from './respond.ts'

test('an answer that its reader has already is not sent again', () => {
  const first = withTag(jsonResponse({ a: 1 }), { headers: {} })
  assert.equal(first.status, 200)
  const tag = first.headers['ETag']!
  const again = withTag(jsonResponse({ a: 1 }), { headers: { 'if-none-match': `"other", ${tag}` } })
  assert.deepEqual([again.status, again.body, again.headers['ETag']], [304, '', tag])
  const changed = withTag(jsonResponse({ a: 2 }), { headers: { 'if-none-match': tag } })
  assert.equal(changed.status, 200)
  assert.notEqual(changed.headers['ETag'], tag)
})
