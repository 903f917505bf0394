// Queue messages: sending, packed batches, duplicates, counts, purge and expiry.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageStore } from './messages.ts'
import {
  HIDDEN_MS,
  message,
  NOW,
  packed,
  receive,
  receiveIds,
  textOf,
} from './messages-under-test.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

export function messagesConformance(open: OpenStore): void {
  function messageTest(name: string, use: (messages: MessageStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ messages }) => use(messages)))
  }

  messageTest('a queue nobody sent to is empty', async (messages) => {
    assert.deepEqual(await receive(messages), [])
    assert.deepEqual(await messages.counts('q', NOW), { visible: 0, inFlight: 0, delayed: 0 })
    assert.equal(await messages.nextVisibleAt('q', NOW), undefined)
    assert.equal(await messages.purge('q'), 0)
  })

  messageTest('a message comes back as it was sent', async (messages) => {
    const body = new Uint8Array([0, 255, 10, 0])
    const sent = await messages.send([
      message('bare', { sentAt: NOW - 1 }),
      message('full', {
        body,
        attributes: '{"a":{"DataType":"String"}}',
        groupId: 'g',
        deduplicationId: 'd',
      }),
    ])
    assert.deepEqual(
      sent.map(({ id, isDuplicate }) => [id, isDuplicate]),
      [
        ['bare', false],
        ['full', false],
      ],
    )
    const received = await receive(messages)
    const bare = received.find(({ id }) => id === 'bare')!
    const full = received.find(({ id }) => id === 'full')!
    assert.deepEqual(
      { ...bare, body: textOf(bare), receipt: typeof bare.receipt },
      {
        id: 'bare',
        receipt: 'string',
        body: 'body of bare',
        sentAt: NOW - 1,
        firstReceivedAt: NOW,
        receiveCount: 1,
        receivedElsewhere: 0,
        sender: '000000000000',
        sequence: sent[0]!.sequence,
      },
    )
    assert.deepEqual([...full.body!], [...body])
    assert.equal(full.attributes, '{"a":{"DataType":"String"}}')
    assert.deepEqual([full.groupId, full.deduplicationId], ['g', 'd'])
  })

  messageTest('a body is kept as it was, though its buffer is used again', async (messages) => {
    const buffer = Buffer.from('-first-')
    const sending = messages.send([message('a', { body: buffer.subarray(1, 6) })])
    buffer.fill(0)
    await sending
    assert.equal(textOf((await receive(messages))[0]!), 'first')
  })

  messageTest('sequences are twenty digits and grow', async (messages) => {
    const first = await messages.send([message('a'), message('b')])
    await messages.sendPacked(packed(['x', 'y']))
    const second = await messages.send([message('c')])
    const sequences = [...first, ...second].map(({ sequence }) => sequence)
    for (const sequence of sequences) assert.match(sequence, /^\d{20}$/)
    assert.deepEqual(sequences, [...new Set(sequences)].sort())
  })

  messageTest('a packed batch is as many messages, with ids of its prefix', async (messages) => {
    const bodies = Array.from({ length: 40 }, (_, index) => 'x'.repeat(index * 7))
    await messages.sendPacked(packed(bodies))
    const received = new Map<string, string>()
    for (let round = 0; round < 4; round += 1)
      for (const one of await receive(messages)) received.set(one.id, textOf(one))
    const expected = bodies.map((body, index) => [`p-${index.toString(36)}`, body] as const)
    assert.deepEqual(received, new Map(expected))
  })

  messageTest('an empty packed batch sends nothing', async (messages) => {
    await messages.sendPacked(packed([]))
    assert.equal((await messages.counts('q', NOW)).visible, 0)
  })

  messageTest('a packed batch in a view of a larger buffer is taken as it is', async (messages) => {
    const bodies = Buffer.from('--onetwo--').subarray(2, 8)
    await messages.sendPacked({ ...packed([]), bodies, ends: Uint32Array.of(3, 6) })
    assert.deepEqual((await receive(messages)).map((one) => textOf(one)).sort(), ['one', 'two'])
  })

  messageTest('a packed batch whose ends do not fit is refused whole', async (messages) => {
    const { bodies } = packed(['one', 'two'])
    await assert.rejects(
      messages.sendPacked({ ...packed([]), bodies, ends: Uint32Array.of(3, 9) }),
      /message ends/,
    )
    assert.deepEqual(await receive(messages), [])
  })

  messageTest('a duplicate within the window answers the first message', async (messages) => {
    const fifo = { groupId: 'g', deduplicationId: 'd', deduplicateUntil: NOW + 300_000 }
    const [first] = await messages.send([message('first', fifo)])
    const [again] = await messages.send([message('again', { ...fifo, sentAt: NOW + 1 })])
    assert.deepEqual(again, { id: 'first', sequence: first!.sequence, isDuplicate: true })
    const [taken] = await receive(messages, { fifo: true })
    await messages.remove('q', [taken!.receipt])
    const [later] = await messages.send([message('later', { ...fifo, sentAt: NOW + 299_999 })])
    assert.equal(later?.isDuplicate, true)
    const [fresh] = await messages.send([
      message('fresh', { ...fifo, sentAt: NOW + 300_000, deduplicateUntil: NOW + 600_000 }),
    ])
    assert.deepEqual([fresh?.id, fresh?.isDuplicate], ['fresh', false])
    assert.deepEqual(await receiveIds(messages, { fifo: true }), ['fresh'])
  })

  messageTest('duplicates are found within one send, and not across queues', async (messages) => {
    const fifo = { groupId: 'g', deduplicationId: 'd', deduplicateUntil: NOW + 300_000 }
    const sent = await messages.send([
      message('a', fifo),
      message('b', fifo),
      message('c', { ...fifo, queue: 'other' }),
    ])
    assert.deepEqual(
      sent.map(({ id, isDuplicate }) => [id, isDuplicate]),
      [
        ['a', false],
        ['a', true],
        ['c', false],
      ],
    )
  })

  messageTest('counts tell visible, in flight and delayed apart', async (messages) => {
    await messages.send([
      message('a', { sentAt: NOW - 50 }),
      message('b', { sentAt: NOW - 70 }),
      message('c', { visibleAt: NOW + 500 }),
      message('d', { queue: 'other', sentAt: NOW - 900 }),
    ])
    await receive(messages, { limit: 1 })
    assert.deepEqual(await messages.counts('q', NOW), {
      visible: 1,
      inFlight: 1,
      delayed: 1,
      oldestSentAt: NOW - 70,
    })
    assert.deepEqual(await messages.counts('q', NOW + HIDDEN_MS), {
      visible: 3,
      inFlight: 0,
      delayed: 0,
      oldestSentAt: NOW - 70,
    })
  })

  messageTest('the next time a message becomes visible is known', async (messages) => {
    await messages.send([
      message('a'),
      message('b', { visibleAt: NOW + 500 }),
      message('c', { visibleAt: NOW + 400 }),
    ])
    assert.equal(await messages.nextVisibleAt('q', NOW), NOW + 400)
    assert.equal(await messages.nextVisibleAt('q', NOW + 400), NOW + 500)
    assert.equal(await messages.nextVisibleAt('q', NOW + 500), undefined)
  })

  messageTest('a purge empties one queue and says how many there were', async (messages) => {
    await messages.sendPacked(packed(Array.from({ length: 4500 }, () => 'x')))
    await messages.send([message('grouped', { groupId: 'g' }), message('kept', { queue: 'other' })])
    await receive(messages)
    assert.equal(await messages.purge('q'), 4501)
    assert.deepEqual(await messages.counts('q', NOW), { visible: 0, inFlight: 0, delayed: 0 })
    assert.deepEqual(await receiveIds(messages, { queue: 'other' }), ['kept'])
    await messages.send([message('new', { groupId: 'g' })])
    assert.deepEqual(await receiveIds(messages, { fifo: true }), ['new'])
  })

  messageTest('an expired message is not received, and goes', async (messages) => {
    await messages.send([
      message('old', { expiresAt: NOW + 100 }),
      message('old-in-group', { expiresAt: NOW + 100, groupId: 'g' }),
      message('new', { groupId: 'g' }),
    ])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 100, fifo: true }), ['new'])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 100 }), [])
    await messages.expire(NOW + 100)
    assert.equal((await messages.counts('q', NOW + 100)).inFlight, 1)
    assert.equal((await messages.counts('q', NOW + 100)).visible, 0)
  })

  messageTest(
    'expiry counts what it drops in every queue, and forgets stale duplicates',
    async (messages) => {
      const fifo = { groupId: 'g', deduplicationId: 'd', deduplicateUntil: NOW + 50 }
      await messages.send([
        message('a', { expiresAt: NOW + 10 }),
        message('b', { expiresAt: NOW + 10, queue: 'other' }),
        message('c', { ...fifo, expiresAt: NOW + 20 }),
      ])
      await messages.sendPacked(
        packed(
          Array.from({ length: 2500 }, () => 'x'),
          { expiresAt: NOW + 10 },
        ),
      )
      assert.equal(await messages.expire(NOW + 9), 0)
      assert.equal(await messages.expire(NOW + 10), 2502)
      assert.equal(await messages.expire(NOW + 60), 1)
      const [again] = await messages.send([message('again', fifo)])
      assert.deepEqual([again?.id, again?.isDuplicate], ['again', false])
    },
  )

  test('messages, duplicates and sequences are there after reopening', () => {
    const fifo = { groupId: 'g', deduplicationId: 'd', deduplicateUntil: NOW + 300_000 }
    let newest = ''
    return acrossReopening(
      open,
      async ({ messages }) => {
        await messages.send([message('a'), message('b', fifo)])
        await messages.sendPacked(packed(['x']))
        const [last] = await messages.send([message('c')])
        newest = last!.sequence
        const taken = await receive(messages)
        const receipts = taken.filter(({ id }) => id === 'c').map(({ receipt }) => receipt)
        await messages.remove('q', receipts)
      },
      async ({ messages }) => {
        const [again] = await messages.send([message('again', fifo)])
        assert.deepEqual([again?.id, again?.isDuplicate], ['b', true])
        assert.equal((await messages.counts('q', NOW)).inFlight, 3)
        const [next] = await messages.send([message('next')])
        assert.ok(next!.sequence > newest)
        const later = await receive(messages, { now: NOW + HIDDEN_MS })
        assert.deepEqual(later.map(({ id }) => id).sort(), ['a', 'b', 'next', 'p-0'])
        assert.deepEqual(later.filter(({ receiveCount }) => receiveCount === 2).length, 3)
      },
    )
  })
}
