import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemoryStore } from './drivers/memory/memory-store.ts'
import { LIST_ALL_PAGE_LIMIT } from './limits.ts'
import { listAllRows } from './list-all-rows.ts'

test('every row of a kind is listed over all pages, as they were at one revision', async () => {
  const { rows } = openMemoryStore()
  const count = LIST_ALL_PAGE_LIMIT * 2 + 1
  const before = await rows.write(
    Array.from({ length: count }, (_, index) => ({
      kind: 'Rule',
      namespace: 'default',
      name: `r${index}`,
      value: index,
    })),
  )
  await rows.write([{ kind: 'Rule', namespace: 'default', name: 'later', value: 0 }])
  await rows.write([{ kind: 'Queue', namespace: 'default', name: 'other', value: 0 }])
  const then = await listAllRows(rows, { kind: 'Rule', revision: before })
  assert.deepEqual([then.rows.length, then.revision], [count, before])
  const now = await listAllRows(rows, { kind: 'Rule' })
  assert.deepEqual([now.rows.length, now.revision], [count + 1, rows.revision()])
})
