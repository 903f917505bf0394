// What ingress remembers across restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEDUPE_ENTRY_BYTES, DEDUPE_TIME_AT } from './dedupe-codec.ts'
import type { DedupeStore } from './dedupe.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

function entry(index: number, at: number): Buffer {
  const bytes = Buffer.alloc(DEDUPE_ENTRY_BYTES, index)
  bytes.writeDoubleBE(at, DEDUPE_TIME_AT)
  return bytes
}

function entries(...each: readonly Buffer[]): Buffer {
  return Buffer.concat(each)
}

/** In whatever array of bytes they come. */
async function loadFrom(
  dedupe: DedupeStore,
  since: number,
): Promise<{ readonly entries: Buffer; readonly watermark: number }> {
  const loaded = await dedupe.load(since)
  return { ...loaded, entries: Buffer.from(loaded.entries) }
}

export function dedupeConformance(open: OpenStore): void {
  test('an empty store remembers nothing, up to offset 0', () =>
    withStore(open, async ({ dedupe }) => {
      assert.deepEqual(await loadFrom(dedupe, 0), { entries: entries(), watermark: 0 })
    }))

  test('entries come back in order, with the last watermark', () =>
    withStore(open, async ({ dedupe }) => {
      await dedupe.append(entries(entry(1, 1000.5), entry(2, 3000)), 10)
      await dedupe.append(entries(), 15)
      await dedupe.append(entries(entry(3, 2000)), 20)
      assert.deepEqual(await loadFrom(dedupe, 0), {
        entries: entries(entry(1, 1000.5), entry(2, 3000), entry(3, 2000)),
        watermark: 20,
      })
      assert.deepEqual(
        (await loadFrom(dedupe, 2000)).entries,
        entries(entry(2, 3000), entry(3, 2000)),
      )
      assert.deepEqual((await loadFrom(dedupe, 3001)).entries, entries())
    }))

  test('pruning forgets what is older, and nothing else', () =>
    withStore(open, async ({ dedupe }) => {
      await dedupe.append(entries(entry(1, 1000), entry(2, 3000)), 10)
      await dedupe.append(entries(entry(3, 1500)), 20)
      await dedupe.prune(2000)
      assert.deepEqual(await loadFrom(dedupe, 0), {
        entries: entries(entry(2, 3000)),
        watermark: 20,
      })
    }))

  test('entries and watermark are there after reopening', () =>
    acrossReopening(
      open,
      ({ dedupe }) => dedupe.append(entries(entry(1, 1000)), 10),
      async ({ dedupe }) => {
        assert.deepEqual(await loadFrom(dedupe, 0), {
          entries: entries(entry(1, 1000)),
          watermark: 10,
        })
      },
    ))
}
