// Messages whose bodies lie in the log: sent many at once, received a few at a time, and like any other message
// from then on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  array,
  assert as assertProperty,
  asyncProperty,
  boolean,
  constant,
  integer,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check'
import type { MessageStore, ReceivedMessage } from './messages.ts'
import { HIDDEN_MS, message, NOW, receive, receiveIds, referenced } from './messages-under-test.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

export function referencesConformance(open: OpenStore): void {
  function messageTest(name: string, use: (messages: MessageStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ messages }) => use(messages)))
  }

  messageTest(
    'messages sent by reference come back as references, also when moved',
    async (messages) => {
      await messages.sendReferences(referenced([7, 9, 12]))
      assert.equal(await messages.oldestReference(0), 7)
      assert.equal(await messages.oldestReference(1), undefined)
      const received = await receive(messages)
      assert.deepEqual(
        received.map(({ id, body, reference }) => [id, body, reference?.offset]),
        [
          ['r-0', undefined, 7],
          ['r-1', undefined, 9],
          ['r-2', undefined, 12],
        ],
      )
      await messages.remove('q', [received[0]!.receipt, received[2]!.receipt])
      assert.equal(await messages.oldestReference(0), 9)
      const moving = { receiveCountMax: 1, deadLetterQueue: 'dead', now: NOW + HIDDEN_MS }
      assert.deepEqual(await receive(messages, moving), [])
      const [dead] = await receive(messages, { queue: 'dead', now: NOW + HIDDEN_MS })
      assert.deepEqual(dead?.reference, { partition: 0, offset: 9 })
      assert.equal(await messages.oldestReference(0), 9)
    },
  )

  messageTest('references are received a few at a time, oldest first', async (messages) => {
    await messages.sendReferences(referenced([1, 2, 3], { visibleAt: NOW - 20, idPrefix: 'b-' }))
    await messages.sendReferences(referenced([4, 5], { visibleAt: NOW - 40, idPrefix: 'a-' }))
    await messages.send([message('m', { visibleAt: NOW - 30 })])
    assert.deepEqual(await receiveIds(messages, { limit: 1 }), ['a-0'])
    assert.deepEqual(await receiveIds(messages, { limit: 3 }), ['a-1', 'm', 'b-0'])
    assert.deepEqual(await receiveIds(messages), ['b-1', 'b-2'])
    assert.deepEqual(await receiveIds(messages), [])
  })

  messageTest('references are counted like other messages', async (messages) => {
    await messages.sendReferences(referenced([1, 2, 3], { sentAt: NOW - 90 }))
    await messages.sendReferences(referenced([4, 5], { visibleAt: NOW + 700, idPrefix: 'l-' }))
    await receive(messages, { limit: 1 })
    assert.deepEqual(await messages.counts('q', NOW), {
      visible: 2,
      inFlight: 1,
      delayed: 2,
      oldestSentAt: NOW - 90,
    })
    assert.equal(await messages.nextVisibleAt('q', NOW), NOW + 700)
    assert.equal(await messages.nextVisibleAt('q', NOW + 700), NOW + HIDDEN_MS)
  })

  messageTest('references that expired are not received, and go', async (messages) => {
    await messages.sendReferences(referenced([1, 2], { expiresAt: NOW + 10 }))
    await messages.sendReferences(referenced([3], { idPrefix: 'kept-' }))
    await messages.sendReferences(referenced([4, 5, 6], { expiresAt: NOW + 10, queue: 'other' }))
    assert.equal(await messages.expire(NOW + 9), 0)
    assert.deepEqual(await receiveIds(messages, { queue: 'other', now: NOW + 10 }), [])
    assert.deepEqual(await receiveIds(messages, { now: NOW + 10 }), ['kept-0'])
    await messages.expire(NOW + 10)
    assert.equal((await messages.counts('other', NOW)).visible, 0)
    assert.equal(await messages.oldestReference(0), 3)
  })

  messageTest('a purge takes references too, received or not', async (messages) => {
    await messages.sendReferences(referenced(Array.from({ length: 2500 }, (_, index) => index)))
    await messages.sendReferences(referenced([9000], { queue: 'other', idPrefix: 'kept-' }))
    await receive(messages)
    assert.equal(await messages.purge('q'), 2500)
    assert.deepEqual(await messages.counts('q', NOW), { visible: 0, inFlight: 0, delayed: 0 })
    assert.deepEqual(await receiveIds(messages, { queue: 'other' }), ['kept-0'])
    assert.equal(await messages.oldestReference(0), 9000)
  })

  messageTest('no references are nothing sent', async (messages) => {
    await messages.sendReferences(referenced([]))
    assert.equal((await messages.counts('q', NOW)).visible, 0)
    assert.equal(await messages.oldestReference(0), undefined)
  })

  messageTest('receivers at the same moment share a batch', async (messages) => {
    await messages.sendReferences(referenced(Array.from({ length: 100 }, (_, index) => index)))
    const taken = await Promise.all(Array.from({ length: 12 }, () => receiveIds(messages)))
    assert.deepEqual([taken.flat().length, new Set(taken.flat()).size], [100, 100])
  })

  test('references half received are there after reopening, in order', () =>
    acrossReopening(
      open,
      async ({ messages }) => {
        await messages.sendReferences(referenced([5, 6, 7]))
        await receive(messages, { limit: 1 })
      },
      async ({ messages }) => {
        assert.deepEqual(await receiveIds(messages), ['r-1', 'r-2'])
        const [again] = await receive(messages, { now: NOW + HIDDEN_MS, limit: 1 })
        assert.deepEqual([again?.id, again?.receiveCount, again?.reference?.offset], ['r-0', 2, 5])
      },
    ))

  messageTest(
    'whatever is sent, received and removed: all comes, and only that',
    async (messages) => {
      let run = 0
      await assertProperty(
        asyncProperty(array(STEP, { maxLength: 25 }), (steps) => play(messages, steps, (run += 1))),
        { numRuns: 40 },
      )
    },
  )
}

