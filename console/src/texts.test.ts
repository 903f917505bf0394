import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEvent, suggestions } from './commands.ts'
import { parseFilter, tailUrl } from './filter.ts'
import { formatCount, formatPayload, formatRate, summarise } from './format.ts'
import { PAYLOAD_LENGTH_MAX } from './limits.ts'

test('a filter is a pattern, a type, nothing, or says what is wrong with it', () => {
  assert.deepEqual(parseFilter('  '), { kind: 'none' })
  assert.deepEqual(parseFilter(' order.created '), { kind: 'type', type: 'order.created' })
  const pattern = parseFilter('{ "source": ["a"] }')
  assert.deepEqual(pattern, { kind: 'pattern', pattern: '{"source":["a"]}' })
  assert.equal(parseFilter('{"source":').kind, 'invalid')
})

test('the filter goes to the server', () => {
  const url = new URL(tailUrl(parseFilter('{"a":["x&y"]}')), 'http://box')
  assert.equal(url.searchParams.get('pattern'), '{"a":["x&y"]}')
  assert.equal(url.searchParams.get('stats'), '1')
  assert.equal(tailUrl({ kind: 'type', type: 'a b' }), '/_signalbox/v1/tail?stats=1&type=a+b')
})

test('the commands speak to the server that showed them, and their JSON is JSON', () => {
  const [aws, curl] = suggestions('http://127.0.0.1:5000')
  assert.match(aws!.text, /put-events --endpoint-url http:\/\/127.0.0.1:5000 /)
  const entries = /--entries '(.*)'/.exec(aws!.text)![1]!
  const [entry] = JSON.parse(entries) as [{ Detail: string }]
  assert.deepEqual(JSON.parse(entry.Detail), { id: 1 })
  assert.match(curl!.text, /^curl http:\/\/127.0.0.1:5000\/events /)
  const event = JSON.parse(sampleEvent('x', new Date(0))) as Record<string, unknown>
  assert.equal(event['type'], 'sample.greeting')
})

test('numbers stay short', () => {
  assert.equal(formatCount(9999), '9999')
  assert.equal(formatCount(1_234_567), '1.2M')
  assert.equal(formatRate(0.25), '0.3')
  assert.equal(formatRate(250.4), '250')
})

test('payloads are bounded', () => {
  assert.ok(formatPayload('x'.repeat(PAYLOAD_LENGTH_MAX * 2)).endsWith('more characters'))
  assert.equal(summarise({ a: 1 }), '{"a":1}')
  assert.equal(summarise('x'.repeat(500)).length, 161)
})
