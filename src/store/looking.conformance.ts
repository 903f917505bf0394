// Looking at the messages of a queue, which changes nothing of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LookedMessage, MessageStore } from './messages.ts'
import { HIDDEN_MS, message, NOW, packed, receive, referenced } from './messages-under-test.ts'
import { type OpenStore, withStore } from './store-under-test.ts'

export function lookingConformance(open: OpenStore): void {
  function messageTest(name: string, use: (messages: MessageStore) => Promise<void>): void {
    test(name, () => withStore(open, ({ messages }) => use(messages)))
  }

  messageTest('messages are looked at in the order in which they came', async (messages) => {
    assert.deepEqual(await look(messages), [])
    await messages.send([
      message('a', { attributes: '{}' }),
      message('late', { visibleAt: NOW + 5 }),
    ])
    await messages.sendReferences(referenced([7, 9, 12]))
    await messages.sendPacked(packed(['one', 'two']))
    await messages.send([message('of another', { queue: 'other' })])
    await messages.send([message('gone', { expiresAt: NOW })])
    const all = await look(messages)
    const ids = ['a', 'late', 'r-0', 'r-1', 'r-2', 'p-0', 'p-1']
    assert.deepEqual(
      all.map(({ id }) => id),
      ids,
    )
    assert.equal(Buffer.from(all[0]!.body!).toString(), 'body of a')
    assert.equal(all[0]!.attributes, '{}')
    assert.equal(all[1]!.visibleAt, NOW + 5)
    assert.deepEqual(all[3]!.reference, { partition: 0, offset: 9 })
    const paged: string[] = []
    let after: string | undefined
    do {
      const page = await look(messages, { limit: 2, ...(after === undefined ? {} : { after }) })
      paged.push(...page.map(({ id }) => id))
      after = page.at(-1)?.sequence
    } while (after !== undefined)
    assert.deepEqual(paged, ids)
  })

  messageTest('looking receives nothing, and shows what was received', async (messages) => {
    await messages.sendReferences(referenced([1, 2, 3]))
    const [first] = await receive(messages, { limit: 1 })
    for (let times = 0; times < 3; times += 1) await look(messages)
    const looked = await look(messages)
    assert.deepEqual(
      looked.map(({ id, receiveCount, visibleAt }) => [id, receiveCount, visibleAt]),
      [
        ['r-0', 1, NOW + HIDDEN_MS],
        ['r-1', 0, NOW],
        ['r-2', 0, NOW],
      ],
    )
    assert.equal(looked[0]!.sequence, first!.sequence)
    assert.deepEqual((await messages.counts('q', NOW)).visible, 2)
    const rest = await receive(messages)
    assert.deepEqual(
      rest.map(({ id, receiveCount }) => [id, receiveCount]),
      [
        ['r-1', 1],
        ['r-2', 1],
      ],
    )
  })

  messageTest('a message that was moved says where it came from', async (messages) => {
    await messages.send([message('m')])
    await receive(messages)
    const moving = { receiveCountMax: 1, deadLetterQueue: 'dead', now: NOW + HIDDEN_MS }
    await receive(messages, moving)
    const [dead] = await messages.look({ queue: 'dead', now: NOW + HIDDEN_MS, limit: 1 })
    const { id, movedFrom, receiveCount, receivedElsewhere } = dead!
    assert.deepEqual([id, movedFrom, receiveCount, receivedElsewhere], ['m', 'q', 0, 1])
  })
}

function look(
  messages: MessageStore,
  rest: { readonly after?: string; readonly limit?: number; readonly now?: number } = {},
): Promise<readonly LookedMessage[]> {
  return messages.look({ queue: 'q', now: NOW, limit: 100, ...rest })
}
