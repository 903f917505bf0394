// The breaker in front of a target that fails, hangs and recovers: it is spared while it is down, its
// neighbours are not held up, and everything arrives in the end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OK, Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const EVENTS = 60
const HASTY = `
delivery: { delayMsMin: 20ms, delayMsMax: 80ms, timeoutMs: 500ms }
breaker: { openMsMin: 100ms, openMsMax: 400ms }
`

test('everything reaches a target that fails, hangs and recovers, and its neighbour never waits', async (context) => {
  const signalbox = await Signalbox.open(context, { config: HASTY })
  const sick = await Receiver.open(context)
  const sound = await Receiver.open(context)
  sick.behaviour = { status: 500 }
  await signalbox.python(
    `
    route('all', {'source': ['shop']},
          {'Id': 'sick', 'Arn': given['sick']}, {'Id': 'sound', 'Arn': given['sound']})
    ${PUT_MANY('0')}
    `,
    { sick: sick.url, sound: sound.url, count: EVENTS },
  )
  await until('the neighbour has all', DEADLINE_MS, () => orders(sound).size === EVENTS)
  await until('the breaker has opened', DEADLINE_MS, () => isOpen(signalbox))
  // Attempts under way when it opened still end; from then on there are probes alone, one at a time.
  sick.behaviour = 'hang'
  const failed = sick.requests.length
  await until('probes hang', DEADLINE_MS, () => sick.requests.length >= failed + 2)
  await signalbox.python(PUT_MANY('given["count"]').trim(), { count: EVENTS })
  await until('the neighbour has the rest', DEADLINE_MS, () => orders(sound).size === 2 * EVENTS)
  assert.equal(sick.taken.length, 0)
  assert.ok(sick.requests.length < failed + EVENTS, `asked ${sick.requests.length - failed} times`)
  sick.behaviour = OK
  // What it took but was too slow to say so about came again, so each counts once.
  await until('all has arrived', DEADLINE_MS, () => orders(sick).size === 2 * EVENTS)
  assert.deepEqual(sorted(orders(sick)), sorted(orders(sound)))
})

test('a breaker that was open stays open over a restart', async (context) => {
  const config = `
delivery: { delayMsMin: 20ms, delayMsMax: 80ms }
breaker: { openMsMin: 1m, openMsMax: 1m }
`
  const signalbox = await Signalbox.open(context, { config })
  const sick = await Receiver.open(context)
  sick.behaviour = { status: 500 }
  await signalbox.python(
    `
    route('all', {'source': ['shop']}, {'Id': 'sick', 'Arn': given['url']})
    ${PUT_MANY('0')}
    `,
    { url: sick.url, count: EVENTS },
  )
  await until('the breaker has opened', DEADLINE_MS, () => isOpen(signalbox))
  await signalbox.end('SIGTERM')
  const asked = sick.requests.length
  await signalbox.start()
  const pending = await signalbox.python<number>(
    `
    sqs.create_queue(QueueName='later')
    route('later', {'source': ['later']}, {'Id': 'queue', 'Arn': given})
    put('later', 'Later', {})
    result = len(take('later', 1))
    `,
    signalbox.queueArn('later'),
  )
  assert.equal(pending, 1, 'other deliveries go on')
  assert.equal(sick.requests.length, asked)
})

function PUT_MANY(from: string): string {
  return `
    for start in range(${from}, ${from} + given['count'], 10):
        answer = events.put_events(Entries=[
            {'Source': 'shop', 'DetailType': 'Order', 'Detail': json.dumps({'order': start + i})}
            for i in range(10)])
        assert answer['FailedEntryCount'] == 0, answer`
}

async function isOpen(signalbox: Signalbox): Promise<boolean> {
  return signalbox.output.includes('a breaker changed')
}

function orders(receiver: Receiver): ReadonlySet<number> {
  return new Set(receiver.details<{ order: number }>().map(({ order }) => order))
}

function sorted(numbers: ReadonlySet<number>): readonly number[] {
  return [...numbers].toSorted((a, b) => a - b)
}
