import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Window } from './window.ts'

test('an offset that nothing matched settles as it begins', () => {
  const window = new Window(7, 4)
  window.begin(7, 0)
  assert.equal(window.prefix, 8)
  assert.equal(window.isIdle, true)
})

test('the prefix waits for the oldest offset, whatever settles behind it', () => {
  const window = new Window(0, 4)
  window.begin(0, 2)
  window.begin(1, 1)
  window.settle(1)
  window.settle(0)
  assert.equal(window.prefix, 0)
  window.settle(0)
  assert.equal(window.prefix, 2)
})

test('room counts from the committed offset, not from the settled one', () => {
  const window = new Window(0, 2)
  window.begin(0, 0)
  window.begin(1, 0)
  assert.equal(window.room, 0)
  window.commit(2)
  assert.equal(window.room, 2)
})

test('beginning past the capacity, out of turn, or settling twice is a bug and throws', () => {
  const window = new Window(0, 2)
  assert.throws(() => window.begin(1, 1), /cannot begin/)
  window.begin(0, 1)
  window.settle(0)
  assert.throws(() => window.settle(0), /once too often/)
  window.begin(1, 1)
  assert.throws(() => window.begin(2, 1), /cannot begin/)
})

test('jumping over lost offsets is only possible while nothing is under way', () => {
  const window = new Window(0, 4)
  window.begin(0, 1)
  assert.throws(() => window.jump(100), /under way/)
  window.settle(0)
  window.jump(100)
  window.begin(100, 0)
  assert.equal(window.prefix, 101)
})

test('the prefix is always the first offset with something outstanding', () => {
  const script = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('begin' as const), count: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ kind: fc.constant('settle' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('commit' as const) }),
    ),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(script, (steps) => {
      const capacity = 8
      const window = new Window(0, capacity)
      const outstanding: number[] = []
      for (const step of steps) {
        if (step.kind === 'begin' && window.room > 0) {
          window.begin(outstanding.length, step.count)
          outstanding.push(step.count)
        } else if (step.kind === 'settle') {
          const open = [...outstanding.keys()].filter((offset) => outstanding[offset]! > 0)
          const offset = open[step.pick % Math.max(1, open.length)]
          if (offset === undefined) continue
          window.settle(offset)
          outstanding[offset]! -= 1
        } else if (step.kind === 'commit') window.commit(window.prefix)
        const first = outstanding.findIndex((count) => count > 0)
        assert.equal(window.prefix, first === -1 ? outstanding.length : first)
        assert.equal(window.room, capacity - (outstanding.length - window.committed))
      }
    }),
  )
})
