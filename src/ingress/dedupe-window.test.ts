import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../base/testing.ts'
import { createEventKey, type EventKey } from '../event/index.ts'
import { DEDUPE_ENTRY_BYTES, type DedupeStore } from '../store/index.ts'
import { DedupeWindow } from './dedupe-window.ts'
import { DEDUPE_FLUSH_ENTRIES, DEDUPE_FLUSH_MS, DEDUPE_REPLAY_RECORDS } from './limits.ts'

const WINDOW_MS = 300_000

/** A store that shows what it was asked to do. */
class ListStore implements DedupeStore {
  readonly appended: { readonly count: number; readonly watermark: number }[] = []
  readonly pruned: number[] = []

  async append(entries: Uint8Array, watermark: number): Promise<void> {
    this.appended.push({ count: entries.length / DEDUPE_ENTRY_BYTES, watermark })
  }

  async load(): Promise<{ entries: Uint8Array; watermark: number }> {
    return { entries: new Uint8Array(0), watermark: 0 }
  }

  async prune(before: number): Promise<void> {
    this.pruned.push(before)
  }
}

function open(): { clock: FakeClock; store: ListStore; window: DedupeWindow; fatal: unknown[] } {
  const clock = new FakeClock()
  const store = new ListStore()
  const fatal: unknown[] = []
  const onFatal = (error: unknown): void => void fatal.push(error)
  const window = new DedupeWindow({ store, clock, windowMs: WINDOW_MS, onFatal })
  return { clock, store, window, fatal }
}

function keyOf(text: string): EventKey {
  return createEventKey('bus', text, Buffer.from('data'))
}

test('entries go to the store within a second, or as soon as many wait', async () => {
  const { clock, store, window } = open()
  window.remember(keyOf('a'), clock.now(), 4)
  await clock.run(DEDUPE_FLUSH_MS - 1)
  assert.equal(store.appended.length, 0)
  await clock.run(1)
  assert.deepEqual(store.appended, [{ count: 1, watermark: 5 }])
  for (let count = 0; count < DEDUPE_FLUSH_ENTRIES; count += 1) {
    window.remember(keyOf(`${count}`), clock.now(), count)
  }
  assert.equal(store.appended.length, 2)
})

test('events without keys move the watermark, but rarely', async () => {
  const { clock, store, window } = open()
  window.advance(DEDUPE_REPLAY_RECORDS - 1)
  await clock.run(10_000)
  assert.equal(store.appended.length, 0)
  window.advance(DEDUPE_REPLAY_RECORDS)
  await clock.run(DEDUPE_FLUSH_MS)
  assert.deepEqual(store.appended, [{ count: 0, watermark: DEDUPE_REPLAY_RECORDS }])
})

test('a generation that is a window old makes room, and still answers for one window more', async () => {
  const { clock, store, window } = open()
  await clock.run(WINDOW_MS)
  window.remember(keyOf('a'), clock.now(), 0)
  await clock.run(1)
  window.remember(keyOf('b'), clock.now(), 1)
  assert.equal(store.pruned.length, 1)
  assert.equal(window.look(keyOf('a')), 'same')
  await clock.run(WINDOW_MS)
  assert.equal(window.look(keyOf('a')), 'new')
  assert.equal(window.look(keyOf('b')), 'same')
})

test('the store forgets what is two windows old', async () => {
  const { clock, store, window } = open()
  await clock.run(WINDOW_MS + 1)
  window.remember(keyOf('a'), clock.now(), 0)
  assert.deepEqual(store.pruned, [clock.now() - 2 * WINDOW_MS])
})

test('a store that cannot keep entries is fatal', async () => {
  const { clock, store, window, fatal } = open()
  const error = new Error('the disk is gone')
  store.append = () => Promise.reject(error)
  window.remember(keyOf('a'), clock.now(), 0)
  await clock.run(DEDUPE_FLUSH_MS)
  assert.deepEqual(fatal, [error])
})
