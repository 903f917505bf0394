import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { OrderSort } from './order-sort.ts'

test('items come into order however many they are and however far apart', () => {
  const sorting = new OrderSort<{ readonly order: number }>()
  const near = fc.uniqueArray(fc.integer({ min: 0, max: 2100 }), { minLength: 1, maxLength: 200 })
  const far = fc.uniqueArray(fc.nat(1e9), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(fc.oneof(near, far), fc.nat(1e9), (orders, first) => {
      const items = orders.map((order) => ({ order: order + first }))
      const beyond = { order: -1 }
      const list = [...items, beyond]
      sorting.sort(list, items.length)
      assert.deepEqual(list, [...items.toSorted((left, right) => left.order - right.order), beyond])
    }),
  )
})
