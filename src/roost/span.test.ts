import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/index.ts'
import { FakeClock } from '../base/testing.ts'
import { type Span, startSpan } from './span.ts'

test('a span goes on with the trace that came, or begins one, and says how long it took and what failed', () => {
  const clock = new FakeClock()
  const ended: Span[] = []
  const options = { clock, random: seededRandom(1), onSpan: (span: Span) => void ended.push(span) }
  const start = { name: 'publish t', kind: 'producer', attributes: { a: 1 } } as const
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`
  const child = startSpan(options, { ...start, parent })
  clock.advance(25)
  child.end({ b: 'c' }, 'it failed')
  const startedAt = clock.now() - 25
  const { spanId, ...rest } = ended[0]!
  assert.match(spanId, /^[0-9a-f]{16}$/)
  assert.deepEqual(rest, {
    name: 'publish t',
    kind: 'producer',
    traceId: 'a'.repeat(32),
    parentSpanId: 'b'.repeat(16),
    startedAt,
    durationMs: 25,
    attributes: { a: 1, b: 'c' },
    error: 'it failed',
  })
  assert.equal(child.traceparent, `00-${'a'.repeat(32)}-${spanId}-01`)
  for (const wrong of [undefined, 'nothing', '00-zz-zz-01']) {
    startSpan(options, { ...start, parent: wrong }).end()
    assert.equal(ended.at(-1)!.parentSpanId, undefined)
    assert.match(ended.at(-1)!.traceId, /^[0-9a-f]{32}$/)
  }
})
