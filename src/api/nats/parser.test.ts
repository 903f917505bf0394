import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CONTROL_LINE_BYTES_MAX, PAYLOAD_BYTES_MAX } from './limits.ts'
import { type ClientOperation, ClientParser } from './parser.ts'

function parse(...chunks: readonly (string | Buffer)[]): readonly ClientOperation[] {
  const parser = new ClientParser()
  // Payloads share memory with what they came in, which the test keeps.
  return chunks.flatMap((chunk) => Array.from(parser.push(Buffer.from(chunk))))
}

function faultOf(text: string): string | undefined {
  const last = parse(text).at(-1)
  return last?.kind === 'fault' ? last.message : undefined
}

const name = fc.stringMatching(/^[a-z0-9_*>.-]{1,12}$/)
const content = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))
const count = fc.option(fc.nat(99), { nil: undefined })

const operation: fc.Arbitrary<readonly [Buffer, ClientOperation]> = fc.oneof(
  fc.constantFrom('PING', 'ping', 'PONG').map((verb) => said(verb, { kind: kindOf(verb) })),
  fc.record({ subject: name, sid: name }).map((of) => {
    return said(`SUB ${of.subject}  ${of.sid}`, { kind: 'subscribe', ...of })
  }),
  fc.record({ subject: name, queue: name, sid: name }).map((of) => {
    return said(`sub ${of.subject}\t${of.queue} ${of.sid}`, { kind: 'subscribe', ...of })
  }),
  fc.tuple(name, count).map(([sid, messagesMax]) => {
    const more = messagesMax === undefined ? {} : { messagesMax }
    return said(`UNSUB ${sid} ${messagesMax ?? ''}`, { kind: 'unsubscribe', sid, ...more })
  }),
  fc.tuple(name, fc.option(name, { nil: undefined }), content).map(([subject, reply, payload]) => {
    const line = `PUB ${subject} ${reply === undefined ? '' : `${reply} `}${payload.length}`
    const more = reply === undefined ? {} : { reply }
    return said(line, { kind: 'publish', subject, ...more, payload }, payload)
  }),
  fc.tuple(name, content, content).map(([subject, headers, payload]) => {
    const line = `HPUB ${subject} ${headers.length} ${headers.length + payload.length}`
    const body = Buffer.concat([headers, payload])
    return said(line, { kind: 'publish', subject, headers, payload }, body)
  }),
)

function kindOf(verb: string): 'ping' | 'pong' {
  return verb.toUpperCase() === 'PING' ? 'ping' : 'pong'
}

function said(
  line: string,
  means: ClientOperation,
  body?: Buffer,
): readonly [Buffer, ClientOperation] {
  const end = body === undefined ? [] : [body, Buffer.from('\r\n')]
  return [Buffer.concat([Buffer.from(`${line}\r\n`), ...end]), means]
}

test('what clients say is read the same wherever it is split', () => {
  const property = fc.property(
    fc.array(operation, { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(400), { maxLength: 6 }),
    (operations, cuts) => {
      const bytes = Buffer.concat(operations.map(([text]) => text))
      const expected = operations.map(([, means]) => means)
      assert.deepEqual(parse(bytes), expected)
      assert.deepEqual(parse(...Array.from(bytes, (byte) => Buffer.from([byte]))), expected)
      const places = [...new Set([0, ...cuts, bytes.length])].sort((one, other) => one - other)
      const parts = places.map((from, index) => bytes.subarray(from, places[index + 1]))
      assert.deepEqual(parse(...parts), expected)
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('bytes that mean nothing end in a fault or wait, and never throw', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const seen = parse(Buffer.from(bytes))
    const faults = seen.filter(({ kind }) => kind === 'fault')
    assert.ok(faults.length <= 1, 'nothing is read behind a fault')
  })
  fc.assert(property, { numRuns: 1000 })
})

test('a fault is told in the words of nats-server', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['GET / HTTP/1.1\r\n', 'Unknown Protocol Operation'],
    // Told before the line ends: it cannot become an operation.
    ['POST / HT', 'Unknown Protocol Operation'],
    ['\r\n', 'Unknown Protocol Operation'],
    ['PUB\r\n', 'Parser Error'],
    ['PUB a b c 1\r\n', 'Parser Error'],
    ['PUB a -1\r\n', 'Parser Error'],
    ['PUB a 1e3\r\n', 'Parser Error'],
    ['HPUB a 5 3\r\n', 'Parser Error'],
    ['SUB a\r\n', 'Parser Error'],
    ['UNSUB 1 many\r\n', 'Parser Error'],
    ['CONNECT {"verbose"\r\n', 'Parser Error'],
    ['PUB a 2\r\nabc\r\n', 'Unknown Protocol Operation'],
    [`PUB a ${PAYLOAD_BYTES_MAX + 1}\r\n`, 'Maximum Payload Violation'],
    [`SUB ${'a'.repeat(CONTROL_LINE_BYTES_MAX)}`, 'maximum control line exceeded'],
  ]
  for (const [text, message] of cases) assert.equal(faultOf(text), message, text)
})

test('a message as large as is allowed is taken', () => {
  const payload = 'x'.repeat(PAYLOAD_BYTES_MAX)
  const [message] = parse(`PUB a ${PAYLOAD_BYTES_MAX}\r\n`, payload, '\r\n')
  assert.equal(message?.kind === 'publish' && message.payload.length, PAYLOAD_BYTES_MAX)
})
