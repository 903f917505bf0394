// Delivery state: cursor and rows in one commit, fencing, what is due, what is dead, history.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppError } from '../base/index.ts'
import type {
  AttemptRow,
  DeliveryCommit,
  DeliveryQuery,
  DeliveryRow,
  DeliveryStore,
  DueQuery,
  ReaderCursor,
} from './deliveries.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

const NOTHING: DeliveryCommit = { put: [], remove: [], attempts: [] }

function row(offset: number, rest: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    id: `0:${offset}/rule-1/target-1`,
    partition: 0,
    offset,
    busKey: 'bus-1',
    ruleKey: 'rule-1',
    ruleName: 'orders',
    targetId: 'target-1',
    eventId: `event-${offset}`,
    state: 'pending',
    attempts: 1,
    firstAttemptAt: 1000,
    lastAttemptAt: 1000.25,
    dueAt: 2000,
    errorCode: 'TARGET_FAILED',
    errorMessage: 'status `500`',
    ...rest,
  }
}

function cursor(rest: Partial<ReaderCursor> = {}): ReaderCursor {
  const positions = [
    { partition: 0, offset: 17 },
    { partition: 3, offset: 2 ** 40 },
  ]
  return { reader: 'route', epoch: 1, positions, generation: 9, ...rest }
}

function attempt(eventId: string, at: number, rest: Partial<AttemptRow> = {}): AttemptRow {
  return {
    deliveryId: `0:1/rule-1/target-1`,
    eventId,
    busKey: 'bus-1',
    ruleName: 'orders',
    targetId: 'target-1',
    attempt: 1,
    at,
    durationMs: 1.5,
    result: 'delivered',
    ...rest,
  }
}

function dueQuery(rest: Partial<DueQuery> = {}): DueQuery {
  return {
    ruleKey: 'rule-1',
    targetId: 'target-1',
    dueBefore: 5000,
    limit: 10,
    except: new Set(),
    ...rest,
  }
}

