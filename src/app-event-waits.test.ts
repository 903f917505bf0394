import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { EventWaits } from './app-event-waits.ts'
import { FakeClock } from './base/testing.ts'
import { formatBusKey, storePutEvent } from './event/index.ts'
import { type Cursor, type Log, openMemoryLog } from './log/index.ts'

const ORIGIN = { account: '000000000000', region: 'us-east-1' }
const BUS = formatBusKey({ ...ORIGIN, name: 'default' })
const OTHER_BUS = formatBusKey({ ...ORIGIN, name: 'other' })

async function publish(log: Log, id: string, busKey = BUS): Promise<void> {
  const payload = storePutEvent({
    ...ORIGIN,
    busKey,
    id,
    source: 'shop',
    detailType: 'Order',
    time: '2026-01-01T00:00:00Z',
    resources: [],
    detail: JSON.stringify({ id }),
  })
  await log.append([{ kind: 'event', payload }])
}

function onFatal(error: unknown): void {
  assert.fail(String(error))
}

interface Bench {
  readonly log: Log
  /** The id of what was waited for, or why there is none. */
  readonly wait: (id: string, since?: Cursor, signal?: AbortSignal) => Promise<string>
}

function open(context: TestContext): Bench {
  const log = openMemoryLog({ clock: new FakeClock() })
  const waits = new EventWaits({ log, clock: new FakeClock(), onFatal })
  context.after(async () => {
    await waits.close()
    await log.close()
  })
  return {
    log,
    async wait(id, since = log.end(), signal = new AbortController().signal) {
      const result = await waits.next({
        busKey: BUS,
        pattern: { detail: { id: [id] } },
        since,
        signal,
      })
      if (result.kind === 'failed') return result.message
      return (result.output as { event: { detail: { id: string } } }).event.detail.id
    },
  }
}

test('a wait ends with the first event that it is for, on its bus', async (context) => {
  const { log, wait } = open(context)
  const [one, two] = [wait('one'), wait('two')]
  await publish(log, 'two', OTHER_BUS)
  await publish(log, 'one')
  await publish(log, 'two')
  assert.deepEqual(await Promise.all([one, two]), ['one', 'two'])
})

test('what came before the wait was asked for here, and after it began, is found', async (context) => {
  const { log, wait } = open(context)
  const since = log.end()
  await publish(log, 'early')
  await publish(log, 'late')
  assert.equal(await wait('late', since), 'late')
  const never = new AbortController()
  const missed = wait('early', log.end(), never.signal)
  await publish(log, 'other')
  assert.equal(await wait('other', since), 'other')
  never.abort()
  assert.equal(await missed, 'the wait was ended')
})

test('many waits are met by one reader, and it rests when none is left', async (context) => {
  const { log, wait } = open(context)
  const ids = Array.from({ length: 200 }, (_, index) => `event-${index}`)
  for (const round of ['first', 'second']) {
    const all = ids.map((id) => wait(`${round} ${id}`))
    for (const id of ids) await publish(log, `${round} ${id}`)
    assert.deepEqual(
      await Promise.all(all),
      ids.map((id) => `${round} ${id}`),
    )
  }
})

test('a pattern that is none ends the wait with what is wrong with it', async (context) => {
  const log = openMemoryLog({ clock: new FakeClock() })
  const waits = new EventWaits({ log, clock: new FakeClock(), onFatal })
  context.after(() => waits.close())
  const { signal } = new AbortController()
  const wish = { busKey: BUS, pattern: { detail: 'x' }, since: log.end(), signal }
  const result = await waits.next(wish)
  assert.ok(result.kind === 'failed')
  assert.match(result.message, /pattern/i)
})
