// The main job, with nothing but the aws CLI: a bus, a rule, a queue and a webhook; an event that arrives in
// both; a kill that loses nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OK, Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, QUICK_RETRIES, Signalbox, until } from '../support/signalbox.ts'

interface Envelope {
  readonly id: string
  readonly source: string
  readonly account: string
  readonly region: string
  readonly 'detail-type': string
  readonly detail: { readonly order: number }
}

test('an event put with the aws CLI arrives in a queue and a webhook, and outlives a kill', async (context) => {
  const signalbox = await Signalbox.open(context, { config: QUICK_RETRIES })
  const webhook = await Receiver.open(context)
  await signalbox.aws('events', 'create-event-bus', { name: 'shop' })
  const { RuleArn } = await signalbox.aws<{ RuleArn: string }>('events', 'put-rule', {
    name: 'paid',
    'event-bus-name': 'shop',
    'event-pattern': '{"source":["shop"],"detail":{"status":["paid"]}}',
  })
  assert.equal(RuleArn, 'arn:aws:events:us-east-1:000000000000:rule/shop/paid')
  const { QueueUrl } = await signalbox.aws<{ QueueUrl: string }>('sqs', 'create-queue', {
    'queue-name': 'orders',
  })
  const targets = [
    { Id: 'queue', Arn: signalbox.queueArn('orders') },
    { Id: 'webhook', Arn: webhook.url },
  ]
  assert.deepEqual(
    await signalbox.aws('events', 'put-targets', {
      rule: 'paid',
      'event-bus-name': 'shop',
      targets: JSON.stringify(targets),
    }),
    { FailedEntryCount: 0, FailedEntries: [] },
  )

  const first = await putOrder(signalbox, 1)
  await until('the webhook has it', DEADLINE_MS, () => webhook.taken.length === 1)
  const envelope = JSON.parse(webhook.taken[0]!.body) as Envelope
  assert.deepEqual(
    [envelope.id, envelope.source, envelope['detail-type'], envelope.account, envelope.region],
    [first, 'shop', 'Order', '000000000000', 'us-east-1'],
  )
  assert.deepEqual(envelope.detail, { order: 1, status: 'paid' })
  assert.deepEqual(await receive(signalbox, QueueUrl), [webhook.taken[0]!.body])

  webhook.behaviour = { status: 503 }
  await putOrder(signalbox, 2)
  await until('the webhook has failed', DEADLINE_MS, () => webhook.requests.length > 1)
  await signalbox.end('SIGKILL')
  webhook.behaviour = OK
  await signalbox.start()
  await until('the webhook has the second', DEADLINE_MS, () => webhook.taken.length === 2)
  assert.deepEqual(
    webhook.details<{ order: number }>().map(({ order }) => order),
    [1, 2],
  )
  // The server listens elsewhere now; the queue's name is what stays.
  const { QueueUrl: again } = await signalbox.aws<{ QueueUrl: string }>('sqs', 'get-queue-url', {
    'queue-name': 'orders',
  })
  const kept = (await receive(signalbox, again)).map((body) => JSON.parse(body) as Envelope)
  assert.deepEqual(
    kept.map(({ detail }) => detail.order).filter((order) => order !== 1),
    [2],
  )
})

async function putOrder(signalbox: Signalbox, order: number): Promise<string> {
  const entry = {
    Source: 'shop',
    DetailType: 'Order',
    EventBusName: 'shop',
    Detail: JSON.stringify({ order, status: 'paid' }),
  }
  const answer = await signalbox.aws<{ FailedEntryCount: number; Entries: { EventId: string }[] }>(
    'events',
    'put-events',
    { entries: JSON.stringify([entry]) },
  )
  assert.equal(answer.FailedEntryCount, 0)
  return answer.Entries[0]!.EventId
}

async function receive(signalbox: Signalbox, queueUrl: string): Promise<readonly string[]> {
  const { Messages = [] } = await signalbox.aws<{ Messages?: { Body: string }[] }>(
    'sqs',
    'receive-message',
    { 'queue-url': queueUrl, 'wait-time-seconds': '10', 'max-number-of-messages': '10' },
  )
  return Messages.map(({ Body }) => Body)
}
