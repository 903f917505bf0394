import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overRoostLetters } from './app-roost-letters.ts'
import type { OperationPlan } from './operation/index.ts'
import type { LetterHead } from './roost/index.ts'

const HEADS: readonly LetterHead[] = Array.from({ length: 5 }, (_, n) => ({
  id: `000000000010${n}-in-held-trigger.scale-${n}`,
  failedAt: 100 + n,
  way: 'in',
  isHeld: true,
  type: n === 4 ? 'malformed' : 'trigger.scale',
}))
const PLAN: OperationPlan = {
  id: 'op',
  action: 'redrive',
  over: 'roost',
  filter: { type: 'io.roost-keeper.trigger.scale' },
  startedAt: 102,
}
const { signal } = new AbortController()

test('letters are gone over in order, each once, and none that died after it began', async () => {
  const asked: (readonly string[] | undefined)[] = []
  const work = overRoostLetters(() => ({
    list: () => HEADS,
    redrive({ ids } = {}) {
      asked.push(ids)
      return Promise.resolve({ seen: ids!.length, redriven: ids!.length - 1, failed: 1 })
    },
  }))
  assert.equal(await work.count(PLAN), 4)
  const first = await work.step(PLAN, 2, signal)
  assert.deepEqual(first, { seen: 2, changed: 1, after: HEADS[1]!.id })
  const second = await work.step({ ...PLAN, after: first.after }, 2, signal)
  assert.deepEqual(second, { seen: 1, changed: 0, after: HEADS[2]!.id })
  const last = await work.step({ ...PLAN, after: second.after }, 2, signal)
  assert.deepEqual(last, { seen: 0, changed: 0 })
  assert.deepEqual(asked, [[HEADS[0]!.id, HEADS[1]!.id], [HEADS[2]!.id]])
  const one = { ...PLAN, filter: { id: HEADS[1]!.id } }
  assert.equal(await work.count(one), 1)
})

test('where no keeper runs none is begun, and one that is under way waits', async () => {
  const work = overRoostLetters(() => undefined)
  await assert.rejects(work.count(PLAN), { code: 'RESOURCE_NOT_FOUND' })
  await assert.rejects(work.step(PLAN, 1, signal), { code: 'BROKER_LOST' })
})
