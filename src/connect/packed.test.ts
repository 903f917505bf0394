import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventKey, EVENT_KEY_WORDS, type EventKey } from '../event/index.ts'
import { packEvents, packMessages, selectedOf, unpackEvents, unpackMessages } from './packed.ts'
import { sentEvent } from './sent-event.ts'
import { Slabs } from './slabs.ts'
import type { DoorEvent } from './source-door.ts'
import { messageOf } from './testing.ts'

const address = 'kafka://main/orders?key=$.detail.order'
const keyOf = (name: string): EventKey => createEventKey('bus', name, Buffer.from(name))

/** With a key that stands alone. */
function ownKey(event: DoorEvent): DoorEvent {
  const { words, at } = event.key
  return { ...event, key: { words: words.slice(at, at + EVENT_KEY_WORDS), at: 0 } }
}

const slabs = new Slabs()
const packing = { needsIds: true, paths: [], select: () => undefined, slabs }

test('events come out of one piece of memory as they were put in', () => {
  const busKey = '000000000000/us-east-1/default'
  const { record } = messageOf().event
  const events = [
    { id: 'one', busKey, record: Buffer.from(record), key: keyOf('one') },
    { id: 'two', busKey, record: Buffer.from(''), key: keyOf('two') },
    { id: '€', busKey, record: Buffer.from('three'), key: keyOf('€') },
  ]
  assert.deepEqual(unpackEvents(packEvents(events, slabs)).map(ownKey), events)
  assert.deepEqual(unpackEvents(packEvents([], slabs)), [])
})

test('messages come out with their events, and with the bodies that are not the event itself', () => {
  const whole = messageOf({ deliveryId: 'a' })
  const made = messageOf({
    deliveryId: 'b',
    body: Buffer.from('"made"'),
    target: { id: 't', address, input: { kind: 'constant', json: '"made"' } },
  })
  const piped = messageOf({ deliveryId: 'c', body: Buffer.from('say 7'), isBodyOnly: true })
  const all = unpackMessages(packMessages([whole, made, piped], packing), address)
  const [first, second] = all
  for (const [index, given] of [whole, made, piped].entries())
    assert.deepEqual(sentEvent(all[index]!), sentEvent(given))
  assert.deepEqual(first!.event.toEvent(), whole.event.toEvent())
  assert.equal(first!.body, first!.event.envelope)
  assert.equal(first!.target.input, undefined)
  assert.equal(first!.eventId, 'event-1')
  assert.equal(String(second!.body), '"made"')
  assert.notEqual(second!.target.input, undefined)
  assert.deepEqual([first!.deliveryId, second!.deliveryId], ['a', 'b'])
})

test('what an address selects of events is selected before they change hands', () => {
  const texts = ['1', undefined]
  const given = [messageOf(), messageOf()]
  const select = (path: string, envelope: Uint8Array): string | undefined =>
    path === '$.detail.order'
      ? texts[given.findIndex(({ event }) => event.envelope === envelope)]
      : 'wrong'
  const packed = packMessages(given, { needsIds: false, paths: ['$.detail.order'], select, slabs })
  const taken = unpackMessages(packed, address)
  const found = new Map(selectedOf(packed, taken))
  assert.deepEqual(
    taken.map(({ event }) => found.get(event.envelope)?.get('$.detail.order')),
    texts,
  )
  assert.deepEqual(
    taken.map(({ deliveryId }) => deliveryId),
    ['', ''],
  )
})