type Step =
  | { readonly kind: 'send'; readonly count: number }
  | { readonly kind: 'receive'; readonly limit: number; readonly isRemoving: boolean }

const STEP: Arbitrary<Step> = oneof(
  record({ kind: constant('send' as const), count: integer({ min: 0, max: 7 }) }),
  record({
    kind: constant('receive' as const),
    limit: integer({ min: 1, max: 10 }),
    isRemoving: boolean(),
  }),
)

/** Compares with the plain reading: a set of offsets, of which a receive hides some. Each run has a queue of its own. */
async function play(messages: MessageStore, steps: readonly Step[], run: number): Promise<void> {
  const queue = `q${run}`
  const visible = new Set<number>()
  const held = new Set<number>()
  let next = 0
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'send') {
      const offsets = Array.from({ length: step.count }, () => next++)
      await messages.sendReferences(
        referenced(offsets, { queue, partition: run, idPrefix: `${index}-` }),
      )
      for (const offset of offsets) visible.add(offset)
      continue
    }
    const received = await receive(messages, { queue, limit: step.limit })
    assert.equal(received.length, Math.min(step.limit, visible.size))
    for (const { reference } of received) assert.ok(visible.delete(reference!.offset))
    if (step.isRemoving) await messages.remove(queue, receiptsOf(received))
    else for (const { reference } of received) held.add(reference!.offset)
    const { visible: count, inFlight } = await messages.counts(queue, NOW)
    assert.deepEqual([count, inFlight], [visible.size, held.size])
    const left = [...visible, ...held]
    const oldest = left.length === 0 ? undefined : Math.min(...left)
    assert.equal(await messages.oldestReference(run), oldest)
  }
}

function receiptsOf(received: readonly ReceivedMessage[]): readonly string[] {
  return received.map(({ receipt }) => receipt)
}
