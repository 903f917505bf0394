// Operations over dead deliveries, dead-letter queues and archives: at a pace, over a restart, cancelled, audited.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

interface Operation {
  readonly id: string
  readonly action: string
  readonly state: string
  readonly total: number
  readonly seen: number
  readonly changed: number
  readonly who: string
}

test('bulk work is previewed, paced, watched, cancelled, and goes on after a crash', async (context) => {
  const signalbox = await Signalbox.open(context)
  const receiver = await Receiver.open(context)
  receiver.behaviour = { status: 400 }
  const json = async <T>(...args: readonly string[]): Promise<readonly T[]> => {
    const lines = (await signalbox.cli(...args, '-o', 'json')).split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T)
  }
  await signalbox.python(
    `
    route('orders', {'source': ['orders']},
          {'Id': 'hook', 'Arn': given}, {'Id': 'other', 'Arn': given})
    for n in range(20):
        put('orders', 'Order', {'n': n})
    work = sqs.create_queue(QueueName='work')['QueueUrl']
    sqs.create_queue(QueueName='dead')
    arn = 'arn:aws:sqs:us-east-1:000000000000:dead'
    sqs.set_queue_attributes(QueueUrl=work, Attributes={'RedrivePolicy': json.dumps(
        {'deadLetterTargetArn': arn, 'maxReceiveCount': 1}), 'VisibilityTimeout': '0'})
    for n in range(15):
        sqs.send_message(QueueUrl=work, MessageBody='m%d' % n)
    for _ in range(60):
        sqs.receive_message(QueueUrl=work, MaxNumberOfMessages=10)
        if sqs.get_queue_attributes(QueueUrl=queue_url('dead'), AttributeNames=['All'])[
                'Attributes']['ApproximateNumberOfMessages'] == '15':
            break
    `,
    receiver.url,
  )
  type Dead = { readonly id: string; readonly targetId: string; readonly errorCode: string }
  let dead: readonly Dead[] = []
  await until('all died', DEADLINE_MS, async () => {
    dead = await json<Dead>('dlq', 'ls')
    return dead.length === 40
  })
  const [peeked] = await json<{ event: { source: string; detail: { n: number } } }>(
    'dlq',
    'peek',
    dead[7]!.id,
  )
  assert.equal(peeked!.event.source, 'orders')
  assert.equal(typeof peeked!.event.detail.n, 'number')
  const other = ['--target', 'other', '--error', dead[0]!.errorCode]
  assert.equal(
    await signalbox.cli('dlq', 'purge', ...other, '--dry-run'),
    '20 dead deliveries match; nothing was done',
  )
  assert.equal(
    await signalbox.cli('dlq', 'purge', ...other, '--yes'),
    '20 of 20 dead deliveries are forgotten',
  )

  receiver.behaviour = { status: 200 }
  const slow = ['dlq', 'redrive', '--rule', 'orders', '--rate', '2', '--detach']
  const id = await signalbox.cli(...slow)
  const show = async (): Promise<Operation> => (await json<Operation>('operations', 'show', id))[0]!
  await until('it is under way', DEADLINE_MS, async () => (await show()).seen > 0)
  await signalbox.end('SIGKILL')
  await signalbox.start()
  const { seen, total, state } = await show()
  assert.deepEqual([total, state], [20, 'RUNNING'])
  await until('it went on', DEADLINE_MS, async () => (await show()).seen > seen)
  assert.match(await signalbox.cli('operations', 'cancel', id), /CANCELLED {2}\d+ done, \d+ of 20/)
  const rest = (await json<Dead>('dlq', 'ls')).length
  assert.equal(rest, 20 - (await show()).changed)
  const again = await signalbox.cli('dlq', 'redrive', '--rule', 'orders')
  assert.equal(again, `${rest} of ${rest} dead deliveries are tried again`)
  await until('all were taken', DEADLINE_MS, () => receiver.taken.length === 20)

  const queue = ['--queue', 'dead']
  type Message = { readonly place: string; readonly receiveCount: number; readonly body: string }
  const messages = await json<Message>('dlq', 'ls', ...queue)
  assert.equal(messages.length, 15)
  assert.deepEqual(new Set(messages.map(({ receiveCount }) => receiveCount)), new Set([1]))
  const [whole] = await json<Message>('dlq', 'peek', messages[3]!.place, ...queue)
  assert.deepEqual(whole, messages[3])
  assert.deepEqual(await json<Message>('dlq', 'ls', ...queue), messages)
  assert.match(await signalbox.cli('dlq', 'ls', ...queue), /visible {2}received 1 times {2}m\d+ /)
  await assert.rejects(
    signalbox.cli('dlq', 'peek', '7', ...queue),
    /expected `place` to be 20 digits/,
  )
  await assert.rejects(signalbox.cli('dlq', 'ls', '--queue', 'nowhere'), /does not exist/)
  assert.match(await signalbox.cli('dlq', 'redrive', ...queue, '--dry-run'), /^15 messages match/)
  assert.equal(await signalbox.cli('dlq', 'redrive', ...queue), '15 of 15 messages are moved back')
  assert.match(await signalbox.cli('dlq', 'purge', '--queue', 'work', '--yes'), /^15 of 15 /)
  await assert.rejects(
    signalbox.cli('dlq', 'redrive', '--queue', 'nowhere'),
    /SourceArn parameter doesn't exist/,
  )

  await signalbox.cli('archive', 'create', 'all')
  await signalbox.cli('emit', 'kept', '{"n":1}')
  const [replay] = await json<{ arn: string }>('replay', 'start', 'all', '--from', '1h', '--watch')
  const operations = await json<Operation>('operations', 'ls')
  assert.deepEqual(
    operations.map(({ action }) => action),
    ['replay', 'purge', 'redrive', 'redrive', 'redrive', 'purge'],
  )
  assert.equal(operations[0]!.id, replay!.arn)
  assert.deepEqual(new Set(operations.map(({ who }) => who)), new Set(['signalbox:dev']))
  assert.match(await signalbox.cli('operations', 'watch', replay!.arn), /replay archive/)
  const redrives = await json<{ who: string; on: string }>('audit', 'ls', '--action', 'redrive')
  assert.deepEqual(
    redrives.map(({ who, on }) => [who, on]),
    [
      ['signalbox:dev', '/operations/start?over=deliveries&rule=orders'],
      ['signalbox:dev', '/operations/start?over=deliveries&rule=orders'],
      ['signalbox:dev', '/operations/start?over=queue&queue=dead'],
      ['signalbox:dev', '/operations/start?over=queue&queue=nowhere'],
    ],
  )
})
