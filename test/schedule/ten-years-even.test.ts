import { test } from 'node:test'
import { walkHalf } from './ten-years.ts'

test('ten years in one half of the zones: no occurrence double, none missing', (t) => {
  t.diagnostic(walkHalf(0))
})
