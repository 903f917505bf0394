// More than the server can take: it says so and asks to come back, and loses nothing that it took; the same when
// it is told to stop in the middle.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsAnswer, callAws } from '../fault/harness/producers.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

const EVENTS = 60
const PRODUCERS = 16
const RETRY_MS = 20

const SMALL = `
limits: { entrySizeBytesMax: 256KiB, requestSizeBytesMax: 512KiB, backlogSizeBytesMax: 1MiB }
`

test('a server with little room sends producers away for a moment, and keeps what it took', async (context) => {
  const signalbox = await openWithQueue(context, SMALL)
  const refusals: AwsAnswer[] = []
  const filling = 'x'.repeat(200_000)
  const putUntilTaken = async (order: number): Promise<void> => {
    for (;;) {
      const answer = await putOrder(signalbox, order, filling)
      if (answer.status === 200) return
      refusals.push(answer)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
  await Promise.all(Array.from({ length: EVENTS }, (_, order) => putUntilTaken(order)))
  assert.ok(refusals.length > 0, 'nothing was refused')
  for (const { status, headers } of refusals) {
    assert.ok(status === 503 || status === 429, String(status))
    assert.match(String(headers['retry-after']), /^[1-9]\d*$/)
  }
  assert.deepEqual(
    await ordersOf(signalbox, EVENTS),
    Array.from({ length: EVENTS }, (_, order) => order),
  )
})

test('boto3 needs nothing but its own retries to get everything through', async (context) => {
  const signalbox = await openWithQueue(context, SMALL)
  await signalbox.python(
    `
    patient = boto3.client('events', config=Config(
        retries={'mode': 'standard', 'total_max_attempts': 10}, max_pool_connections=20))
    def send(order):
        detail = json.dumps({'order': order, 'filling': 'x' * 200000})
        answer = patient.put_events(Entries=[
            {'Source': 'shop', 'DetailType': 'Order', 'Detail': detail}])
        assert answer['FailedEntryCount'] == 0
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(send, range(given)))
    `,
    EVENTS,
  )
  assert.equal((await ordersOf(signalbox, EVENTS)).length, EVENTS)
})

test('a server told to stop under load ends well, and everything it acknowledged is in the queue', async (context) => {
  const signalbox = await openWithQueue(context, '')
  const acknowledged: number[] = []
  let isStopped = false
  let next = 0
  const produce = async (): Promise<void> => {
    while (!isStopped) {
      const order = next++
      try {
        const answer = await putOrder(signalbox, order, '')
        if (answer.status === 200) acknowledged.push(order)
        else isStopped = true
      } catch {
        isStopped = true
      }
    }
  }
  const producers = Promise.all(Array.from({ length: PRODUCERS }, produce))
  await until('some are acknowledged', DEADLINE_MS, () => acknowledged.length > 500)
  const exit = await signalbox.end('SIGTERM')
  await producers
  assert.deepEqual(exit, { code: 0, signal: null })
  await signalbox.start()
  const arrived = new Set(await ordersOf(signalbox, acknowledged.length))
  assert.deepEqual(
    acknowledged.filter((order) => !arrived.has(order)),
    [],
  )
})

async function openWithQueue(
  context: Parameters<typeof Signalbox.open>[0],
  config: string,
): Promise<Signalbox> {
  const signalbox = await Signalbox.open(context, { config })
  await signalbox.python(
    `
    sqs.create_queue(QueueName='all')
    route('all', {'source': ['shop']}, {'Id': 'queue', 'Arn': given})
    `,
    signalbox.queueArn('all'),
  )
  return signalbox
}

function putOrder(signalbox: Signalbox, order: number, filling: string): Promise<AwsAnswer> {
  const detail = JSON.stringify({ order, filling })
  const entries = [{ Source: 'shop', DetailType: 'Order', Detail: detail }]
  return callAws(signalbox.url, 'AWSEvents.PutEvents', { Entries: entries })
}

/** The orders in the queue, at least so many, each once and sorted. */
async function ordersOf(signalbox: Signalbox, count: number): Promise<readonly number[]> {
  const orders = await signalbox.python<number[]>(
    `
    orders = [body['detail']['order'] for body in bodies('all', given)]
    assert len(set(orders)) == len(orders), 'one came twice'
    result = sorted(orders)
    `,
    count,
  )
  return orders
}
