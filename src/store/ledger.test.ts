import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FakeClock } from '../base/testing.ts'
import type { AttemptRow, DeliveryCommit, DeliveryRow, ReaderCursor } from './deliveries.ts'
import { type CursorOwner, Ledger } from './ledger.ts'

const DELAY_MS = 20

/** A store whose commits end when the test says so, and that sees if two ever overlap. */
class SlowStore {
  readonly commits: DeliveryCommit[] = []
  #underWay: { resolve: () => void; reject: (error: Error) => void } | undefined

  commit(commit: DeliveryCommit): Promise<void> {
    assert.equal(this.#underWay, undefined, 'two commits at a time')
    this.commits.push(commit)
    return new Promise((resolve, reject) => {
      this.#underWay = { resolve, reject }
    })
  }

  async end(error?: Error): Promise<void> {
    const underWay = this.#underWay
    assert.notEqual(underWay, undefined, 'no commit is under way')
    this.#underWay = undefined
    if (error === undefined) underWay!.resolve()
    else underWay!.reject(error)
    await settle()
  }
}

class Owner implements CursorOwner {
  offset = 0
  taken = 0
  committed = 0

  takeCursor(): ReaderCursor | undefined {
    if (this.offset === this.taken) return undefined
    this.taken = this.offset
    const positions = [{ partition: 0, offset: this.offset }]
    return { reader: 'route', epoch: 1, positions, generation: 1 }
  }

