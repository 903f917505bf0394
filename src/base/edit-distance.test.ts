import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance } from './edit-distance.ts'

test('putting in, taking out and changing a character count one each', () => {
  assert.equal(editDistance('', '', 2), 0)
  assert.equal(editDistance('kitten', 'sitting', 3), 3)
  assert.equal(editDistance('state', 'states', 2), 1)
  assert.equal(editDistance('a', 'abcd', 2), Number.POSITIVE_INFINITY)
})
