import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DueEntry, DueHeap } from './due-heap.ts'

const command = fc.oneof(
  fc.record({ verb: fc.constant('put' as const), key: fc.nat(20), fireMs: fc.nat(100) }),
  fc.record({ verb: fc.constant('delete' as const), key: fc.nat(20) }),
  fc.record({ verb: fc.constant('pop' as const) }),
)

test('a heap gives what a sorted list would, whatever is put, replaced and taken out', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const heap = new DueHeap<DueEntry>()
      const model = new Map<string, number>()
      for (const step of commands) {
        if (step.verb === 'put') {
          heap.put({ key: String(step.key), fireMs: step.fireMs })
          model.set(String(step.key), step.fireMs)
        } else if (step.verb === 'delete') {
          heap.delete(String(step.key))
          model.delete(String(step.key))
        } else {
          const popped = heap.pop()
          assert.equal(popped?.fireMs, model.size === 0 ? undefined : Math.min(...model.values()))
          if (popped !== undefined) assert.ok(model.delete(popped.key))
        }
        assert.equal(heap.size, model.size)
        for (const [key, fireMs] of model) assert.equal(heap.get(key)?.fireMs, fireMs)
      }
    }),
  )
})
