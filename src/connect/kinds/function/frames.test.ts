import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, integer, property, uint8Array } from 'fast-check'
import { encodeHead, ReplyReader, type Reply } from './frames.ts'
import { PAYLOAD_SIZE_BYTES_MAX } from './limits.ts'

function frame(header: object, payload: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(text.length, 0)
  prefix.writeUInt32BE(payload.length, 4)
  return Buffer.concat([prefix, text, payload])
}

test('replies come out whole and in order, however the stream is cut', () => {
  check(
    property(
      array(uint8Array({ maxLength: 200 }), { maxLength: 10 }),
      array(integer({ min: 1, max: 60 }), { minLength: 1 }),
      (payloads, cuts) => {
        const frames = payloads.map((payload, index) =>
          frame({ kind: 'result', requestId: `ü${index}` }, payload),
        )
        const stream = Buffer.concat(frames)
        const reader = new ReplyReader()
        const replies: Reply[] = []
        for (let offset = 0, cut = 0; offset < stream.length; cut += 1) {
          const size = cuts[cut % cuts.length]!
          replies.push(...reader.push(stream.subarray(offset, offset + size)))
          offset += size
        }
        assert.deepEqual(
          replies.map(({ header, payload }) => [header, [...payload]]),
          payloads.map((payload, index) => [
            { kind: 'result', requestId: `ü${index}` },
            [...payload],
          ]),
        )
      },
    ),
  )
})

test('a result longer than the limit is refused before it is kept', () => {
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(10, 0)
  prefix.writeUInt32BE(PAYLOAD_SIZE_BYTES_MAX + 1, 4)
  assert.throws(() => new ReplyReader().push(prefix), { message: /expected a result of at most/ })
})

test('a request begins with the lengths of header and payload', () => {
  const head = encodeHead(
    {
      requestId: 'r',
      functionName: 'ü',
      functionArn: 'arn',
      memoryMb: 1,
      timeoutMs: 2,
    },
    77,
  )
  assert.equal(head.readUInt32BE(0), head.length - 8)
  assert.equal(head.readUInt32BE(4), 77)
})
