import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeControls, formatJson } from './style.ts'

test('nothing that a payload holds can steer the terminal', () => {
  const hostile = '\u001b[2J\r\nred\u009b31m\u202eabc\u2028'
  assert.equal(escapeControls(hostile), '\\x1b[2J\\x0d\\x0ared\\x9b31m\\u202eabc\\u2028')
  const json = formatJson({ hostile })
  assert.match(json, /^[\x20-\x7e]*$/)
  assert.deepEqual(JSON.parse(json), { hostile })
})

test('letters of every alphabet stay as they are', () => {
  assert.equal(escapeControls('Grüße 日本 🚂'), 'Grüße 日本 🚂')
})
