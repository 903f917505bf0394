// The page that says what of EventBridge is served says what is.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatCompatibility, PARTIAL, servedOperations } from '../../tools/compatibility.ts'

const PAGE = new URL('../../docs/reference/compatibility.md', import.meta.url)

test('the page is what the operations say', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), formatCompatibility(), 'run `node tools/reference.ts`')
})

test('it has a row for each of the 110 operations', () => {
  const rows = formatCompatibility().match(/^\| [A-Z][A-Za-z]+ \| (?:full|partial|none) \|/gm)
  assert.equal(rows?.length, 110)
})

test('an operation that goes away is seen', () => {
  const served = new Set(servedOperations())
  served.delete('events.PutRule')
  assert.match(formatCompatibility(served), /^\| PutRule \| none \|/m)
})

test('only what is served can be partial', () => {
  const served = servedOperations()
  assert.deepEqual(
    Object.keys(PARTIAL).filter((name) => !served.has(name)),
    [],
  )
})
