// The harness itself: a checker that cannot see a loss would pass everything.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { check, faultsOf } from './harness/checker.ts'
import { History } from './harness/history.ts'
import { detailOf } from './harness/producers.ts'

const folder = mkdtempSync(join(tmpdir(), 'signalbox-history-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function makeHistory(): History {
  const history = new History(join(folder, 'history'))
  history.record(['a', 'b', 'c', 'd'], 'invoked')
  history.record(['a', 'b'], 'acknowledged')
  history.record(['c'], 'refused')
  history.record(['d'], 'unknown')
  return history
}

function whole(...ids: string[]): { id: string; detail: string }[] {
  return ids.map((id) => ({ id, detail: detailOf(id) }))
}

test('all that was acknowledged and some of what is unknown is well', () => {
  const history = makeHistory()
  assert.deepEqual(faultsOf(check(history, whole('a', 'b'))), [])
  assert.deepEqual(faultsOf(check(history, whole('a', 'b', 'd'))), [])
})

test('a lost acknowledgement is seen', () => {
  assert.deepEqual(faultsOf(check(makeHistory(), whole('a', 'd'))), ['1 lost: b'])
})

test('an event that nobody sent, or that was refused, is seen', () => {
  assert.deepEqual(faultsOf(check(makeHistory(), whole('a', 'b', 'z'))), ['1 phantom: z'])
  assert.deepEqual(faultsOf(check(makeHistory(), whole('a', 'b', 'c'))), ['1 phantom: c'])
})

test('an event with other bytes is seen', () => {
  const observed = [...whole('a'), { id: 'b', detail: `${detailOf('b')} ` }]
  assert.deepEqual(faultsOf(check(makeHistory(), observed)), ['1 altered: b'])
})

test('an event stored twice is seen', () => {
  assert.deepEqual(faultsOf(check(makeHistory(), whole('a', 'b', 'b'))), ['1 repeated: b'])
})

test('details differ between ids and are valid JSON', () => {
  const details = Array.from({ length: 200 }, (_, index) => detailOf(`1-${index}-2`))
  assert.equal(new Set(details).size, 200)
  for (const detail of details) JSON.parse(detail)
})
