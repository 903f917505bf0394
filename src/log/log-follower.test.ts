import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { type Cursor, type Log, LogFollower, openMemoryLog } from './index.ts'

const START: Cursor = [{ partition: 0, offset: 0 }]

async function append(log: Log, ...texts: readonly string[]): Promise<void> {
  await log.append(texts.map((text) => ({ kind: 'event', payload: Buffer.from(text) })))
}

interface Bench {
  readonly log: Log
  readonly follower: LogFollower
  readonly seen: string[]
  readonly kept: Cursor[]
  /** With what is fatal. */
  readonly failed: Promise<unknown>
}

function open(context: TestContext, see?: (text: string) => void): Bench {
  const log = openMemoryLog({ clock: new FakeClock() })
  const seen: string[] = []
  const kept: Cursor[] = []
  const failed = Promise.withResolvers<unknown>()
  const follower = new LogFollower({
    log,
    clock: new FakeClock(),
    recordsMax: 2,
    see(records) {
      for (const { payload } of records) {
        const text = Buffer.from(payload).toString()
        see?.(text)
        seen.push(text)
      }
    },
    keep: {
      everyMs: 1000,
      write: async (cursor) => void kept.push(cursor),
    },
    onFatal: (error) => failed.resolve(error),
  })
  context.after(async () => {
    await follower.close()
    await log.close()
  })
  return { log, follower, seen, kept, failed: failed.promise }
}

test('what is in the log is seen once, in order, and what comes later too', async (context) => {
  const { log, follower, seen } = open(context)
  await append(log, 'a', 'b', 'c')
  follower.follow(START)
  await follower.reached(log.end())
  await append(log, 'd')
  await follower.reached(log.end())
  assert.deepEqual(seen, ['a', 'b', 'c', 'd'])
})

test('whoever follows already is not moved; who paused begins where he is told', async (context) => {
  const { log, follower, seen } = open(context)
  await append(log, 'a', 'b')
  follower.follow([{ partition: 0, offset: 1 }])
  follower.follow(START)
  await follower.reached(log.end())
  follower.pause()
  assert.equal(follower.cursor, undefined)
  await append(log, 'c')
  assert.deepEqual(seen, ['b'])
  const end = log.end()
  await append(log, 'd')
  follower.follow(end)
  await follower.reached(log.end())
  assert.deepEqual(seen, ['b', 'd'])
})

test('its place is kept at the end, and nobody waits for a reader that was closed', async (context) => {
  const { log, follower, kept } = open(context)
  await append(log, 'a', 'b', 'c')
  follower.follow(START)
  await follower.reached(log.end())
  const never = follower.reached([{ partition: 0, offset: 9 }])
  await follower.close()
  await never
  assert.deepEqual(kept.at(-1), log.end())
})

test('what cannot be dealt with is fatal, and its place is not passed', async (context) => {
  const { log, follower, failed, kept } = open(context, (text) => {
    if (text === 'bad') throw new Error('no')
  })
  await append(log, 'a', 'b', 'bad')
  follower.follow(START)
  assert.match(String(await failed), /no/)
  await follower.close()
  assert.ok(kept.every(([position]) => position!.offset <= 2))
})
