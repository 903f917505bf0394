import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, integer, property, uniqueArray, string } from 'fast-check'
import { isAppError } from '../base/index.ts'
import { pageOf } from './page.ts'

test('the pages of a list are the list, whatever their size', () => {
  assertProperty(
    property(uniqueArray(string()), integer({ min: 1, max: 7 }), (names, limit) => {
      const sorted = names.toSorted((a, b) => (a < b ? -1 : 1))
      const seen: string[] = []
      let token: string | undefined
      do {
        const page = pageOf(sorted, (name) => name, { limit, token })
        assert.ok(page.items.length <= limit)
        seen.push(...page.items)
        token = page.nextToken
      } while (token !== undefined)
      assert.deepEqual(seen, sorted)
    }),
  )
})

test('a page goes on behind the last item given, though that item is gone', () => {
  const first = pageOf(['a', 'b', 'c'], (name) => name, { limit: 2 })
  const next = pageOf(['a', 'c', 'd'], (name) => name, { limit: 2, token: first.nextToken })
  assert.deepEqual(next, { items: ['c', 'd'] })
})

test('a token that no answer gave is refused', () => {
  for (const token of ['x', '', 'bnVsbA', Buffer.from('{"after":5}').toString('base64url')]) {
    assert.throws(
      () => pageOf(['a'], (name) => name, { token }),
      (error) => isAppError(error, 'REQUEST_INVALID'),
    )
  }
})