export function deliveriesConformance(open: OpenStore): void {
  function deliveryTest(name: string, use: (deliveries: DeliveryStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ deliveries }) => use(deliveries)))
  }

  deliveryTest('an empty store has no cursors, rows or attempts', async (deliveries) => {
    assert.equal(await deliveries.cursor('route'), undefined)
    assert.deepEqual(await deliveries.cursors(), [])
    assert.deepEqual(await deliveries.due(dueQuery()), [])
    assert.deepEqual(await deliveries.pendingTargets(), [])
    assert.deepEqual(await deliveries.counts(), { pending: 0, dead: 0 })
    assert.deepEqual(await deliveries.idsFrom(0, 0), [])
    assert.deepEqual(await deliveries.attempts('event-1', 10), [])
  })

  deliveryTest(
    'a row comes back as it was put, with and without what is optional',
    async (deliveries) => {
      const record = new Uint8Array([0, 1, 255, 0])
      const bare = row(1)
      const full = row(2, { record, exhausted: 'MaximumRetryAttempts', state: 'dead' })
      await put(deliveries, bare, full)
      const [first, second] = await deliveries.list({ limit: 10 })
      assert.deepEqual(first, bare)
      assert.deepEqual(
        { ...second, record: [...second!.record!] },
        { ...full, record: [...record] },
      )
    },
  )

  deliveryTest(
    'a record is kept as it was, though its buffer is used again',
    async (deliveries) => {
      const buffer = new Uint8Array([9, 1, 2, 3, 9])
      const committed = put(deliveries, row(1, { record: buffer.subarray(1, 4) }))
      buffer.fill(0)
      await committed
      assert.deepEqual([...(await deliveries.list({ limit: 1 }))[0]!.record!], [1, 2, 3])
    },
  )

  deliveryTest('cursor, rows and attempts move in one commit', async (deliveries) => {
    await put(deliveries, row(1), row(2))
    await deliveries.commit({
      cursor: cursor(),
      put: [row(2, { attempts: 2 }), row(3)],
      remove: [row(1).id, 'never there'],
      attempts: [attempt('event-1', 5)],
    })
    assert.deepEqual(await deliveries.cursor('route'), cursor())
    assert.deepEqual(
      (await deliveries.list({ limit: 10 })).map(({ offset, attempts }) => [offset, attempts]),
      [
        [2, 2],
        [3, 1],
      ],
    )
    assert.equal((await deliveries.attempts('event-1', 10)).length, 1)
  })

  deliveryTest('a row put and removed in one commit stays', async (deliveries) => {
    await put(deliveries, row(1))
    await deliveries.commit({ ...NOTHING, put: [row(1, { attempts: 7 })], remove: [row(1).id] })
    assert.equal((await deliveries.list({ limit: 10 }))[0]?.attempts, 7)
  })

  deliveryTest('an older epoch may not commit anything at all', async (deliveries) => {
    await deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 2 }) })
    const refused = deliveries.commit({
      cursor: cursor({ epoch: 1, generation: 99 }),
      put: [row(1)],
      remove: [],
      attempts: [attempt('event-1', 5)],
    })
    await assert.rejects(refused, (error) => isAppError(error, 'RESOURCE_CONFLICT'))
    assert.deepEqual(await deliveries.cursor('route'), cursor({ epoch: 2 }))
    assert.deepEqual(await offsetsOf(deliveries), [])
    assert.deepEqual(await deliveries.attempts('event-1', 10), [])
  })

  deliveryTest(
    'the same epoch goes on, a newer one takes over, each reader for itself',
    async (deliveries) => {
      await deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 2 }) })
      await deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 2, generation: 10 }) })
      await deliveries.commit({ ...NOTHING, cursor: cursor({ reader: 'archive', epoch: 1 }) })
      await deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 3, generation: 11 }) })
      const cursors = await deliveries.cursors()
      assert.deepEqual(
        cursors.map(({ reader, epoch, generation }) => `${reader} ${epoch} ${generation}`).sort(),
        ['archive 1 9', 'route 3 11'],
      )
    },
  )

  deliveryTest('a refused commit does not harm those that share its moment', async (deliveries) => {
    await deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 5 }) })
    const results = await Promise.allSettled([
      put(deliveries, row(1)),
      deliveries.commit({ ...NOTHING, cursor: cursor({ epoch: 4 }), put: [row(2)] }),
      put(deliveries, row(3)),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await offsetsOf(deliveries), [1, 3])
  })

  deliveryTest(
    'due rows come earliest first, of one target, up to the time and limit',
    async (deliveries) => {
      await put(
        deliveries,
        row(1, { dueAt: 3000 }),
        row(2, { dueAt: 1000 }),
        row(3, { dueAt: 2000 }),
        row(4, { dueAt: 2500, id: 'other rule', ruleKey: 'rule-2' }),
        row(5, { dueAt: 2500, id: 'other target', targetId: 'target-2' }),
        row(6, { dueAt: 100, state: 'dead' }),
      )
      const offsets = async (rest: Partial<DueQuery> = {}): Promise<number[]> =>
        (await deliveries.due(dueQuery(rest))).map(({ offset }) => offset)
      assert.deepEqual(await offsets(), [2, 3, 1])
      assert.deepEqual(await offsets({ dueBefore: 2000 }), [2, 3])
      assert.deepEqual(await offsets({ dueBefore: 1999 }), [2])
      assert.deepEqual(await offsets({ limit: 1 }), [2])
      assert.deepEqual(await offsets({ limit: 1, except: new Set([row(2).id]) }), [3])
      assert.deepEqual(await offsets({ targetId: 'target-2' }), [5])
    },
  )

  deliveryTest('a row put again is due at its new time', async (deliveries) => {
    await put(deliveries, row(1, { dueAt: 1000 }))
    await put(deliveries, row(1, { dueAt: 9000 }))
    assert.deepEqual(await deliveries.due(dueQuery()), [])
    assert.deepEqual(await deliveries.pendingTargets(), [
      { ruleKey: 'rule-1', targetId: 'target-1', pending: 1, nextDueAt: 9000 },
    ])
  })

  deliveryTest('pending targets are counted with their next time', async (deliveries) => {
    await put(
      deliveries,
      row(1, { dueAt: 3000 }),
      row(2, { dueAt: 1000 }),
      row(3, { id: 'b', targetId: 'target-2', dueAt: 7000 }),
      row(4, { id: 'c', targetId: 'target-3', state: 'dead' }),
    )
    const targets = [...(await deliveries.pendingTargets())]
    assert.deepEqual(
      targets.sort((a, b) => (a.targetId < b.targetId ? -1 : 1)).map((target) => ({ ...target })),
      [
        { ruleKey: 'rule-1', targetId: 'target-1', pending: 2, nextDueAt: 1000 },
        { ruleKey: 'rule-1', targetId: 'target-2', pending: 1, nextDueAt: 7000 },
      ],
    )
  })

  deliveryTest('rows are counted and listed by what they are', async (deliveries) => {
    await put(
      deliveries,
      row(1),
      row(2, { state: 'dead', exhausted: 'MaximumEventAge' }),
      row(3, { busKey: 'bus-2' }),
      row(4, { ruleName: 'bills', state: 'dead' }),
      row(5, { targetId: 'target-2' }),
    )
    assert.deepEqual({ ...(await deliveries.counts()) }, { pending: 3, dead: 2 })
    assert.deepEqual(await offsetsOf(deliveries), [1, 2, 3, 4, 5])
    assert.deepEqual(await offsetsOf(deliveries, { state: 'dead' }), [2, 4])
    assert.deepEqual(await offsetsOf(deliveries, { state: 'pending', busKey: 'bus-1' }), [1, 5])
    assert.deepEqual(await offsetsOf(deliveries, { ruleName: 'bills' }), [4])
    assert.deepEqual(await offsetsOf(deliveries, { targetId: 'target-2' }), [5])
  })

  deliveryTest('a list goes on after an id, in order of ids', async (deliveries) => {
    await put(deliveries, ...['b', 'a', 'd', 'c', 'e'].map((id, index) => row(index, { id })))
    const first = await deliveries.list({ limit: 2 })
    const second = await deliveries.list({ limit: 2, after: first.at(-1)!.id })
    const third = await deliveries.list({ limit: 2, after: second.at(-1)!.id })
    assert.deepEqual(
      [first, second, third].map((rows) => rows.map(({ id }) => id)),
      [['a', 'b'], ['c', 'd'], ['e']],
    )
  })

  deliveryTest(
    'rows of a partition are known from an offset on, whatever their state',
    async (deliveries) => {
      await put(
        deliveries,
        row(1),
        row(2, { state: 'dead' }),
        row(8),
        row(9, { id: 'elsewhere', partition: 1 }),
      )
      assert.deepEqual([...(await deliveries.idsFrom(0, 2))].sort(), [row(2).id, row(8).id])
      assert.deepEqual(await deliveries.idsFrom(1, 0), ['elsewhere'])
      assert.deepEqual(await deliveries.idsFrom(0, 9), [])
    },
  )

  deliveryTest(
    'attempts of an event come in order, the newest of them, as they were',
    async (deliveries) => {
      const failed = attempt('event-1', 10, {
        result: 'retry',
        errorCode: 'TARGET_FAILED',
        errorMessage: 'status `500`',
      })
      const delivered = attempt('event-1', 30, { attempt: 2 })
      await deliveries.commit({ ...NOTHING, attempts: [failed, attempt('event-2', 20)] })
      await deliveries.commit({ ...NOTHING, attempts: [delivered] })
      assert.deepEqual(await deliveries.attempts('event-1', 10), [failed, delivered])
      assert.deepEqual(await deliveries.attempts('event-1', 1), [delivered])
    },
  )

  deliveryTest('attempts are found among many, before and after pruning', async (deliveries) => {
    const batch = 1000
    for (let start = 0; start < 10_000; start += batch) {
      const attempts = Array.from({ length: batch }, (_, index) =>
        attempt(`event-${(start + index) % 5000}`, start + index),
      )
      await deliveries.commit({ ...NOTHING, attempts })
    }
    const times = async (event: string): Promise<number[]> =>
      (await deliveries.attempts(event, 10)).map(({ at }) => at)
    assert.deepEqual(await times('event-0'), [0, 5000])
    assert.deepEqual(await times('event-4999'), [4999, 9999])
    await deliveries.pruneAttempts(4999)
    assert.deepEqual(await times('event-0'), [5000])
    assert.deepEqual(await times('event-4998'), [9998])
    assert.deepEqual(await times('event-4999'), [4999, 9999])
    await deliveries.pruneAttempts(10_000)
    assert.deepEqual(await times('event-4999'), [])
    await deliveries.commit({ ...NOTHING, attempts: [attempt('event-7', 10_001)] })
    assert.deepEqual(await times('event-7'), [10_001])
  })

  test('cursors, rows and attempts are there after reopening', () =>
    acrossReopening(
      open,
      async ({ deliveries }) => {
        await deliveries.commit({
          cursor: cursor(),
          put: [row(1)],
          remove: [],
          attempts: Array.from({ length: 5000 }, (_, index) => attempt(`event-${index}`, index)),
        })
        await deliveries.pruneAttempts(4998)
      },
      async ({ deliveries }) => {
        assert.deepEqual(await deliveries.cursor('route'), cursor())
        assert.deepEqual(await offsetsOf(deliveries), [1])
        const attempts = Array.from({ length: 5000 }, (_, index) => attempt('late', 6000 + index))
        await deliveries.commit({ ...NOTHING, attempts })
        assert.equal((await deliveries.attempts('event-4998', 10)).length, 1)
        assert.equal((await deliveries.attempts('event-4997', 10)).length, 0)
        assert.equal((await deliveries.attempts('late', 10_000)).length, 5000)
      },
    ))
}

function put(deliveries: DeliveryStore, ...rows: readonly DeliveryRow[]): Promise<void> {
  return deliveries.commit({ ...NOTHING, put: rows })
}

async function offsetsOf(
  deliveries: DeliveryStore,
  query: Partial<DeliveryQuery> = {},
): Promise<number[]> {
  return (await deliveries.list({ limit: 100, ...query })).map(({ offset }) => offset)
}
