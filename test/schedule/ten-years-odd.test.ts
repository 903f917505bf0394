import { test } from 'node:test'
import { walkHalf } from './ten-years.ts'

test('ten years in the other half of the zones: no occurrence double, none missing', (t) => {
  t.diagnostic(walkHalf(1))
})
