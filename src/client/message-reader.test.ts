import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, asyncProperty, assert as check, integer, stringMatching, tuple } from 'fast-check'
import { isAppError } from '../base/index.ts'
import { MESSAGE_LENGTH_MAX } from './limits.ts'
import { readMessages, type StreamMessage } from './message-reader.ts'

// oxlint-disable-next-line typescript/require-await -- a stream is asynchronous by its type
async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let start = 0
  for (const end of ends) {
    yield bytes.subarray(start, end)
    start = end
  }
}

async function read(text: string, cuts: readonly number[] = []): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = []
  for await (const message of readMessages(inPieces(Buffer.from(text), cuts)))
    messages.push(message)
  return messages
}

test('reads event, id and data; comments and unknown fields are passed over', async () => {
  const text =
    'retry: 1000\n: hi\n\nid: 0:1\nevent: event\ndata: {"a":1}\n\n: beat\n\ndata:x\ndata: y\n\n'
  assert.deepEqual(await read(text), [
    { event: 'event', data: '{"a":1}', lastEventId: '0:1' },
    { event: 'message', data: 'x\ny', lastEventId: '0:1' },
  ])
})

test('any line end will do, and a message without its empty line is left out', async () => {
  assert.deepEqual(
    (await read('data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\n')).map(({ data }) => data),
    ['a', 'b', 'c'],
  )
})

test('where the bytes are cut makes no difference', async () => {
  const line = stringMatching(/^[a-zé€😀: ]{0,8}$/u)
  const message = tuple(line, line)
  await check(
    asyncProperty(
      array(message, { maxLength: 5 }),
      array(integer({ min: 0 })),
      async (all, cuts) => {
        const text = all.map(([event, data]) => `event:${event}\r\ndata:${data}\r\n\r\n`).join('')
        assert.deepEqual(await read(text, cuts), await read(text))
        assert.equal((await read(text)).length, all.length)
      },
    ),
    { numRuns: 200 },
  )
})

test('a message without end is refused, not gathered', async () => {
  const text = `data: ${'x'.repeat(MESSAGE_LENGTH_MAX)}`
  await assert.rejects(read(text), (error) => isAppError(error, 'REQUEST_TOO_LARGE'))
})
