import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, constantFrom, integer, oneof, property, record } from 'fast-check'
import { ROWS_MAX } from './limits.ts'
import { INITIAL_TAIL, reduceTail, type TailAction, type TailState } from './tail-state.ts'
import type { TailEvent } from './views.ts'

function event(offset: number): TailEvent {
  return {
    position: `0:${offset}`,
    timestamp: offset,
    bus: 'default',
    account: '000000000000',
    region: 'us-east-1',
    oneIn: 1,
    sizeBytes: 2,
    envelope: null,
  }
}

function run(actions: readonly TailAction[]): TailState {
  return actions.reduce((state, action) => reduceTail(state, action), INITIAL_TAIL)
}

function offsets(state: TailState): readonly number[] {
  return state.rows.map(({ timestamp }) => timestamp)
}

test('the newest event is on top', () => {
  const state = run([
    { kind: 'events', events: [event(1), event(2)] },
    { kind: 'events', events: [event(3)] },
  ])
  assert.deepEqual(offsets(state), [3, 2, 1])
})

test('while paused nothing moves and what comes is counted; resuming shows it', () => {
  const paused = run([
    { kind: 'events', events: [event(1)] },
    { kind: 'pause' },
    { kind: 'events', events: [event(2), event(3)] },
  ])
  assert.deepEqual(offsets(paused), [1])
  assert.equal(paused.heldCount, 2)
  const resumed = reduceTail(paused, { kind: 'resume' })
  assert.deepEqual(offsets(resumed), [3, 2, 1])
  assert.equal(resumed.heldCount, 0)
})

test('what a stream repeats when it comes back is shown once', () => {
  const events = [event(1), event(2)]
  assert.deepEqual(
    offsets(
      run([
        { kind: 'events', events },
        { kind: 'events', events },
      ]),
    ),
    [2, 1],
  )
})

test('whatever happens, rows are distinct, newest first and bounded', () => {
  const kinds = constantFrom('pause', 'resume', 'clear')
  const counts = integer({ min: 1, max: 400 })
  const step = oneof(
    record({ kind: kinds }),
    record({ kind: constantFrom('events'), count: counts }),
  )
  check(
    property(array(step, { maxLength: 20 }), (steps) => {
      let next = 0
      const actions = steps.map((made): TailAction => {
        if (made.kind !== 'events') return made
        const first = next
        next += (made as { count: number }).count
        const events = Array.from({ length: next - first }, (_, index) => event(first + index))
        return { kind: 'events', events }
      })
      const state = run(actions)
      assert.ok(state.rows.length <= ROWS_MAX && state.held.length <= ROWS_MAX)
      const sorted = offsets(state).toSorted((a, b) => b - a)
      assert.deepEqual(offsets(state), [...new Set(sorted)])
    }),
  )
})
