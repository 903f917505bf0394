import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { Guesses } from './guesses.ts'

test('ten guesses a minute are borne, of each address by itself', () => {
  const clock = new FakeClock()
  const guesses = new Guesses(clock)
  const guess = (address: string, count: number): number =>
    Array.from({ length: count }, () => guesses.failed(address)).filter(Boolean).length
  assert.equal(guess('a', 10), 0)
  assert.equal(guess('a', 5), 5)
  assert.equal(guess('b', 10), 0)
  clock.advance(59_999)
  assert.equal(guess('a', 1), 1)
  clock.advance(1)
  assert.equal(guess('a', 10), 0)
})

test('a flood of addresses is forgotten from its beginning, and takes no more room', () => {
  const guesses = new Guesses(new FakeClock())
  for (let count = 0; count < 11; count += 1) guesses.failed('first')
  for (let at = 0; at < 20_000; at += 1) guesses.failed(`address ${at}`)
  assert.equal(guesses.failed('first'), false)
})
