import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers as createHeaders } from '@nats-io/transport-node'
import { encodeHeaderBlock, toClientHeaders } from './header-block.ts'

test('headers are byte for byte what the client makes of them', () => {
  const given = [
    ['ce-id', '1'],
    ['content-type', 'application/json'],
    ['ce-subject', ' é ü '],
    ['Nats-Msg-Id', 'a:b'],
  ] as const
  const theirs = createHeaders()
  for (const [name, value] of given) theirs.set(name, value)
  const block = encodeHeaderBlock(given)
  // What the client's type does not show is what it sends.
  const encode = (theirs as unknown as { encode(): Uint8Array }).encode()
  assert.deepEqual(Buffer.from(encode), block)
  assert.equal((toClientHeaders(block) as unknown as { encode(): Buffer }).encode(), block)
})

test('a line end in a value is a space, and one in a name is refused, as is a colon', () => {
  assert.equal(encodeHeaderBlock([['a', 'x\r\ny\n']]).toString(), 'NATS/1.0\r\na: x y\r\n\r\n')
  for (const name of ['', 'a:b', 'a b', 'a\r\nb', 'é'])
    assert.throws(() => encodeHeaderBlock([[name, 'x']]), /expected a header name/)
})