  cursorCommitted(): void {
    this.committed = this.taken
  }
}

function open(): { clock: FakeClock; store: SlowStore; ledger: Ledger; fatal: unknown[] } {
  const clock = new FakeClock()
  const store = new SlowStore()
  const fatal: unknown[] = []
  const onFatal = (error: unknown): void => void fatal.push(error)
  return { clock, store, ledger: new Ledger({ store, clock, delayMs: DELAY_MS, onFatal }), fatal }
}

test('a change waits for company, but not for longer than the delay', async () => {
  const { clock, store, ledger } = open()
  ledger.put(row('a'))
  await clock.run(DELAY_MS - 1)
  ledger.put(row('b'))
  assert.equal(store.commits.length, 0)
  await clock.run(1)
  assert.deepEqual(
    store.commits.map(({ put }) => put.map(({ id }) => id)),
    [['a', 'b']],
  )
})

test('the last word on a delivery is what is committed', async () => {
  const { clock, store, ledger } = open()
  ledger.put(row('a', 1))
  ledger.put(row('a', 2))
  ledger.put(row('b'))
  ledger.remove('b')
  ledger.remove('c')
  ledger.put(row('c'))
  await clock.run(DELAY_MS)
  const [commit] = store.commits
  assert.deepEqual(
    commit!.put.map(({ id, attempts }) => [id, attempts]),
    [
      ['a', 2],
      ['c', 0],
    ],
  )
  assert.deepEqual(commit!.remove, ['b'])
})

test('there is one transaction at a time, and the next takes all that came meanwhile', async () => {
  const { clock, store, ledger } = open()
  ledger.put(row('a'))
  await clock.run(DELAY_MS)
  ledger.put(row('b'))
  ledger.attempt(attemptOf('b'))
  await clock.run(1000)
  assert.equal(store.commits.length, 1)
  await store.end()
  await clock.run(DELAY_MS)
  assert.equal(store.commits.length, 2)
  assert.deepEqual([store.commits[1]!.put.length, store.commits[1]!.attempts.length], [1, 1])
})

test('many changes are committed without waiting', async () => {
  const { store, ledger } = open()
  for (let count = 0; count < 249; count += 1) ledger.put(row(`${count}`))
  await settle()
  assert.equal(store.commits.length, 0)
  ledger.put(row('249'))
  await settle()
  assert.equal(store.commits.length, 1)
})

test('the cursor travels in the commit of the rows that were recorded before it was taken', async () => {
  const { clock, store, ledger } = open()
  const owner = new Owner()
  ledger.own(owner)
  ledger.put(row('a'))
  owner.offset = 1
  await clock.run(DELAY_MS)
  assert.deepEqual(store.commits[0]!.cursor?.positions, [{ partition: 0, offset: 1 }])
  assert.equal(store.commits[0]!.put.length, 1)
  assert.equal(owner.committed, 0)
  await store.end()
  assert.equal(owner.committed, 1)
})

test('a cursor that moved during a commit that had none is committed next', async () => {
  const { clock, store, ledger } = open()
  const owner = new Owner()
  ledger.own(owner)
  ledger.put(row('a'))
  await clock.run(DELAY_MS)
  owner.offset = 9
  ledger.schedule()
  await store.end()
  await clock.run(DELAY_MS)
  assert.equal(store.commits[1]?.cursor?.positions[0]?.offset, 9)
})

test('afterCommit calls back once everything said before it is durable', async () => {
  const { clock, store, ledger } = open()
  const told: string[] = []
  ledger.put(row('a'))
  ledger.afterCommit(() => told.push('a'))
  await clock.run(DELAY_MS)
  ledger.put(row('b'))
  ledger.afterCommit(() => told.push('b'))
  assert.deepEqual(told, [])
  await store.end()
  assert.deepEqual(told, ['a'])
  await clock.run(DELAY_MS)
  await store.end()
  assert.deepEqual(told, ['a', 'b'])
})

test('who asks during a commit is told even when nothing else changes', async () => {
  const { clock, store, ledger } = open()
  const owner = new Owner()
  ledger.own(owner)
  owner.offset = 1
  ledger.schedule()
  await clock.run(DELAY_MS)
  let isTold = false
  ledger.afterCommit(() => {
    isTold = true
  })
  ledger.schedule()
  await store.end()
  await clock.run(DELAY_MS)
  assert.equal(isTold, true)
})

test('flush resolves when what there is is durable, also behind a commit under way', async () => {
  const { clock, store, ledger } = open()
  ledger.put(row('a'))
  await clock.run(DELAY_MS)
  ledger.put(row('b'))
  let isFlushed = false
  const flushed = ledger.flush().then(() => {
    isFlushed = true
  })
  await store.end()
  assert.equal(isFlushed, false)
  assert.deepEqual(
    store.commits[1]!.put.map(({ id }) => id),
    ['b'],
  )
  await store.end()
  await flushed
  await ledger.flush()
  assert.equal(store.commits.length, 2)
})

test('a commit that fails is fatal, and nothing is committed after it', async () => {
  const { clock, store, ledger, fatal } = open()
  let isTold = false
  ledger.put(row('a'))
  ledger.afterCommit(() => {
    isTold = true
  })
  await clock.run(DELAY_MS)
  const error = new Error('the disk is gone')
  await store.end(error)
  assert.deepEqual(fatal, [error])
  ledger.put(row('b'))
  ledger.schedule()
  await clock.run(1000)
  await ledger.flush()
  assert.equal(store.commits.length, 1)
  assert.equal(isTold, false)
})

test('a closed ledger has committed what there was, and commits nothing more', async () => {
  const { clock, store, ledger, fatal } = open()
  ledger.put(row('a'))
  const closing = ledger.close()
  await store.end()
  await closing
  ledger.put(row('b'))
  await clock.run(1000)
  assert.equal(store.commits.length, 1)
  assert.deepEqual(fatal, [])
})

test('in whatever order things are said, the commits add up to the last word on each', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), id: fc.nat(5) }),
    fc.record({ kind: fc.constant('remove' as const), id: fc.nat(5) }),
    fc.record({ kind: fc.constant('move' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(50) }),
  )
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const clock = new FakeClock()
    const rows = new Map<string, number>()
    const expected = new Map<string, number>()
    let offset = 0
    const commit = async (one: DeliveryCommit): Promise<void> => {
      await new Promise<void>((resolve) => void clock.setTimer(13, resolve))
      for (const id of one.remove) rows.delete(id)
      for (const put of one.put) rows.set(put.id, put.attempts)
      offset = one.cursor?.positions[0]?.offset ?? offset
    }
    const ledger = new Ledger({ store: { commit }, clock, delayMs: DELAY_MS, onFatal: rethrow })
    const owner = new Owner()
    ledger.own(owner)
    for (const [index, one] of steps.entries()) {
      if (one.kind === 'put') {
        ledger.put(row(`${one.id}`, index))
        expected.set(`${one.id}`, index)
      } else if (one.kind === 'remove') {
        ledger.remove(`${one.id}`)
        expected.delete(`${one.id}`)
      } else if (one.kind === 'move') {
        owner.offset += 1
        ledger.schedule()
      } else await clock.run(one.ms)
    }
    await clock.run(1000)
    assert.deepEqual(rows, expected)
    assert.equal(offset, owner.offset)
    assert.equal(owner.committed, owner.offset)
  })
  await fc.assert(property, { numRuns: 100 })
})

function row(id: string, attempts = 0): DeliveryRow {
  return {
    id,
    partition: 0,
    offset: 0,
    busKey: 'bus',
    ruleKey: 'rule',
    ruleName: 'rule',
    targetId: 'target',
    eventId: 'event',
    state: 'pending',
    attempts,
    firstAttemptAt: 0,
    lastAttemptAt: 0,
    dueAt: 0,
    errorCode: '',
    errorMessage: '',
  }
}

function attemptOf(deliveryId: string): AttemptRow {
  return {
    deliveryId,
    eventId: 'event',
    busKey: 'bus',
    ruleName: 'rule',
    targetId: 'target',
    attempt: 1,
    at: 0,
    durationMs: 0,
    result: 'retry',
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function rethrow(error: unknown): never {
  throw error
}
