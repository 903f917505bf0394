import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, silentLogger } from '../../../base/index.ts'
import { messageOf } from '../../testing.ts'
import { createLogKind, type LogLine } from './log-sink.ts'

const { signal } = new AbortController()

test('prints one line per event, JSON as JSON and text as text', async () => {
  const lines: LogLine[] = []
  const kind = createLogKind({ logger: silentLogger, write: (line) => void lines.push(line) })
  const sink = kind.open('log:console')
  const results = await sink.send(
    [
      messageOf({ body: Buffer.from('{"a":1}') }),
      messageOf({ body: Buffer.from('hello'), attempt: 2 }),
    ],
    signal,
  )
  assert.deepEqual(results, [{ kind: 'delivered' }, { kind: 'delivered' }])
  assert.deepEqual(lines, [
    { target: 'log:console', event: 'event-1', attempt: 1, body: { a: 1 } },
    { target: 'log:console', event: 'event-1', attempt: 2, body: 'hello' },
  ])
})

test('prints to the logger when no writer is given', async () => {
  const printed: string[] = []
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void printed.push(line) },
  })
  await createLogKind({ logger }).open('log:console').send([messageOf()], signal)
  const line = JSON.parse(printed[0]!) as { msg: string; body: { detail: unknown } }
  assert.equal(line.msg, 'event')
  assert.deepEqual(line.body.detail, { order: 1 })
})

test('keeps what an event holds from breaking the line', async () => {
  const printed: string[] = []
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => void printed.push(line) },
  })
  const body = Buffer.from('a\n{"level":"error"}\u001b[31m')
  await createLogKind({ logger })
    .open('log:console')
    .send([messageOf({ body })], signal)
  assert.equal(printed.length, 1)
  // eslint-disable-next-line no-control-regex -- an escape that a terminal would obey
  assert.doesNotMatch(printed[0]!.trimEnd(), /[\n\u001b]/)
})

test('serves log addresses only', () => {
  const kind = createLogKind({ logger: silentLogger })
  assert.ok(kind.serves('log:console'))
  assert.ok(!kind.serves('http://log/'))
})
