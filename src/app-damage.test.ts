import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonsOfDamage } from './app-damage.ts'

function range(from: number, to?: number): Parameters<typeof reasonsOfDamage>[0][number] {
  return { partition: 0, from, to, reason: 'x' }
}

test('damage is named with what would accept it', () => {
  assert.deepEqual(reasonsOfDamage([], []), [])
  assert.deepEqual(reasonsOfDamage([range(1200, 1300), range(2000)], []), [
    'records 1200-1299 of the log are damaged; restore them, or accept the loss with `--accept-data-loss 1200-1299`',
    'records 2000- of the log are damaged; restore them, or accept the loss with `--accept-data-loss 2000-`',
  ])
})

test('only damage that lies in an accepted range is passed over', () => {
  for (const [accepted, isAccepted] of [
    [['1200-1299'], true],
    [['0-5000'], true],
    [['1200-'], true],
    [['1-2', '1200-1299'], true],
    [['1201-1299'], false],
    [['1200-1298'], false],
    [['1200-1250', '1251-1299'], false],
  ] as const) {
    assert.equal(
      reasonsOfDamage([range(1200, 1300)], accepted).length === 0,
      isAccepted,
      String(accepted),
    )
  }
  assert.equal(reasonsOfDamage([range(2000)], ['2000-9999']).length, 1)
  assert.equal(reasonsOfDamage([range(2000)], ['2000-']).length, 0)
})
