import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAppError } from '../base/index.ts'
import {
  type ArchivedEvent,
  BlockBuilder,
  type BlockDraft,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  withoutKnown,
} from './block.ts'

const BEFORE = { events: 10, bytes: 1000 }

const event = fc.record({
  distance: fc.integer({ min: 1, max: 1000 }),
  time: fc.integer({ min: -1e9, max: 1e11 }),
  record: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
})

const events = fc
  .tuple(fc.nat(2 ** 40), fc.array(event, { minLength: 1, maxLength: 20 }))
  .map(([first, list]) => {
    let offset = first
    return list.map(({ distance, time, record }) => {
      offset += distance
      return { offset, time, record }
    })
  })

function draftOf(list: readonly ArchivedEvent[]): BlockDraft {
  const builder = new BlockBuilder(0)
  for (const one of list) builder.add(one)
  return builder.finish()
}

function plain(list: Iterable<ArchivedEvent>): readonly ArchivedEvent[] {
  return Array.from(list, (one) => ({ ...one, record: Uint8Array.from(one.record) }))
}

test('a block gives back the events it was made of, and says what they are', () => {
  const property = fc.property(events, (list) => {
    const block = encodeBlock(draftOf(list), BEFORE)
    assert.deepEqual(plain(decodeBlock(block)), plain(list))
    assert.deepEqual(decodeBlockHeader(block), {
      partition: 0,
      count: list.length,
      first: list[0]!.offset,
      last: list.at(-1)!.offset,
      earliest: Math.min(...list.map(({ time }) => time)),
      latest: Math.max(...list.map(({ time }) => time)),
      eventsBefore: 10,
      bytesBefore: 1000,
      sizeBytes: list.reduce((sum, { record }) => sum + record.length, 0),
    })
  })
  fc.assert(property, { numRuns: 100 })
})

test('what is known already is left out, event by event', () => {
  const property = fc.property(events, fc.nat(20), (list, nth) => {
    const last = (list[nth] ?? list.at(-1)!).offset
    const rest = list.filter(({ offset }) => offset > last)
    const draft = withoutKnown(draftOf(list), last)
    if (rest.length === 0) assert.equal(draft, undefined)
    else assert.deepEqual(plain(decodeBlock(encodeBlock(draft!, BEFORE))), plain(rest))
    assert.equal(withoutKnown(draftOf(list), list[0]!.offset - 1)?.count, list.length)
  })
  fc.assert(property, { numRuns: 100 })
})

test('a block of another format is refused as damaged', () => {
  const block = encodeBlock(draftOf([{ offset: 1, time: 1, record: Buffer.from('x') }]), BEFORE)
  block[0] = 9
  assert.throws(
    () => decodeBlockHeader(block),
    (error) => isAppError(error, 'LOG_CORRUPT'),
  )
  assert.throws(
    () => decodeBlockHeader(Buffer.from([1])),
    (error) => isAppError(error, 'LOG_CORRUPT'),
  )
})

test('events that are alike take little room', () => {
  const record = Buffer.from('{"version":"0","id":"0","detail":{"order":1}}'.repeat(4))
  const list = Array.from({ length: 500 }, (_, nth) => ({ offset: nth, time: nth, record }))
  const draft = draftOf(list)
  assert.ok(encodeBlock(draft, BEFORE).length < draft.sizeBytes / 10)
})
