import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../../base/testing.ts'
import { storeConformance } from '../../store.conformance.ts'
import type { StoreUnderTest } from '../../store-under-test.ts'
import { openMemoryStore } from './memory-store.ts'
import { createMemoryStoreState, type MemoryStoreState } from './state.ts'

function open(state: MemoryStoreState): StoreUnderTest {
  const store = openMemoryStore({ state })
  return {
    store,
    async reopen() {
      await store.close()
      return open(state)
    },
    dispose: () => store.close(),
  }
}

storeConformance('memory', () => Promise.resolve(open(createMemoryStoreState())))

const write = [{ kind: 'K', namespace: 'n', name: 'a', value: 1 }]

test('a commit takes effect only when its latency has passed', async () => {
  const clock = new FakeClock()
  const { rows } = openMemoryStore({ clock, latencyMs: 5 })
  let isDurable = false
  const writing = rows.write(write).then(() => (isDurable = true))
  // A read answers after every microtask that the write could have used.
  assert.equal(await rows.get(write[0]!), undefined)
  clock.advance(4)
  assert.equal(await rows.get(write[0]!), undefined)
  assert.equal(isDurable, false)
  clock.advance(1)
  await writing
  assert.equal((await rows.get(write[0]!))?.value, 1)
})

test('a kill drops the commits under way, keeps the others, and answers nothing more', async () => {
  const clock = new FakeClock()
  const state = createMemoryStoreState()
  const store = openMemoryStore({ state, clock, latencyMs: 5 })
  const first = store.rows.write(write)
  clock.advance(3)
  await Promise.resolve()
  let isAnswered = false
  const mark = (): void => {
    isAnswered = true
  }
  void store.rows.write([{ ...write[0]!, name: 'b' }]).then(mark, mark)
  await Promise.resolve()
  clock.advance(2)
  await first
  store.kill()
  void store.rows.get(write[0]!).then(mark, mark)
  clock.advance(100)
  const reopened = openMemoryStore({ state, clock, latencyMs: 5 })
  const page = await reopened.rows.list({ kind: 'K' })
  assert.deepEqual(
    page.rows.map((row) => row.name),
    ['a'],
  )
  assert.equal(isAnswered, false)
})
