// Deliveries that were given up, as people see them and try them again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Receiver } from '../support/receiver.ts'
import { DEADLINE_MS, Signalbox, until } from '../support/signalbox.ts'

test('what was given up is shown, redriven at a pace once the target is well, or forgotten', async (context) => {
  const receiver = await Receiver.open(context)
  receiver.behaviour = { status: 400 }
  const signalbox = await Signalbox.open(context)
  await signalbox.python(
    `
    for rule in ('orders', 'bills'):
        route(rule, {'source': [rule]}, {'Id': 'hook', 'Arn': given})
    for number in range(5):
        put('orders', 'Placed', {'n': number})
    put('bills', 'Sent', {'n': 9})
    `,
    receiver.url,
  )
  const count = async (rule: string): Promise<number> => {
    const out = await signalbox.cli('dlq', 'ls', '--rule', rule, '-o', 'json')
    return out.split('\n').filter((line) => line !== '').length
  }
  await until('all died', DEADLINE_MS, async () => {
    return (await count('orders')) === 5 && (await count('bills')) === 1
  })
  assert.match(
    await signalbox.cli('dlq', 'ls', '--rule', 'bills'),
    /bills\/hook .* 1 attempts .*400/,
  )

  const preview = await signalbox.cli('dlq', 'redrive', '--rule', 'orders', '--dry-run')
  assert.equal(preview, '5 dead deliveries match; nothing was done')
  assert.equal(receiver.taken.length, 0)

  receiver.behaviour = { status: 200 }
  const redriven = await signalbox.cli(
    'dlq',
    'redrive',
    '--rule',
    'orders',
    '--rate',
    '10',
    '-o',
    'json',
  )
  assert.deepEqual(JSON.parse(redriven), { seen: 5, changed: 5, cancelled: false })
  await until('all were taken', DEADLINE_MS, () => receiver.taken.length === 5)
  assert.deepEqual(
    receiver
      .details<{ n: number }>()
      .map(({ n }) => n)
      .sort((one, other) => one - other),
    [0, 1, 2, 3, 4],
  )
  assert.equal(await count('orders'), 0)

  await assert.rejects(signalbox.cli('dlq', 'purge', '--rule', 'bills'), /pass `--yes` to mean it/)
  assert.equal(
    await signalbox.cli('dlq', 'purge', '--rule', 'bills', '--yes'),
    '1 of 1 dead deliveries are forgotten',
  )
  assert.equal(await count('bills'), 0)
  assert.equal(receiver.taken.length, 5)
})
