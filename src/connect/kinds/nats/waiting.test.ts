import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Waiting } from './waiting.ts'

function message(text: string): { readonly data: Uint8Array } {
  return { data: Buffer.from(text) }
}

const ALL = { countMax: 10, bytesMax: 100 }

test('what waits is taken up to a number and up to bytes, whoever comes first', async () => {
  const waiting = new Waiting<{ data: Uint8Array }>()
  const [a, b, c] = ['aaa', 'bbb', 'ccc'].map(message)
  for (const each of [a, b, c]) waiting.add(each!)
  assert.deepEqual(await waiting.take({ countMax: 2, bytesMax: 100 }), [a, b])
  assert.deepEqual([waiting.count, waiting.bytes], [1, 3])
  waiting.putBack([a!, b!])
  assert.deepEqual(await waiting.take({ countMax: 10, bytesMax: 4 }), [a, b])
})

test('what is put back is taken before what came later', async () => {
  const waiting = new Waiting<{ data: Uint8Array }>()
  const [old, young] = ['old', 'young'].map(message)
  waiting.add(young!)
  waiting.putBack([old!])
  assert.equal(waiting.bytes, 8)
  assert.deepEqual(await waiting.take(ALL), [old, young])
  assert.equal(waiting.bytes, 0)
})

test('who waits goes on with the first that comes, or with nothing when woken', async () => {
  const waiting = new Waiting<{ data: Uint8Array }>()
  const taking = waiting.take(ALL)
  const one = message('one')
  waiting.add(one)
  assert.deepEqual(await taking, [one])
  const woken = waiting.take(ALL)
  waiting.wake()
  assert.deepEqual(await woken, [])
  const again = waiting.take(ALL)
  waiting.putBack([one])
  assert.deepEqual(await again, [one])
})
