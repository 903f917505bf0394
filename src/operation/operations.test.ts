import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError, seededRandom, silentLogger } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { openMemoryStore } from '../store/testing.ts'
import {
  type Operation,
  type Operations,
  openOperations,
  type OperationWork,
  type OperationWish,
} from './index.ts'

const WISH: OperationWish = { action: 'redrive', over: 'things', filter: { bus: 'shop' } }

/** So many things, each done once; `before` may hold a step up, or fail it. */
class Things implements OperationWork {
  readonly done: number[] = []
  readonly limits: number[] = []
  readonly #count: number
  before: (step: number) => Promise<void> | void = () => {}

  constructor(count: number) {
    this.#count = count
  }

  count(): Promise<number> {
    return Promise.resolve(this.#count)
  }

  async step(
    { after = '0' }: { readonly after?: string },
    limit: number,
  ): Promise<{
    readonly seen: number
    readonly changed: number
    readonly after?: string
  }> {
    this.limits.push(limit)
    await this.before(this.limits.length)
    const from = Number(after)
    const to = Math.min(from + limit, this.#count)
    for (let index = from; index < to; index += 1) this.done.push(index)
    const seen = to - from
    return { seen, changed: seen - 1, ...(to < this.#count ? { after: String(to) } : {}) }
  }
}

class Bench {
  readonly clock = new FakeClock()
  readonly store = openMemoryStore()
  readonly #random = seededRandom(1)

  open(things: Things): Promise<Operations> {
    const { clock } = this
    const parts = { clock, random: this.#random, logger: silentLogger }
    return openOperations({ rows: this.store.rows, works: { things }, ...parts })
  }

  /** Lets time go by until it has ended. */
  async ended(operations: Operations, id: string): Promise<Operation> {
    while (operations.get(id).endedAt === undefined) await this.clock.run(100)
    return operations.get(id)
  }
}

test('an operation goes over everything a step at a time, and says how far it is', async () => {
  const bench = new Bench()
  const things = new Things(250)
  const operations = await bench.open(things)
  const begun = await operations.start(WISH, 'alice')
  assert.deepEqual([begun.state, begun.total, begun.who], ['RUNNING', 250, 'alice'])
  const { state, seen, changed, filter } = await bench.ended(operations, begun.id)
  assert.deepEqual([state, seen, changed, filter], ['COMPLETED', 250, 247, { bus: 'shop' }])
  assert.equal(new Set(things.done).size, 250)
  assert.deepEqual(
    operations.list().map(({ id }) => id),
    [begun.id],
  )
})

test('a pace is kept: no step is larger, and the next comes when its time has', async () => {
  const bench = new Bench()
  const things = new Things(30)
  const operations = await bench.open(things)
  const start = bench.clock.now()
  const { id } = await operations.start({ ...WISH, perSecond: 10 }, 'alice')
  await bench.ended(operations, id)
  assert.deepEqual(things.limits, [10, 10, 10])
  assert.ok(bench.clock.now() - start >= 2000)
})

test('one that is cancelled ends behind the step under way, and what was done stays done', async () => {
  const bench = new Bench()
  const things = new Things(1000)
  const operations = await bench.open(things)
  const held = Promise.withResolvers<void>()
  things.before = (step) => (step === 2 ? held.promise : undefined)
  const { id } = await operations.start(WISH, 'alice')
  while (things.limits.length < 2) await bench.clock.run(1)
  const cancelled = operations.cancel(id)
  held.resolve()
  const { state, seen } = await cancelled
  assert.deepEqual([state, seen, things.done.length], ['CANCELLED', 200, 200])
  await assert.rejects(operations.cancel(id), { code: 'RESOURCE_CONFLICT' })
})

test('one that a restart interrupts goes on where it was, and one that ended stays as it is', async () => {
  const bench = new Bench()
  const first = new Things(300)
  const before = await bench.open(first)
  const { id } = await before.start({ ...WISH, perSecond: 100 }, 'alice')
  while (before.get(id).seen === 0) await bench.clock.run(1)
  await before.close()
  const second = new Things(300)
  const after = await bench.open(second)
  const { state, seen } = await bench.ended(after, id)
  assert.deepEqual([state, seen], ['COMPLETED', 300])
  assert.equal(first.done.length + second.done.length, 300)
  await after.close()
  const third = await bench.open(new Things(0))
  assert.equal(third.get(id).state, 'COMPLETED')
})

test('a step that fails is tried again; what will not be otherwise ends it, with why', async () => {
  const bench = new Bench()
  const flaky = new Things(50)
  const operations = await bench.open(flaky)
  flaky.before = (step) => {
    if (step < 3) throw new Error('for a moment')
  }
  const mended = await bench.ended(operations, (await operations.start(WISH, 'alice')).id)
  assert.deepEqual([mended.state, mended.seen], ['COMPLETED', 50])
  flaky.before = () => {
    throw new AppError('QUEUE_NOT_FOUND', 'the queue is gone')
  }
  const failed = await bench.ended(operations, (await operations.start(WISH, 'alice')).id)
  assert.equal(failed.state, 'FAILED')
  assert.match(failed.reason!, /the queue is gone/)
})

test('what is asked for wrongly is refused, and leaves no operation', async () => {
  const bench = new Bench()
  const operations = await bench.open(new Things(1))
  const wrong = { code: 'REQUEST_INVALID' }
  await assert.rejects(operations.start({ ...WISH, over: 'nothing' }, 'alice'), wrong)
  await assert.rejects(operations.start({ ...WISH, perSecond: 0 }, 'alice'), wrong)
  await assert.rejects(operations.cancel('x'), { code: 'RESOURCE_NOT_FOUND' })
  assert.deepEqual(operations.list(), [])
})

test('one that is patient waits for what is away, says why, and is cancelled meanwhile', async () => {
  const bench = new Bench()
  const things = Object.assign(new Things(50), { isPatient: true as const })
  const operations = await bench.open(things)
  let isAway = true
  things.before = () => {
    if (isAway) throw new AppError('BROKER_LOST', 'the broker is away')
  }
  const { id } = await operations.start(WISH, 'alice')
  while (things.limits.length < 12) await bench.clock.run(1000)
  assert.equal(operations.get(id).state, 'RUNNING')
  assert.match(operations.get(id).reason!, /the broker is away/)
  isAway = false
  const mended = await bench.ended(operations, id)
  assert.deepEqual([mended.state, mended.seen, mended.reason], ['COMPLETED', 50, undefined])
  isAway = true
  const other = await operations.start(WISH, 'alice')
  while (operations.get(other.id).reason === undefined) await bench.clock.run(1)
  assert.equal((await operations.cancel(other.id)).state, 'CANCELLED')
})

test('what a work holds open for an operation is left when it ends, and when the process does', async () => {
  const bench = new Bench()
  const left: string[] = []
  const things = Object.assign(new Things(150), {
    stepMax: 20,
    leave: (id: string) => Promise.resolve(void left.push(id)),
  })
  const operations = await bench.open(things)
  const { id } = await operations.start(WISH, 'alice')
  await bench.ended(operations, id)
  while (left.length === 0) await bench.clock.run(1)
  assert.deepEqual(left, [id])
  assert.equal(Math.max(...things.limits), 20)
  const slow = await operations.start({ ...WISH, perSecond: 1 }, 'alice')
  while (operations.get(slow.id).seen === 0) await bench.clock.run(1)
  await operations.close()
  assert.deepEqual(left, [id, slow.id])
})

test('what is known to come counts into the total', async () => {
  const bench = new Bench()
  const steps = [
    { seen: 1, changed: 1, left: 8, after: '1' },
    { seen: 2, changed: 2, left: 0, after: '2' },
    { seen: 0, changed: 0 },
  ]
  const things = Object.assign(new Things(1), {
    step: () => Promise.resolve(steps.shift()!),
  })
  const operations = await bench.open(things)
  const { id } = await operations.start(WISH, 'alice')
  const { total, seen, state } = await bench.ended(operations, id)
  assert.deepEqual([total, seen, state], [9, 3, 'COMPLETED'])
})
