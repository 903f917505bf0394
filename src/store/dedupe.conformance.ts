// What ingress remembers across restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DedupeEntry } from './dedupe.ts'
import { acrossReopening, withStore, type OpenStore } from './store-under-test.ts'

function entry(index: number, at: number): DedupeEntry {
  return {
    keyHash: index.toString(16).padStart(32, '0'),
    contentHash: (index * 7).toString(16).padStart(16, 'f'),
    at,
  }
}

export function dedupeConformance(open: OpenStore): void {
  test('an empty store remembers nothing, up to offset 0', () =>
    withStore(open, async ({ dedupe }) => {
      assert.deepEqual(await dedupe.load(0), { entries: [], watermark: 0 })
    }))

  test('entries come back in order, with the last watermark', () =>
    withStore(open, async ({ dedupe }) => {
      await dedupe.append([entry(1, 1000.5), entry(2, 3000)], 10)
      await dedupe.append([], 15)
      await dedupe.append([entry(3, 2000)], 20)
      assert.deepEqual(await dedupe.load(0), {
        entries: [entry(1, 1000.5), entry(2, 3000), entry(3, 2000)],
        watermark: 20,
      })
      assert.deepEqual((await dedupe.load(2000)).entries, [entry(2, 3000), entry(3, 2000)])
      assert.deepEqual((await dedupe.load(3001)).entries, [])
    }))

  test('pruning forgets what is older, and nothing else', () =>
    withStore(open, async ({ dedupe }) => {
      await dedupe.append([entry(1, 1000), entry(2, 3000)], 10)
      await dedupe.append([entry(3, 1500)], 20)
      await dedupe.prune(2000)
      assert.deepEqual(await dedupe.load(0), { entries: [entry(2, 3000)], watermark: 20 })
    }))

  test('entries and watermark are there after reopening', () =>
    acrossReopening(
      open,
      ({ dedupe }) => dedupe.append([entry(1, 1000)], 10),
      async ({ dedupe }) => {
        assert.deepEqual(await dedupe.load(0), { entries: [entry(1, 1000)], watermark: 10 })
      },
    ))
}
