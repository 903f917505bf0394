import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERIES_MAX } from './limits.ts'
import { Counter, formatReadings, Histogram } from './registry.ts'

test('a counter without labels is there from the start', () => {
  const counter = new Counter({ name: 'a_total', help: 'How many.' })
  assert.equal(counter.format(), '# HELP a_total How many.\n# TYPE a_total counter\na_total 0\n')
})

test('label values and help are escaped', () => {
  const counter = new Counter({ name: 'a_total', help: 'a\\b\nc', labels: ['x', 'y'] })
  counter.add(2, 'say "hi"\n', 'C:\\')
  const lines = counter.format().split('\n')
  assert.equal(lines[0], '# HELP a_total a\\\\b\\nc')
  assert.equal(lines[2], 'a_total{x="say \\"hi\\"\\n",y="C:\\\\"} 2')
  assert.equal(lines.length, 4)
})

test('a histogram counts cumulatively and ends in +Inf, sum and count', () => {
  const histogram = new Histogram({ name: 'h', help: 'h', labels: ['k'], bounds: [1, 2] })
  histogram.observe(1, 1, 'x')
  histogram.observe(1.5, 2, 'x')
  histogram.observe(9, 1, 'x')
  assert.deepEqual(histogram.format().split('\n').slice(2, -1), [
    'h_bucket{k="x",le="1"} 1',
    'h_bucket{k="x",le="2"} 3',
    'h_bucket{k="x",le="+Inf"} 4',
    'h_sum{k="x"} 13',
    'h_count{k="x"} 4',
  ])
})

test('a quantile is the bound that holds it', () => {
  const histogram = new Histogram({ name: 'h', help: 'h', bounds: [1, 2, 4] })
  assert.equal(histogram.quantile(0.5), undefined)
  histogram.observe(0.5, 98)
  histogram.observe(3, 2)
  assert.equal(histogram.quantile(0.5), 1)
  assert.equal(histogram.quantile(0.99), 4)
})

test('however many label values come, the series stay bounded and the total right', () => {
  const counter = new Counter({ name: 'a_total', help: 'a', labels: ['target'] })
  for (let index = 0; index < SERIES_MAX * 2; index += 1) counter.add(1, `target-${index}`)
  const lines = counter.format().trim().split('\n').slice(2)
  assert.equal(lines.length, SERIES_MAX + 1)
  assert.equal(lines.at(-1), `a_total{target="other"} ${SERIES_MAX}`)
  assert.equal(counter.total, SERIES_MAX * 2)
})

test('readings carry their labels', () => {
  const options = { name: 'g', help: 'g', labels: ['t'] }
  const text = formatReadings(options, 'gauge', [{ value: 0.5, labels: ['a'] }])
  assert.equal(text, '# HELP g g\n# TYPE g gauge\ng{t="a"} 0.5\n')
})
