import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RATE_SECONDS_MAX } from './limits.ts'
import { addTotal, INITIAL_RATES, sparkline } from './rates.ts'

test('totals become events a second', () => {
  let state = addTotal(INITIAL_RATES, 1000, 10)
  assert.deepEqual(state.perSecond, [])
  state = addTotal(state, 2000, 110)
  state = addTotal(state, 4000, 110)
  assert.deepEqual(state.perSecond, [100, 0])
})

test('a server that started anew is no negative rate', () => {
  let state = addTotal(addTotal(INITIAL_RATES, 1000, 500), 2000, 3)
  state = addTotal(state, 3000, 5)
  assert.deepEqual(state.perSecond, [2])
})

test('the past is bounded', () => {
  let state = INITIAL_RATES
  for (let second = 0; second < 200; second += 1) state = addTotal(state, second * 1000, second)
  assert.equal(state.perSecond.length, RATE_SECONDS_MAX)
})

test('the line ends at the right edge, its peak at the top', () => {
  const points = sparkline([0, 10, 5], { width: 118, height: 20 }).split(' ')
  assert.deepEqual(points, ['114.0,20.0', '116.0,0.0', '118.0,10.0'])
})
