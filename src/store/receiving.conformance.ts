// Receiving: visibility, receipts, dead-letter moves, and groups in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageStore, ReceivedMessage } from './messages.ts'
import { HIDDEN_MS, message, NOW, packed, receive, receiveIds } from './messages-under-test.ts'
import { withStore, type OpenStore } from './store-under-test.ts'

export function receivingConformance(open: OpenStore): void {
  function messageTest(name: string, use: (messages: MessageStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ messages }) => use(messages)))
  }

  messageTest('a received message is hidden until its time is over', async (messages) => {
    await messages.send([message('a')])
    assert.deepEqual(await receiveIds(messages), ['a'])
    assert.deepEqual(await receiveIds(messages, { now: NOW + HIDDEN_MS - 1 }), [])
    assert.equal(await messages.nextVisibleAt('q', NOW), NOW + HIDDEN_MS)
    const again = await receiveOne(messages, NOW + HIDDEN_MS)
    assert.deepEqual([again.id, again.receiveCount, again.firstReceivedAt], ['a', 2, NOW])
  })

  messageTest('a delayed message is not received before its time', async (messages) => {
    await messages.send([message('later', { visibleAt: NOW + 5000 }), message('now')])
    assert.deepEqual(await receiveIds(messages), ['now'])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 5000 }), ['later'])
  })

  messageTest('a receive takes no more than its limit, and only of its queue', async (messages) => {
    await messages.send(['a', 'b', 'c'].map((id) => message(id)))
    await messages.send([message('d', { queue: 'other' })])
    const first = await receiveIds(messages, { limit: 2 })
    const rest = await receiveIds(messages)
    assert.deepEqual([first.length, rest.length], [2, 1])
    assert.deepEqual([...first, ...rest].sort(), ['a', 'b', 'c'])
  })

  messageTest('receivers at the same moment share the messages', async (messages) => {
    await messages.sendPacked(packed(Array.from({ length: 100 }, () => 'x')))
    const taken = await Promise.all(Array.from({ length: 12 }, () => receiveIds(messages)))
    assert.deepEqual([taken.flat().length, new Set(taken.flat()).size], [100, 100])
  })

  messageTest('a removed message does not come back', async (messages) => {
    await messages.send([message('a'), message('b')])
    const received = await receive(messages)
    const a = received.find(({ id }) => id === 'a')!
    assert.deepEqual(await messages.remove('q', [a.receipt]), [true])
    assert.deepEqual(await receiveIds(messages, { now: NOW + HIDDEN_MS }), ['b'])
    assert.deepEqual(await messages.remove('q', [a.receipt]), [true])
  })

  messageTest('a receipt of an older receive still removes', async (messages) => {
    await messages.send([message('a')])
    const old = await receiveOne(messages)
    await receiveOne(messages, NOW + HIDDEN_MS)
    assert.deepEqual(await messages.remove('q', [old.receipt]), [true])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 10 * HIDDEN_MS }), [])
  })

  messageTest('what is no receipt of the queue removes nothing', async (messages) => {
    await messages.send([message('a'), message('b', { queue: 'other' })])
    const { receipt } = await receiveOne(messages)
    assert.deepEqual(await messages.remove('other', [receipt, 'bogus', '']), [false, false, false])
    assert.equal((await messages.counts('q', NOW)).inFlight, 1)
    assert.equal((await messages.counts('other', NOW)).visible, 1)
  })

  messageTest('visibility can be made longer, shorter and over', async (messages) => {
    await messages.send([message('a')])
    const { receipt } = await receiveOne(messages)
    const change = (visibleAt: number, now: number): Promise<readonly string[]> =>
      messages.changeVisibility('q', [{ receipt, visibleAt }], now)
    assert.deepEqual(await change(NOW + 90_000, NOW + 1), ['changed'])
    assert.deepEqual(await receiveIds(messages, { now: NOW + HIDDEN_MS }), [])
    assert.deepEqual(await change(NOW + 2, NOW + 2), ['changed'])
    assert.deepEqual(await change(NOW + 90_000, NOW + 3), ['not-in-flight'])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 3 }), ['a'])
  })

  messageTest('visibility changes only with the receipt of the last receive', async (messages) => {
    await messages.send([message('a')])
    const old = await receiveOne(messages)
    const fresh = await receiveOne(messages, NOW + HIDDEN_MS)
    const visibleAt = NOW + 3 * HIDDEN_MS
    const now = NOW + HIDDEN_MS
    assert.deepEqual(
      await messages.changeVisibility(
        'q',
        [
          { receipt: old.receipt, visibleAt },
          { receipt: fresh.receipt, visibleAt },
          { receipt: 'bogus', visibleAt },
        ],
        now,
      ),
      ['not-in-flight', 'changed', 'unknown'],
    )
    await messages.remove('q', [fresh.receipt])
    assert.deepEqual(
      await messages.changeVisibility('q', [{ receipt: fresh.receipt, visibleAt }], now),
      ['not-in-flight'],
    )
  })

  messageTest(
    'a message received too often moves to the dead-letter queue with all it has',
    async (messages) => {
      await messages.send([message('a', { attributes: '{"k":1}', sentAt: NOW - 5 })])
      const redrive = { receiveCountMax: 2, deadLetterQueue: 'dead' }
      const first = await receive(messages, { ...redrive })
      const second = await receive(messages, { ...redrive, now: NOW + HIDDEN_MS })
      assert.deepEqual([first.length, second.length], [1, 1])
      assert.deepEqual(await receive(messages, { ...redrive, now: NOW + 2 * HIDDEN_MS }), [])
      assert.deepEqual(await messages.counts('q', NOW), { visible: 0, inFlight: 0, delayed: 0 })
      const [dead] = await receive(messages, { queue: 'dead', now: NOW + 2 * HIDDEN_MS })
      assert.deepEqual(
        [dead?.id, dead?.attributes, dead?.sentAt, dead?.movedFrom],
        ['a', '{"k":1}', NOW - 5, 'q'],
      )
      assert.deepEqual([dead?.receiveCount, dead?.receivedElsewhere], [1, 2])
      assert.deepEqual([second[0]?.receiveCount, second[0]?.receivedElsewhere], [2, 0])
      assert.deepEqual(await messages.remove('dead', [dead!.receipt]), [true])
      assert.equal((await messages.counts('dead', NOW)).inFlight, 0)
    },
  )

  messageTest('moves to the dead-letter queue do not use up the limit', async (messages) => {
    await messages.send(['a', 'b', 'c'].map((id) => message(id)))
    await receive(messages, { visibilityTimeoutMs: 1 })
    await messages.send([message('fresh', { visibleAt: NOW + 2 })])
    const redrive = { receiveCountMax: 1, deadLetterQueue: 'dead', now: NOW + 2 }
    assert.deepEqual(await receiveIds(messages, { ...redrive, limit: 1 }), ['fresh'])
    assert.equal((await messages.counts('dead', NOW + 2)).visible, 3)
  })

  messageTest('without a dead-letter queue a message comes back for ever', async (messages) => {
    await messages.send([message('a')])
    for (let round = 0; round < 5; round += 1) {
      const now = NOW + round * HIDDEN_MS
      assert.deepEqual(await receiveIds(messages, { now, receiveCountMax: 1 }), ['a'])
    }
  })

  messageTest('a group with a message in flight is blocked, others are not', async (messages) => {
    await messages.send([
      message('a1', { groupId: 'a' }),
      message('a2', { groupId: 'a' }),
      message('b1', { groupId: 'b' }),
    ])
    const fifo = { fifo: true, limit: 1 }
    const [first] = await receive(messages, fifo)
    const [second] = await receive(messages, fifo)
    assert.deepEqual(new Set([first?.id, second?.id]), new Set(['a1', 'b1']))
    assert.deepEqual(await receiveIds(messages, fifo), [])
    const a1 = first?.id === 'a1' ? first : second
    await messages.remove('q', [a1!.receipt])
    assert.deepEqual(await receiveIds(messages, fifo), ['a2'])
  })

  messageTest('one receive may take several messages of a group, in order', async (messages) => {
    const ids = Array.from({ length: 12 }, (_, index) => `m${index}`)
    await messages.send(ids.map((id) => message(id, { groupId: 'g' })))
    const taken = await receive(messages, { fifo: true, limit: 5 })
    assert.deepEqual(
      taken.map(({ id }) => id),
      ids.slice(0, 5),
    )
    await messages.remove('q', [taken[0]!.receipt])
    assert.deepEqual(await receiveIds(messages, { fifo: true }), [])
    const now = NOW + HIDDEN_MS
    assert.deepEqual(await receiveIds(messages, { fifo: true, now, limit: 20 }), ids.slice(1))
  })

  messageTest(
    'order is kept when a message comes back, whoever is visible first',
    async (messages) => {
      await messages.send(['1', '2', '3'].map((id) => message(id, { groupId: 'g' })))
      const [one, two] = await receive(messages, { fifo: true, limit: 2 })
      const changes = [{ receipt: two!.receipt, visibleAt: NOW + 1 }]
      assert.deepEqual(await messages.changeVisibility('q', changes, NOW + 1), ['changed'])
      assert.deepEqual(await receiveIds(messages, { fifo: true, now: NOW + 1 }), [])
      await messages.remove('q', [one!.receipt])
      assert.deepEqual(await receiveIds(messages, { fifo: true, now: NOW + 1 }), ['2', '3'])
    },
  )

  messageTest('a delayed message holds back those behind it in its group', async (messages) => {
    await messages.send([
      message('late', { groupId: 'g', visibleAt: NOW + 500 }),
      message('behind', { groupId: 'g' }),
    ])
    assert.deepEqual(await receiveIds(messages, { fifo: true }), [])
    assert.deepEqual(await receiveIds(messages, { fifo: true, now: NOW + 500 }), ['late', 'behind'])
  })

  messageTest('a dead letter frees its group and keeps its own', async (messages) => {
    await messages.send([message('bad', { groupId: 'g' }), message('good', { groupId: 'g' })])
    await receive(messages, { fifo: true, limit: 1 })
    const now = NOW + HIDDEN_MS
    const redrive = { fifo: true, now, receiveCountMax: 1, deadLetterQueue: 'dead' }
    assert.deepEqual(await receiveIds(messages, redrive), ['good'])
    const [dead] = await receive(messages, { queue: 'dead', fifo: true, now })
    assert.deepEqual([dead?.id, dead?.groupId], ['bad', 'g'])
  })

  messageTest('groups are received in order by many at once', async (messages) => {
    const groups = ['a', 'b', 'c', 'd']
    const sent = Array.from({ length: 80 }, (_, index) => groups[index % 4]! + String(index))
    await messages.send(sent.map((id) => message(id, { groupId: id[0]! })))
    const seen: string[] = []
    async function consume(): Promise<void> {
      for (let idle = 0; idle < 200 && seen.length < sent.length;) {
        const taken = await receive(messages, { fifo: true, limit: 3 })
        idle = taken.length === 0 ? idle + 1 : 0
        for (const { id } of taken) seen.push(id)
        await messages.remove(
          'q',
          taken.map(({ receipt }) => receipt),
        )
      }
    }
    await Promise.all([consume(), consume(), consume()])
    for (const group of groups) {
      assert.deepEqual(
        seen.filter((id) => id.startsWith(group)),
        sent.filter((id) => id.startsWith(group)),
      )
    }
  })
}

async function receiveOne(messages: MessageStore, now = NOW): Promise<ReceivedMessage> {
  const [one] = await receive(messages, { limit: 1, now })
  assert.ok(one !== undefined)
  return one
}
